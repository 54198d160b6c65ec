"""Many samples in one step."""

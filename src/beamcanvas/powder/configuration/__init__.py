"""Settings of an integration, as pyFAI's files have them."""

"""How the scheme runs, and the living state of its nodes."""

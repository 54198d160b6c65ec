"""The multi-analyser stage of ID22."""

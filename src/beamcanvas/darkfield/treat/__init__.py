"""What is done to frames before they are used. Each step is said here and taken later."""

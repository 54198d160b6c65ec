"""What is taken out of images and patterns: bad pixels, backgrounds, uneven response."""

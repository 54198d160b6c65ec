"""From images to patterns and cakes."""

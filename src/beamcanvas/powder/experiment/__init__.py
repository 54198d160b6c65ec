"""What is known beforehand: detector, calibrant, energy and geometry."""

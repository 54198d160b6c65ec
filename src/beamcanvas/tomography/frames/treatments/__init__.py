"""What can be done to projections on their way to a sinogram, one kind a file."""

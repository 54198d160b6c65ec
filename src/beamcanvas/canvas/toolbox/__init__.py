"""What can be put on the canvas: widgets of installed packages, and tasks without one."""

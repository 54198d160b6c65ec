"""The main window, its files and pages, and the windows of the nodes."""

"""Where events go: a file each. Others come as entry points, see `beamcanvas.execution.events`."""

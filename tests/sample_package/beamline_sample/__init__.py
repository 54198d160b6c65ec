"""What a beamline adds to beamcanvas: one of each."""

# The words for the canvas: the tool box shows the package's widgets under this heading.
NAME = "Sample beamline"
DESCRIPTION = "Scans, normalised by the monitor"
ICON = "icons/normalise.svg"
BACKGROUND = "#CFE0F5"

"""X-ray absorption spectroscopy on the canvas."""

NAME = "Spectroscopy"
DESCRIPTION = "X-ray absorption: from raw scans to |χ(R)|."
ICON = "icons/category.svg"
BACKGROUND = "#BFE5D8"
PRIORITY = 40
# loaded in the background once a step stands on the canvas
LIBRARIES = ("beamcanvas.spectroscopy",)

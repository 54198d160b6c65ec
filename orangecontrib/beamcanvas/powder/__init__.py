"""Powder diffraction on the canvas."""

NAME = "Powder"
DESCRIPTION = "From a detector image to a calibrated powder pattern."
ICON = "icons/category.svg"
BACKGROUND = "#F6D9B8"
PRIORITY = 10
# loaded in the background once a step stands on the canvas
LIBRARIES = ("fabio", "pyFAI.integrator.azimuthal", "scipy.signal")

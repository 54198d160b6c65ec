"""Tomography on the canvas."""

NAME = "Tomography"
DESCRIPTION = "From the projections of a scan to a volume."
ICON = "icons/category.svg"
BACKGROUND = "#BCD9F0"
PRIORITY = 20
# loaded in the background once a step stands on the canvas
LIBRARIES = ("h5py", "finufft", "scipy.fft", "scipy.ndimage", "numba")

"""Dark-field X-ray microscopy on the canvas."""

NAME = "Dark field"
DESCRIPTION = "From a dark-field microscopy scan to maps of orientation and strain."
ICON = "icons/category.svg"
BACKGROUND = "#DFC8F2"
PRIORITY = 30
# loaded in the background once a step stands on the canvas
LIBRARIES = ("h5py", "hdf5plugin", "numba", "scipy.ndimage")

"""X-ray absorption spectroscopy: from raw scans to |chi(R)|."""

from .analysing.combination import Combination, fit_combination
from .analysing.components import Components, find_components
from .analysing.scalars import ScalarMap, map_number
from .analysing.shell import ShellFit, fit_shell
from .preparing.align import Shifted, align_spectra, calibrate_energy
from .preparing.deglitch import deglitch
from .preparing.merge import merge_spectra
from .preparing.over_absorption import correct_over_absorption
from .preparing.rebin import rebin_spectra
from .preparing.region import choose_spectra, energy_region
from .reading.athena import AthenaProject, read_athena
from .reading.read import read_spectra
from .reducing.background import remove_background
from .reducing.exafs import Exafs
from .reducing.fourier import back_transform, fourier_transform
from .reducing.noise import Noise, estimate_noise
from .reducing.normalise import normalise
from .reducing.normalised import Normalised
from .reducing.overview import Overview, overview
from .reducing.transforms import BackTransform, FourierTransform, WaveletTransform
from .reducing.wavelet import wavelet_transform
from .saving.athena import save_athena
from .saving.columns import save_columns
from .saving.nexus import save_nexus
from .saving.xdi import save_xdi
from .spectra import Spectra

__all__ = [
    "AthenaProject",
    "BackTransform",
    "Combination",
    "Components",
    "Exafs",
    "FourierTransform",
    "Noise",
    "Normalised",
    "Overview",
    "ScalarMap",
    "ShellFit",
    "Shifted",
    "Spectra",
    "WaveletTransform",
    "align_spectra",
    "back_transform",
    "calibrate_energy",
    "choose_spectra",
    "correct_over_absorption",
    "deglitch",
    "energy_region",
    "estimate_noise",
    "find_components",
    "fit_combination",
    "fit_shell",
    "fourier_transform",
    "map_number",
    "merge_spectra",
    "normalise",
    "overview",
    "read_athena",
    "read_spectra",
    "rebin_spectra",
    "remove_background",
    "save_athena",
    "save_columns",
    "save_nexus",
    "save_xdi",
    "wavelet_transform",
]

#: what the tasks import when they need it
LIBRARIES = ("h5py", "scipy.interpolate", "scipy.signal", "scipy.fft", "threadpoolctl")

"""The flat field at an energy, from flats that were measured at several."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...task import Param, task
from ..image.opening import origin_of
from ..origin import in_role
from ..types import DiffractionImage, Geometry, check_shape

_FILTER = "Flats by energy (*.h5 *.hdf5 *.mat *.npz);;All files (*)"


@task(title="Flat field by energy", output="image", requires="powder")
def apply_flat_field(
    image: DiffractionImage,
    geometry: Geometry | None = None,
    *,
    file: Annotated[Path, Param(path="open", filter=_FILTER)],
    old_file: Annotated[
        Path | None,
        Param(label="Flats already applied", path="open", filter=_FILTER, auto="in the file"),
    ] = None,
    energy: Annotated[
        float | None, Param(unit="keV", gt=0, auto="of the geometry, or the header")
    ] = None,
) -> DiffractionImage:
    """Correct an image by the flat field at its energy, interpolated between measured ones.

    The file holds a stack of flats ``F`` and their energies ``E`` in keV. When the detector
    has already divided by flats of its own, they are ``Fold`` and ``Eold``, and the image is
    divided by old / new. Pixels whose flat is negative or no number are left as they are.

    Parameters
    ----------
    image:
        Image to correct.
    geometry:
        Tells the energy.
    file:
        HDF5 (as MATLAB 7.3 saves it, too), MATLAB or NumPy file with F and E.
    old_file:
        Another such file, with Fold and Eold, or F and E, of the flats already applied.
    energy:
        Photon energy.

    Raises
    ------
    InputError
        When the energy is not known or beyond the measured ones, something is not in the
        file, or the flats have another shape than the image.
    """
    wanted = energy or (geometry.energy if geometry else image.header.energy)
    if wanted is None:
        raise InputError("The energy is not known: give 'energy' in keV, or link a geometry.")
    file, old_file = Path(file), None if old_file is None else Path(old_file)
    found = _arrays(file)
    new = _at(found, "F", "E", wanted, file, image.shape)
    old = None
    if old_file is not None:
        applied = _arrays(old_file)
        names = ("Fold", "Eold") if "Fold" in applied else ("F", "E")
        old = _at(applied, *names, wanted, old_file, image.shape)
    elif "Fold" in found:
        old = _at(found, "Fold", "Eold", wanted, file, image.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        flat = new if old is None else old / new
    flat[~(np.isfinite(flat) & (flat > 0))] = 1.0
    if image.flat is not None:
        flat *= image.flat
    files = [origin_of(str(path)) for path in (file, old_file) if path is not None]
    origins = (*image.origins, *in_role(files, "flat"))
    return replace(image, flat=flat.astype(np.float32), origins=origins)


def _arrays(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays F, E, Fold and Eold of a file, those that are there."""
    if not file.is_file():
        raise InputError(f"There is no file {file}.")
    names = ("F", "E", "Fold", "Eold")
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as stored:
                return {n: stored[n] for n in names if n in stored}
        with file.open("rb") as stream:
            text = stream.read(20).startswith(b"MATLAB 5.0")
        if text:
            from scipy.io import loadmat

            matlab = loadmat(file, variable_names=names)
            return {n: matlab[n] for n in names if n in matlab}
        import h5py

        with h5py.File(file, "r") as root:
            # MATLAB stores its arrays with the axes in reverse order
            turn = any("MATLAB_class" in root[n].attrs for n in names if n in root)
            found = {n: np.asarray(root[n]) for n in names if n in root}
            return {n: a.T for n, a in found.items()} if turn else found
    except InputError:
        raise
    except Exception as error:  # each reader raises what its format makes it
        raise InputError(f"{file} can't be read as flats by energy: {error}.") from None


def _at(
    found: dict[str, NDArray[Any]],
    flats: str,
    energies: str,
    wanted: float,
    file: Path,
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """The flat at an energy, between the two nearest."""
    missing = [n for n in (flats, energies) if n not in found]
    if missing:
        raise InputError(f"{file} has no '{missing[0]}': it takes {flats} and {energies}.")
    energy = np.ravel(found[energies]).astype(float)
    stack = np.asarray(found[flats])
    if stack.ndim != 3 or len(energy) not in (stack.shape[0], stack.shape[2]):
        raise InputError(
            f"'{flats}' of {file} should be a flat for each of the {len(energy)} energies: "
            f"its shape is {stack.shape}."
        )
    if stack.shape[1:] != shape and stack.shape[2] == len(energy):
        stack = np.moveaxis(stack, 2, 0)  # as MATLAB has it: the energy last
    check_shape(f"flats of {file.name}", stack.shape[1:], shape, "image")
    order = np.argsort(energy)
    energy, low, high = energy[order], float(energy.min()), float(energy.max())
    if not low <= wanted <= high:
        unit = " Are they in keV?" if low > 1000 else ""
        raise InputError(
            f"{file} has flats from {low:g} to {high:g} keV, not at {wanted:g} keV.{unit}"
        )
    above = min(int(np.searchsorted(energy, wanted)), len(energy) - 1)
    below = max(above - 1, 0)
    gap = energy[above] - energy[below]
    share = (wanted - energy[below]) / gap if gap else 0.0
    between: NDArray[np.float64] = (1 - share) * stack[order[below]].astype(float) + (
        share * stack[order[above]].astype(float)
    )
    return between

"""Fitting the first shell of neighbours with a path of Feff, by xraylarch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from ...errors import InputError
from ...nexus import Axis, NXData
from ...task import Param, task
from .. import larch
from ..kernels.constants import Array
from ..reducing.exafs import Exafs

_LABELS = {
    "s02": ("Amplitude", ""),
    "e0": ("E0 shift", "eV"),
    "sigma2": ("σ²", "Å²"),
    "delta_r": ("Change of the distance", "Å"),
}


@dataclass(frozen=True, eq=False)
class ShellFit:
    """A path fitted to chi(R) of one spectrum."""

    exafs: Exafs
    number: int  #: of the spectrum
    r: Array  #: Å
    data: Array  #: |chi(R)|
    model: Array
    values: Mapping[str, float]
    errors: Mapping[str, float]
    distance: float  #: of the neighbours, Å
    r_factor: float
    reduced_chi2: float
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> dict[str, str]:
        """The parameters with their uncertainties."""
        rows = {
            label: f"{self.values[n]:.5g} ± {self.errors[n]:.2g}{f' {unit}' if unit else ''}"
            for n, (label, unit) in _LABELS.items()
        }
        rows["Distance"] = f"{self.distance:.4f} ± {self.errors['delta_r']:.4f} Å"
        rows["R factor"] = f"{self.r_factor:.4g}"
        rows["Reduced χ²"] = f"{self.reduced_chi2:.4g}"
        return rows

    @property
    def summary(self) -> str:
        return (
            f"shell at {self.distance:.4f} ± {self.errors['delta_r']:.4f} Å, "
            f"σ² {self.values['sigma2']:.5f} Å², R factor {self.r_factor:.2g}"
        )

    def nxdata(self) -> NXData:
        axis = Axis(name="r", values=self.r, unit="Å", label="R")
        return NXData(signal=self.data, name="chir_mag", label="|χ(R)|", axes=(axis,))


@task(title="Fit a shell", output="fit", requires="larch")
def fit_shell(
    exafs: Exafs,
    *,
    path: Annotated[Path, Param(path="open", filter="Feff paths (feff*.dat);;All files (*)")],
    kmin: Annotated[float, Param(ge=0, unit="Å⁻¹", label="From k", group="Range")] = 3.0,
    kmax: Annotated[
        float | None, Param(gt=0, unit="Å⁻¹", label="to k", auto="0.9 of the end", group="Range")
    ] = None,
    rmin: Annotated[float, Param(ge=0, unit="Å", label="From R", group="Range")] = 1.4,
    rmax: Annotated[float, Param(gt=0, unit="Å", label="to R", group="Range")] = 3.0,
    kweight: Annotated[int, Param(ge=0, le=5, label="k weight", group="Window", more=True)] = 2,
    dk: Annotated[float, Param(ge=0, unit="Å⁻¹", label="Width", group="Window", more=True)] = 4.0,
    window: Annotated[
        Literal["kaiser", "hanning", "parzen", "welch", "gaussian", "sine"],
        Param(group="Window", more=True),
    ] = "kaiser",
    number: Annotated[int | None, Param(ge=0, label="Spectrum", auto="the first good one")] = None,
) -> ShellFit:
    """Fit distance, disorder, amplitude and E0 of one scattering path in R.

    By ``feffit`` of xraylarch, which must be installed. χ² is by the noise at high R and by
    what the background leaves open, in quadrature. xraylarch itself takes the latter without
    dividing it by the edge step, so that its reduced χ² is another one.

    Parameters
    ----------
    exafs:
        chi(k).
    path:
        A path that Feff computed: feffNNNN.dat.
    kmin:
        Beginning of the range in k.
    kmax:
        End of the range in k.
    rmin:
        Beginning of the range in R that is fitted.
    rmax:
        End of that range.
    kweight:
        Power of k.
    dk:
        Width of the window's ends.
    window:
        What makes the range in k begin and end softly.
    number:
        Which spectrum, from 0, when there are several.

    Raises
    ------
    InputError
        When xraylarch is missing, the path can't be read, or there is no chi(k).
    """
    if number is None:
        number = next((i for i in range(len(exafs)) if i not in exafs.problems), 0)
    if number >= len(exafs):
        raise InputError(f"There is no spectrum {number}: there are {len(exafs)}, from 0.")
    if number in exafs.problems:
        raise InputError(f"{exafs.spectra.name(number)}: {exafs.problems[number]}")
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    if rmin >= rmax:
        raise InputError(f"The range in R is empty: from {rmin:g} to {rmax:g} Å.")
    end = float(exafs.kmax[number])
    kmax = round(0.9 * end, 2) if kmax is None else min(kmax, end)
    if kmin >= kmax:
        raise InputError(f"The range in k is empty: from {kmin:g} to {kmax:g} Å⁻¹.")
    points = int(np.isfinite(exafs.chi[number]).sum())
    transform = {
        "kmin": kmin,
        "kmax": kmax,
        "kweight": kweight,
        "dk": dk,
        "window": window,
        "rmin": rmin,
        "rmax": rmax,
    }
    with larch.quiet():
        from larch import Group
        from larch.fitting import guess, param_group
        from larch.xafs import feffit, feffit_dataset, feffit_transform, feffpath

        measured = Group(
            k=exafs.k[:points],
            chi=exafs.chi[number, :points],
            delta_chi=exafs.uncertainty(number)[0][:points],
        )
        parameters = param_group(
            s02=guess(1.0), e0=guess(0.1), sigma2=guess(0.002), delta_r=guess(0.0)
        )
        try:
            scattering = feffpath(str(path), s02="s02", e0="e0", sigma2="sigma2", deltar="delta_r")
            distance = float(scattering.reff)
        except Exception:  # whatever larch's reader makes of a file that is none
            raise InputError(f"{path.name} is no path of Feff (feffNNNN.dat).") from None
        dataset = feffit_dataset(
            data=measured, pathlist=[scattering], transform=feffit_transform(**transform)
        )
        result = feffit(parameters, dataset)
    fitted = result.params
    values = {n: float(fitted[n].value) for n in _LABELS}
    return ShellFit(
        exafs=exafs,
        number=number,
        r=np.asarray(dataset.data.r),
        data=np.asarray(dataset.data.chir_mag),
        model=np.asarray(dataset.model.chir_mag),
        values=values,
        errors={n: float(fitted[n].stderr or np.nan) for n in _LABELS},
        distance=distance + values["delta_r"],
        r_factor=float(result.rfactor),
        reduced_chi2=float(result.chi2_reduced),
        settings={"path": path.name, **transform},
    )

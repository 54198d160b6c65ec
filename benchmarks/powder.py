"""Calibrating and integrating the tutorial's CeO2 image, here and with pyFAI alone.

    python benchmarks/powder.py

Calibration: from the header's distance and the image's centre, and from a geometry that is
off by 1 mm, 5 pixels and 0.1 degrees; pyFAI's own control point extraction, in one shot and
ring by ring, from the same starts. Accuracy is the rms distance of the peaks of pyFAI's
pattern from the lines of CeO2. Integration: a task's whole call for an image that follows
another one, and pyFAI's own call. CPU time, best of several.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from beamcanvas.powder import (
    DiffractionImage,
    Geometry,
    Setup,
    calibrate,
    describe_experiment,
    integrate_1d,
    open_image,
    refine_geometry,
)
from beamcanvas.powder.correction.mask import usable_mask
from beamcanvas.task import task_of

IMAGE = Path(__file__).parents[1] / "tutorials" / "powder" / "CeO2_Pilatus1M.tif.bz2"


def best(call: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Seconds of CPU, and what came out."""
    call()
    times = []
    for _ in range(runs):
        start = process_time()
        result = call()
        times.append(process_time() - start)
    return min(times), result


def residual(image: DiffractionImage, geometry: Geometry, setup: Setup) -> float:
    """Rms distance of the pattern's peaks from the lines below 30°, degrees."""
    lines = np.degrees(setup.calibrant.two_theta(setup.wavelength, 0.52))
    pattern = integrate_1d(image, geometry, points=3000)
    off = []
    for number, line in enumerate(lines):
        reach = min(0.45 * np.abs(np.delete(lines, number) - line).min(), 0.25)
        near = np.abs(pattern.radial - line) < reach
        x, y = pattern.radial[near], pattern.intensity[near]
        weight = np.clip(y - np.interp(x, x[[0, -1]], [y[:3].mean(), y[-3:].mean()]), 0, None)
        off.append(weight @ x / weight.sum() - line)
    return float(np.sqrt(np.mean(np.square(off))))


def pyfai_calibration(
    image: DiffractionImage, setup: Setup, start: Geometry, rings: tuple[int | None, ...]
) -> Geometry:
    """pyFAI's extraction and refinement, with one number of rings after another."""
    from pyFAI.calibrant import get_calibrant
    from pyFAI.goniometer import SingleGeometry

    here = start
    for count in rings:
        calibrant = get_calibrant(setup.calibrant.name)
        calibrant.wavelength = setup.wavelength
        data = np.where(image.mask, 0, image.data)
        single = SingleGeometry(
            "CeO2", data, detector=here.pyfai().detector, geometry=here.pyfai(), calibrant=calibrant
        )
        single.extract_cp(max_rings=count)
        single.geometry_refinement.refine3(fix=["wavelength"])
        found = single.geometry_refinement
        here = replace(
            here,
            distance=float(found.dist),
            poni1=float(found.poni1),
            poni2=float(found.poni2),
            rot1=float(found.rot1),
            rot2=float(found.rot2),
            rot3=float(found.rot3),
        )
    return here


def compare_calibrations(image: DiffractionImage, setup: Setup) -> None:
    seconds, (truth, _) = best(lambda: calibrate(image, setup), 2)
    height, width = (n * p for n, p in zip(image.shape, setup.detector.pixel_size, strict=True))
    scratch = replace(
        truth,
        distance=image.header.distance or 0,
        poni1=height / 2,
        poni2=width / 2,
        rot1=0.0,
        rot2=0.0,
    )
    pixel = setup.detector.pixel_size[0]
    nearby = replace(
        truth,
        distance=truth.distance + 1e-3,
        poni1=truth.poni1 + 5 * pixel,
        poni2=truth.poni2 - 5 * pixel,
        rot1=truth.rot1 + np.radians(0.1),
    )
    print(f"{'calibration':44} {'CPU s':>7} {'peaks off':>10}   ratio of times")
    rows: list[tuple[str, float, Geometry]] = [("ours, from header and centre", seconds, truth)]
    took, (geometry, _) = best(lambda: refine_geometry(image, setup, nearby), 2)
    rows.append(("ours, from 1 mm, 5 px, 0.1° off", took, geometry))
    schedules: dict[str, tuple[int | None, ...]] = {
        "in one shot": (None,),
        "ring by ring": (2, 4, 8, 12, None, None),
    }
    for start, where in ((scratch, "header and centre"), (nearby, "1 mm, 5 px, 0.1° off")):
        for name, rings in schedules.items():
            took, geometry = best(
                lambda start=start, rings=rings: pyfai_calibration(image, setup, start, rings), 1
            )
            rows.append((f"pyFAI {name}, from {where}", took, geometry))
    for label, took, geometry in rows:
        off = residual(image, geometry, setup)
        print(f"{label:44} {took:7.2f} {off:9.4f}°   {took / seconds:5.2f}")
    again = calibrate(image, setup).geometry
    print("ours twice: " + ("the same numbers" if again == truth else "NOT the same"))


def compare_integrations(image: DiffractionImage, geometry: Geometry) -> None:
    print(f"\n{'integration, 2000 points':44} {'CPU ms':>7} {'pyFAI ms':>10}   ratio   deviation")
    run = task_of(integrate_1d).run
    mask = usable_mask(image, geometry.detector)
    for splitting, theirs in (("bounding box", "bbox"), ("none", "no"), ("full", "full")):
        integrator = geometry.pyfai()
        for algorithm in ("CSR", "CSC", "histogram"):
            inputs = {
                "image": image,
                "geometry": geometry,
                "splitting": splitting,
                "algorithm": algorithm,
            }
            method = (theirs, algorithm.lower(), "cython")
            ours, result = best(lambda inputs=inputs: run(inputs)["pattern"], 7)
            direct, expected = best(
                lambda integrator=integrator, method=method: integrator.integrate1d(
                    image.data, 2000, unit="2th_deg", mask=mask, method=method
                ),
                7,
            )
            scale = np.abs(expected.intensity).max()
            deviation = float(np.abs(result.intensity - expected.intensity).max() / scale)
            print(
                f"{f'{splitting}, {algorithm}':44} {1e3 * ours:7.1f} {1e3 * direct:10.1f}   "
                f"{ours / direct:5.2f}   {deviation:.0e}"
            )


def main() -> None:
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    image = open_image(IMAGE)
    setup = describe_experiment(image, calibrant="CeO2", energy=30.4929)
    compare_calibrations(image, setup)
    compare_integrations(image, calibrate(image, setup).geometry)


if __name__ == "__main__":
    main()

"""Maps as TIFF images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np

from ...errors import InputError
from ...output_file import replacing
from ...task import Existing, Param, task
from ..analyse.maps import PixelMaps
from ..analyse.mosaicity import Mosaicity
from ..analyse.sums import SumImages


@task(title="Save images", output="files", requires="darkfield")
def save_images(
    maps: PixelMaps | Mosaicity | SumImages,
    *,
    folder: Annotated[Path, Param(path="folder")],
    prefix: str = "",
    existing: Existing = "keep",
) -> list[Path]:
    """Save each map as a TIFF image: numbers as 32-bit floats, mosaicity as colours.

    Parameters
    ----------
    maps:
        What to save.
    folder:
        Where to write; it is made.
    prefix:
        What each file's name starts with.
    existing:
        What to do where there are files of those names.

    Raises
    ------
    InputError
        When a file is there and is to be kept, or can't be written.
    """
    import tifffile

    images = {}
    if isinstance(maps, Mosaicity):
        images["mosaicity"] = np.rint(255 * maps.colours).astype(np.uint8)
        images["colour_key"] = np.rint(255 * maps.key[::-1]).astype(np.uint8)
    elif isinstance(maps, SumImages):
        images["sum"] = maps.images.astype(np.float32)
    else:
        for name, values in maps.maps.items():
            images[name.replace(" ", "_")] = values.astype(np.float32)
    start = f"{prefix}_" if prefix else ""
    files = {folder / f"{start}{name}.tif": image for name, image in images.items()}
    for path in files:
        if existing == "keep" and path.exists():  # all or none
            raise InputError(f"{path} is there already: choose 'replace it', or another folder.")
    for path, image in files.items():
        look = "rgb" if image.dtype == np.uint8 else "minisblack"
        with replacing(path, existing=existing) as (_, new):
            tifffile.imwrite(new, image, photometric=look, metadata=None)
    return list(files)

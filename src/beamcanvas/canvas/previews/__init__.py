"""Previews: an output, shown by what it is.

A preview is a class in one file and one entry point in ``beamcanvas.previews``; what
:meth:`Preview.fits` says of a value decides which one shows it.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from .base import Preview, nxdata_of
from .words import summary_of

__all__ = ["Preview", "nxdata_of", "preview_for", "summary_of"]

GROUP = "beamcanvas.previews"

_log = logging.getLogger(__name__)


@cache
def known_previews() -> tuple[type[Preview], ...]:
    """All previews that are installed. One that can't be imported is reported and left out."""
    found = []
    for point in entry_points(group=GROUP):
        try:
            found.append(point.load())
        except Exception as error:  # another package's fault must not cost a plot
            _log.warning("The preview '%s' can't be loaded: %s", point.name, error)
    return tuple(found)


def preview_for(value: Any) -> type[Preview]:
    """The preview that fits a value best."""
    from .summary import SummaryPreview

    data = nxdata_of(value)
    return max(known_previews(), key=lambda p: p.fits(value, data), default=SummaryPreview)

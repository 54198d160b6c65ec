"""Words as names of files, and of groups in them."""

from __future__ import annotations

import re


def safe_name(words: str, otherwise: str) -> str:
    """The words without what file systems and HDF5 paths stumble over."""
    return re.sub(r"[^\w.+-]+", "_", words).strip("._") or otherwise

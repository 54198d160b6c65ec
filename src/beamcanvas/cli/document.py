"""Outputs of a run as one JSON document: small values as they are, big ones as references."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ..workflow import NodeId, id_text

if TYPE_CHECKING:
    from ..nexus.results import Stored

#: Arrays of more values are not spelled out.
LARGEST = 64
_DEEPEST = 20


class Document:
    """Makes the document.

    Parameters
    ----------
    results:
        The results file that big values are referred to in, if there is one.
    """

    def __init__(self, results: Path | None = None) -> None:
        self._results = results
        self._stored: dict[NodeId, dict[str, Stored]] = {}
        if results is not None:
            from ..nexus.results import stored_outputs

            self._stored = stored_outputs(results)
        #: whether something is only described, for want of a results file
        self.left_out = False

    def of(self, nodes: Mapping[NodeId, Mapping[str, Any]], merge: bool = False) -> dict[str, Any]:
        """Outputs by node id as text, or all in one mapping where later nodes override."""
        spelled = {
            node_id: {
                str(name): self._value(value, self._stored.get(node_id, {}).get(str(name)), 0)
                for name, value in outputs.items()
            }
            for node_id, outputs in nodes.items()
        }
        if merge:
            return {name: v for outputs in spelled.values() for name, v in outputs.items()}
        return {id_text(node_id): outputs for node_id, outputs in spelled.items()}

    def _value(self, value: Any, stored: Stored | None, depth: int) -> Any:
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, Enum):
            return self._value(value.value, None, depth)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else None  # JSON has no NaN
        if isinstance(value, PurePath):
            return str(value)
        if hasattr(value, "nxdata") and not isinstance(value, type):
            return self._plottable(value, stored)
        if hasattr(value, "tolist") and hasattr(value, "dtype"):
            if value.size > LARGEST:
                return self._reference(value, stored)
            return self._value(value.tolist(), None, depth)
        if depth < _DEEPEST:
            if dataclasses.is_dataclass(value) and not isinstance(value, type):
                value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            elif hasattr(value, "_asdict"):
                value = value._asdict()
            if isinstance(value, Mapping):
                return {str(k): self._value(v, None, depth + 1) for k, v in value.items()}
            if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
                return [self._value(v, None, depth + 1) for v in value]
        return str(value)

    def _plottable(self, value: Any, stored: Stored | None) -> dict[str, Any]:
        signal = value.nxdata().signal
        return {"type": type(value).__name__, **self._reference(signal, stored)}

    def _reference(self, array: Any, stored: Stored | None) -> dict[str, Any]:
        described: dict[str, Any] = {"shape": list(array.shape), "dtype": str(array.dtype)}
        if stored is None:
            self.left_out = True
            return described
        return {"url": f"silx:{self._results}::{stored.path}", **described}

"""Any value as a part of a NeXus file, and back: data plottable, settings exact, the rest readable.

Each part carries in its attribute ``python_type`` what it was, so that it is read back as
that. Domain types come back as `NXData`, dataclasses as mappings, and what has no form in
HDF5 as the text that a person would print.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .nxdata import Axis, HasNXData, NXData

if TYPE_CHECKING:
    import h5py

_TYPE = "python_type"
_KEY = "key"
_LONGEST_TEXT = 100_000
_DEEPEST = 20


def safe_name(text: str, taken: Any = ()) -> str:
    """A name of a group or dataset that NeXus allows and that isn't taken yet."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "item"
    if name[0].isdigit():
        name = f"_{name}"
    free, n = name, 2
    while free in taken:
        free, n = f"{name}_{n}", n + 1
    return free


def mark_key(member: h5py.HLObject, key: Any) -> None:
    """Remember the name that `member` stands for, where it is no name in NeXus."""
    if member.name.rpartition("/")[2] != key:
        # as JSON, which escapes what an attribute can't hold
        member.attrs[_KEY] = json.dumps(key if isinstance(key, str | int) else str(key))


def key_of(member: h5py.HLObject, name: str) -> Any:
    """The name that a member called `name` stands for."""
    key = member.attrs.get(_KEY)
    return name if key is None else json.loads(key)


def new_group(parent: h5py.Group, name: str, nx_class: str) -> h5py.Group:
    """A new group of a NeXus class; its members keep the order in which they are made."""
    group = parent.create_group(name, track_order=True)
    group.attrs["NX_class"] = nx_class
    return group


def write_value(parent: h5py.Group, name: str, value: Any, unit: str = "") -> h5py.HLObject:
    """Write `value` as the member `name` of `parent`."""
    written = _write(parent, name, value, 0)
    if unit and "units" not in written.attrs:
        written.attrs["units"] = unit
    return written


def _write(parent: h5py.Group, name: str, value: Any, depth: int) -> h5py.HLObject:
    if isinstance(value, HasNXData) and not isinstance(value, type):
        return write_nxdata(parent, name, value.nxdata(), type(value).__name__)
    if isinstance(value, NXData):
        return write_nxdata(parent, name, value, "NXData")
    if isinstance(value, Enum):
        return _write(parent, name, value.value, depth)
    if value is None or isinstance(value, bool | int | float | complex | str | PurePath):
        return _write_scalar(parent, name, value)
    if isinstance(value, bytes):
        return _write_bytes(parent, name, value)
    if _is_array(value):
        return _write_array(parent, name, value)
    if depth < _DEEPEST:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            return _write_mapping(parent, name, fields, type(value).__name__, depth)
        if hasattr(value, "_asdict"):  # a named tuple
            return _write_mapping(parent, name, value._asdict(), type(value).__name__, depth)
        if isinstance(value, Mapping):
            return _write_mapping(parent, name, value, "dict", depth)
        if isinstance(value, Sequence | set | frozenset):
            return _write_items(parent, name, value, depth)
    return _write_text(parent, name, value)


def _write_scalar(parent: h5py.Group, name: str, value: Any) -> h5py.Dataset:
    import h5py

    kind = "NoneType" if value is None else _scalar_type(value)
    data: Any = value
    if value is None:
        data = h5py.Empty("S1")
    elif kind == "Path":
        data = str(value)
    elif kind == "int" and not -(2**63) <= value < 2**63:
        data, kind = str(int(value)), "big int"
    if isinstance(data, str):
        # HDF5 ends a text at a null character and refuses half of a surrogate pair
        if "\0" in data or (not data.isprintable() and not _is_utf8(data)):
            data, kind = json.dumps(data), f"{kind} as JSON"
        dataset = parent.create_dataset(name, data=data, dtype=h5py.string_dtype())
    else:
        dataset = parent.create_dataset(name, data=data)
    dataset.attrs[_TYPE] = kind
    return dataset


def _scalar_type(value: Any) -> str:
    for kind in (bool, int, float, complex, str):
        if isinstance(value, kind):
            return kind.__name__
    return "Path"


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write_bytes(parent: h5py.Group, name: str, value: bytes) -> h5py.Dataset:
    import numpy as np

    dataset = parent.create_dataset(name, data=np.frombuffer(value, np.uint8))
    dataset.attrs[_TYPE] = "bytes"
    return dataset


def _is_array(value: Any) -> bool:
    """Whether it is a numpy array or scalar; numpy isn't imported for a value that isn't."""
    return hasattr(value, "dtype") and hasattr(value, "shape") and hasattr(value, "__array__")


def _write_array(parent: h5py.Group, name: str, value: Any) -> h5py.HLObject:
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind in "OUSMmV":
        if array.dtype.kind == "V" and array.dtype.names:
            return _tagged(parent.create_dataset(name, data=array), "ndarray")
        return _write(parent, name, array.astype(str).tolist(), 0)
    if array.ndim == 0:
        return _tagged(parent.create_dataset(name, data=array), f"numpy.{array.dtype}")
    if array.dtype.kind == "b" or 0 in array.shape or array.size == 1:
        return _tagged(parent.create_dataset(name, data=array), "ndarray")
    return write_nxdata(parent, name, NXData(signal=array, name="data"), "ndarray")


def _tagged(written: h5py.HLObject, kind: str) -> h5py.HLObject:
    written.attrs[_TYPE] = kind
    return written


def _write_mapping(
    parent: h5py.Group, name: str, value: Mapping[Any, Any], kind: str, depth: int
) -> h5py.Group:
    group = new_group(parent, name, "NXcollection")
    group.attrs[_TYPE] = kind
    for key, item in value.items():
        member = _write(group, safe_name(str(key), group), item, depth + 1)
        mark_key(member, key)
    return group


def _write_items(parent: h5py.Group, name: str, value: Any, depth: int) -> h5py.HLObject:
    import h5py

    kind = next((k.__name__ for k in (list, tuple, set, frozenset) if isinstance(value, k)), "list")
    items = list(value)
    types = {type(item) for item in items}
    if types in ({int}, {float}, {bool}) and all(abs(item) < 2**63 for item in items):
        return _tagged(parent.create_dataset(name, data=items), kind)
    if types == {str} and all("\0" not in item and _is_utf8(item) for item in items):
        dataset = parent.create_dataset(name, data=items, dtype=h5py.string_dtype())
        return _tagged(dataset, kind)
    group = new_group(parent, name, "NXcollection")
    group.attrs[_TYPE] = kind
    for n, item in enumerate(items):
        _write(group, f"_{n}", item, depth + 1)
    return group


def _write_text(parent: h5py.Group, name: str, value: Any) -> h5py.Dataset:
    import h5py

    text = str(value)[:_LONGEST_TEXT].encode(errors="replace").replace(b"\0", b"").decode()
    dataset = parent.create_dataset(name, data=text, dtype=h5py.string_dtype())
    return _tagged(dataset, f"{type(value).__module__}.{type(value).__qualname__}")


# -- plottable data


def write_nxdata(parent: h5py.Group, name: str, data: NXData, kind: str = "NXData") -> h5py.Group:
    """Write a signal over its axes as an ``NXdata`` group that any NeXus viewer plots."""
    group = new_group(parent, name, "NXdata")
    group.attrs[_TYPE] = kind
    signal_name = safe_name(data.name)
    signal = group.create_dataset(signal_name, data=data.signal)
    group.attrs["signal"] = signal_name
    _describe(signal, data.unit, data.label)
    interpretation = {1: "spectrum", 2: "image", 3: "image"}.get(data.signal.ndim)
    if interpretation:
        signal.attrs["interpretation"] = interpretation
    if data.axes:
        group.attrs["axes"] = [_write_axis(group, axis, n) for n, axis in _lengths(data)]
    if data.errors is not None:
        group.create_dataset(f"{signal_name}_errors", data=data.errors)
    if data.mask is not None:
        group.create_dataset("mask", data=data.mask)
    if data.title:
        group.create_dataset("title", data=data.title)
    if data.log:
        group.attrs["SILX_style"] = json.dumps({"signal_scale_type": "log"})
    if data.pixels:
        group.attrs["pixels"] = True
    if data.colours:
        group.attrs["colours"] = data.colours
    if data.lines:
        _write_mapping(group, "lines", data.lines, "dict", 0)
    if data.meta:
        _write_mapping(group, "meta", data.meta, "dict", 0)
    return group


def _lengths(data: NXData) -> list[tuple[int, Axis]]:
    return list(zip(data.signal.shape, data.axes, strict=True))


def _write_axis(group: h5py.Group, axis: Axis, length: int) -> str:
    if axis.values is None:
        return "."
    name = safe_name(axis.name, group)
    values = axis.values
    if len(values) == length + 1:  # bins: viewers want one value for each point
        group.create_dataset(f"{name}_edges", data=values)
        values = (values[1:] + values[:-1]) / 2
    _describe(group.create_dataset(name, data=values), axis.unit, axis.label)
    return name


def _describe(dataset: h5py.Dataset, unit: str, label: str) -> None:
    if unit:
        dataset.attrs["units"] = unit
    if label:
        dataset.attrs["long_name"] = f"{label} ({unit})" if unit else label


# -- reading


def read_value(found: h5py.HLObject) -> Any:
    """The value that :func:`write_value` wrote.

    Raises
    ------
    InputError
        When it is not one of those.
    """
    kind = _text(found.attrs.get(_TYPE, ""))
    try:
        if _text(found.attrs.get("NX_class", "")) == "NXdata":
            return _read_nxdata(found, kind)
        if hasattr(found, "items"):
            return _read_group(found, kind)
        return _read_dataset(found, kind)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InputError(f"'{found.name}' is not a stored value: {error}.") from error


def _read_group(found: h5py.Group, kind: str) -> Any:
    members = [(name, read_value(member)) for name, member in found.items()]
    if kind in ("list", "tuple", "set", "frozenset"):
        in_order = [v for _, v in sorted(members, key=lambda item: int(item[0][1:]))]
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](in_order)
    return {key_of(found[name], name): value for name, value in members}


def _read_dataset(found: h5py.Dataset, kind: str) -> Any:
    if kind == "NoneType":
        return None
    value = found.asstr()[()] if found.dtype.kind == "O" else found[()]
    if kind in ("ndarray", "") or kind.startswith("numpy."):
        return value
    if kind == "bytes":
        return value.tobytes()
    if kind.endswith(" as JSON"):
        return json.loads(value)
    if kind in ("list", "tuple", "set", "frozenset"):
        items = value.tolist()
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)
    plain = {"bool": bool, "int": int, "big int": int, "float": float, "complex": complex}
    return plain.get(kind, str)(value)


def _read_nxdata(group: h5py.Group, kind: str) -> Any:
    name = _text(group.attrs["signal"])
    signal = group[name]
    if kind == "ndarray":
        return signal[()]
    axes = [_text(axis) for axis in group.attrs.get("axes", [])]
    style = json.loads(_text(group.attrs.get("SILX_style", "{}")))

    def member(key: str) -> Any:
        return group[key][()] if key in group else None

    return NXData(
        signal=signal[()],
        name=name,
        axes=tuple(_read_axis(group, axis) for axis in axes),
        unit=_text(signal.attrs.get("units", "")),
        label=_label(signal),
        errors=member(f"{name}_errors"),
        mask=member("mask"),
        title=group["title"].asstr()[()] if "title" in group else "",
        log=style.get("signal_scale_type") == "log",
        pixels=bool(group.attrs.get("pixels", False)),
        colours=_text(group.attrs.get("colours", "")),  # type: ignore[arg-type]
        lines=_read_group(group["lines"], "dict") if "lines" in group else {},
        meta=_read_group(group["meta"], "dict") if "meta" in group else {},
    )


def _read_axis(group: h5py.Group, name: str) -> Axis:
    if name == ".":
        return Axis(name="index")
    dataset = group[name]
    values = group.get(f"{name}_edges", dataset)
    unit = _text(dataset.attrs.get("units", ""))
    return Axis(name=name, values=values[()], unit=unit, label=_label(dataset))


def _label(dataset: h5py.Dataset) -> str:
    unit = _text(dataset.attrs.get("units", ""))
    return _text(dataset.attrs.get("long_name", "")).removesuffix(f" ({unit})")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)

"""Values as parts of a NeXus file: what goes in comes out, and viewers can plot it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamcanvas.errors import InputError
from beamcanvas.nexus import Axis, NXData
from beamcanvas.nexus.values import read_value, safe_name, write_value


@pytest.fixture
def file(tmp_path: Path) -> Any:
    with h5py.File(tmp_path / "x.h5", "w") as opened:
        yield opened


class Colour(Enum):
    RED = "red"


class Pair(NamedTuple):
    a: int
    b: str


@dataclass
class Settings:
    distance: float
    names: list[str]
    nothing: None = None


class Curve:
    def nxdata(self) -> NXData:
        return NXData(
            signal=np.arange(4.0),
            name="intensity",
            label="Counts",
            unit="1/s",
            axes=(Axis(name="q", values=np.arange(5.0), unit="1/nm", label="Scattering vector"),),
            errors=np.ones(4),
            mask=np.array([False, True, False, False]),
            title="A curve",
            log=True,
            colours="grey",
            lines={"CeO2": [1.0, 2.0]},
            meta={"detector/name": "Pilatus", 3: None},
        )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Path("/a/b.h5"), "/a/b.h5"),
        (Colour.RED, "red"),
        (Pair(1, "x"), {"a": 1, "b": "x"}),
        (
            Settings(0.1, ["a", ""]),
            {"distance": 0.1, "names": ["a", ""], "nothing": None},
        ),
        (print, "<built-in function print>"),
        (10**30, 10**30),
        ("a\0b\ud800", "a\0b\ud800"),
        (b"\0\1", b"\0\1"),
        ({"a/b": 1, ".": 2, "": 3, 4: 5}, {"a/b": 1, ".": 2, "": 3, 4: 5}),
        ([1, "a", None, [2.5]], [1, "a", None, [2.5]]),
        ((1, 2), (1, 2)),
        ({1, 2}, {1, 2}),
        (np.array(["a", "é"]), ["a", "é"]),
        (1 + 2j, 1 + 2j),
    ],
)
def test_a_value_comes_back_as_what_it_says(file: h5py.File, value: Any, expected: Any) -> None:
    write_value(file, "value", value)
    found = read_value(file["value"])
    assert found == expected
    assert type(found) is type(expected)


_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_plain)
def test_any_plain_value_comes_back(value: Any) -> None:
    with h5py.File("memory.h5", "w", driver="core", backing_store=False) as file:
        write_value(file, "value", value)
        found = read_value(file["value"])
    assert found == value
    assert repr(found) == repr(value)  # 1 is not True, 0.0 not -0.0


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.uint16).reshape(2, 3),
        np.zeros((2, 0)),
        np.array([1.5]),
        np.array([True, False]),
        np.array(3, dtype=np.int8),
        np.linspace(0, 1, 5).astype(complex),
    ],
)
def test_arrays_keep_type_and_shape(file: h5py.File, array: np.ndarray) -> None:
    write_value(file, "value", array)
    found = read_value(file["value"])
    np.testing.assert_array_equal(found, array)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)


def test_not_a_number_comes_back(file: h5py.File) -> None:
    write_value(file, "value", [1.0, math.nan, math.inf])
    assert repr(read_value(file["value"])) == "[1.0, nan, inf]"


def test_what_refers_to_itself_becomes_text(file: h5py.File) -> None:
    value: list[Any] = [1]
    value.append(value)
    write_value(file, "value", value)
    assert read_value(file["value"])[0] == 1


def test_a_domain_object_comes_back_as_plottable_data(file: h5py.File) -> None:
    write_value(file, "value", Curve())
    group = file["value"]
    assert group.attrs["NX_class"] == "NXdata"
    assert group["intensity"].attrs["units"] == "1/s"
    assert group["intensity"].attrs["long_name"] == "Counts (1/s)"
    found = read_value(group)
    expected = Curve().nxdata()
    assert (found.label, found.unit, found.title, found.log) == ("Counts", "1/s", "A curve", True)
    np.testing.assert_array_equal(found.signal, expected.signal)
    np.testing.assert_array_equal(found.errors, expected.errors)
    np.testing.assert_array_equal(found.mask, expected.mask)
    assert found.axes[0].title == "Scattering vector (1/nm)"
    np.testing.assert_array_equal(found.axes[0].values, expected.axes[0].values)
    assert found.lines == expected.lines
    assert found.meta == expected.meta
    assert found.colours == "grey"


def test_silx_plots_it(file: h5py.File) -> None:
    nxdata = pytest.importorskip("silx.io.nxdata")
    write_value(file, "curve", Curve())
    write_value(file, "image", np.arange(6).reshape(2, 3))
    curve, image = nxdata.NXdata(file["curve"]), nxdata.NXdata(file["image"])
    assert curve.is_valid
    assert curve.is_curve
    assert curve.axes[0].shape == (4,)
    assert curve.errors is not None
    assert curve.plot_style.signal_scale_type == "log"
    assert image.is_valid
    assert image.is_image


def test_names_are_safe_and_unique() -> None:
    taken: list[str] = []
    for text in ("a/b", "a.b", "a_b", "", "..", "1 D", "é"):
        taken.append(safe_name(text, taken))
    assert taken == ["a_b", "a_b_2", "a_b_3", "item", "item_2", "_1_D", "item_3"]


def test_a_foreign_group_is_no_value(file: h5py.File) -> None:
    file.create_group("x").attrs["NX_class"] = "NXdata"
    with pytest.raises(InputError, match="'/x' is not a stored value"):
        read_value(file["x"])

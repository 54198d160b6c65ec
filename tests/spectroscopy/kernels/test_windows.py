from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beamcanvas.spectroscopy.kernels.windows import window

KINDS = ("kaiser", "hanning", "parzen", "welch", "gaussian", "sine")


@pytest.mark.parametrize("kind", KINDS)
@given(
    low=st.floats(0, 6),
    length=st.floats(3, 12),
    d1=st.floats(0.01, 4),
    d2=st.floats(0.01, 4),
)
def test_is_that_of_larch(kind, low, length, d1, d2, larch):
    x = 0.05 * np.arange(401)
    expected = larch.call("ftwindow", x, xmin=low, xmax=low + length, dx=d1, dx2=d2, window=kind)
    found = window(x, low, low + length, d1, d2, kind)
    np.testing.assert_allclose(found, expected, atol=1e-9)

"""What every executor must do, as checks that the author of one runs on theirs.

Each of `CHECKS` is a function that takes an executor and raises `AssertionError` with a
sentence when it doesn't do what it should. With pytest::

    from beamcanvas.execution.conformance import CHECKS

    @pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
    def test_conformance(check):
        with MyExecutor() as executor:
            check(executor)

One executor can serve all checks, one after the other. They take some seconds.
"""

from .checks import CHECKS, check_executor
from .graphs import GRAPHS

__all__ = ["CHECKS", "GRAPHS", "check_executor"]

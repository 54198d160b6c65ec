"""Settings of every test: no screen, no home folder, reproducible."""

import os
import shutil
import tempfile

# before anything imports Qt
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("QT_API", "pyqt5")
_home = tempfile.mkdtemp(prefix="beamcanvas-home-")
os.environ["HOME"] = _home
for _name in ("CONFIG", "DATA", "CACHE", "STATE"):
    os.environ[f"XDG_{_name}_HOME"] = f"{_home}/{_name.lower()}"
os.environ["XDG_RUNTIME_DIR"] = _home
os.environ["OMP_NUM_THREADS"] = "1"  # two test processes share two cores

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402


def pytest_unconfigure() -> None:
    shutil.rmtree(_home, ignore_errors=True)


settings.register_profile(
    "beamcanvas",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=60,
    derandomize=bool(os.environ.get("CI")),  # who explores is at a desk
)
settings.load_profile("beamcanvas")


@pytest.fixture
def service(request: pytest.FixtureRequest) -> str:
    """What `tools/services` says of the service that a test's marker names."""
    name = request.node.get_closest_marker("service").args[0]
    found = os.environ.get(f"BEAMCANVAS_TEST_{name.upper()}")
    if not found:
        pytest.skip(f"No {name} server runs here: tools/services/{name} starts one.")
    return found

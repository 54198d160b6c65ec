"""What an installation holds."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_folder_of_code_and_icons_is_installed() -> None:
    declared = ConfigParser()
    declared.read(ROOT / "setup.cfg")
    listed = set(declared["options"]["packages"].split())
    there = {"beamcanvas_tutorials"}
    for base in (ROOT / "src", ROOT):
        for file in (base / ("beamcanvas" if base.name == "src" else "orangecontrib")).rglob("*"):
            if file.suffix in (".py", ".svg"):
                there.add(".".join(file.parent.relative_to(base).parts))
    assert there == listed

"""Nodes, or whole workflows, as jobs of SLURM: through slurmrestd, or sbatch and its kind."""

from .executor import Slurm
from .settings import Settings
from .whole import SlurmRuns

__all__ = ["Settings", "Slurm", "SlurmRuns", "from_text"]


def from_text(text: str = "") -> Slurm | SlurmRuns:
    """What ``--executor slurm:TEXT`` means: settings, and ``whole`` for one job in all.

    Raises
    ------
    InputError
        When a setting isn't one, or there is no way to SLURM.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    settings = Settings.of([word for word in words if word != "whole"])
    return SlurmRuns(settings) if "whole" in words else Slurm(settings)

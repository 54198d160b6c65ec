"""What a job of SLURM starts."""

import sys

from .on_node import main

sys.exit(main(*sys.argv[1:]))

"""What a job of SLURM starts."""

import sys

from .on_node import main

if __name__ == "__main__":  # processes that tasks start read this too
    sys.exit(main(*sys.argv[1:]))

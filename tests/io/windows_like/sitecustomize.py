"""Make each Python process with this folder in PYTHONPATH look like one on Windows; see `without_posix.py`."""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parents[1] / "without_posix.py"))["block_posix_in_processes"]()

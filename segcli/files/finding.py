"""The files that a path means: itself, those in a folder, or those that a pattern such as orders/*.csv matches."""

import glob
from pathlib import Path

from segcli.errors import InputProblem
from segcli.files.read import STDIN

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
PACKED = (".gz", ".zst", ".bz2", ".xz")
PATTERN = "*?["


def found(path: str) -> list[str]:
    """The files, sorted by name; a path that is neither folder nor pattern means itself, whether or not it is there.

    Raises:
        InputProblem: the folder holds no export, or the pattern matches nothing.
    """
    if path == STDIN or not _is_several(path):
        return [path]
    if Path(path).is_dir():
        files = [str(one) for one in Path(path).iterdir() if one.is_file() and is_export(one.name)]
        what = f"holds no file that ends in {', '.join(SUFFIXES)}"
    else:
        files = [one for one in glob.glob(path, recursive=True) if Path(one).is_file()]  # noqa: PTH207 - any pattern
        what = "matches no file"
    if not files:
        raise InputProblem(what, source=path)
    return sorted(files)


def is_export(name: str) -> bool:
    """Whether a file in a folder is one to read, by its name; hidden ones are not."""
    bare = next((name.removesuffix(end) for end in PACKED if name.endswith(end)), name)
    return not name.startswith(".") and bare.lower().endswith(SUFFIXES)


def _is_several(path: str) -> bool:
    try:
        there = Path(path)
        return there.is_dir() or (not there.exists() and any(mark in path for mark in PATTERN))
    except (OSError, ValueError):
        return False  # whoever reads it says what is wrong with it

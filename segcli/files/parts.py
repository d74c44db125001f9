"""The files that a path means: itself, those in a folder, or those that a pattern such as orders/*.csv matches."""

import glob
import hashlib
import os
from dataclasses import replace
from pathlib import Path

from segcli.errors import InputProblem
from segcli.files import stream
from segcli.files.read import STDIN, Content, check_version, version_of

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
PACKED = (".gz", ".zst", ".bz2", ".xz")
BESIDE = ("_", ".")  # how files and folders begin that programs lay beside the parts of a table, such as _SUCCESS
PATTERN = "*?["
BLOCK = 1 << 20


def parts(path: str) -> list[str]:
    """The files, sorted by name; a path that is neither folder nor pattern means itself, whether or not it is there.

    Raises:
        InputProblem: the folder holds no export, or the pattern matches nothing.
    """
    if path == STDIN or not _is_several(path):
        return [path]
    if Path(path).is_dir():
        files = [str(one) for one in Path(path).rglob("*") if one.is_file() and _is_export(one.relative_to(path))]
        what = f"holds no file that ends in {', '.join(SUFFIXES)}"
    else:
        files = [one for one in glob.glob(path, recursive=True) if Path(one).is_file()]  # noqa: PTH207 - any pattern
        what = "matches no file"
    if not files:
        raise InputProblem(what, source=path, remedy="Name a file, a folder of exports, or a pattern in quotes")
    return sorted(files)


def _is_export(path: Path) -> bool:
    """Whether a file in a folder is one to read, by its name."""
    bare = next((path.name.removesuffix(end) for end in PACKED if path.name.endswith(end)), path.name)
    return not any(part.startswith(BESIDE) for part in path.parts) and bare.lower().endswith(SUFFIXES)


def _is_several(path: str) -> bool:
    try:
        there = Path(path)
        return there.is_dir() or (not there.exists() and any(mark in path for mark in PATTERN))
    except (OSError, ValueError):
        return False  # whoever reads it says what is wrong with it


def head_of(path: str) -> Content:
    """The first records of the first file, unpacked; `size` is that of all.

    Raises:
        InputProblem: there are none, or it is not text.
    """
    files = parts(path)
    first = stream.head(files[0])
    return replace(first, name=path, size=sum(Path(name).stat().st_size for name in files))


def digest(content: Content) -> str:
    """Return the SHA-256 of a file as it is stored, which is read again if only its first records were read.

    Raises:
        InputProblem: it cannot be read, or was changed meanwhile.
    """
    if not content.is_head:
        return content.sha256
    name, made = content.name, hashlib.sha256()
    try:
        with Path(name).open("rb") as file:
            while block := file.read(BLOCK):
                made.update(block)
            after = os.fstat(file.fileno())
    except OSError as error:
        raise InputProblem(f"cannot be read again ({error.strerror})", source=name, remedy="Run again") from None
    check_version(name, version_of(after), content.version)
    return made.hexdigest()

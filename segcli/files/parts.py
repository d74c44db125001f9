"""The files that one path stands for: itself, those of a folder, or those that match a pattern."""

import hashlib
from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path

from segcli.errors import InputProblem
from segcli.files import stream
from segcli.files.read import Content

BESIDE = ("_", ".")  # how files begin that programs lay beside the parts of a table, such as _SUCCESS
BLOCK = 1 << 20


def parts(path: str) -> list[str]:
    """The files, in the order of their names; a path that is neither a folder nor a pattern is handed back.

    Raises:
        InputProblem: there are none.
    """
    given = Path(path)
    if given.is_dir():
        found = [str(one) for one in given.rglob("*") if one.is_file() and not one.name.startswith(BESIDE)]
    elif has_magic(path) and not given.exists():
        found = [one for one in glob(path) if Path(one).is_file()]  # noqa: PTH207 - patterns may be absolute
    else:
        return [path]
    if not found:
        raise InputProblem("no file is there", source=path)
    return sorted(found)


def head_of(path: str) -> Content:
    """The first records of the first file, unpacked; `size` is that of all.

    Raises:
        InputProblem: there are none, or it is not text.
    """
    files = parts(path)
    first = stream.head(files[0])
    return replace(first, name=path, size=sum(Path(name).stat().st_size for name in files))


def digest(path: str) -> str:
    """The SHA-256 of the files that a path stands for as they are stored, one behind the other.

    Raises:
        InputProblem: one cannot be read.
    """
    made = hashlib.sha256()
    for name in parts(path):
        try:
            with Path(name).open("rb") as file:
                while block := file.read(BLOCK):
                    made.update(block)
        except OSError as error:
            raise InputProblem(f"cannot be read again ({error.strerror})", source=name) from None
    return made.hexdigest()

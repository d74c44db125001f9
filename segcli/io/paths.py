"""Expand a path into files: the file itself, the files of a folder, or the matches of a pattern (orders/*.csv)."""

import glob
import hashlib
import os
from dataclasses import replace
from pathlib import Path

from segcli.errors import InputProblem
from segcli.io import chunk_reader
from segcli.io.export_names import EXPORT_SUFFIXES, is_export_name
from segcli.io.read import STDIN_PATH, FileContent, file_version, require_same_version
from segcli.location import find_table_name, is_address, locate_file

PATTERN_CHARACTERS = "*?["
DIGEST_BLOCK = 1 << 20


def expand_path(path: str) -> list[str]:
    """Return the files of a path, sorted by name; a path that is neither a folder nor a pattern is returned as it is.

    Raises:
        InputProblem: if the folder holds no export, or the pattern matches nothing.
    """
    if path == STDIN_PATH or not _is_folder_or_pattern(path):
        return [path]
    if Path(path).is_dir():
        files = [
            str(candidate)
            for candidate in Path(path).rglob("*")
            if candidate.is_file() and is_export_name(candidate.relative_to(path))
        ]
        problem = f"no file that ends in {', '.join(EXPORT_SUFFIXES)}"
    else:
        files = [candidate for candidate in glob.glob(path, recursive=True) if Path(candidate).is_file()]  # noqa: PTH207 - any pattern
        problem = "no matching file"
    if not files:
        raise InputProblem(problem, source=path, remedy="give a file, a folder of exports, or a quoted pattern")
    return sorted(files)


def _is_folder_or_pattern(path: str) -> bool:
    try:
        target = Path(path)
        if find_table_name(path) or is_address(path):
            return False
        return target.is_dir() or (not target.exists() and any(character in path for character in PATTERN_CHARACTERS))
    except (OSError, ValueError):
        return False  # the actual read reports the problem


def read_first_head(path: str) -> FileContent:
    """Read the first records of the first file, decompressed; `size` is the total size of all files.

    Raises:
        InputProblem: if there are no files, or the first is not text.
    """
    files = expand_path(path)
    first_head = chunk_reader.read_head(files[0])
    return replace(first_head, name=path, size=sum(locate_file(name).stat().st_size for name in files))


def compute_digest(content: FileContent) -> str:
    """Return the SHA-256 of the stored file; read the file again if only its first records were read.

    Raises:
        InputProblem: if it cannot be read, or was changed meanwhile.
    """
    if not content.is_head:
        return content.sha256
    name, sha256 = content.name, hashlib.sha256()
    try:
        with locate_file(name).open("rb") as file:
            while block := file.read(DIGEST_BLOCK):
                sha256.update(block)
            status = os.fstat(file.fileno())
    except OSError as error:
        raise InputProblem(f"cannot be read again ({error.strerror})", source=name, remedy="run again") from None
    require_same_version(name, file_version(status), content.version)
    return sha256.hexdigest()

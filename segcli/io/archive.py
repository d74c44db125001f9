"""Read the exports in a zip archive: one file, or several files of one table as one."""

import codecs
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import IO

from segcli.errors import InputProblem
from segcli.io.compression import (
    START_BYTES,
    buffer_limited,
    check_unpacked_size,
    detect_packing,
    maximum_unpacked_size,
    unpacking_problem,
)
from segcli.io.csv_stream import CsvStream
from segcli.io.export_names import EXPORT_SUFFIXES, is_export_name
from segcli.location import find_table_name, name_table, split_location

ZIP_KIND = "a zip archive or a spreadsheet"
WORKBOOK_MEMBERS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
TEXT_SUFFIXES = (".csv", ".tsv")
ENCRYPTED_FLAG = 1
STEP_BYTES = 1 << 20
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UNPACK_REMEDY = "unpack the archive, and use the unpacked file"

OpenText = Callable[[IO[bytes], str, int], IO[bytes]]


def open_archive(stream: IO[bytes], name: str) -> zipfile.ZipFile:
    """Open a zip archive.

    Raises:
        InputProblem: if it is damaged or protected by a password.
    """
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise archive_problem(name) from None
    if any(member.flag_bits & ENCRYPTED_FLAG for member in archive.infolist()):
        raise InputProblem("protected by a password", source=name, remedy=UNPACK_REMEDY)
    return archive


def is_workbook_archive(stream: IO[bytes]) -> bool:
    """Return whether a stream is a zip archive with a spreadsheet."""
    try:
        return has_workbook(zipfile.ZipFile(stream))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False  # the actual read reports the problem


def has_workbook(archive: zipfile.ZipFile) -> bool:
    """Return whether an archive is a spreadsheet."""
    return not set(WORKBOOK_MEMBERS).isdisjoint(archive.namelist())


def zip_to_text(archive: zipfile.ZipFile, name: str, size: int, open_text: OpenText) -> IO[bytes]:
    """Return the text of the export in an archive; several exports with the same header become one text.

    Args:
        archive: the archive.
        name: name of the archive, with the chosen member if the user named one.
        size: size of the archive in bytes, which limits the size of its text.
        open_text: function that opens a member that is not plain text, such as Parquet.

    Raises:
        InputProblem: if there is no export, or the headers differ.
    """
    members = _select_members(archive, name)
    limit = maximum_unpacked_size(size)
    if len(members) == 1:
        member_stream = buffer_limited(_open_member(archive, members[0], name), name, limit)
        return open_text(member_stream, f"{split_location(name)[1]}: {members[0].filename}", size)
    header = _read_header(archive, members[0], name)
    for member in members[1:]:
        if _read_header(archive, member, name) != header:
            raise InputProblem(
                f"files with different columns: {members[0].filename} and {member.filename}",
                source=name,
                remedy=f"choose one file with {name_table(name, 'file', members[0].filename)}",
            )
    note = f"{len(members)} files of the archive are read as one: {', '.join(_file_names(members))}"
    blocks = _concatenate(archive, members, name)
    return CsvStream(_limit_blocks(blocks, name, limit), (note,))


def _select_members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """Return the member that the user named, or all exports: tables if there are any, otherwise other exports."""
    files = [member for member in archive.infolist() if not member.is_dir()]
    exports = [member for member in files if is_export_name(PurePosixPath(member.filename))]
    requested = find_table_name(name)
    if requested:
        matches = [member for member in files if requested in (member.filename, PurePosixPath(member.filename).name)]
        if not matches:
            raise InputProblem(
                f"no file '{requested}' in the archive; available: {', '.join(_file_names(exports or files))}",
                source=name,
                remedy="choose one of them",
            )
        return matches[:1]
    tables = [member for member in exports if member.filename.lower().endswith(TEXT_SUFFIXES)]
    if not exports:
        raise InputProblem(
            f"no file in the archive ends in {', '.join(EXPORT_SUFFIXES)}", source=name, remedy=UNPACK_REMEDY
        )
    return sorted(tables or exports, key=lambda member: member.filename)


def _file_names(members: Sequence[zipfile.ZipInfo]) -> list[str]:
    return [member.filename for member in members if not member.is_dir()]


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> IO[bytes]:
    try:
        return archive.open(member)
    except (NotImplementedError, RuntimeError, zipfile.BadZipFile) as error:
        raise InputProblem(
            f"{member.filename} cannot be unpacked ({error})", source=name, remedy=UNPACK_REMEDY
        ) from None


def _read_header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """Return the first line of a member without its byte-order mark and line end.

    Raises:
        InputProblem: if it is not plain text, so that files cannot be joined.
    """
    with _open_member(archive, member, name) as stream:
        line = stream.readline(STEP_BYTES)
    start = line[:START_BYTES]
    if detect_packing(start) or start.startswith((*UTF16_MARKS, b"PK\x03\x04")) or b"\0" in start:
        choice = name_table(name, "file", member.filename)
        raise InputProblem(
            f"several files, and {member.filename} is not plain text, so they cannot be read as one",
            source=name,
            remedy=f"choose one file with {choice}, or unpack the archive into a folder",
        )
    return line.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")


def _concatenate(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], name: str) -> Iterator[bytes]:
    """Yield the text of members one after another, with the header of the first only."""
    for number, member in enumerate(members):
        last_byte = b"\n"
        with _open_member(archive, member, name) as stream:
            if number:
                stream.readline()
            while block := stream.read(STEP_BYTES):
                last_byte = block[-1:]
                yield block
        if last_byte != b"\n":
            yield b"\n"


def archive_problem(name: str) -> InputProblem:
    """Return the error for an archive that cannot be read to its end."""
    return unpacking_problem(name, ZIP_KIND)


def nesting_problem(name: str) -> InputProblem:
    """Return the error for an archive inside an archive."""
    return InputProblem("a zip archive inside a zip archive", source=name, remedy=UNPACK_REMEDY)


def _limit_blocks(blocks: Iterator[bytes], name: str, limit: int) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        check_unpacked_size(size, name, limit)
        yield block

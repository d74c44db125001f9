"""Stream of CSV text that is made from records of another format, so that all readers need to support only CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any

from segcli.errors import InputProblem

BLOCK_RECORDS = 4096


class CsvStream(io.BufferedReader):
    """Stream over blocks of CSV; `notes` say which part of the file it holds."""

    def __init__(self, csv_blocks: Iterator[bytes], notes: tuple[str, ...] = ()) -> None:
        super().__init__(_BlockReader(csv_blocks))
        self.notes = notes


def stream_notes(stream: IO[bytes]) -> tuple[str, ...]:
    """Return the notes of a stream; empty for other streams than `CsvStream`."""
    return stream.notes if isinstance(stream, CsvStream) else ()


class _BlockReader(io.RawIOBase):
    """Raw stream over an iterator of byte blocks of any size."""

    def __init__(self, csv_blocks: Iterator[bytes]) -> None:
        self._chunks, self._rest = csv_blocks, b""

    def readable(self) -> bool:
        """Return True: the stream is read-only."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any buffer
        """Fill a buffer with at most the rest of one block; return 0 at the end."""
        while not self._rest:
            block = next(self._chunks, None)
            if block is None:
                return 0
            self._rest = block
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def encode_records(records: Iterable[Sequence[object]], name: str) -> Iterator[bytes]:
    """Yield records as CSV in blocks; a record of blanks becomes an empty line, so that lines keep their numbers.

    Raises:
        InputProblem: if a value is binary.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    for number, record in enumerate(records, 1):
        texts = [format_value(value, name, number) for value in record]
        writer.writerow(texts if any(texts) else [])
        if number % BLOCK_RECORDS == 0:
            yield buffer.getvalue().encode(errors="replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode(errors="replace")


def format_value(value: object, name: str, line: int) -> str:
    """Return a value as text: days and times in ISO 8601, whole numbers without decimals, blank for a missing value.

    Raises:
        InputProblem: if the value is binary.
    """
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
        case datetime():
            return str(value.date()) if value.time() == time() else value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case bytes():
            raise InputProblem(
                "binary value", source=name, line=line, remedy="export the column as text, or leave it out of the table"
            )
    return str(value)

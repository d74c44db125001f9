"""A file is unpacked by what it is, not by what it is called; what is no text is named."""

import bz2
import gzip
import hashlib
import io
import lzma
import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from segcli.errors import EnvironmentProblem, InputProblem
from segcli.io import chunk_reader, compression, memory, read

BODY = "customer_id,amount\nÜnï,5\n".encode() * 50


def _zstd(body: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(body)
    return bytes(sink.getvalue())


PACKED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("bzip2", bz2.compress),
    ("xz", lzma.compress),
    ("zstandard", _zstd),
]
each_packing = pytest.mark.parametrize(("kind", "pack"), PACKED, ids=[kind for kind, _ in PACKED])


@each_packing
@pytest.mark.parametrize("name", ["orders.csv", "orders.gz", "orders"])
def test_a_packed_file_is_unpacked_whatever_its_suffix(
    tmp_path: Path, kind: str, pack: Callable[[bytes], bytes], name: str
) -> None:
    assert kind
    stored = pack(BODY)
    path = tmp_path / name
    path.write_bytes(stored)
    content = read.read_file(str(path))
    assert content.body == BODY
    assert (content.size, content.sha256) == (len(stored), hashlib.sha256(stored).hexdigest())


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_plain_file_is_plain_whatever_its_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"orders.csv{suffix}"
    path.write_bytes(BODY)
    assert read.read_file(str(path)).body == BODY


@each_packing
def test_a_packed_file_that_is_cut_short_is_refused_by_name(
    tmp_path: Path, kind: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "orders.csv"
    stored = pack(bytes(range(256)) * 400)
    path.write_bytes(stored[: len(stored) * 2 // 3])
    with pytest.raises(
        InputProblem, match=f"orders.csv: looks like {kind}, but cannot be decompressed; the file may be truncated"
    ):
        read.read_file(str(path))


def test_several_packed_files_in_a_row_are_one(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    assert read.read_file(str(path)).body == b"a\nb\n"


@pytest.mark.bad_input(45)
@pytest.mark.parametrize(
    ("start", "problem"),
    [
        (b"PK\x03\x04", "looks like a zip archive or a spreadsheet, but cannot be decompressed"),
        (b"\xd0\xcf\x11\xe0", "looks like a spreadsheet, but cannot be read"),
        (b"%PDF-1.7", "a PDF, not CSV; hint: export the data as CSV"),
        (b"SQLite format 3\x00", "looks like an SQLite database, but cannot be read"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_what_is_no_table_is_named(tmp_path: Path, start: bytes, problem: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(pack(start + b"\x00" * 20))
    with pytest.raises(InputProblem, match=f"orders.csv: {problem}"):
        read.read_file(str(path))


def test_a_web_page_saved_as_csv_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n")
    with pytest.raises(InputProblem, match=r"orders\.csv: .*HTML"):
        read.read_file(str(path))


def test_standard_input_is_read_by_a_dash_and_unpacked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(BODY))))
    content = read.read_file("-")
    assert (content.name, content.body) == ("standard input", BODY)


@pytest.mark.parametrize(
    ("name", "what"), [("missing.csv", "no such file"), (".", "is a folder"), ("file/x.csv", "cannot be read")]
)
def test_what_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(BODY)
    with pytest.raises(InputProblem, match=what):
        read.read_file(name)


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(InputProblem):
        read.read_file("a\0b")


def test_a_settings_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfversion: 1\n")
    assert read.read_text(str(path)) == "version: 1\n"


def test_a_settings_file_that_is_not_utf_8_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"title: caf\xe9\n")
    with pytest.raises(InputProblem, match=r"c\.yaml: not UTF-8 text \(byte 10\)"):
        read.read_text(str(path))


@pytest.mark.bad_input(44)
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_file_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(compression, "MAX_UNPACKED_BYTES", 1000)
    path = tmp_path / "bomb.csv"
    path.write_bytes(pack(b"a" * 1001))
    with pytest.raises(InputProblem, match="after decompression"):
        read.read_file(str(path))
    path.write_bytes(pack(b"a" * 1000))
    assert len(read.read_file(str(path)).body) == 1000


@pytest.mark.parametrize(("kind", "pack"), PACKED, ids=[kind for kind, _ in PACKED])
def test_a_small_file_that_unpacks_to_far_more_than_its_size_is_refused_by_its_ratio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(compression, "UNCHECKED_BYTES", 1 << 20)
    path = tmp_path / f"bomb.{kind}"
    path.write_bytes(pack(b"A,1,2024-01-02,5\n" * 500_000))
    with pytest.raises(InputProblem, match="after decompression"):
        read.read_file(str(path))
    with (
        chunk_reader.open_chunks(str(path), 0, has_quotes=False) as pieces,
        pytest.raises(InputProblem, match="after decompression"),
    ):
        list(pieces)
    path.write_bytes(pack(b"A,1,2024-01-02,5\n" * 50_000))
    assert len(read.read_file(str(path)).body) == 850_000


def test_unpacking_stops_where_a_memory_limit_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "UNCHECKED_BYTES", 1 << 20)
    monkeypatch.setattr(compression, "STEP_BYTES", 1 << 18)
    path = tmp_path / "orders.gz"
    path.write_bytes(gzip.compress(random.Random(1).randbytes(3 << 20)))  # noqa: S311 - a test
    with pytest.raises(InputProblem, match=r"larger than 1 MiB.*ingest\.memory"):
        read.read_file(str(path), memory_per_byte=10, memory_limit=12 << 20)
    monkeypatch.setattr(memory, "available_memory", lambda: 12 << 20)
    with pytest.raises(EnvironmentProblem, match="not enough memory"):
        read.read_file(str(path), memory_per_byte=10)


def test_a_packed_file_is_large_by_what_it_unpacks_to(tmp_path: Path) -> None:
    path = tmp_path / "orders.gz"
    path.write_bytes(gzip.compress(b"A,1,2024-01-02,5\n" * 1_000_000))
    assert path.stat().st_size < chunk_reader.LARGE_FILE_BYTES
    assert chunk_reader.is_large_file(str(path))
    path.write_bytes(gzip.compress(b"A,1,2024-01-02,5\n"))
    assert not chunk_reader.is_large_file(str(path))

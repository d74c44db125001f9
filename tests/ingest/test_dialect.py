"""How a file is written is found by rule; what cannot be decided is refused."""

import gzip
from pathlib import Path

import pytest

from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.files.read import read
from segcli.ingest.dialect import Dialect, detect

ORDERS = "customer_id,order_date,amount\nJosé,2026-01-01,5\n"


def dialect(tmp_path: Path, body: bytes, **source: object) -> Dialect:
    path = tmp_path / "orders.csv"
    path.write_bytes(body)
    return detect(read(str(path)), Source.model_validate(source))


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
def test_encodings_give_the_same_text(tmp_path: Path, encoding: str, named: str) -> None:
    found = dialect(tmp_path, ORDERS.encode(encoding))
    assert (found.body.decode(), found.encoding) == (ORDERS, named)


def test_windows_text_is_said_with_its_line(tmp_path: Path) -> None:
    assert dialect(tmp_path, ORDERS.encode("cp1252")).notes == (
        "not UTF-8 (first at line 2): read as Windows-1252; --encoding decides",
    )


def test_a_declared_encoding_is_obeyed_or_refused(tmp_path: Path) -> None:
    assert dialect(tmp_path, ORDERS.encode("koi8-r", "replace"), encoding="koi8-r").encoding == "koi8-r"
    with pytest.raises(InputProblem, match=r":2: byte 33 is not utf-8"):
        dialect(tmp_path, ORDERS.encode("cp1252"), encoding="utf-8")
    with pytest.raises(InputProblem, match="unknown encoding 'klingon'"):
        dialect(tmp_path, ORDERS.encode(), encoding="klingon")


def test_utf_16_without_its_mark_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="looks like UTF-16"):
        dialect(tmp_path, ORDERS.encode("utf-16-le"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    assert dialect(tmp_path, ORDERS.replace(",", delimiter).encode()).delimiter == delimiter


def test_decimal_commas_do_not_win_over_semicolons(tmp_path: Path) -> None:
    body = "customer_id;order_date;amount;note\n" + 'a;2026-01-01;5,20;"x, y"\n' * 5
    assert dialect(tmp_path, body.encode()).delimiter == ";"


def test_excel_s_sep_line_is_obeyed(tmp_path: Path) -> None:
    found = dialect(tmp_path, b"sep=;\r\na;b\r\n1;2\r\n")
    assert (found.delimiter, found.body, found.skipped_lines) == (";", b"a;b\r\n1;2\r\n", 1)


@pytest.mark.parametrize("body", [b"", b"\n\n", b"  \r\n", b"\xef\xbb\xbf"])
def test_nothing_is_refused_as_empty(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(InputProblem, match="file is empty"):
        dialect(tmp_path, body)


def test_compression_is_told_by_content(tmp_path: Path) -> None:
    assert dialect(tmp_path, gzip.compress(ORDERS.encode())).body.decode() == ORDERS

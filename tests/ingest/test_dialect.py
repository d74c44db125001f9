"""How a file is written is found by rule; what cannot be decided is refused."""

import gzip
from pathlib import Path

import pytest

from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.ingest.dialect import Dialect, detect_dialect
from segcli.io.read import read_file

ORDERS = "customer_id,order_date,amount\nJosé,2026-01-01,5\n"


def dialect(tmp_path: Path, body: bytes, **source: object) -> Dialect:
    path = tmp_path / "orders.csv"
    path.write_bytes(body)
    return detect_dialect(read_file(str(path)), Source.model_validate(source))


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
def test_encodings_give_the_same_text(tmp_path: Path, encoding: str, named: str) -> None:
    found = dialect(tmp_path, ORDERS.encode(encoding))
    assert (found.body.decode(), found.encoding) == (ORDERS, named)


def test_windows_text_is_said_with_its_line(tmp_path: Path) -> None:
    assert dialect(tmp_path, ORDERS.encode("cp1252")).notes == (
        "not UTF-8 (first at line 2): read as Windows-1252; hint: --encoding overrides it",
    )


def test_a_declared_encoding_is_obeyed_or_refused(tmp_path: Path) -> None:
    assert dialect(tmp_path, ORDERS.encode("koi8-r", "replace"), encoding="koi8-r").encoding == "koi8-r"
    with pytest.raises(InputProblem, match=r":2: byte 33 is not valid utf-8"):
        dialect(tmp_path, ORDERS.encode("cp1252"), encoding="utf-8")
    with pytest.raises(InputProblem, match="unknown encoding 'klingon'"):
        dialect(tmp_path, ORDERS.encode(), encoding="klingon")


def test_a_mark_of_utf_16_before_other_bytes_is_answered_with_the_place(tmp_path: Path) -> None:
    """The header and three lines make 100 bytes of pairs, and the last line end is half of one."""
    lines = b"customer_id,order_id,order_date,amount\na,1,2026-01-13,5.00\nb,2,2026-01-02,6.00\na,3,2026-01-20,7.50\n"
    with pytest.raises(InputProblem, match="byte 100 is not valid utf-16"):
        dialect(tmp_path, b"\xff\xfe" + lines)


def test_utf_16_without_its_mark_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="contains NUL bytes, like UTF-16"):
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


@pytest.mark.parametrize(
    ("body", "delimiter"),
    [
        ("a,b;c\n1;2\n3;4\n", ";"),  # more records as wide as the header
        ("a,b;c,d\n1,2;3,4\n", ","),  # both fit, and one gives more columns
        ("a;b,c;d\n1;2,3;4\n", ";"),
        ("customer_id;order_date,x\n1;2,x\n", ";"),  # a name that is known
        ("Report, of, orders, all\n\n" + ORDERS.replace(",", ";"), ";"),  # what stands above the header has no say
        ("a\nb\n", ","),
        ("a;b\n1;2\n3;4;5\n", ";"),  # one column in every record is no fit
        ("\na;b\n1;2\n", ";"),
        ("aaaaaaaaaé;b\n1;2\n", ";"),
        (f"a;b\n{'x' * 100_000};{'y' * 100_000}\n", ";"),  # as one field it would be too long to be read
        ("sep=;\na,b;c\n1,2;3\n", ";"),
        ("SEP=|\r\na,b|c\n1,2|3\n", "|"),
    ],
)
def test_the_delimiter_that_fits_best_is_taken(tmp_path: Path, body: str, delimiter: str) -> None:
    assert dialect(tmp_path, body.encode()).delimiter == delimiter


def test_a_sample_that_ends_within_a_character_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcli.ingest.dialect.SAMPLE_CHARACTERS", 9)
    assert dialect(tmp_path, "a;bbbbbbé\n1;2\n".encode()).delimiter == ";"


def test_a_declared_delimiter_is_obeyed_even_against_the_file(tmp_path: Path) -> None:
    found = dialect(tmp_path, b"sep=;\na,b;c\n1,2;3\n", delimiter=",")
    assert (found.delimiter, found.skipped_lines, found.body) == (",", 1, b"a,b;c\n1,2;3\n")


def test_what_is_left_out_is_counted_and_said(tmp_path: Path) -> None:
    found = dialect(tmp_path, b"x\ny\na,b\n1,2\n9,9\n", skip_rows=2, skip_footer=1)
    assert (found.body, found.skipped_lines) == (b"a,b\n1,2", 2)
    assert found.notes == ("skipped by request: 2 lines at the top, 1 at the end",)
    above = dialect(tmp_path, b"Orders\n\n" + ORDERS.encode())
    assert above.body == ORDERS.encode()
    assert (above.skipped_lines, above.notes) == (2, ("2 lines above the header skipped",))
    assert dialect(tmp_path, b"Orders\n" + ORDERS.encode()).notes == ("1 line above the header skipped",)
    bare = dialect(tmp_path, b"x\n1,2\n3,4\n", header=False, skip_rows=1)
    assert (bare.skipped_lines, bare.to_file_line(2)) == (0, 2), "the header that was made stands where nothing stood"
    assert bare.notes == ("skipped by request: 1 line at the top, 0 at the end",)
    titled = dialect(tmp_path, b"x\nOrders\n" + ORDERS.encode(), skip_rows=1)
    assert titled.skipped_lines == 1, "who says how many lines to leave out says all"
    assert dialect(tmp_path, b"Orders\n" + ORDERS.encode(), header=False).to_file_line(2) == 1
    broken = dialect(tmp_path, b"Orders\n" + ORDERS.encode() + b'b,"x"y,2\nc,2026-01-02,3\n')
    assert broken.broken_lines == (4,)
    quoted = dialect(tmp_path, b'a,b\n1,2" wide\n')
    assert quoted.notes == ("1 record has quotes inside unquoted fields, which are kept unchanged",)


def test_a_file_of_which_no_record_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match="no record can be read with the delimiter ',' and double quotes"):
        dialect(tmp_path, b'"a"b,c\n')


# Lines and records


def test_a_line_of_the_body_is_told_by_its_number_in_the_file() -> None:
    """Two lines stood above, and lines 4 and 7 were taken out."""
    found = Dialect(b"", "utf-8", ",", skipped_lines=2, broken_lines=(4, 7))
    assert [found.to_file_line(line) for line in range(1, 6)] == [3, 5, 6, 8, 9]
    assert str(found) == "utf-8  ','"


@pytest.mark.parametrize(
    ("body", "surely"),
    [(b"a,b\n1,2\n", True), (b"a\r\n1\r\n", True), (b'a\n"1"\n', False), (b"a\n\n1\n", False), (b"a\r1\n", False)],
)
def test_records_are_one_line_each_where_nothing_can_break_them(body: bytes, *, surely: bool) -> None:
    assert Dialect(body, "utf-8", ",").has_single_line_records == surely


@pytest.mark.parametrize(
    ("body", "lines"),
    [(b"a;b\n1;2\n", 1), (b"\n\na;b\n", 3), (b'a;"b\nc"\n1;2\n', 2), (b"a;b\r1;2\r", 1), (b"\n", 0), (b"", 0)],
)
def test_the_header_ends_where_its_record_ends(body: bytes, lines: int) -> None:
    assert Dialect(body, "utf-8", ";").header_line_count == lines


def test_first_records_are_whole_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large file only the beginning is looked at, which ends within a record."""
    written = Dialect("a;b\n\n1;2\n3é;4\n5;6\n".encode(), "utf-8", ";")
    assert written.read_first_records(2) == [["a", "b"]]
    whole = [["a", "b"], ["1", "2"], ["3é", "4"], ["5", "6"]]
    assert written.read_first_records(9) == whole
    assert Dialect(b"a;b\r1;2\r", "utf-8", ";").read_first_records(9) == [["a", "b"], ["1", "2"]]
    monkeypatch.setattr("segcli.ingest.dialect.HEAD_BYTES", len(written.body))
    assert written.read_first_records(9) == whole
    monkeypatch.setattr("segcli.ingest.dialect.HEAD_BYTES", 11)
    assert written.header_line_count == 1
    assert written.read_first_records(9) == [["a", "b"], ["1", "2"]]
    assert written.read_first_records(3) == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("body", [b"", b"\n\n", b"  \r\n", b"\xef\xbb\xbf"])
def test_nothing_is_refused_as_empty(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(InputProblem, match="file is empty"):
        dialect(tmp_path, body)


def test_compression_is_told_by_content(tmp_path: Path) -> None:
    assert dialect(tmp_path, gzip.compress(ORDERS.encode())).body.decode() == ORDERS

"""Bad inputs by their number in the project's list: read right, or repaired and said, or refused with the way out.

Each case is a file, a command line, the exit code, and what has to be said. Cases that other tests cover whole
(faults, locks, configuration, output safety) are not repeated here.
"""

import gzip
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from segcli.cli import _run

HEADER = "customer_id,order_id,order_date,amount\n"
ORDERS = HEADER + "a,1,2026-01-01,5.00\nb,2,2026-01-02,6.00\na,3,2026-01-20,7.50\n"


@dataclass(frozen=True)
class Case:
    """A numbered bad input; `ids` are the customers that must come out, where it is read."""

    number: int
    body: bytes | str
    code: int = 0
    says: tuple[str, ...] = ()
    ids: tuple[str, ...] = ("a", "b")
    revenue: float | None = 18.5
    line: str = "ingest in.csv"
    name: str = field(default="in.csv")

    def __str__(self) -> str:
        return f"{self.number:03}"


UNREADABLE = "rejected 1 (unreadable"

CASES = [
    Case(1, ORDERS.encode("utf-8-sig")),
    Case(2, ORDERS.encode("utf-16")),
    Case(2, b"\xff\xfe" + ORDERS.encode("utf-16-le")),
    Case(3, ORDERS.encode("utf-16-le"), 3, ("looks like UTF-16",)),
    Case(4, ORDERS.replace("b,2", "José,2").encode("cp1252"), 0, ("not UTF-8 (first at line 3)",), ("José", "a")),
    Case(4, ORDERS.replace("b,2", "é,2").encode("cp1252"), 3, ("is not utf-8",), line="ingest in.csv --encoding utf-8"),
    Case(5, (ORDERS + "c,9,2026-01-03,1.00\n" * 3000).encode() + b"\x81,9,2026-01-03,1\n", 3, ("neither UTF-8 nor",)),
    Case(8, ORDERS.replace("b,2", "b\0,2"), 3, ("NUL",)),
    Case(9, ORDERS.replace("b,2", "\u200bb\u00a0,2"), 0, ("1 customer id was written",)),
    Case(10, ORDERS.replace("b,2", "Jose\u0301,2").replace("a,3", "José,3"), 0, ("1 customer id was",), ("José", "a")),
    Case(11, ORDERS + "b,4,2026-01-05,\u0661\n", 0, ("rejected 1 (unreadable",)),
    Case(12, "", 3, ("file is empty",)),
    Case(13, "\n\n\n", 3, ("file is empty",)),
    Case(14, HEADER, 0, ("no transactions",), (), 0),
    *[Case(14, HEADER, 3, ("no transactions",), line=f"{x} in.csv") for x in ("rfm", "cluster", "persona", "report")],
    Case(15, ORDERS.removeprefix(HEADER), 3, ("in.csv:1",)),
    Case(16, HEADER + "a,1,2026-01-01,5\n", 0, ("its scores say nothing",), ("a",), 5, line="rfm in.csv"),
    Case(16, HEADER + "a,1,2026-01-01,5\n", 3, ("nothing to cluster on",), line="cluster in.csv"),
    Case(17, ORDERS, 3, ("k=5 > 2 distinct customers",), line="cluster in.csv -k 5"),
    Case(19, HEADER + ORDERS, 3, ("in.csv:2", "the header stands here again")),
    Case(20, "Orders of January\n\n" + ORDERS, 0, ("2 lines above the header skipped",)),
    Case(21, "sep=;\n" + ORDERS.replace(",", ";")),
    Case(22, ORDERS + "Total,,,18.50\n", 0, ("rejected 1 (unreadable or missing date)",)),
    Case(23, ORDERS + "\n" + ORDERS, 3, ("the header stands here again",)),
    Case(24, "customer_id,order_date,amount,amount\na,2026-01-01,5,6\n", 3, ("column 'amount'", "twice")),
    Case(25, ORDERS.replace("customer_id", " Customer ID "), 0),
    Case(26, ORDERS.replace("order_id", ""), 0),
    Case(27, ORDERS.replace("customer_id", "wer"), 3, ("wer, order_id, order_date", "--map customer_id=")),
    Case(28, ORDERS.replace("\n", ",x\n").replace("amount,x", "amount,whatever"), 0),
    Case(29, "\n".join(line + ",x" * 3000 for line in ORDERS.splitlines()).replace(",x", ",c", 3000) + "\n", 0),
    Case(30, ORDERS + "a,4,2026-01-05,1.00,9\n", 0, ("rejected 1 (wrong number of fields)",)),
    Case(31, ORDERS.replace("\n", ",9\n").replace("amount,9", "amount"), 3, ("3 of 3 records", "4 fields")),
    Case(32, ORDERS + "a,4\n", 0, ("rejected 1 (wrong number of fields)",)),
    Case(33, ORDERS.replace(",", ";").replace(".", ",")),
    Case(34, ORDERS + "a;4;2026-01-05;1.00\n", 0, ("rejected 1 (wrong number of fields)",)),
    Case(35, ORDERS + "a,4,2026-01-05,1,234.50\n", 0, ("rejected 1 (wrong number of fields)",)),
    Case(36, ORDERS + 'a,4,2026-01-05,"1.00\n', 3, ("in.csv:5: a quote opens here and never closes",)),
    Case(37, ORDERS.replace("order_id", "note").replace("a,1,", 'a,12" x,'), 0, ("quotes inside unquoted fields",)),
    Case(38, ORDERS.replace("a,1,", 'a,"1\n1",') + ",9,2026-01-05,1\n", 0, ("rejected 1 (no customer id)",)),
    Case(39, ORDERS.replace("\n", "\r\n", 2)),
    Case(39, ORDERS.replace("\n", "\r")),
    Case(40, ORDERS + 'a,"4\\"5",2026-01-05,1.00\n', 0, ("rejected 1 (quotes that break the rules)",)),
    Case(42, ORDERS + f"a,{'x' * 5_000_000},2026-01-05,1.00\n", 3, ("field larger than field limit",)),
    Case(44, gzip.compress(ORDERS.encode()), name="in.csv"),
    Case(44, ORDERS, line="ingest in.csv.gz", name="in.csv.gz"),
    Case(45, b"PK\x03\x04whatever", 3, ("a spreadsheet or zip archive, not CSV",)),
    Case(45, b"%PDF-1.7", 3, ("a PDF, not CSV",)),
    Case(46, ORDERS.replace("b,2", "NA,2"), ids=("NA", "a")),
    Case(46, ORDERS.replace("b,2", "null,2"), ids=("a", "null")),
    Case(47, ORDERS.replace("b,2", "007,2").replace("a,", "8,"), ids=("007", "8")),
    *[Case(48, ORDERS.replace("b,2", f"{x},2"), ids=(x, "a")) for x in ("1E5", "0x1F", "1_000")],
    *[Case(48, ORDERS.replace("b,2", f"{x},2"), ids=("a", x)) for x in ("inf", "true", "nan")],
    Case(49, ORDERS.replace("b,2", "7.0,2").replace("a,", "7,"), 0, ("with and without .0 behind",), ("7", "7.0")),
    Case(50, ORDERS.replace("b,2", "9007199254740993,2"), ids=("9007199254740993", "a")),
    Case(51, ORDERS.replace("b,2", "1.23457E+11,2"), 0, ("a spreadsheet rounded them",), ("1.23457E+11", "a")),
    Case(52, ORDERS.replace("b,2", " b ,2")),
    Case(52, ORDERS.replace("b,2", "A,2"), 0, ("differ from another only by case",), ("A", "a")),
    Case(53, ORDERS + ",4,2026-01-05,1.00\n", 0, ("rejected 1 (no customer id)",)),
    Case(54, ORDERS.replace("a,", "a@x.io,").replace("b,2", "b@x.io,2"), 0, ("e-mail",), ("a@x.io", "b@x.io")),
    Case(56, ORDERS.replace("5.00", "$5.00").replace("6.00", "6.00 EUR")),
    Case(57, HEADER + 'a,1,2026-01-01,"1,234"\n', 3, ("column 'amount'", "--decimal")),
    Case(58, ORDERS + "b,4,2026-01-05,(2.00)\nb,5,2026-01-05,1.00-\n", 0, ("2 of them returns",), revenue=15.5),
    *[Case(59, ORDERS + f"b,4,2026-01-05,{x}\n", 0, (UNREADABLE,)) for x in ("1e3", "NaN", "inf", "1e400")],
    *[Case(60, ORDERS + f"b,4,2026-01-05,{x}\n", 0, (UNREADABLE,)) for x in ("5%", "", "-", "n/a")],
    Case(61, "customer_id,order_date,amount,currency\na,2026-01-01,5,EUR\nb,2026-01-01,5,USD\n", 3, ("EUR, USD",)),
    Case(62, ORDERS + "b,4,2026-01-05,-2.00\n", 0, ("1 of them returns",), revenue=16.5),
    Case(63, ORDERS + "b,4,2026-01-05,-9.00\n", 0, ("1 of them returns",), revenue=9.5),
    Case(64, ORDERS + "c,4,2026-01-05,-2.00\n", 0, ("returns of customers without a purchase",)),
    Case(65, ORDERS + "b,4,2026-01-05,0.00\n"),
    Case(66, ORDERS + "b,2,2026-01-02,6.00\n", 0, ("1 lines repeat another",), revenue=24.5),
    Case(68, ORDERS, 0, ("ignored 1 (after the as-of day)",), revenue=11, line="ingest in.csv --as-of 2026-01-10"),
    *[Case(69, ORDERS + f"b,4,{x},1\n", 0, (UNREADABLE,)) for x in ("0202-01-01", "1900-01-00", "9999-12-31")],
    *[Case(70, ORDERS + f"b,4,{x},1\n", 0, (UNREADABLE,)) for x in ("2025-02-31", "2025-02-29")],
    Case(71, HEADER + "a,1,03/04/2026,5\n", 3, ("--date-format '%d/%m/%Y'", "--date-format '%m/%d/%Y'")),
    Case(72, ORDERS + "b,4,13.02.2026,1\n", 3, ("dates in several formats", "3 by %Y-%m-%d", "1 by %d.%m.%Y")),
    Case(73, HEADER + "a,1,2026-01-01 10:00 +0100,5\nb,2,2026-07-01 10:00 +0200,5\n", 3, ("offsets from UTC differ",)),
    Case(75, HEADER + "a,1,1767225600,5\n", 3, ("no date format fits",)),
    Case(76, HEADER + "a,1,45678,5\n", 3, ("no date format fits",)),
    Case(77, HEADER + "a,1,01/02/26,5\n", 3, ("no date format fits",)),
    Case(79, HEADER + "a,1,5 Januar 2026,5\n", 3, ("no date format fits",)),
    Case(106, ORDERS, 2, ("'nope' is not a column",), line="cluster in.csv --features nope"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_it_gets_what_it_has_to(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    body = case.body if isinstance(case.body, bytes) else case.body.encode()
    Path(case.name).write_bytes(body)
    Path("out.csv").write_text("yesterday\n", encoding="utf-8")
    code = _run([*case.line.split(), "-o", "out.csv"])
    said = capfd.readouterr().err
    assert code == case.code, said
    assert all(part in said for part in case.says), said
    assert "Traceback" not in said
    if case.code:
        assert Path("out.csv").read_text(encoding="utf-8") == "yesterday\n"
        return
    table = pd.read_csv("out.csv", dtype={"customer_id": "str"}, keep_default_na=False, na_values={"revenue": [""]})
    assert tuple(table["customer_id"]) == case.ids
    assert table["revenue"].astype(float).sum() == case.revenue

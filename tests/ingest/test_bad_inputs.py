"""Bad inputs by their number in the project's list: read right, or repaired and said, or refused with the way out.

Each case is a file, a command line, the exit code, and what has to be said. Cases that other tests cover whole
(faults, locks, configuration, output safety) are not repeated here.
"""

import gzip
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from segcli.cli import _run_arguments
from segcli.errors import InputProblem
from segcli.io import memory
from segcli.io.read import read_file

HEADER = "customer_id,order_id,order_date,amount\n"
ORDERS = HEADER + "a,1,2026-01-01,5.00\nb,2,2026-01-02,6.00\na,3,2026-01-20,7.50\n"
DAILY = HEADER + "".join(
    f"{'ab'[n % 2]},{n},2026-0{1 + n // 30}-{1 + n % 30 - 2 * (n >= 58):02},1.00\n" for n in range(60)
)


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


TABLE = Path(__file__).parents[2] / "docs" / "bad-inputs.md"
UNREADABLE = "rejected 1 (unreadable"

CASES = [
    Case(1, ORDERS.encode("utf-8-sig")),
    Case(2, ORDERS.encode("utf-16")),
    Case(2, b"\xff\xfe" + ORDERS.encode("utf-16-le")),
    Case(3, ORDERS.encode("utf-16-le"), 3, ("contains NUL bytes, like UTF-16",)),
    Case(4, ORDERS.replace("b,2", "José,2").encode("cp1252"), 0, ("not UTF-8 (first at line 3)",), ("José", "a")),
    Case(4, ORDERS.replace("b,2", "é,2").encode("cp1252"), 3, ("is not valid utf-8",), line="ingest in.csv --encoding utf-8"),
    Case(5, (ORDERS + "c,9,2026-01-03,1.00\n" * 3000).encode() + b"\x81,9,2026-01-03,1\n", 3, ("neither UTF-8 nor",)),
    Case(8, ORDERS.replace("b,2", "b\0,2"), 3, ("NUL",)),
    Case(9, ORDERS.replace("b,2", "\u200bb\u00a0,2"), 0, ("1 customer id normalised",)),
    Case(10, ORDERS.replace("b,2", "Jose\u0301,2").replace("a,3", "José,3"), 0, ("1 customer id normalised",), ("José", "a")),
    Case(11, ORDERS + "b,4,2026-01-05,\u0661\n", 0, ("rejected 1 (unreadable",)),
    Case(11, ORDERS.replace("5.00", "\uff15\uff0e\uff10\uff10")),
    Case(11, ORDERS.replace("5.00", "\u0665\u066b\u0660\u0660"), line="ingest in.csv --locale en"),
    Case(59, ORDERS.replace("5.00", "5.0e+00")),
    Case(12, "", 3, ("file is empty",)),
    Case(13, "\n\n\n", 3, ("file is empty",)),
    Case(14, HEADER, 0, ("no transactions",), (), 0),
    *[Case(14, HEADER, 3, ("no transactions",), line=f"{x} in.csv") for x in ("rfm", "cluster", "persona", "report")],
    Case(15, ORDERS.removeprefix(HEADER), 3, ("in.csv:1",)),
    Case(16, HEADER + "a,1,2026-01-01,5\n", 0, ("its scores carry no information",), ("a",), 5, line="rfm in.csv"),
    Case(16, HEADER + "a,1,2026-01-01,5\n", 3, ("nothing to cluster",), line="cluster in.csv"),
    Case(17, ORDERS, 3, ("k=5 > 2 distinct customers",), line="cluster in.csv -k 5"),
    Case(19, HEADER + ORDERS, 3, ("in.csv:2", "repeated header")),
    Case(20, "Orders of January\n\n" + ORDERS, 0, ("2 lines above the header skipped",)),
    Case(20, ("Bestellungen 2026\n\nErstellt "
        "am;01.02.2026\n\n") + ORDERS.replace(",", ";").replace(".", ","), 0, ("4 lines above",)),
    Case(21, "sep=;\n" + ORDERS.replace(",", ";")),
    Case(22, ORDERS + "Total,,,18.50\n", 0, ("rejected 1 (total rows)",)),
    Case(23, ORDERS + "\n" + ORDERS, 3, ("repeated header",)),
    Case(24, "customer_id,order_date,amount,amount\na,2026-01-01,5,6\n", 3, ("column 'amount'", "duplicate")),
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
    Case(36, ORDERS + 'a,4,2026-01-05,"1.00\n', 3, ("in.csv:5: unclosed quote",)),
    Case(37, ORDERS.replace("order_id", "note").replace("a,1,", 'a,12" x,'), 0, ("quotes inside unquoted fields",)),
    Case(38, ORDERS.replace("a,1,", 'a,"1\n1",') + ",9,2026-01-05,1\n", 0, ("rejected 1 (no customer id)",)),
    Case(39, ORDERS.replace("\n", "\r\n", 2)),
    Case(39, ORDERS.replace("\n", "\r")),
    Case(40, ORDERS + 'a,"4\\"5",2026-01-05,1.00\n', 0, ("rejected 1 (malformed quotes)",)),
    Case(42, ORDERS + f"a,{'x' * 5_000_000},2026-01-05,1.00\n", 3, ("field larger than field limit",)),
    Case(44, gzip.compress(ORDERS.encode()), name="in.csv"),
    Case(44, ORDERS, line="ingest in.csv.gz", name="in.csv.gz"),
    Case(45, b"PK\x03\x04whatever", 3, ("looks like a zip archive or a spreadsheet",)),
    Case(45, b"%PDF-1.7", 3, ("a PDF, not CSV",)),
    Case(46, ORDERS.replace("b,2", "NA,2"), ids=("NA", "a")),
    Case(46, ORDERS.replace("b,2", "null,2"), ids=("a", "null")),
    Case(47, ORDERS.replace("b,2", "007,2").replace("a,", "8,"), ids=("007", "8")),
    *[Case(48, ORDERS.replace("b,2", f"{x},2"), ids=(x, "a")) for x in ("1E5", "0x1F", "1_000")],
    *[Case(48, ORDERS.replace("b,2", f"{x},2"), ids=("a", x)) for x in ("inf", "true", "nan")],
    Case(47, ORDERS.replace("b,2", "008,2").replace("a,", "8,"), 0, ("also occurs without leading zeros",), ("008", "8")),
    Case(48, ORDERS.replace("b,2", "'008,2"), 0, ("apostrophe before the customer id dropped on 1 line",), ("008", "a")),
    Case(48, ORDERS.replace("b,2", "'008,2"), 0, (), ("'008", "a"), line="ingest in.csv --set ingest.id_apostrophes=keep"),
    Case(49, ORDERS.replace("b,2", "7.0,2").replace("a,", "7,"), 0, ("trailing .0 of the customer id dropped on 1 line",), ("7",)),
    Case(50, ORDERS.replace("b,2", "9007199254740993,2"), ids=("9007199254740993", "a")),
    Case(51, ORDERS.replace("b,2", "1.23457E+11,2"), 0, ("rounded by a spreadsheet",), ("1.23457E+11", "a")),
    Case(52, ORDERS.replace("b,2", " b ,2")),
    Case(52, ORDERS.replace("b,2", "A,2"), 0, ("differ only in letter case",), ("A", "a")),
    Case(53, ORDERS + ",4,2026-01-05,1.00\n", 0, ("rejected 1 (no customer id)",)),
    Case(53, ORDERS.replace("amount", "amount,mail").replace("00\n", "00,b\n").replace("50\n", "50,b\n").replace("b,2", ",2"), 0, ("1 line without a customer id: segcli uses column 'mail'",), line="ingest in.csv --set ingest.transactions.fallback_ids=[mail]"),
    Case(54, ORDERS.replace("a,1", "A@x.io,1").replace("a,3", "a@x.io,3"), 0, ("e-mail address as customer id converted to lower case on 1 line",), ("a@x.io", "b")),
    Case(54, ORDERS.replace("a,", "a@x.io,").replace("b,2", "b@x.io,2"), 0, ("e-mail",), ("a@x.io", "b@x.io")),
    Case(56, ORDERS.replace("5.00", "$5.00").replace("6.00", "6.00 USD")),
    Case(61, ORDERS.replace("5.00", "$5.00").replace("6.00", "6.00 EUR"), 3, ("EUR, USD", "ingest.rates")),
    Case(57, HEADER + 'a,1,2026-01-01,"1,234"\nb,1,2026-01-01,"2,000"\n', revenue=3.234, line="ingest in.csv --locale de"),
    Case(57, HEADER + 'a,1,2026-01-01,"1,234"\nb,1,2026-01-01,"2,000"\n', revenue=3234, line="ingest in.csv --decimal ."),
    Case(57, HEADER + 'a,1,2026-01-01,"1,234"\n', 3, ("column 'amount'", "--decimal")),
    Case(58, ORDERS + "b,4,2026-01-05,(2.00)\nb,5,2026-01-05,1.00-\n", 0, ("2 of them returns",), revenue=15.5),
    *[Case(59, ORDERS + f"b,4,2026-01-05,{x}\n", 0, (UNREADABLE,)) for x in ("1e3", "NaN", "inf", "1e400")],
    *[Case(60, ORDERS + f"b,4,2026-01-05,{x}\n", 0, (UNREADABLE,)) for x in ("5%", "", "-", "n/a")],
    Case(61, "customer_id,order_date,amount,currency\na,2026-01-01,5,EUR\nb,2026-01-01,5,USD\n", 3, ("EUR, USD",)),
    Case(62, ORDERS + "b,4,2026-01-05,-2.00\n", 0, ("1 of them returns",), revenue=16.5),
    Case(63, ORDERS + "b,4,2026-01-05,-9.00\n", 0, ("1 of them returns",), revenue=9.5),
    Case(64, ORDERS + "c,4,2026-01-05,-2.00\n", 0, ("returns of customers without a purchase",)),
    Case(65, ORDERS + "b,4,2026-01-05,0.00\n"),
    Case(66, ORDERS + "b,2,2026-01-02,6.00\n", 0, ("1 exact duplicate line kept",), revenue=24.5),
    Case(68, ORDERS, 0, ("ignored 1 (after the as-of day)",), revenue=11, line="ingest in.csv --as-of 2026-01-10"),
    *[Case(69, ORDERS + f"b,4,{x},1\n", 0, (UNREADABLE,)) for x in ("0202-01-01", "1900-01-00", "9999-12-31")],
    *[Case(70, ORDERS + f"b,4,{x},1\n", 0, (UNREADABLE,)) for x in ("2025-02-31", "2025-02-29")],
    Case(71, HEADER + "a,1,03/04/2026,5\n", 3, ("--date-format '%d/%m/%Y'", "--date-format '%m/%d/%Y'")),
    Case(72, ORDERS + "b,4,13.02.2026,1\n", 3, ("dates in several formats", "3 by %Y-%m-%d", "1 by %d.%m.%Y")),
    Case(73, HEADER + "a,1,2026-01-01 10:00 +0100,5\nb,2,2026-07-01 10:00 +0200,5\n", 3, ("dates with different UTC offsets",)),
    Case(75, HEADER + "a,1,1767225600,5\n", 3, ("no date format fits",)),
    Case(76, HEADER + "a,1,45678,5\n", 3, ("no date format fits",)),
    Case(77, HEADER + "a,1,01/02/26,5\n", 3, ("no date format fits",)),
    Case(79, HEADER + "a,1,5 Januar 2026,5\n", 3, ("no date format fits",)),
    Case(6, ORDERS.encode() + "José,4,2026-01-05,1\n".encode("cp1252") + b"\x81,5,2026-01-06,1\n", 3, ("in.csv:5",)),
    Case(6, ORDERS.encode() + b"a,4,2026-01-05,1\x81\n", 0, ("invalid bytes replaced by �: 1",), line="ingest in.csv --set ingest.transactions.encoding_errors=replace"),
    Case(7, ORDERS.replace("b,2", "JosÃ©,2"), 0, ("double-encoded characters, such as Ã©: 1 (first: line 3)",), ("JosÃ©", "a")),
    Case(11, ORDERS + "b,4,2026-01-05,\u0661\u0662\n", revenue=30.5, line="ingest in.csv --locale en"),
    Case(15, ORDERS.removeprefix(HEADER), line=("ingest in.csv --no-header --map customer_id=column_1 --map order_id=column_2 --map "
        "order_date=column_3 --map amount=column_4")),
    Case(19, "Kunde,Nr,Tag,Summe\n" + ORDERS, 0, ("1 line at the top",), line="ingest in.csv --skip-rows 1"),
    Case(22, ORDERS + "Total,,,18.50\n\n", 0, ("0 lines at the top, 1 at the end",), line="ingest in.csv --skip-footer 1"),
    Case(40, ORDERS + 'a,"4\\",5",2026-01-05,1.00\n', revenue=19.5, line=("ingest in.csv --set "
        "ingest.transactions.escape=\\")),
    Case(41, ORDERS.replace("a,1", "'a','1,0'"), line="ingest in.csv --set ingest.transactions.quote='"),
    Case(41, ORDERS.replace("a,1", "'a,1"), 3, ("in.csv:4: cannot be read with the declared format",), line="ingest in.csv --set ingest.transactions.quote='"),
    Case(43, (HEADER + "a,1,2026-01-01," + "9" * 20_000_000).encode(), 3, ("field larger than field limit",)),
    Case(49, ORDERS.replace("b,2", "7.0,2").replace("a,", "7,"), 0, ("with and without a trailing .0",), ("7", "7.0"), line="ingest in.csv --set ingest.id_decimals=keep"),
    Case(55, ORDERS + "".join(f"guest,{n + 9},2026-01-05,1.00\nc{n},{n + 99},2026-01-05,1.00\n" for n in range(20)), 0, ("customer 'guest' has 47% of all lines",), tuple(sorted(["a", "b", "guest", *(f"c{n}" for n in range(20))])), 58.5),
    Case(55, ORDERS + "guest,4,2026-01-05,1.00\n", 0, ("ignored 1 (excluded ids)",), line=("ingest in.csv --set "
        "ingest.exclude_ids=[guest]")),
    Case(61, "customer_id,order_date,amount,currency\na,2026-01-01,5,EUR\nb,2026-01-01,5,USD\n", revenue=9.5, line=("ingest in.csv --set ingest.rates.EUR=1 --set "
        "ingest.rates.USD=0.9")),
    Case(67, ORDERS + "".join(f"a,{n},2026-01-05,{n}.00\n" for n in range(10, 50)) + "b,9,2026-01-06,1000000000000\n", 0, (("amounts far beyond all others: 1 (largest "
        "1,000,000,000,000.00, line 45)"),), revenue=1e12 + 1180 + 18.5),
    Case(74, ORDERS.replace("2026-01-02", "2026-03-29 02:30:00").replace("2026-01-01", "2026-10-25 02:30:00").replace("2026-01-20", "2026-10-25 03:30:00"), line=("ingest in.csv --set "
        "ingest.transactions.timezone=Europe/Berlin")),
    Case(75, HEADER + "a,1,1767225600,5\nb,2,1767312000,13.5\n", line="ingest in.csv --date-format epoch_s"),
    Case(75, HEADER + "a,1,1767225600000,5\nb,2,soon,1\n", 0, (UNREADABLE,), ("a",), 5, line="ingest in.csv --date-format epoch_ms"),
    Case(75, HEADER + "a,1,1767225600,5\n", 3, ("no purchases left",), line="ingest in.csv --date-format epoch_ms"),
    Case(75, HEADER + "a,1,1767225600,5\n", 3, ("--date-format epoch_s",)),
    Case(76, HEADER + "a,1,45678,5\nb,2,46023.5,13.5\n", line="ingest in.csv --date-format excel"),
    Case(76, HEADER + "a,1,45678,5\n", 3, ("--date-format excel",)),
    Case(77, HEADER + "a,1,13/02/26,5\nb,2,14/02/26,13.5\n", line=("ingest in.csv --date-format %d/%m/%y --set "
        "ingest.transactions.century=1950")),
    Case(77, HEADER + "a,1,13/02/26,5\n", 3, ("45 can be 1945 or 2045", "century=1950"), line="ingest in.csv --date-format %d/%m/%y"),
    Case(78, ORDERS.replace("2026-01-20", "2026-01-20 23:59:59").replace("2026-01-02", "2026-01-02 00:00:00").replace("2026-01-01", "2026-01-01 12:00:00"), 0, ("as of     2026-01-21",)),
    Case(79, HEADER + "a,1,5. Januar 2026,5\nb,2,31. März 2026,13.5\n", line="ingest in.csv --locale de"),
    Case(79, HEADER + "a,1,5 de enero de 2026,5\nb,2,31 de mayo de 2026,13.5\n", line="ingest in.csv --locale es"),
    Case(79, HEADER + "a,1,5 Januar 2026,5\n", 3, ("--locale de",)),
    Case(79, HEADER + "a,1,5 Januar 2026,5\n", 2, ("unknown language 'xx'; available: ar, bg, cs",), line="ingest in.csv --locale xx"),
    Case(88, ORDERS, 2, ("unknown time zone 'Europe/Belin'; did you mean Europe/Berlin?",), line="ingest in.csv --set ingest.transactions.timezone=Europe/Belin"),
    Case(90, ORDERS, 2, ("unknown key",), line="ingest in.csv --set include=../../etc/passwd"),
    Case(109, DAILY + "b,99,2042-01-05,7.00\n", 0, ("1 line, such as 2042-01-05 at line 62; ignored", "as of     2026-03-01"), revenue=60),
    Case(109, DAILY + "b,99,2042-01-05,7.00\n", 0, ("as of     2042-01-06",), revenue=67, line="ingest in.csv --set ingest.date_outliers=keep"),
    Case(109, DAILY + "b,99,2042-01-05,7.00\n", 0, ("rejected 1 (outlying order dates)",), revenue=60, line="ingest in.csv --set ingest.date_outliers=reject"),
    Case(110, DAILY + "b,98,1970-01-01,7.00\nb,99,1970-01-01,7.00\n", 0, ("2 lines, such as 1970-01-01 at line 62; ignored",), revenue=60),
    Case(111, HEADER + "a,1,25/01/2566,5\n", 3, ("year 2566 (a buddhist year?); segcli accepts the years 1900 to 2099", "calendar=buddhist")),
    Case(111, HEADER + "a,1,25/01/2566,5\nb,2,05/02/2566,13.5\n", 0, ("as of     2023-02-06",), line="ingest in.csv --set ingest.transactions.calendar=buddhist"),
    Case(111, HEADER + "a,1,112/01/25,5\n", 3, ("try --set ingest.transactions.calendar=minguo",)),
    Case(111, HEADER + "a,1,1445-06-23,5\n", 3, ("year 1445 (a hijri or persian year?)", "export Gregorian dates")),
    Case(111, HEADER + "a,1,1445-06-23,5\n", 2, ("hijri dates cannot be converted reliably",), line="ingest in.csv --set ingest.transactions.calendar=hijri"),
    Case(112, ORDERS.replace("2026-01-20", "2026-01-20 24:00:00").replace("2026-01-02", "2026-01-02 10:00:00").replace("2026-01-01", "2026-01-01 12:00:00"), 0, ("as of     2026-01-22",)),
    Case(113, ("Клиент;Номер заказа;Дата "
        "заказа;Сумма\na;1;05.01.2026;5,00\nb;2;15.01.2026;13,50\n").encode("cp1251"), 0, ("read as cp1251",)),
    Case(113, "客户编号,订单编号,下单时间,实付金额\na,1,2026-01-05,5.00\nb,2,2026-01-15,13.50\n".encode("gbk"), 0, ("read as gb18030",)),
    Case(114, ORDERS.replace("customer_id", "Shipping Phone"), 3, (("phone is present on 3 of 3 lines: --map "
        "customer_id='Shipping Phone'"),)),
    Case(114, ("customer_id,order_date,amount,Full "
        "Name\n,2026-01-01,5.00\n,2026-01-02,6.00\na,2026-01-20,18.50\n,2026-01-20,7.50\n").replace(",5.00", ",5.00,A").replace(",6.00", ",6.00,B").replace("18.50", "18.50,C").replace("7.50", "7.50,D"), 0, (("the customer id is blank on 3 of 4 lines; name is present on 4 of 4 "
        "lines: --map customer_id='Full Name'"),), ("a",)),
    Case(125, '顧客番号,注文番号,注文日,金額\na,1,2026/01/05,"\\4,900"\nb,2,2026/01/15,"\\1,350"\n'.encode("cp932"), 0, ("6,250 JPY",), revenue=6250),
    Case(126, ORDERS.replace("amount", "amount_cents").replace(".00", "").replace("7.50", "750"), 0,
        ("by the name of amount_cents: divided by 100", "money     7.61 = kept 7.61 + rejected 0.00 + ignored 0.00"), revenue=7.61),
    Case(126, ORDERS.replace("amount", "amount_cents"), 3, ("'7.50' has decimals", "amount_unit=major   or   --set")),
    Case(126, ORDERS.replace("amount", "amount_cents"), line="ingest in.csv --set ingest.transactions.amount_unit=major"),
    Case(127, ORDERS.replace(HEADER, "w,x,y,z\n"), 3, ("choose the columns with --map customer_id=w --map order_date=y --map amount=z",)),
    Case(127, ORDERS.replace(HEADER, "w,x,y,z\n"), line="ingest in.csv --map customer_id=w --map order_date=y --map amount=z"),
    Case(128, "customer_id,2026-01,2026-02,2026-03\na,1,2,3\nb,1.5,0,2\n", 0, ("columns 2026-01 to 2026-03 look like amounts per period",), revenue=None),
    Case(129, ORDERS.replace("2026-01-01", "1. 1. 2026").replace("2026-01-02", "2. 1. 2026").replace("2026-01-20", "20. 1. 2026"), 0, ("as of     2026-01-21",)),
    Case(129, ORDERS.replace("2026-01-01", "2026. 1. 1.").replace("2026-01-02", "2026. 1. 2.").replace("2026-01-20", "2026. 1. 20."), 0, ("as of     2026-01-21",)),
    Case(106, ORDERS, 2, ("'nope' is not a column",), line="cluster in.csv --features nope"),
]  # fmt: skip


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=str(case), marks=pytest.mark.bad_input(case.number)) for case in CASES]
)
def test_it_gets_what_it_has_to(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    body = case.body if isinstance(case.body, bytes) else case.body.encode()
    Path(case.name).write_bytes(body)
    Path("out.csv").write_text("yesterday\n", encoding="utf-8")
    code = _run_arguments([*case.line.split(" "), "-o", "out.csv"])
    said = capfd.readouterr().err
    assert code == case.code, said
    assert all(part in said for part in case.says), said
    assert "Traceback" not in said
    if case.code:
        assert Path("out.csv").read_text(encoding="utf-8") == "yesterday\n"
        return
    table = pd.read_csv("out.csv", dtype={"customer_id": "str"}, keep_default_na=False, na_values={"revenue": [""]})
    assert tuple(table["customer_id"]) == case.ids
    assert case.revenue is None or table["revenue"].astype(float).sum() == pytest.approx(case.revenue, abs=1e-9)


@pytest.mark.bad_input(93)
def test_a_segment_is_never_the_name_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(ORDERS, encoding="utf-8")
    Path("map.yaml").write_text(
        "bins: 5\nsegments:\n  - {segment: ../x, r: 1-5}\n  - {segment: CON, r: 1-5}\n", encoding="utf-8"
    )
    Path("shop.yaml").write_text(
        "ingest: {transactions: {path: in.csv}}\nrfm: {segments: ./map.yaml}\n", encoding="utf-8"
    )
    assert _run_arguments(["run", "shop.yaml", "-q", "-o", "out"]) == 0
    assert "../x" in Path("out/segments.csv").read_text(encoding="utf-8")
    made = {str(path) for path in Path().rglob("*") if path.is_file()}
    written = {".segcli-lock", "customers.csv", "segments.csv", "rfm-model.json", "datapackage.json", "run.json"}
    assert made == {"in.csv", "map.yaml", "shop.yaml", *(f"out/{name}" for name in written)}


@pytest.mark.bad_input(101)
@pytest.mark.parametrize("change", ["longer", "rewritten", "replaced"])
def test_an_input_that_is_written_to_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(ORDERS, encoding="utf-8")
    real = os.fstat
    calls = 0

    def fstat(handle: int) -> os.stat_result:
        nonlocal calls
        before = real(handle)
        calls += 1
        if calls == 1 and change == "longer":
            path.write_text(ORDERS + ORDERS, encoding="utf-8")
        elif calls == 1 and change == "rewritten":
            path.write_text(ORDERS.replace("5.00", "6.00"), encoding="utf-8")
            os.utime(path, ns=(0, 0))
        elif calls == 1:
            path.unlink()
            path.write_text(ORDERS, encoding="utf-8")
        return before

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(InputProblem, match=r"in\.csv: changed while segcli was reading it"):
        read_file(str(path))
    assert read_file(str(path)).size


@pytest.mark.bad_input(104)
@pytest.mark.parametrize("missing", ["HOME", "TMPDIR", "cwd"])
def test_home_temporary_folder_and_working_folder_are_not_needed(tmp_path: Path, missing: str) -> None:
    (tmp_path / "in.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "gone").mkdir()
    out = tmp_path / "out.csv"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(tmp_path / "nowhere")}
    if missing == "HOME":
        del environment["HOME"]
    command = f"{sys.executable} -m segcli rfm {tmp_path}/in.csv -o {out}"
    if missing == "cwd":
        command = f"cd {tmp_path}/gone && rmdir {tmp_path}/gone && {command}"
    done = subprocess.run(["/bin/bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert out.stat().st_size


@pytest.mark.bad_input(105)
def test_too_little_memory_is_said_with_numbers_before_the_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text(ORDERS, encoding="utf-8")
    Path("free").mkdir()
    Path("free/meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 0 kB\n", encoding="ascii")
    monkeypatch.setattr(memory, "PROC_FOLDER", Path("free"))
    assert _run_arguments(["rfm", "in.csv", "-o", "out.csv"]) == 5
    said = capfd.readouterr().err
    assert "in.csv: not enough memory: 0.00 GiB of text need about 0.0 GiB, but 0.0 GiB are free" in said
    assert not Path("out.csv").exists()
    assert (
        _run_arguments(["rfm", "in.csv", "-q", "-o", "out.csv", "--set", "ingest.transactions.memory_guard=false"]) == 0
    )


@pytest.mark.bad_input(105)
def test_memory_that_runs_out_all_the_same_is_5_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(ORDERS, encoding="utf-8")
    command = f"ulimit -v 700000; {sys.executable} -m segcli rfm {tmp_path}/in.csv -o {tmp_path}/out.csv"
    done = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode in {0, 5}, done.stderr
    assert "Traceback" not in done.stderr


def test_every_bad_input_has_tests_and_the_table_names_them(
    request: pytest.FixtureRequest, bad_input_tests: dict[int, list[str]]
) -> None:
    """The documented table has been written anew since tests were added, renamed or taken away."""
    if len(request.session.items) < 3000:
        pytest.skip("only part of the tests was collected")
    rows = [line.split(" | ") for line in TABLE.read_text(encoding="utf-8").splitlines() if line[2:3].isdecimal()]
    assert [int(row[0].removeprefix("| ")) for row in rows] == list(range(1, len(rows) + 1))
    named = {int(row[0].removeprefix("| ")): row[3].replace("`", "").split(", ") for row in rows}
    assert named == {number: sorted(tests) for number, tests in bad_input_tests.items()}
    assert {row[4] for row in rows} == {"pass |"}

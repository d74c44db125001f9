"""Amounts that cannot be read are in no sum, and the money line says how many there are and about how much."""

from collections.abc import Callable

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.config.quality import QualitySettings
from segcli.customers import load_customers
from segcli.customers.quality_rules import check_customers
from segcli.ingest.rejects import estimate_number
from segcli.io import chunk_reader
from segcli.model import Customers


def customers(path: str) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path)))


def export(*amounts: str, lines: int = 200) -> str:
    rows = [f"C{n % 9},{n},2026-01-{n % 28 + 1:02},{10 + n % 7}.00" for n in range(lines)]
    rows += [f"C1,{lines + n},2026-01-20,{amount}" for n, amount in enumerate(amounts)]
    return "\n".join(["customer_id,order_id,order_date,amount", *rows, ""])


@pytest.fixture(params=["in chunks", "whole"], autouse=True)
def _read_so(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (
        ("LARGE_FILE_BYTES", 1 if request.param == "in chunks" else 1 << 30),
        ("CHUNK_BYTES", 700),
        ("HEAD_BYTES", 900),
    ):
        monkeypatch.setattr(chunk_reader, name, size)


@pytest.mark.bad_input(122)
def test_their_lines_and_size_are_counted_apart(file_of: Callable[..., str]) -> None:
    found = customers(file_of(export("about 1234.50", "")))
    lines = found.input_reports[0].reconciliation
    assert lines is not None
    assert (lines.unreadable, lines.unreadable_with_digits, lines.unreadable_money) == (2, 1, 1234.5)
    assert lines.money_read == lines.money_kept == found.table["revenue"].sum()


@pytest.mark.parametrize(
    ("amounts", "warned"), [(["?"], False), (["~12.00"], False), (["~99999.00"], True), (["?"] * 3, True)]
)
def test_many_or_large_ones_are_a_warning(file_of: Callable[..., str], amounts: list[str], warned: bool) -> None:  # noqa: FBT001
    found = customers(file_of(export(*amounts)))
    assert any("unreadable amounts on" in warning for warning in found.warnings) == warned
    assert any("unreadable amounts on" in note for note in found.input_reports[0].decisive_notes) == warned


@pytest.mark.parametrize(("limit", "passed"), [("1%", False), ("99%", True), (500, False), (2000, True)])
def test_the_gate_limits_their_size(file_of: Callable[..., str], limit: int | str, passed: bool) -> None:  # noqa: FBT001
    found = customers(file_of(export("~ 1000.00", "")))
    rules = QualitySettings(max_unreadable_money=limit)
    verdict = next(verdict for verdict in check_customers(found, rules) if verdict.rule == "max_unreadable_money")
    assert verdict.passed is passed


@pytest.mark.parametrize(
    ("text", "number"),
    [("~1.2.3,45 approx", 123.45), ("12,50 or 13", 12.5), ("ca. 1.200.000", 1_200_000), ("1 234,5 €?", 1234.5)],
)
def test_digits_show_the_size(text: str, number: float) -> None:
    assert estimate_number(text) == number


def test_an_export_without_money_says_so(file_of: Callable[..., str]) -> None:
    none = customers(file_of("customer_id,order_date\nA,2026-01-01\nB,2026-01-02\n"))
    assert none.input_reports[0].notes[0].startswith("no column recognised as amount")
    zero = customers(file_of("customer_id,order_date,amount\nA,2026-01-01,0.00\nB,2026-01-02,0\n"))
    assert any(note.startswith("all amounts are zero") for note in zero.input_reports[0].notes)


def test_lines_that_separate_others_have_no_unreadable_amount(file_of: Callable[..., str]) -> None:
    rows = "".join(f"C{number},2026-01-0{number},5.50\n,,\n" for number in range(1, 6))
    found = load_customers(IngestSettings(transactions=Source(path=file_of(f"customer,date,amount\n{rows},,7x\n"))))
    reconciliation = found.input_reports[0].reconciliation
    assert reconciliation is not None
    assert (reconciliation.unreadable, reconciliation.unreadable_with_digits) == (1, 1)

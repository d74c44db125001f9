"""Sums of money against Python's exact decimals, over the whole range; or a refusal that names the largest amount."""

import tempfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.io import chunk_reader
from segcli.model import Customers

HEADER = "customer_id,order_id,order_date,"
HALF_CENT = Decimal("0.005")
UNREADABLE = 10**18  # amounts of more digits are rejected line by line
written = st.builds(
    lambda digits, places, sign: f"{sign}{Decimal(digits).scaleb(-places):f}",
    st.integers(0, 18).flatmap(lambda size: st.integers(0, 10**size)),
    st.integers(0, 8),
    st.sampled_from(["", "", "", "-"]),
)


@pytest.fixture(params=["whole", "in chunks"])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, size in (
        ("LARGE_FILE_BYTES", 1 if request.param == "in chunks" else 1 << 30),
        ("CHUNK_BYTES", 90),
        ("HEAD_BYTES", 90),
    ):
        monkeypatch.setattr(chunk_reader, name, size)
    return str(request.param)


def export(amounts: Sequence[str], names: str = "amount") -> str:
    rows = [f"C{row % 3},{row},2024-01-05,{amount}" for row, amount in enumerate(amounts)]
    return "\n".join([HEADER + names, *rows]) + "\n"


def read_texts(*texts: str, **more: object) -> Customers:
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.csv").write_text(text)
        source = Source(path=folder if len(texts) > 1 else f"{folder}/0.csv", decimal=".")
        return load_customers(IngestSettings(transactions=source, overlap="keep", **more))  # type: ignore[arg-type]


def are_close(found: float, exact: Decimal, lines: int) -> bool:
    """Tell whether a sum is right: to the millionth of each line, as near as a float comes, and to the cent."""
    rounded = lines * Decimal("0.0000005")
    return abs(Decimal(found) - exact) <= min(HALF_CENT + rounded, rounded + abs(exact) * Decimal(2) ** -52)


@settings(max_examples=30, deadline=None)
@given(amounts=st.lists(written, min_size=1, max_size=8))
def test_sums_are_exact_or_refused(amounts: list[str]) -> None:
    exact = [Decimal(amount) for amount in amounts]
    try:
        customers = read_texts(export(["1", "1", "1", *amounts]))
    except InputProblem as problem:
        assert "too large for an exact sum" in problem.what  # noqa: PT017 - either that or exact sums
        assert problem.line  # noqa: PT017
        assert sum(map(abs, exact)) > 10**12
        return
    assert customers.input_reports[0].reconciliation is not None
    lines = customers.input_reports[0].reconciliation
    assert are_close(lines.money_read, sum(exact, Decimal(3)), len(exact))
    assert are_close(lines.money_kept, sum(exact, Decimal(3)), len(exact))
    assert are_close(lines.returns.money, sum((amount for amount in exact if amount < 0), Decimal()), len(exact))
    for row, revenue in enumerate(customers.table[columns.REVENUE]):
        assert are_close(revenue, sum(exact[row::3], Decimal(1)), len(exact))


@pytest.mark.usefixtures("reading")
@pytest.mark.parametrize(
    ("amounts", "line"),
    [
        (["4000000000000000000"] * 3, 2),
        (["3000000000000000000", "-4000000000000000000"], 3),
        (["5", "100000000000000016.01", "100000000000000000"], 3),
        (["1234567890123456.01"], 2),
        (["0.01", "4000000000000000000"], 3),
        (["100000000000000000", "0.001"], 2),
    ],
)
def test_what_cannot_be_counted_is_refused_at_its_line(amounts: list[str], line: int) -> None:
    with pytest.raises(InputProblem, match="too large for an exact sum") as problem:
        read_texts(export(amounts))
    assert problem.value.line == line


@pytest.mark.usefixtures("reading")
@pytest.mark.parametrize("amount", ["12345678901.23", "123456789012.34", "9007199254740993", "45000000000000.01"])
def test_amounts_beyond_the_precision_of_units_are_exact(amount: str) -> None:
    try:
        customers = read_texts(export([amount, "0.00", "7"]))
    except InputProblem:
        assert amount == "9007199254740993"  # no float holds it
        return
    assert customers.input_reports[0].reconciliation is not None
    assert Decimal(repr(customers.input_reports[0].reconciliation.money_kept)) == Decimal(amount) + 7
    assert Decimal(repr(float(customers.table[columns.REVENUE][0]))) == Decimal(amount)


def test_money_that_rates_make_too_large_is_refused() -> None:
    text = export(["4000000000000,EUR", "4000000000000,USD"], "amount,currency")
    assert len(read_texts(text, rates={"EUR": 1.0, "USD": 0.9}).table) == 2
    with pytest.raises(InputProblem, match="too large for an exact sum"):
        read_texts(text, rates={"EUR": 1.0, "USD": 1e7})


def test_sums_over_several_files_are_refused() -> None:
    one = export(["1500000000000"] * 1)
    assert len(read_texts(one, one).table) == 1
    with pytest.raises(InputProblem, match="over all files") as problem:
        read_texts(one, one, one, one)
    assert problem.value.line == 2


@pytest.mark.usefixtures("reading")
def test_quantities_and_prices_are_multiplied_exactly_or_refused() -> None:
    customers = read_texts(export(["3,12345678901.11", "2,0.5"], "quantity,unit_price"))
    assert customers.table[columns.REVENUE].tolist() == [37037036703.33, 1.0]
    with pytest.raises(InputProblem, match=r"exact sum|no purchases left"):
        read_texts(export(["5000000000,1000000000"] * 2, "quantity,unit_price"))
    with pytest.raises(InputProblem, match="quantities too large"):
        read_texts(export(["5000000000000000000,0.000001", "3,1"], "quantity,unit_price"))


@pytest.mark.usefixtures("reading")
def test_refunds_are_exact() -> None:
    customers = read_texts(export(["123456789012.34,123456789000.01", "5,0"], "amount,refunded_amount"))
    assert customers.table[columns.REFUNDS].tolist() == [123456789000.01, 0]
    assert customers.table[columns.REVENUE].tolist() == [12.33, 5]


@pytest.mark.parametrize(
    ("kind", "discount", "left"),
    [
        ("line", "0.11", "123456789012.23"),
        ("line", "999999999999.99", "0"),
        ("percent", "25", "92592591759.255"),
        ("percent", "25%", "92592591759.255"),
        ("fraction", "0.5", "61728394506.17"),
        ("order", "0.25", "123456789012.09"),
        ("none", "0.25", "123456789012.34"),
    ],
)
@pytest.mark.parametrize("names", ["amount", "unit_price"])
def test_discounts_of_large_amounts_are_exact(
    file_of: Callable[..., str], kind: str, discount: str, left: str, names: str
) -> None:
    text = export([f"123456789012.34,{discount}", f"5,{discount}"], f"{names},discount")
    source = Source(path=file_of(text), decimal=".", discount=kind)
    revenue = load_customers(IngestSettings(transactions=source)).table[columns.REVENUE]
    assert Decimal(repr(float(revenue[0]))) == Decimal(left)


@pytest.mark.usefixtures("reading")
def test_amounts_finer_than_a_unit_are_counted_in_a_note() -> None:
    customers = read_texts(export(["0.00000025", "12.3456789", "5.25", "0.000001"]))
    notes = " ".join(customers.input_reports[0].notes)
    assert "2 amounts finer than 0.000001" in notes
    assert "finer" not in " ".join(read_texts(export(["0.000001", "0.1", "2250000000.123456"])).input_reports[0].notes)


def test_amounts_that_would_all_sum_to_nothing_are_refused() -> None:
    with pytest.raises(InputProblem, match="all amounts are finer"):
        read_texts(export(["0.0000001", "0.0000002"]))


outliers = st.sampled_from(
    [
        *("1000000000000", "-1000000000000", "999999999999.99", "9007199254740.99", "4503599627370496", "-7"),
        *("9007199254740993", "9223372036854.77", "9223372036854775807", "92233720368547758.07", "0.000001", "-0.25"),
    ]
)


@pytest.mark.parametrize("mode", ["whole", "chunks", "state"])
@settings(max_examples=12, deadline=None)
@given(
    huge=st.lists(st.tuples(st.integers(0, 399), outliers), min_size=1, max_size=4),
    usual=st.sampled_from(["9.49", "0.01", "12.345678", "1234.5", "7"]),
)
def test_outliers_round_nobodys_money(mode: str, huge: list[tuple[int, str]], usual: str) -> None:
    amounts = [usual] * 400
    for place, amount in huge:
        amounts[place] = amount
    exact = [Decimal(amount) for amount in amounts]
    with pytest.MonkeyPatch.context() as patched, tempfile.TemporaryDirectory() as folder:
        for name, size in (
            ("LARGE_FILE_BYTES", 1 << 30 if mode == "whole" else 1),
            ("CHUNK_BYTES", 900),
            ("HEAD_BYTES", 900),
        ):
            patched.setattr(chunk_reader, name, size)
        try:
            customers = read_texts(export(amounts), state=folder if mode == "state" else None)
        except InputProblem as problem:
            assert "too large" in problem.what  # noqa: PT017 - either that or exact sums
            assert problem.line in [place + 2 for place, _ in huge]  # noqa: PT017
            return
    lines = customers.input_reports[0].reconciliation
    assert lines is not None
    unread = [amount for amount in exact if abs(amount) > UNREADABLE]
    assert (lines.unreadable, lines.kept) == (len(unread), len(exact) - len(unread))
    readable = [Decimal() if abs(amount) > UNREADABLE else amount for amount in exact]
    assert are_close(lines.money_kept, sum(readable, Decimal()), len(exact))
    for row, revenue in enumerate(customers.table[columns.REVENUE]):
        assert are_close(revenue, sum(readable[row::3], Decimal()), len(exact) // 3)

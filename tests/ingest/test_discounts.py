"""Discounts beside prices are recognised, subtracted where a setting says so, and named otherwise."""

import re
import shlex
from collections.abc import Callable, Sequence

import pytest
import yaml

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.io import chunk_reader
from segcli.model import Customers

Line = tuple[int, int, float, float]  # order, quantity, unit price, discount
SHOP: list[Line] = [
    (number, quantity, 10.0 + number, 0.0 if number % 3 else 4.0) for number in range(1, 31) for quantity in (1, 2)
]


def customers(path: str, **more: object) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path, **more)))  # type: ignore[arg-type]


def export(lines: Sequence[Line], *, header: str = "Discount", form: str = "{:.2f}", total: str = "") -> str:
    rows = [f"Customer ID,Order ID,Order Date,Quantity,Unit Price,{header}" + (f",{total}" if total else "")]
    for order, quantity, price, discount in lines:
        row = f"C{order % 7},{order},2026-01-{order % 28 + 1:02},{quantity},{price:.2f},{form.format(discount)}"
        rows.append(row + (f",{TOTALS[total](quantity, price, discount):.2f}" if total else ""))
    return "\n".join([*rows, ""])


TOTALS: dict[str, Callable[[int, float, float], float]] = {
    "Line Total": lambda quantity, price, discount: quantity * price - discount,
    "Gross Amount": lambda quantity, price, _: quantity * price,
    "Amount": lambda quantity, price, _: quantity * price * 1.19,
}
BEFORE = sum(quantity * price for _, quantity, price, _ in SHOP)


@pytest.fixture(params=["in chunks", "whole"], autouse=True)
def _read_so(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (
        ("LARGE_FILE_BYTES", 1 if request.param == "in chunks" else 1 << 30),
        ("CHUNK_BYTES", 300),
        ("HEAD_BYTES", 900),
    ):
        monkeypatch.setattr(chunk_reader, name, size)


def note_of(found: Customers, words: str) -> str:
    return next(note for note in found.input_reports[0].notes if words in note)


def applied(note: str, path: str) -> float:
    """Revenue with the option that the note recommends."""
    option = re.search(r"--set (\S+|'[^']*')", note)
    assert option is not None
    setting, _, value = shlex.split(option.group())[1].partition("=")
    name = setting.removeprefix("ingest.transactions.")
    return float(customers(path, **{name: yaml.safe_load(value)}).table["revenue"].sum())


def per_line(order: int) -> list[Line]:
    return [(order, quantity, 10.0 + order, float(quantity)) for quantity in (1, 2)]


@pytest.mark.bad_input(120)
@pytest.mark.parametrize(
    ("header", "lines", "form", "after"),
    [
        ("Discount", SHOP, "{:.2f}", BEFORE - 4.0 * 10),  # the order's, repeated on both lines
        ("Discount Amount", SHOP, "-{:.2f}", BEFORE - 4.0 * 10),
        ("Discount", [line for n in range(1, 31) for line in per_line(n)], "{:.2f}", BEFORE - 3.0 * 30),
        ("Discount", SHOP, "{:.0f}%", BEFORE - 0.04 * sum(q * p for _, q, p, d in SHOP if d)),
        ("Discount", [(o, q, p, d / 100) for o, q, p, d in SHOP], "{:.2f}",
         BEFORE - 0.04 * sum(q * p for _, q, p, d in SHOP if d)),
    ],
)  # fmt: skip
def test_the_option_of_the_note_subtracts_what_the_customer_did_not_pay(
    file_of: Callable[..., str], header: str, lines: list[Line], form: str, after: float
) -> None:
    path = file_of(export(lines, header=header, form=form))
    found = customers(path)
    assert found.table["revenue"].sum() == pytest.approx(BEFORE)
    note = note_of(found, "does not subtract")
    assert applied(note, path) == pytest.approx(after)
    confirmed = customers(path, discount="none")
    assert confirmed.table["revenue"].sum() == pytest.approx(BEFORE)
    assert confirmed.input_reports[0].notes == ()


def test_amounts_after_discount_bring_no_note(file_of: Callable[..., str]) -> None:
    lines = [line for n in range(1, 31) for line in per_line(n)]
    found = customers(file_of(export(lines, total="Line Total")))
    assert found.table["revenue"].sum() == pytest.approx(BEFORE - 3.0 * 30)
    assert found.input_reports[0].notes == ()


def test_amounts_before_discount_are_named(file_of: Callable[..., str]) -> None:
    path = file_of(export(SHOP, total="Gross Amount"))
    assert applied(note_of(customers(path), "does not subtract"), path) == pytest.approx(BEFORE - 40)


@pytest.mark.bad_input(121)
def test_amounts_that_differ_from_quantity_x_price_are_named(file_of: Callable[..., str]) -> None:
    path = file_of(export([(o, q, p, 0.0) for o, q, p, _ in SHOP], total="Amount"))
    found = customers(path)
    assert found.table["revenue"].sum() == pytest.approx(BEFORE * 1.19, abs=0.3)
    note = note_of(found, "differs from quantity x unit price")
    assert note in found.input_reports[0].decisive_notes
    assert applied(note, path) == pytest.approx(BEFORE)


def test_a_discount_is_never_larger_than_its_order(file_of: Callable[..., str]) -> None:
    path = file_of(export([(1, 1, 5.0, 8.0), (1, 1, 20.0, 8.0), (2, 1, 3.0, 9.0), (2, 1, 1.0, 9.0)]))
    found = customers(path, discount="order")
    assert found.table["revenue"].tolist() == [17.0, 0.0]


def test_prices_after_discount_bring_no_note(file_of: Callable[..., str]) -> None:
    rows = [
        f"C{n % 7},{n},2026-01-{n % 28 + 1:02},P{n % 4},{20.0 + n % 4 - (4.0 if n % 5 == 0 else 0):.2f},"
        f"{4.0 if n % 5 == 0 else 0:.2f}"
        for n in range(60)
    ]
    head = "Customer ID,Order ID,Order Date,Product,Price,Discount"
    assert customers(file_of("\n".join([head, *rows, ""]))).input_reports[0].notes == ()
    before = [
        f"C{n % 7},{n},2026-01-{n % 28 + 1:02},P{n % 4},{20.0 + n % 4:.2f},{4.0 if n % 5 == 0 else 0}"
        for n in range(60)
    ]
    note_of(customers(file_of("\n".join([head, *before, ""]))), "does not subtract")

"""Rows of subtotals, totals and balances are no orders, and customers whose names look alike are kept."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.total_rows import _find_sums_without_labels, _RunningSums
from segcli.model import Customers


def customers(path: str) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path)))


def rejected(found: Customers) -> dict[str, int]:
    lines = found.input_reports[0].reconciliation
    assert lines is not None
    return {reason.reason: reason.lines for reason in lines.rejected}


@pytest.mark.parametrize(
    ("label", "total"),
    [
        ("Subtotal", "Grand total"), ("Sub-Total January", "TOTAL:"), ("Zwischensumme", "Gesamtsumme"),
        ("\u0412\u0441\u0435\u0433\u043e", "\u0418\u0442\u043e\u0433\u043e"),
        ("\u5c0f\u8ba1", "\u5408\u8ba1"), ("T\u1ea1m t\u00ednh", "T\u1ed5ng c\u1ed9ng"),
        ("Saldo anterior", "Total general"),
        ("Balance carried forward", "Closing balance"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("header", ["customer,invoice,date,amount", "customer,date,amount"])
def test_totals_with_a_date_are_rejected(file_of: Callable[..., str], label: str, total: str, header: str) -> None:
    rows = [("C1", "1", "2023-01-05", 10.5), ("C2", "2", "2023-01-09", 20), (label, "", "2023-01-31", 30.5)]
    rows += [("C1", "3", "2023-02-05", 30), ("C3", "4", "2023-02-06", 5), (label, "", "2023-02-28", 35)]
    rows += [(total, "", "2023-02-28", 65.5)]
    has_orders = "invoice" in header
    lines = [",".join(str(cell) for place, cell in enumerate(row) if has_orders or place != 1) for row in rows]
    found = customers(file_of("\n".join([header, *lines, ""])))
    assert found.table["customer_id"].tolist() == ["C1", "C2", "C3"]
    assert found.table["revenue"].sum() == 65.5
    assert rejected(found) == {"total_row": 3}


def test_customers_called_total_are_customers(file_of: Callable[..., str]) -> None:
    text = (
        "customer,invoice,date,amount\nTotal,1,2023-01-05,10\nTotalEnergies,,2023-01-09,20\nSummer GmbH,,2023-01-09,5\n"
    )
    found = customers(file_of(text))
    assert found.table["customer_id"].tolist() == ["Summer GmbH", "Total", "TotalEnergies"]
    text = "customer,date,amount\nA,2023-01-05,10\nTotal,2023-01-09,20\nB,2023-01-10,5\n"
    assert customers(file_of(text)).table["revenue"].sum() == 35


@pytest.mark.parametrize("label", ["Somme", "Invoices 2", ""])
def test_sums_without_a_customer_and_a_date_are_totals_whatever_their_label(
    file_of: Callable[..., str], label: str
) -> None:
    text = "kind,date,customer,amount\nSale,2023-01-05,C1,10.5\nSale,2023-01-09,C2,20\n"
    text += f"{label},,,30.5\nSale,2023-02-01,C1,4\nSale,2023-02-02,C1,5\n{label},,,9\n{label},,,39.5\n"
    assert rejected(customers(file_of(text))) == {"total_row": 3}


def test_lines_without_a_customer_are_not_totals_if_they_have_a_date_or_another_amount(
    file_of: Callable[..., str],
) -> None:
    text = "date,customer,amount\n2023-01-05,C1,10\n2023-01-09,C2,20\n2023-01-10,,30\n,,31\n,,\n"
    assert rejected(customers(file_of(text))) == {"no_customer_id": 3}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 6), st.sampled_from(["line", "label", "candidate"])), max_size=30))
def test_sums_without_a_label_are_those_of_a_slow_search(rows: list[tuple[int, str]]) -> None:
    amounts = np.array([float(amount) for amount, _ in rows])
    is_labeled = np.array([kind == "label" for _, kind in rows], dtype=bool)
    candidates = np.flatnonzero([kind == "candidate" for _, kind in rows])
    expected = np.zeros(len(rows), dtype=bool)
    for row in candidates:
        is_total = (is_labeled | expected)[:row]
        section_start = max(np.flatnonzero(is_total), default=-1) + 1
        lines = np.where(is_total, 0.0, amounts[:row])
        expected[row] = any(len(part) > 1 and part.sum() == amounts[row] for part in (lines[section_start:], lines))
    found = _find_sums_without_labels(_RunningSums(amounts, is_labeled), candidates)
    assert found.tolist() == np.flatnonzero(expected).tolist()

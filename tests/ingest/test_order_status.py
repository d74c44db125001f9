"""Refunds that only a column names are returns; debits and credits that nobody can tell are named."""

from collections.abc import Callable

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.io import chunk_reader
from segcli.model import Customers

KINDS = [
    ("Type", "Sale", "Refund"), ("Doc Type", "Invoice", "Credit Note"), ("Transaction type", "Payment", "Chargeback"),
    ("Belegart", "Rechnung", "Gutschrift"), ("Vorgangsart", "Verkauf", "Retoure"), ("Tipo", "Venta", "Devoluci\u00f3n"),
    ("Вид операции", "Продажа", "Возврат"),
    ("Loại giao dịch", "Bán hàng", "Hoàn tiền"), ("交易类型", "销售", "退款"),
    ("kind", "order", "RETURN"),
]  # fmt: skip


def customers(path: str, **more: object) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path, **more)))  # type: ignore[arg-type]


def export(header: str, sale: str, refund: str, sign: str = "") -> str:
    rows = [f"customer_id,order_id,order_date,{header},amount"]
    for number in range(40):
        rows.append(f"C{number % 5},{number},2026-01-{number % 28 + 1:02},{sale},20.00")
        if number % 4 == 0:
            rows.append(f"C{number % 5},R{number},2026-01-20,{refund},{sign}5.00")
    return "\n".join([*rows, ""])


@pytest.fixture(params=["in chunks", "whole"])
def _read_so(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (
        ("LARGE_FILE_BYTES", 1 if request.param == "in chunks" else 1 << 30),
        ("CHUNK_BYTES", 300),
        ("HEAD_BYTES", 500),
    ):
        monkeypatch.setattr(chunk_reader, name, size)


@pytest.mark.bad_input(118)
@pytest.mark.usefixtures("_read_so")
@pytest.mark.parametrize(("header", "sale", "refund"), KINDS)
def test_a_column_that_names_refunds_makes_them_returns(
    file_of: Callable[..., str], header: str, sale: str, refund: str
) -> None:
    found = customers(file_of(export(header, sale, refund)))
    assert found.table["revenue"].sum() == 40 * 20 - 10 * 5
    assert found.table["orders"].sum() == 40
    lines = found.input_reports[0].reconciliation
    assert lines is not None
    assert lines.money_read == lines.money_kept == 750
    assert any(f"{refund} on 10 lines (50.00): read as returns" in note for note in found.input_reports[0].notes)
    as_sales = customers(file_of(export(header, sale, refund)), returned={header: []})
    assert as_sales.table["revenue"].sum() == 40 * 20 + 10 * 5


def test_refunds_that_have_their_minus_are_not_worth_a_note(file_of: Callable[..., str]) -> None:
    found = customers(file_of(export("Type", "Sale", "Refund", sign="-")))
    assert found.table["revenue"].sum() == 750
    assert not any("Type" in note for note in found.input_reports[0].notes)


@pytest.mark.parametrize(
    ("header", "debit", "credit"), [("D/C", "D", "C"), ("S/H", "S", "H"), ("Soll/Haben", "Soll", "Haben")]
)
def test_debit_and_credit_are_named_and_settled_by_a_setting(
    file_of: Callable[..., str], header: str, debit: str, credit: str
) -> None:
    text = export(header, debit, credit)
    found = customers(file_of(text))
    assert any("which are refunds, so all count as sales" in note for note in found.input_reports[0].notes)
    settled = customers(file_of(text), returned={header: [credit]})
    assert settled.table["revenue"].sum() == 750


def test_types_of_other_things_are_left_alone(file_of: Callable[..., str]) -> None:
    found = customers(file_of(export("Type", "Mug", "Shirt")))
    assert found.table["revenue"].sum() == 850
    assert found.input_reports[0].notes == ()

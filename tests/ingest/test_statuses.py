"""Statuses that mean no sale are named with lines and money, in any language, wherever a file says them."""

from collections.abc import Callable

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.status_columns import is_void_status
from segcli.io import chunk_reader
from segcli.model import Customers

COLUMNS = [
    ("Status", "Paid", "Cancelled by customer"), ("Order State", "Delivered", "RTO"),
    ("Delivery Status", "with courier", "Returned"), ("Bestellstatus", "bezahlt", "storniert"),
    ("订单状态", "已完成", "已取消"), ("Статус заказа", "Выполнен", "Отменён"), ("Trạng thái", "Hoàn thành", "Đã hủy"),
    ("Estado", "Enviado", "Pendiente de pago"), ("Situação", "Pago", "Cancelado"),
    ("Statut", "Payée", "Annulée"), ("Stan zamówienia", "Zrealizowane", "Anulowane"),
    ("Durum", "Tamamland\u0131", "İptal"), ("注文状況", "完了", "キャンセル"), ("주문상태", "배송완료", "취소완료"),
    ("Status Pesanan", "Selesai", "Dibatalkan"), ("Stage of it", "Shipped", "Partially refunded"),
    ("Zust.", "versendet", "unbezahlt"), ("Cancelled at", "", "2026-01-05"), ("is_cancelled", "false", "true"),
    ("Stornodatum", "", "05.01.2026"), ("Fulfilment", "fulfilled", "Returned to sender"),
    ("Status", "Shipped", "Shipped - Returned to Seller"),
]  # fmt: skip


def export(header: str, sale: str, no_sale: str) -> str:
    rows = [f"customer_id,order_id,order_date,{header},amount"]
    for number in range(60):
        status = no_sale if number % 10 == 3 else sale
        rows.append(f"C{number % 5},{number},2026-01-{number % 28 + 1:02},{status},20.00")
    return "\n".join([*rows, ""])


def customers(path: str, **more: object) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path, **more)))  # type: ignore[arg-type]


@pytest.fixture(params=["in chunks", "whole"])
def _read_so(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (
        ("LARGE_FILE_BYTES", 1 if request.param == "in chunks" else 1 << 30),
        ("CHUNK_BYTES", 300),
        ("HEAD_BYTES", 900),
    ):
        monkeypatch.setattr(chunk_reader, name, size)


@pytest.mark.bad_input(117)
@pytest.mark.usefixtures("_read_so")
@pytest.mark.parametrize(("header", "sale", "no_sale"), COLUMNS)
def test_orders_that_came_to_nothing_are_named_and_the_setting_leaves_them_out(
    file_of: Callable[..., str], header: str, sale: str, no_sale: str
) -> None:
    path = file_of(export(header, sale, no_sale))
    reading = customers(path).input_reports[0]
    notes = [note for note in reading.notes if f"column '{header}'" in note]
    assert len(notes) == 1
    assert "on 6 lines (120.00)" in notes[0]
    assert "ingest.transactions.void" in notes[0]
    assert notes[0] in reading.decisive_notes
    assert {status.decision for status in reading.statuses if status.value in {no_sale, "(set)"}} == {
        "counts, although not a sale"
    }
    left_out = customers(path, void={header: ["*" if "(set)" in notes[0] else no_sale]})
    assert left_out.table["revenue"].sum() == 54 * 20
    assert not any(header in note for note in left_out.input_reports[0].notes)


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("Status", ["Paid", "Shipped"]), ("Loyalty", ["new", "active"]), ("Note", ["", "return visit planned soon"]),
        ("Segment", ["A", "B"]), ("Size", ["L", "XL"]),
        ("is_cancelled", ["false", "no"]), ("Cancelled at", ["", "NULL"]),
    ],
)  # fmt: skip
def test_columns_without_such_a_status_bring_no_note(
    file_of: Callable[..., str], header: str, values: list[str]
) -> None:
    assert customers(file_of(export(header, *values))).input_reports[0].notes == ()


@pytest.mark.parametrize(
    "text", ["paid", "not cancelled", "Delivered", "processing", "已发货", "versandt", "Wish granted"]
)
def test_sales_are_no_words_of_no_sale(text: str) -> None:
    assert not is_void_status(text)


def test_a_note_on_little_money_is_not_decisive(file_of: Callable[..., str]) -> None:
    text = export("Status", "paid", "paid") + "C1,900,2026-01-28,cancelled,1.00\n"
    reading = customers(file_of(text)).input_reports[0]
    assert any("cancelled on 1 line (1.00)" in note for note in reading.notes)
    assert reading.decisive_notes == ()


@pytest.mark.usefixtures("_read_so")
def test_lines_that_another_column_excludes_do_not_count_by_their_status(file_of: Callable[..., str]) -> None:
    rows = ["customer_id,order_id,order_date,Status,Captured,Voided on,amount"]
    for number in range(60):
        status, captured = ("requires payment", "no") if number % 10 == 3 else ("paid", "yes")
        voided = f"2026-02-{number % 28 + 1:02}" if number % 10 == 7 else ""
        rows.append(f"C{number % 5},{number},2026-01-{number % 28 + 1:02},{status},{captured},{voided},20.00")
    void = {"Captured": ["no"], "Voided on": ["*"]}
    reading = customers(file_of("\n".join([*rows, ""])), void=void).input_reports[0]
    assert not [note for note in reading.notes if "column 'Status'" in note]
    statuses = {(status.column, status.value): (status.lines, status.decision) for status in reading.statuses}
    assert statuses["Voided on", "(set)"] == (6, "excluded")
    assert statuses["Captured", "no"] == (6, "excluded")
    assert ("Status", "requires payment") not in statuses

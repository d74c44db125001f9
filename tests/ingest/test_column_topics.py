"""Columns of spending and purchases are known by their names in every language, and others are not."""

import pytest

from segcli.ingest.column_topics import find_purchase_columns


@pytest.mark.parametrize(
    "name",
    [
        *("MntWines", "NumWebPurchases", "amount_2023", "Spending Score (1-100)", "total.visits", "WEB_ORDERS"),
        *("Umsatz 2024", "Anzahl Bestellungen", "Verkäufe", "importe_total", "Número de pedidos"),
        *("Сумма покупок", "количество заказов", "Doanh thu năm", "số lần mua", "消费金额", "订单数"),
    ],
)
def test_known_by_its_name(name: str) -> None:
    assert find_purchase_columns([name]) == [name]


@pytest.mark.parametrize(
    "name", ["Kidhome", "Response", "Amountain", "order", "last purchase", "border", "Alter", "edad", "возраст", "年龄"]
)
def test_other_names_speak_of_neither(name: str) -> None:
    assert find_purchase_columns([name]) == []

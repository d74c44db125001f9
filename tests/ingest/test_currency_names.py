"""Names of columns of money that end with a currency are known, and the currency counts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.ingest.currency_names import split_currency_name


def rows(header: str) -> str:
    return (
        f"customer_id;order_id;order_date;{header}\na;1;2026-01-05;10.50\nb;2;2026-01-09;20.25\na;3;2026-02-01;7.00\n"
    )


@pytest.mark.parametrize(
    ("header", "currency"),
    [
        ("Total (EUR)", "EUR"), ("Amount USD", "USD"), ("amount_gbp", "GBP"), ("Net sales [USD]", "USD"),
        ("Umsatz in CHF", "CHF"), ("Betrag \u20ac", "EUR"), ("Montant TTC (EUR)", "EUR"), ("Valor R$", "BRL"),
        ("Kwota (z\u0142)", "PLN"), ("Belopp SEK", "SEK"),
        ("\u0421\u0443\u043c\u043c\u0430, \u0440\u0443\u0431.", "RUB"),
        ("\u5408\u8a08\u91d1\u984d\uff08\u5186\uff09", "JPY"), ("\u91d1\u989d(\u5143)", "CNY"),
        ("Th\u00e0nh ti\u1ec1n (VND)", "VND"), ("Amount in $", "USD"),
    ],
)  # fmt: skip
def test_amounts_are_known_with_a_currency_behind_their_name(
    file_of: Callable[..., str], header: str, currency: str
) -> None:
    found = load_customers(IngestSettings(transactions=Source(path=file_of(rows(header)))))
    assert found.input_reports[0].columns["amount"] == header
    assert found.table["revenue"].sum() == 37.75
    assert found.currency == currency


@pytest.mark.parametrize("name", ["Euro", "EUR", "(USD)", "Amount", "Marker", "order total", "Scheck", "Amount (net)"])
def test_other_names_have_no_currency(name: str) -> None:
    assert split_currency_name(name) is None


def test_a_name_without_a_currency_takes_precedence(file_of: Callable[..., str]) -> None:
    lines = [f"c{n % 9},{n},2026-01-{1 + n % 28:02},{11 + 1.1 * n:.2f},{10 + n}.00" for n in range(40)]
    text = "\n".join(["customer_id,order_id,order_date,Amount USD,Amount", *lines, ""])
    found = load_customers(IngestSettings(transactions=Source(path=file_of(text))))
    assert found.table["revenue"].sum() == sum(10 + n for n in range(40))
    assert any("'Amount USD' may also be the amount: 10% more" in note for note in found.input_reports[0].notes)


def test_files_in_different_currencies_are_refused(tmp_path: Path) -> None:
    for name, header in (("a.csv", "Total (EUR)"), ("b.csv", "Total (USD)")):
        (tmp_path / name).write_text(rows(header))
    with pytest.raises(InputProblem, match="currencies of all files: EUR, USD"):
        load_customers(IngestSettings(transactions=Source(path=str(tmp_path))))


def test_revenue_of_customers_is_known_with_a_currency(file_of: Callable[..., str]) -> None:
    text = "customer_id,orders,Revenue (EUR)\na,1,10.00\nb,2,20.00\n"
    assert load_customers(IngestSettings(customers=Source(path=file_of(text)))).table["revenue"].sum() == 30

"""Names of amounts that mention tax are known: with tax before without, and after names that do not mention it."""

from collections.abc import Callable

import pytest

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.column_matching import (
    CUSTOMER_VOCABULARY,
    ORDER_VOCABULARY,
    TAX_RANKS,
    iterate_base_names,
    match_columns,
    normalise_name,
)
from segcli.ingest.locales import LANGUAGES, load_language


@pytest.mark.parametrize(
    ("with_tax", "without_tax"),
    [
        ("Order Total (inc tax)", "Order Total (ex tax)"), ("Total incl. VAT", "Total excl. VAT"),
        ("Gross total", "Net total amount"), ("Gesamtpreis Brutto", "Gesamtpreis Netto"),
        ("Betrag (inkl. MwSt.)", "Betrag (zzgl. MwSt.)"), ("Montant total TTC", "Montant total HT"),
        ("Importe con IVA", "Importe sin IVA"), ("Totale ordine (IVA inclusa)", "Totale ordine (IVA esclusa)"),
        ("Valor total com IVA", "Valor total sem IVA"), ("Totaalbedrag incl. btw", "Totaalbedrag excl. btw"),
        ("Kwota brutto", "Kwota netto"), ("Belopp inkl. moms", "Belopp exkl. moms"),
        ("Сумма заказа с НДС", "Сумма заказа без НДС"), ("Toplam tutar (KDV dahil)", "Toplam tutar (KDV hariç)"),
        ("合計金額（税込）", "合計金額（税抜）"), ("税込合計金額", "税抜合計金額"),
        ("订单金额(含税)", "订单金额(不含税)"),
        ("결제금액(부가세 포함)", "결제금액(부가세 별도)"), ("Total incl. VAT (EUR)", "Total excl. VAT (EUR)"),
    ],
)  # fmt: skip
def test_the_amount_with_tax_comes_before_the_one_without(
    file_of: Callable[..., str], with_tax: str, without_tax: str
) -> None:
    lines = [f"C{n % 3};{n};2026-01-{n + 1:02};{100 + n}.00;{119 + n}.00" for n in range(9)]
    text = "\n".join([f"customer_id;order_id;order_date;{without_tax};{with_tax}", *lines, ""])
    found = load_customers(IngestSettings(transactions=Source(path=file_of(text))))
    assert found.input_reports[0].columns["amount"] == with_tax
    assert found.table["revenue"].sum() == sum(119 + n for n in range(9))
    assert any(f"column '{without_tax}' may also be the amount" in note for note in found.input_reports[0].notes)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("list_key", TAX_RANKS)
def test_every_language_names_amounts_with_and_without_tax(language: str, list_key: str) -> None:
    content = load_language(language)
    amount = content["columns"][columns.AMOUNT][0]
    for phrase in content[list_key]:
        for name in (f"{amount} ({phrase})", f"{amount} {phrase}", f"{phrase} {amount}"):
            assert match_columns([name], ORDER_VOCABULARY, {}).columns == {columns.AMOUNT: name}
    assert normalise_name(content["tax_included"][0]) != normalise_name(content["tax_excluded"][0])


def test_a_name_without_tax_takes_precedence() -> None:
    header = ["Total (inc tax)", "Total", "Unit price ex VAT", "Unit price inc VAT"]
    assert match_columns(header, ORDER_VOCABULARY, {}).columns == {
        columns.AMOUNT: "Total",
        columns.UNIT_PRICE: "Unit price inc VAT",
    }


@pytest.mark.parametrize(
    "name", ["Customer net", "Magnet", "Gross", "Order net", "Weight ht", "Net", "Tax total", "City TTC"]
)
def test_other_names_stay_unknown(name: str) -> None:
    """A mention of tax makes no amount of a customer, an order or a city; Gross alone is the amount of PayPal."""
    known = match_columns([name], ORDER_VOCABULARY, {}).columns
    assert known in ({}, {columns.AMOUNT: "Gross"})


def test_revenue_of_customers_may_mention_tax() -> None:
    header = ["Customer ID", "Total Spent (incl. VAT)"]
    assert match_columns(header, CUSTOMER_VOCABULARY, {}).columns[columns.REVENUE] == header[1]


def test_the_longest_mention_counts() -> None:
    assert list(iterate_base_names("Amount excluding VAT")) == [(TAX_RANKS["tax_excluded"], "amount")]
    assert list(iterate_base_names("Order date")) == []

"""Exports of shops in many countries are read at the first try: their encoding, headers, dates and amounts.

The expected customers and sums are written beside each export.
"""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segcli.cli import _run_arguments
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.ingest.column_matching import ORDER_VOCABULARY, match_columns, normalise_name
from segcli.ingest.encoding import restore_yen_signs
from segcli.ingest.minor_units import strip_unit_name, uses_minor_units
from segcli.ingest.number_parsing import split_amount
from segcli.ingest.period_columns import is_period
from segcli.io import chunk_reader

EXPORTS = [
    ("cp932", '顧客番号,注文日,合計金額\n31,2025年10月31日,"\\4,900"\n32,2025年11月2日,"\\1,200"\n', 6100),
    ("cp932", "顧客番号,注文日,合計金額\n31,2025/10/31,￥4900\n32,2025/11/02,1200円\n", 6100),
    ("utf-8", '顧客番号,注文日,合計金額\n31,2025/10/31,"¥4,900"\n32,2025/11/02,"1,200円"\n', 6100),
    (
        "cp949",
        '고객번호,주문일,결제금액\n31,2025. 10. 31.,"4,900원"\n32,2025. 11. 2.,"₩1,200"\n'.replace("₩", "￦"),
        6100,
    ),
    ("utf-8", '고객번호,주문일,결제금액\n31,2025년 10월 31일,"4,900원"\n32,2025년 11월 2일,"₩1,200"\n', 6100),
    (
        "cp1252",
        "Kundnr;Orderdatum;Belopp\n31;2025-10-31;49,50 kr\n32;2025-11-02;1 012,00 kr\n".replace("32", "Å2"),
        1061.5,
    ),
    (
        "cp1250",
        "Číslo zákazníka;Datum objednávky;Částka\n31;31. 10. 2025;49,50 Kč\n32;2. 11. 2025;1 012,00 Kč\n",
        1061.5,
    ),
    ("cp1250", "Vevőkód;Rendelés dátuma;Végösszeg\n31;2025.10.31.;49 500 Ft\n32;2025.11.02.;12 000 Ft\n", 61500),
    ("cp1250", "ID client;Data comenzii;Sumă\n31;31.10.2025;49,50 lei\n32;02.11.2025;12,00 lei\n", 61.5),
    ("utf-8", "ID client;Data comenzii;Preț total\n31;31.10.2025;49,50 lei\n32;02.11.2025;12,00 lei\n", 61.5),
    ("cp1251", "Код клієнта;Дата замовлення;Сума\n31;31.10.2025;49,50 грн\n32;02.11.2025;12,00 грн\n", 61.5),
    ("cp1253", "κωδικος πελατη;ημερομηνια;ποσο\n31;31/10/2025;49,50 €\n32;02/11/2025;12,00 €\n".upper(), 61.5),
    ("cp1256", "رقم العميل;تاريخ الطلب;المبلغ\n31;31/10/2025;49.50\n32;02/11/2025;12.00\n", 61.5),
    ("cp1255", "מספר לקוח;תאריך הזמנה;סכום\n31;31/10/2025;49.50\n32;02/11/2025;12.00\n", 61.5),
    ("cp874", "รหัสลูกค้า;วันที่สั่งซื้อ;จำนวนเงิน\n31;31/10/2025;49.50\n32;02/11/2025;12.00\n", 61.5),
]


def read(path: Path, **source: Any) -> Any:
    return load_customers(IngestSettings(transactions=Source(path=str(path), **source)), None)


@pytest.mark.parametrize(("encoding", "text", "revenue"), EXPORTS)
def test_exports_are_read_at_the_first_try(tmp_path: Path, encoding: str, text: str, revenue: float) -> None:
    (tmp_path / "in.csv").write_bytes(text.encode(encoding))
    table = read(tmp_path / "in.csv").table
    assert table["revenue"].sum() == pytest.approx(revenue, abs=1e-9)
    assert table["last_order"].astype(str).str[:10].tolist() == ["2025-10-31", "2025-11-02"]


def test_only_a_backslash_before_an_amount_of_shift_jis_is_a_yen_sign() -> None:
    text = 'A,"\\4,900",-\\5,C:\\9,\\n\n\\7,表\\1'
    assert restore_yen_signs(text, "Shift-JIS") == 'A,"¥4,900",-¥5,C:\\9,\\n\n¥7,表\\1'
    assert restore_yen_signs(text, "euc-jp") == text


@pytest.mark.parametrize(
    ("text", "digits", "currency"),
    [
        ("\u200f360.00 ر.س.\u200f", "360.00", "SAR"),
        ("\u200e₪1,234.50", "1,234.50", "ILS"),
        ('1,234.50 ש"ח', "1,234.50", "ILS"),
        ("1.234,50 Lei", "1.234,50", "RON"),
        ("1,234.50 บาท", "1,234.50", "THB"),
    ],
)
def test_currency_marks_of_other_scripts(text: str, digits: str, currency: str) -> None:
    amount = split_amount(text)
    assert (amount.digits_with_sign, amount.currency) == (digits, currency)


PRICED = "customer_id order_date quantity unit_price amount"


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("Zákazník;Datum;Ks;Cena;Cena celkem", PRICED),
        ("Asiakas;Pvm;Kpl;Hinta;Yhteensä", PRICED),
        ("Kunde;Dato;Antal;Pris;I alt", PRICED),
        ("Kunde;Dato;Antall;Pris;Sum", PRICED),
        ("Kund;Datum;Antal;Pris;Summa", PRICED),
        ("Vevő;Kelt;Db;Ár;Összesen", PRICED),
        ("Client;Data;Cant.;Preţ;Valoare", PRICED),
        ("Покупець;Дата;Кількість;Ціна;Сума", PRICED),
        ("Клиент;Дата;Брой;Цена;Общо", PRICED),
        ("πελατης;ημερομηνια;ποσοτητα;τιμη;συνολο".upper(), PRICED),
        ("العميل;التاريخ;الكمية;السعر;الإجمالي", PRICED),
        ("العميل;التاريخ;الكمية;السعر;الاجمالي", PRICED),
        ("ลูกค้า;วันที่;จำนวน;ราคา;จำนวนเงิน", PRICED),
        ('לקוח;תאריך;כמות;מחיר;סה"כ', PRICED),
        ("Cislo zakaznika;Datum objednavky;Mnozstvi;Jednotkova cena;Castka", PRICED),
        (
            "customer;date;price_in_cents;amountMinor;refunded_cents",
            "customer_id order_date unit_price amount refunded",
        ),
    ],
)
def test_line_totals_and_prices_are_told_apart(header: str, meant: str) -> None:
    found = match_columns(header.split(";"), ORDER_VOCABULARY, {}).columns
    assert [standard for name in header.split(";") for standard in found if found[standard] == name] == meant.split()


def test_letters_with_comma_and_cedilla_are_the_same() -> None:
    assert normalise_name("Preț") == normalise_name("Preţ")


def test_an_amount_in_the_main_unit_wins_over_cents() -> None:
    assert match_columns(["total_cents", "sales"], ORDER_VOCABULARY, {}).columns["amount"] == "sales"


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("amount_cents", "amount"),
        ("Betrag in Cent", "Betrag"),
        ("totalMinor", "total"),
        ("belopp_öre", "belopp"),
        ("Rabatt in Prozent", None),
        ("discount percent", None),
        ("accents", None),
    ],
)
def test_names_of_minor_units(name: str, stem: str | None) -> None:
    assert strip_unit_name(name) == (stem and stem.casefold())


def test_the_declared_unit_counts_for_all_money_but_shares() -> None:
    declared = Source(amount_unit="minor", discount="percent")
    assert [uses_minor_units(name, "x", declared) for name in ("amount", "unit_price", "quantity", "discount")] == [
        *(True, True, False, False)
    ]
    assert not uses_minor_units("amount", "amount_cents", Source(amount_unit="major"))


CURRENCIES = "customer_id,order_id,order_date,quantity,unit_price_cents,currency\n" + "".join(
    f"c{number % 7},{number},2026-01-{number % 28 + 1:02},2,{number * 50},{['usd', 'JPY', 'kwd'][number % 3]}\n"
    for number in range(60)
)


def test_the_decimals_of_each_currency_decide_in_chunks_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.csv").write_text(CURRENCIES, encoding="utf-8")
    settings = IngestSettings(
        transactions=Source(path=str(tmp_path / "in.csv")), rates={"USD": 1.0, "JPY": 0.01, "KWD": 3.25}
    )
    whole = load_customers(settings, None)
    minor = np.array([2 * number * 50 for number in range(60)])
    factors = np.array([1 / 100, 0.01, 3.25 / 1000])[np.arange(60) % 3]
    assert whole.table["revenue"].sum() == pytest.approx((minor * factors).sum())
    lines = whole.input_reports[0].reconciliation
    assert lines is not None
    assert lines.money_read == pytest.approx(lines.money_kept)
    assert any("1 for JPY, 1,000 for KWD" in note for note in whole.input_reports[0].decisive_notes)
    for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 500), ("HEAD_BYTES", 600)):
        monkeypatch.setattr(chunk_reader, name, size)
    assert load_customers(settings, None).table["revenue"].tolist() == whole.table["revenue"].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "Viðskiptavinur;Dags;Upphæð\nA1;31.10.2025;49,00\nB2;01.11.2025;29,70\nA1;13.11.2025;9,90\n",
        "w,Order Date,z\na,2026-01-01,5.50\nb,2026-01-02,6.25\na,2026-01-20,7.75\n",
        "who,number,born,when,paid\na,1,1990-01-01,2026-01-02,5.50\na,2,1990-01-01,2026-01-03,6.25\nb,3,1990-01-01,2026-01-05,7.75\n",
    ],
)  # fmt: skip
def test_the_hint_for_unknown_names_works(tmp_path: Path, text: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputProblem, match="no column recognised as customer_id") as error:
        read(path)
    hint = str(error.value).partition("choose the columns with ")[2].partition(";")[0]
    mapped = dict(option.split("=") for option in shlex.split(hint) if "=" in option)
    assert {"customer_id", "amount"} <= set(mapped)
    table = read(path, columns=mapped).table
    assert (len(table), table["revenue"].sum()) == (2, pytest.approx(88.6 if ";" in text else 19.5))


def test_the_note_on_a_missing_amount_names_the_column(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("customer_id,Order Date,z\na,2026-01-01,5.50\nb,2026-01-02,6\n", encoding="utf-8")
    assert any(note.endswith("--map amount=z") for note in read(tmp_path / "in.csv").input_reports[0].notes)


@pytest.mark.parametrize(
    "names",
    ["2025-01,2025-02,2025-03", "Jan 25,Feb 25,Mar 25", "styczeń,luty,marzec", "Q1 2025,2025Q2,2024"],
)  # fmt: skip
def test_a_table_of_amounts_per_period_is_noted(customers_of: Callable[..., Any], names: str) -> None:
    assert all(map(is_period, names.split(",")))
    reports = customers_of(f"customer_id,{names}\na,1,2.5,3\nb,0,2,1\n").input_reports
    assert any("look like amounts per period (3 columns)" in note for note in reports[0].notes)
    quiet = customers_of(f"customer_id,{names}\na,x,y,z\nb,v,w,z\n").input_reports
    assert not any("look like amounts" in note for note in quiet[0].notes)


def test_buddhist_years_with_thai_months_get_a_hint_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("รหัสลูกค้า,วันที่สั่งซื้อ,จำนวนเงิน\n1,31 ต.ค. 2568,5\n2,1 ก.ย. 2568,6\n", encoding="utf-8")
    assert _run_arguments(["ingest", "in.csv", "-o", "out.csv"]) == 3
    options = capfd.readouterr().err.partition("hint: try ")[2].split()
    assert options == ["--locale", "th", "--set", "ingest.transactions.calendar=buddhist"]
    assert _run_arguments(["ingest", "in.csv", "-o", "out.csv", *options]) == 0
    assert "2025-11-01 (last order + 1 day)" in capfd.readouterr().err


CUSTOMER_TABLES = {
    "fr": "N° client,Dernière commande,Nb commandes,CA total (€),Date de naissance,Sexe,Ville,Code postal,Pays",
    "it": "Codice cliente,Data ultimo ordine,Numero ordini,Totale speso,Data di nascita,Sesso,Città,CAP,Paese",
    "nl": "Klantnummer,Laatste aankoop,Aantal orders,Totaal besteed,Geboortedatum,Geslacht,Woonplaats,Postcode,Land",
    "pt": "Código do cliente,Última compra,Número de pedidos,Total gasto,Data de nascimento,Sexo,Cidade,CEP,País",
    "pl": "Id klienta,Ostatni zakup,Liczba zamówień,Wartość zakupów,Data urodzenia,Płeć,Miasto,Kod pocztowy,Kraj",
    "tr": "Müşteri no,Son sipariş tarihi,Sipariş sayısı,Toplam harcama,Doğum tarihi,Cinsiyet,Şehir,Posta kodu,Ülke",
    "ja": "顧客番号,最終購入日,購入回数,累計購入金額,生年月日,性別,市区町村,郵便番号,国",
    "ko": "고객번호,최근 구매일,구매 횟수,총 구매금액,생년월일,성별,도시,우편번호,국가",
    "id": "Kode pelanggan,Pembelian terakhir,Jumlah pesanan,Total belanja,Tgl lahir,Jenis kelamin,Kota,Kode pos,Negara",
}
CUSTOMER_STANDARDS = (
    "customer_id",
    "last_order",
    "orders",
    "revenue",
    "birth_date",
    "gender",
    "city",
    "postcode",
    "country",
)


@pytest.mark.parametrize("header", CUSTOMER_TABLES.values(), ids=CUSTOMER_TABLES)
def test_tables_of_customers_are_recognised_in_other_languages(header: str, customers_of: Callable[..., Any]) -> None:
    rows = [f"K{n},2026-03-{n:02},{n},{n * 10}.50,1980-05-{n:02},F,Ort,0{n}234,XX" for n in range(1, 9)]
    found = customers_of("\n".join([header, *rows, ""]))
    assert found.input_reports[0].columns == dict(zip(CUSTOMER_STANDARDS, header.split(","), strict=True))
    assert found.table["revenue"].sum() == sum(n * 10 + 0.5 for n in range(1, 9))

"""Columns are found by name in six languages, and only where their content can be what the name says."""

from importlib import resources
from pathlib import Path

import pytest

from segcli import columns
from segcli.config import yaml_loader
from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.ingest.column_matching import CUSTOMER_VOCABULARY, ORDER_VOCABULARY, match_columns, normalise_name
from segcli.ingest.input_file import InputFile, open_input
from segcli.ingest.locales import LANGUAGES

SHARED = Path(__file__).parents[3] / "shared" / "data"


def words(language: str) -> dict[str, list[str]]:
    file = resources.files("segcli.ingest.words").joinpath(f"{language}.yaml")
    listed: dict[str, list[str]] = yaml_loader.parse_document(file.read_text(encoding="utf-8"), language).values[
        "columns"
    ]
    return listed


@pytest.mark.parametrize("language", LANGUAGES)
def test_contract_of_a_language_file(language: str) -> None:
    """Only standard columns, each known by several names, none of which means two columns of one table."""
    listed = words(language)
    assert set(listed) <= ORDER_VOCABULARY | CUSTOMER_VOCABULARY
    for vocabulary in (ORDER_VOCABULARY, CUSTOMER_VOCABULARY):
        meanings = [normalise_name(name) for column, names in listed.items() if column in vocabulary for name in names]
        assert len(meanings) == len(set(meanings))
    assert all(len(names) >= 3 for names in listed.values())
    assert all(normalise_name(name) for names in listed.values() for name in names)  # a blank one would match +/-


def test_every_language_file_is_used() -> None:
    files = {f.name.removesuffix(".yaml") for f in resources.files("segcli.ingest.words").iterdir() if "yaml" in f.name}
    assert files == set(LANGUAGES)


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        (["CustomerID", "InvoiceNo", "InvoiceDate", "UnitPrice"], "customer_id order_id order_date unit_price"),
        (["Kunden-Nr.", "Rechnungsnummer", "Bestelldatum", "Menge"], "customer_id order_id order_date quantity"),
        (["ID клиента", "Номер заказа", "Дата заказа", "Сумма"], "customer_id order_id order_date amount"),
        (["客户编号", "订单号", "下单时间", "金额"], "customer_id order_id order_date amount"),
        (["Mã khách hàng", "Mã đơn hàng", "Ngày đặt hàng", "Thành tiền"], "customer_id order_id order_date amount"),
        (["CNPJ", "Nº Pedido", "Data do Pedido", "Valor Total"], "customer_id order_id order_date amount"),
        (["Buyer User ID", "Order ID", "Sale Date", "Order Total"], "customer_id order_id order_date amount"),
        (["ID cliente", "Nº pedido", "Fecha", "Importe"], "customer_id order_id order_date amount"),
    ],
)
def test_headers_in_six_languages(header: list[str], meant: str) -> None:
    found = match_columns(header, ORDER_VOCABULARY, {})
    assert list(found.columns) == meant.split()
    assert list(found.columns.values()) == header


def test_a_declared_column_wins_over_a_known_name() -> None:
    found = match_columns(["Customer ID", "Card"], ORDER_VOCABULARY, {"customer_id": "Card"})
    assert found.columns == {"customer_id": "Card"}
    assert found.match_reasons["customer_id"] == "declared"


def test_the_stronger_name_wins_whatever_the_order_of_columns() -> None:
    for header in (["Date", "Order date"], ["Order date", "Date"]):
        assert match_columns(header, ORDER_VOCABULARY, {}).columns == {"order_date": "Order date"}


def test_a_name_whose_content_does_not_fit_is_passed_over() -> None:
    found = match_columns(
        ["Order date", "Date"], ORDER_VOCABULARY, {}, content_check=lambda _, name: name != "Order date"
    )
    assert found.columns == {"order_date": "Date"}


def test_where_nothing_fits_the_best_name_is_taken_so_that_its_values_can_be_named() -> None:
    found = match_columns(["Date", "Order date"], ORDER_VOCABULARY, {}, content_check=lambda *_: False)
    assert found.columns == {"order_date": "Order date"}


def open_text(tmp_path: Path, text: str, **source: object) -> InputFile:
    path = tmp_path / "export.csv"
    path.write_text(text, encoding="utf-8")
    return open_input(Source.model_validate({"path": str(path), **source}))


def test_the_content_decides_between_two_date_names(tmp_path: Path) -> None:
    found = open_text(tmp_path, "Customer ID,Order date,Date,Amount\na,no,2026-01-01,1\nb,later,2026-01-02,2\n")
    assert found.mapping.columns["order_date"] == "Date"


def test_an_order_s_own_id_is_not_a_customer(tmp_path: Path) -> None:
    found = open_text(tmp_path, "Id,Email,Created at,Total\n1,a@x.org,2026-01-01,1\n")
    assert found.mapping.columns["customer_id"] == "Email"


def test_what_kind_of_file_it_is(tmp_path: Path) -> None:
    assert open_text(tmp_path, "customer_id,order_date,revenue\na,2026-01-01,1\n").is_orders
    assert not open_text(
        tmp_path, "customer_id,number_of_orders,most_recent_visit,revenue\na,1,2026-01-01,1\n"
    ).is_orders
    assert not open_text(tmp_path, "id,birth_date,city\na,1990-01-01,Paris\n").is_orders


def test_a_table_of_segclis_own_ignores_how_the_exports_are_written(tmp_path: Path) -> None:
    found = open_text(
        tmp_path,
        "customer_id,orders,recency_days,revenue\na,1,5,1.5\n",
        delimiter=";",
        decimal=",",
        columns={"customer_id": "Kunde"},
    )
    assert found.source.decimal is None
    assert found.mapping.columns[columns.CUSTOMER_ID] == "customer_id"


def test_mapping_to_a_column_that_is_not_there_lists_the_header(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match=r"no column 'Kunde' \(mapped to customer_id\); available: a, b"):
        open_text(tmp_path, "a,b\n1,2\n", columns={"customer_id": "Kunde"})


@pytest.mark.skipif(not SHARED.exists(), reason="real exports are not here")
@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("online_retail/online_retail.csv.gz", "customer_id order_id order_date quantity unit_price"),
        ("cdnow/cdnow_master.csv", "customer_id order_date amount quantity"),
        ("rfm_r/rfm_data_orders.csv", "customer_id order_date amount"),
        ("rfm_r/rfm_data_customer.csv", "customer_id last_order recency_days orders revenue"),
        ("platform/shopify/dras_shopify_orders.csv", "customer_id order_id order_date amount"),
    ],
)
def test_real_exports_need_no_mapping(path: str, meant: str) -> None:
    found = open_input(Source(path=str(SHARED / path))).mapping.columns
    assert set(meant.split()) <= set(found)


@pytest.mark.parametrize(
    "header",
    [
        "household_id=customer_id basket_id=order_id transaction_timestamp=order_date sales_value=amount",
        "cust=customer_id trans_date=order_date tran_amount=amount",
        "member_number=customer_id Date=order_date itemDescription=product",
        "masterid=customer_id Invoice_Date=order_date total_spent=amount qty=quantity",
        "Customer_Ref=customer_id order_key=order_id order_timestamp=order_date order_total=amount",
        "N°_client=customer_id N°_commande=order_id Date_de_commande=order_date Montant_TTC=amount",
        "Code_client=customer_id Date_facture=order_date Qté=quantity Prix_unitaire=unit_price Désignation=product",
        "Código_do_cliente=customer_id Número_do_pedido=order_id Data_da_compra=order_date Valor_total=amount",
        "CPF=customer_id Pedido=order_id Data=order_date Qtd=quantity Preço_unitário=unit_price Produto=product",
        "Codice_cliente=customer_id Nr._ordine=order_id Data_ordine=order_date Totale=amount",
        "ID_cliente=customer_id Data_fattura=order_date Quantità=quantity Prezzo_unitario=unit_price",
        "Klantnummer=customer_id Bestelnummer=order_id Besteldatum=order_date Totaalbedrag=amount",
        "Klant-ID=customer_id Datum=order_date Aantal=quantity Stukprijs=unit_price Artikel=product",
        "Numer_klienta=customer_id Nr_zamówienia=order_id Data_zamówienia=order_date Kwota=amount",
        "Klient=customer_id Data_sprzedaży=order_date Ilość=quantity Cena_jednostkowa=unit_price Suma=amount",
        "Müşteri_No=customer_id Sipariş_No=order_id Sipariş_Tarihi=order_date Toplam=amount",
        "Müşteri_ID=customer_id Tarih=order_date Adet=quantity Birim_Fiyat=unit_price Ürün=product",
        "顧客ID=customer_id 注文番号=order_id 注文日時=order_date 合計金額=amount",
        "購入者ID=customer_id 購入日=order_date 数量=quantity 単価=unit_price 商品名=product",
        "고객번호=customer_id 주문번호=order_id 주문일시=order_date 결제금액=amount",
        "구매자ID=customer_id 주문일자=order_date 수량=quantity 단가=unit_price 상품명=product",
        "ID_Pelanggan=customer_id No._Pesanan=order_id Waktu_Pesanan_Dibuat=order_date Total_Pembayaran=amount",
        "Username_(Pembeli)=customer_id Tanggal=order_date Jumlah=quantity Harga_Satuan=unit_price",
    ],
)
def test_headers_of_real_shops(header: str) -> None:
    meant = dict(pair.split("=") for pair in header.split())
    found = match_columns(list(meant), ORDER_VOCABULARY, {}).columns
    assert {name: standard for standard, name in found.items()} == meant


def from_text(tmp_path: Path, text: str) -> InputFile:
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    return open_input(Source(path=str(tmp_path / "in.csv")))


@pytest.mark.parametrize("name", ["Id", "ID", "id"])
def test_an_id_of_each_line_is_no_customer(tmp_path: Path, name: str) -> None:
    text = f"{name},Order Date,Total,{{}}\n1,2026-01-01,5,a@x.org\n2,2026-01-02,6,b@x.org\n3,2026-01-03,7,a@x.org\n"
    assert from_text(tmp_path, text.format("Email")).mapping.columns["customer_id"] == "Email"
    assert from_text(tmp_path, text.format("User")).mapping.columns["customer_id"] == "User"
    unknown = from_text(tmp_path, text.format("Buyer Name"))
    assert "customer_id" not in unknown.mapping.columns
    assert unknown.advice == "choose the column with --map 'customer_id=Buyer Name'"


def test_the_only_column_of_dates_makes_repeated_customers_orders(tmp_path: Path) -> None:
    found = from_text(tmp_path, "customer_id,When,Sum paid\na,2026-01-01,5\nb,2026-01-02,6\na,2026-01-03,7\n")
    assert found.is_orders
    assert found.mapping.columns["order_date"] == "When"
    assert "--map order_date=NAME uses another" in found.dialect.notes[-1]


@pytest.mark.parametrize(
    "text",
    [
        "customer_id,When,Until\na,2026-01-01,2026-02-01\na,2026-01-03,2026-02-07\n",
        "customer_id,Joined\na,2026-01-01\nb,2026-01-03\n",
        "customer_id,Joined\na,2026-01-01\na,2026-01-01\n",
        "customer_id,Number\na,20260101\na,77\n",
        "customer_id,birth date\na,1970-01-01\na,1971-01-01\n",
    ],
)
def test_other_tables_are_still_of_customers(tmp_path: Path, text: str) -> None:
    assert not from_text(tmp_path, text).is_orders

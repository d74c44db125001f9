"""Privacy of the customer table: suppression, retention, pseudonyms, addresses apart; nothing is lost on the way."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers
from segcli.customers.order_history import list_purchase_lines
from segcli.customers.pseudonyms import PrivacyOptions, pseudonymise_customers, split_contacts
from segcli.errors import ConfigProblems, InputProblem
from segcli.io import chunk_reader
from segcli.io.secret_key import PseudonymKey
from segcli.model import Customers
from tests.oracles.tables import from_columns

KEY, OTHER = PseudonymKey(bytes(range(32))), PseudonymKey(bytes(32))
ORDERS = """customer_id,order_id,order_date,amount
B,1,2024-01-05,10.00
A,2,2026-01-01,20.00
B,3,2026-02-01,30.00
C,4,2026-03-01,40.00
C,5,2026-02-25,-5.00
,6,2026-03-06,1.00
"""
PEOPLE = """customer_id,email,first_name,last_name,postcode,phone,plan
A,Ann@Example.com,Ann,Lee,10115,+4930123456,pro
B,b@example.com,Bob,Ray,10117,,basic
C,,Cy,Day,10119,,basic
"""


@pytest.fixture
def shop(file_of: Callable[..., str]) -> IngestSettings:
    orders, people = file_of(ORDERS, "orders.csv"), file_of(PEOPLE, "people.csv")
    return IngestSettings(transactions=Source(path=orders), customers=Source(path=people))


def found(
    settings: IngestSettings, key: PseudonymKey | None = None, *, contacts: bool = False, **asked: Any
) -> Customers:
    wanted = PrivacySettings.model_validate({**asked, **({"key_file": "key"} if asked.get("pseudonymise") else {})})
    return load_customers(settings, None, (), None, PrivacyOptions(wanted, key, contacts))


def balanced(made: Customers) -> bool:
    account = made.input_reports[0].reconciliation
    assert account is not None
    fates = (*account.ignored, *account.rejected)
    lines_add_up = account.read == account.kept + sum(fate.lines for fate in fates)
    money = account.money_kept + sum(fate.money for fate in fates)
    return lines_add_up and account.money_read == pytest.approx(money)


def test_pseudonyms_are_sorted_keep_every_measure_and_join_with_lines(shop: IngestSettings) -> None:
    plain = found(shop).table.set_index("customer_id")
    made = found(shop, KEY, pseudonymise=["customer_id", "email"])
    back = made.table.assign(customer_id=made.table["customer_id"].map({KEY.pseudonymise_text(i): i for i in "ABC"}))
    back = back.set_index("customer_id").loc[plain.index]
    measures = ["recency_days", "orders", "revenue", "refunds", "plan"]
    pd.testing.assert_frame_equal(back[measures], plain[measures])
    assert made.table["customer_id"].is_monotonic_increasing
    bought = list_purchase_lines(made).groupby("customer")["money"].sum()
    assert {made.table["customer_id"][int(row)]: money for row, money in bought.items()} == {
        KEY.pseudonymise_text("A"): 20.0,
        KEY.pseudonymise_text("B"): 40.0,
        KEY.pseudonymise_text("C"): 40.0,
    }


def test_names_leave_the_table_with_pseudonyms_and_addresses_become_some(shop: IngestSettings) -> None:
    made = found(shop, KEY, pseudonymise=["customer_id", "email"])
    assert not {"first_name", "last_name"} & set(made.table.columns)
    row = made.table.set_index("customer_id").loc[KEY.pseudonymise_text("A")]
    assert row["email"] == KEY.pseudonymise_text("ann@example.com")
    nobody = made.table.set_index("customer_id").loc[KEY.pseudonymise_text("C")]
    assert nobody["email"] == ""
    assert [*made.table.columns] == [
        name for name in found(shop).table.columns if name not in {"first_name", "last_name", "phone"}
    ]


def test_contacts_are_kept_apart_row_by_row(shop: IngestSettings) -> None:
    made = found(shop, KEY, pseudonymise=["customer_id", "email"])
    assert made.contacts is not None
    assert "index" not in made.contacts
    assert made.contacts.index.tolist() == made.table.index.tolist() == [0, 1, 2]
    by_id = dict(zip(made.table["customer_id"], made.contacts["email"], strict=True))
    assert by_id == {
        KEY.pseudonymise_text("A"): "Ann@Example.com",
        KEY.pseudonymise_text("B"): "b@example.com",
        KEY.pseudonymise_text("C"): "",
    }


@pytest.mark.parametrize("large", [1, 1 << 30])
def test_addresses_on_order_lines_come_into_no_table(
    file_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """Read in pieces or whole; who joins another file by them has them gone after it."""
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", large)
    header, *rows = ORDERS.splitlines()
    orders = file_of("\n".join([f"{header},email", *(f"{row},b@example.com" for row in rows)]), "orders.csv")
    people = file_of("email,plan\nB@example.com,basic\n", "people.csv")
    alone = IngestSettings(transactions=Source(path=orders))
    for asked in (alone, alone.model_copy(update={"customers": Source(path=people)})):
        found = load_customers(asked)
        assert "email" not in found.table
        assert "b@example.com" not in found.table.to_csv()
        assert ("plan" in found.table) == (asked.customers is not None)


def test_a_file_of_contacts_is_read_only_where_it_is_needed(file_of: Callable[..., str]) -> None:
    more = Source(path=file_of(PEOPLE.replace("plan", "diagnosis"), "contacts.csv"))
    settings = IngestSettings(transactions=Source(path=file_of(ORDERS, "orders2.csv")), contacts=more)
    assert found(settings).contacts is None
    made = found(settings, contacts=True)
    assert made.contacts is not None
    assert made.contacts["email"].tolist() == ["Ann@Example.com", "b@example.com", ""]
    assert "diagnosis" not in {*made.contacts.columns, *made.table.columns}
    assert "email" not in made.table


def test_a_table_of_pseudonyms_finds_its_contacts_by_the_same_key_only(file_of: Callable[..., str]) -> None:
    ids = sorted(KEY.pseudonymise_text(i) for i in "ABC")
    table = file_of("customer_id,x_segment\n" + "".join(f"{i},gold\n" for i in ids), "ours.csv")
    settings = IngestSettings(transactions=Source(path=table), contacts=Source(path=file_of(PEOPLE, "contacts3.csv")))
    made, strange = (found(settings, one, contacts=True, key_file="key") for one in (KEY, OTHER))
    assert made.contacts is not None
    assert strange.contacts is not None
    assert sorted(made.contacts["email"]) == ["", "Ann@Example.com", "b@example.com"]
    assert set(strange.contacts["email"]) == {""}


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        ("customer_id\nB\n", ["A", "C"]),
        ("email\n ANN@example.com\n", ["B", "C"]),
        ("customer_id,email\nC,\n,b@example.com\n", ["A"]),
        (f"customer_id\n{KEY.pseudonymise_text('A')}\n", ["B", "C"]),
        ("customer_id\nnobody\n", ["A", "B", "C"]),
    ],
)
def test_who_objected_is_in_nothing_and_the_account_says_so(
    shop: IngestSettings, file_of: Callable[..., str], listed: str, left: list[str]
) -> None:
    made = found(shop, KEY, suppression=file_of(listed, "suppress.csv"), key_file="key")
    assert made.table["customer_id"].tolist() == left
    assert balanced(made)
    account = made.input_reports[0].reconciliation
    assert account is not None
    gone = sum(fate.lines for fate in account.ignored if fate.reason == "suppressed")
    assert gone == 5 - len(made.transactions.lines if made.transactions else ())
    assert made.table["revenue"].sum() == pytest.approx(account.money_kept)


def test_suppression_works_on_a_table_of_customers_and_by_pseudonym(file_of: Callable[..., str]) -> None:
    ids = sorted(KEY.pseudonymise_text(i) for i in "ABC")
    table = file_of("customer_id,x_segment\n" + "".join(f"{i},gold\n" for i in ids), "ours4.csv")
    settings = IngestSettings(transactions=Source(path=table))
    made = found(settings, KEY, suppression=file_of("customer_id\nB\n", "s4.csv"), key_file="key")
    assert KEY.pseudonymise_text("B") not in set(made.table["customer_id"])
    assert len(made.table) == 2


def test_a_list_without_a_known_column_and_a_list_of_everybody_are_refused(
    shop: IngestSettings, file_of: Callable[..., str]
) -> None:
    with pytest.raises(InputProblem, match="no column customer_id, email or phone"):
        found(shop, suppression=file_of("shoe size\n44\n", "bad.csv"))
    with pytest.raises(InputProblem, match="no customers left"):
        found(shop, suppression=file_of("customer_id\nA\nB\nC\n", "all.csv"))


def test_orders_past_retention_are_ignored_and_counted(shop: IngestSettings) -> None:
    made = found(shop, retention="24 months")
    assert made.as_of == date(2026, 3, 2)
    assert made.table.set_index("customer_id").loc["B", "orders"] == 1
    account = made.input_reports[0].reconciliation
    assert account is not None
    (old,) = [fate for fate in account.ignored if fate.reason == "past_retention"]
    assert (old.lines, old.money) == (1, 10.0)
    assert balanced(made)


def test_dropping_what_identifies_leaves_the_rest(shop: IngestSettings) -> None:
    made = found(shop, drop_pii=True)
    assert not {"email", "first_name", "last_name", "phone"} & set(made.table.columns)
    assert {"plan", "postcode", "revenue"} <= set(made.table.columns)


def test_only_mapped_columns_are_read_where_that_is_asked(shop: IngestSettings) -> None:
    assert "plan" in found(shop).table
    assert "plan" not in found(shop, only_mapped=True).table


def test_settings_that_make_no_sense_together_are_refused() -> None:
    for asked in (
        {"pseudonymise": ["customer_id"]},
        {"k": 5},
        {"quasi_identifiers": ["age"], "sensitive": "income"},
        {"retention": "soon"},
    ):
        with pytest.raises(ValueError, match=r"key_file|quasi_identifiers|go together|such as 24 months"):
            PrivacySettings.model_validate(asked)


def test_a_misspelt_column_does_not_leave_ids_as_they_are(shop: IngestSettings) -> None:
    with pytest.raises(ConfigProblems, match=r"privacy\.pseudonymise: no column 'costumer_id'"):
        found(shop, KEY, pseudonymise=["costumer_id"])
    assert found(shop, KEY, pseudonymise=["customer_id", "referrer"]).table["customer_id"].str.startswith("p-").all()


def test_rejected_lines_are_told_without_what_stands_in_them(shop: IngestSettings, tmp_path: Path) -> None:
    asked = shop.model_copy(update={"rejects": str(tmp_path / "rejects.csv")})
    (reject,) = found(asked, KEY, pseudonymise=["customer_id"]).input_reports[0].rejects
    assert (reject.line, reject.reason, reject.raw) == (7, "no_customer_id", "(withheld: privacy)")
    assert found(asked).input_reports[0].rejects[0].raw == ",6,2026-03-06,1.00"


# On tables by hand


def with_ids(*ids: str, **columns: list[Any]) -> Customers:
    made = from_columns({"orders": [1] * len(ids), **columns})
    return Customers(made.table.assign(customer_id=pd.Series(ids, dtype="str")), made.as_of, made.input_reports * 2)


def shown(made: Customers, **asked: Any) -> Customers:
    wanted = {**asked, **({"key_file": "key"} if "pseudonymise" in asked else {})}
    return pseudonymise_customers(made, PrivacyOptions(PrivacySettings.model_validate(wanted), KEY))


def test_who_brought_whom_is_told_by_pseudonyms_as_the_customers_are() -> None:
    made = shown(with_ids("A", "B", "C", referrer=[None, "A", "B"]), pseudonymise=["customer_id"])
    by = dict(zip(made.table["customer_id"], made.table["referrer"], strict=True))
    assert by == {
        KEY.pseudonymise_text("A"): "",
        KEY.pseudonymise_text("B"): KEY.pseudonymise_text("A"),
        KEY.pseudonymise_text("C"): KEY.pseudonymise_text("B"),
    }


def test_a_column_alone_becomes_pseudonyms_and_ids_stay() -> None:
    people = with_ids("A", "B", "C", email=["Ann@x.org", None, "n/a"], referrer=["B", "", ""], first_name=["Ann"] * 3)
    made = shown(people, pseudonymise=["email"])
    assert made.table["customer_id"].tolist() == ["A", "B", "C"]
    assert made.table["referrer"].tolist() == ["B", "", ""]
    assert made.table["email"].tolist() == [KEY.pseudonymise_text("ann@x.org"), "", ""]
    assert "first_name" not in made.table
    assert made.input_reports[0].notes == ("identifying columns excluded from results: first_name",)
    assert made.input_reports[1] == people.input_reports[1]
    named = shown(people, pseudonymise=["first_name"]).table["first_name"]
    assert named.tolist() == [KEY.pseudonymise_text("Ann")] * 3
    kept = shown(people, pseudonymise=["email"], drop_pii=True).table
    assert kept["email"].tolist() == made.table["email"].tolist()
    assert shown(people).table is people.table


def test_ids_that_are_addresses_are_the_contacts_unless_there_are_others() -> None:
    ids = ["ann@x.org", "b@x.org"]
    contacts = split_contacts(with_ids(*ids), None, None).contacts
    assert contacts is not None
    assert contacts["email"].tolist() == ids
    assert split_contacts(with_ids("ann@x.org", "b"), None, None).contacts is None
    given = split_contacts(with_ids(*ids, email=["c@x.org", ""]), None, None).contacts
    assert given is not None
    assert given["email"].tolist() == ["c@x.org", ""]


def test_a_file_of_contacts_wins_where_it_says_something() -> None:
    table = with_ids("A", "B", "C", email=["a@old.org", "b@old.org", "c@old.org"])
    more = with_ids("A", "B", "X", email=["a@new.org", "", "x@new.org"], city=["Ulm", "", "Bonn"])
    made = split_contacts(table, more, KEY)
    assert made.contacts is not None
    assert made.contacts["email"].tolist() == ["a@new.org", "b@old.org", "c@old.org"]
    assert made.contacts["city"].tolist() == ["Ulm", "", ""]
    assert made.contacts.index.equals(table.table.index)
    assert made.input_reports[:2] == table.input_reports
    assert made.input_reports[2].notes == (
        "2 of 3 customers matched; only exports and events by address use this file",
    )


@pytest.mark.parametrize("header", ["Member no,E-mail,Newsletter", "E-mail,Newsletter"])
def test_contacts_are_joined_by_address_where_customer_ids_are_addresses(
    file_of: Callable[..., str], header: str
) -> None:
    orders = file_of("email,order_date,amount\nann@x.org,2026-01-01,5\nBob@x.org,2026-01-02,6\n", "orders.csv")
    rows = "".join(
        f"{'' if header.startswith('E') else f'{number},'}{address},{consent}\n"
        for number, address, consent in ((7, "bob@X.org", "no"), (8, "ann@x.org", "yes"))
    )
    settings = IngestSettings(
        transactions=Source(path=orders), contacts=Source(path=file_of(f"{header}\n{rows}", "contacts.csv"))
    )
    contacts = found(settings, contacts=True).contacts
    assert contacts is not None
    assert contacts["email_consent"].tolist() == ["yes", "no"]

"""A listed person is left out, by whatever the list and the inputs know them by; a list never fails in silence."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers
from segcli.customers.identity_matcher import IdentityMatcher
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.customers.suppression_list import (
    SuppressionList,
    classify_identity,
    customer_id_spellings,
    load_suppression_list,
    normalise_emails,
    normalise_phones,
)
from segcli.customers.suppression_matching import drop_suppressed
from segcli.errors import InputProblem
from segcli.io import chunk_reader
from segcli.io.secret_key import PseudonymKey
from segcli.model import Customers
from tests.oracles.tables import from_columns

KEY = PseudonymKey(bytes(range(32)))
NFD = "jose\u0301@example.org"
NFC = "jos\u00e9@example.org"

Write = Callable[..., str]


def orders_of(people: list[Mapping[str, str]]) -> str:
    """Return an order export of two lines a person, with the columns that any of them has."""
    names = list(dict.fromkeys(name for person in people for name in person))
    lines = [",".join([*names, "order_id", "order_date", "amount"])]
    for number, person in enumerate(people):
        for day in (1, 2):
            cells = [f'"{person.get(name, "")}"' for name in names]
            lines.append(",".join([*cells, f"{number}-{day}", f"2026-01-{day:02}", f"{10 + number}.50"]))
    return "\n".join(lines) + "\n"


def remaining(path: str, list_path: str, *, key: PseudonymKey | None = None, **policies: Any) -> Customers:
    asked = IngestSettings.model_validate({"transactions": Source(path=path), **policies})
    return load_customers(asked, privacy=PrivacyOptions(PrivacySettings(suppression=list_path), key))


def ids(customers: Customers) -> list[str]:
    return list(customers.table["customer_id"])


def notes(customers: Customers) -> str:
    return "; ".join(customers.input_reports[0].notes)


BY_EMAIL = [{"email": "ann@example.org"}, {"email": "bob@example.org"}, {"email": NFC}]
BY_BOTH = [
    {"customer_id": "C-1", "email": "Ann@Example.org"},
    {"customer_id": "C-2", "email": "bob@example.org"},
    {"customer_id": "C-3", "email": NFD},
]
BY_NUMBER = [{"customer_id": "00123"}, {"customer_id": "17850"}, {"customer_id": "17851"}]
BY_PHONE = [
    {"customer_id": "C-1", "phone": "+49 30 1234567"},
    {"customer_id": "C-2", "phone": "030 7654321"},
    {"customer_id": "C-3", "phone": ""},
]
MIXED = [
    {"customer_id": "ann@example.org"},
    {"customer_id": "17850"},
    {"customer_id": "+49301234567"},
    {"customer_id": "guest"},
]

SHAPES: dict[str, tuple[list[Mapping[str, str]], str, list[str], dict[str, Any]]] = {
    # orders, list, ids that must go, policies
    "addresses as ids": (BY_EMAIL, "email\nann@example.org\n", ["ann@example.org"], {}),
    "addresses as ids, listed as ids": (BY_EMAIL, "customer_id\nAnn@Example.org\n", ["ann@example.org"], {}),
    "a guest among addresses": ([*BY_EMAIL, {"email": "guest"}], "email\nann@example.org\n", ["ann@example.org"], {}),
    "guests in a column of ids": (MIXED, "email\nANN@example.org\n", ["ann@example.org"], {}),
    "a guest in a list of ids": (MIXED, "customer_id\nann@example.org\n", ["ann@example.org"], {}),
    "mixed ids, a number": (MIXED, "customer_id\n17850\n", ["17850"], {}),
    "mixed ids, a phone": (MIXED, "phone\n+49 30 1234567\n", ["+49301234567"], {}),
    "mixed ids, a phone with 00": (MIXED, "phone\n0049 30 1234567\n", ["+49301234567"], {}),
    "addresses beside ids": (BY_BOTH, "email\nann@example.org\n", ["C-1"], {}),
    "addresses beside ids, listed as ids": (BY_BOTH, "customer_id\nann@example.org\n", ["C-1"], {}),
    "ids beside addresses": (BY_BOTH, "customer_id\n C-2 \n", ["C-2"], {}),
    "both columns": (BY_BOTH, "customer_id,email\nC-2,\n,ann@example.org\n", ["C-1", "C-2"], {}),
    "another normal form": (BY_BOTH, f"email\n{NFC}\n", ["C-3"], {}),
    "another normal form in the list": (BY_EMAIL, f"email\n{NFD}\n", [NFC], {}),
    "zeros before": (BY_NUMBER, "customer_id\n'00123\n", ["00123"], {}),
    "point zero": (BY_NUMBER, "customer_id\n17850.0\n", ["17850"], {}),
    "German header": (BY_NUMBER, "Kundennummer;Bemerkung\n17850;ruft an\n", ["17850"], {}),
    "French header": (BY_BOTH, "Adresse e-mail\nann@example.org\n", ["C-1"], {}),
    "Spanish header": (BY_BOTH, "correo electr\u00f3nico\nann@example.org\n", ["C-1"], {}),
    "Chinese header": (BY_NUMBER, "\u5ba2\u6237\u7f16\u53f7\n17850\n", ["17850"], {}),
    "header in part": (BY_BOTH, "Billing Email\nann@example.org\n", ["C-1"], {}),
    "unknown header over addresses": (BY_BOTH, "who\nann@example.org\n", ["C-1"], {}),
    "no header": (BY_BOTH, "ann@example.org\nbob@example.org\n", ["C-1", "C-2"], {}),
    "no header, mixed": (MIXED, "ann@example.org\n17850\n", ["17850", "ann@example.org"], {}),
    "byte-order mark and Windows lines": (BY_BOTH, "\ufeffemail\r\nann@example.org\r\n", ["C-1"], {}),
    "sep line": (BY_BOTH, "sep=;\nemail;note\nann@example.org;x\n", ["C-1"], {}),
    "name before the address": (BY_BOTH, 'email\n"Ann Lee <ann@example.org>"\n', ["C-1"], {}),
    "phone with a country code": (BY_PHONE, "phone\n+49301234567\n", ["C-1"], {}),
    "phone without a country code": (BY_PHONE, "phone\n030/1234567\n", ["C-1"], {"phone_region": "DE"}),
    "national phone in the orders": (BY_PHONE, "phone\n+49 30 7654321\n", ["C-2"], {"phone_region": "DE"}),
    "phone as a float": (BY_PHONE, "phone\n'+49301234567\n", ["C-1"], {}),
    "case of ids": ([*BY_NUMBER, {"customer_id": "ann"}], "customer_id\nANN\n", ["ANN"], {"id_case": "upper"}),
    "second address column": (
        [{**BY_BOTH[0], "Shipping Email": "work@example.org"}, *BY_BOTH[1:]],
        "email\nwork@example.org\n",
        ["C-1"],
        {},
    ),
    "column of another name": (
        [{"customer_id": "C-1", "who": "ann@example.org"}, {"customer_id": "C-2", "who": "x"}],
        "email\nann@example.org\n",
        ["C-1"],
        {},
    ),
}


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_listed_person_is_left_out(
    shape: str, *, in_chunks: bool, file_of: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    people, text, gone, policies = SHAPES[shape]
    path, list_path = file_of(orders_of(people), "people.csv"), file_of(text, "listed.csv")
    if in_chunks:
        monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1)
        monkeypatch.setattr(chunk_reader, "HEAD_BYTES", 200)
        monkeypatch.setattr(chunk_reader, "CHUNK_BYTES", 64)
    everybody = ids(load_customers(IngestSettings.model_validate({"transactions": Source(path=path), **policies})))
    made = remaining(path, list_path, **policies)
    assert set(everybody) - set(ids(made)) == set(gone)
    assert f"suppression list: {len(gone):,} of {len(gone):,} {'entry' if len(gone) == 1 else 'entries'}" in notes(made)
    assert made.transactions is not None
    assert set(made.transactions.lines["customer_id"]).isdisjoint(gone)


def test_entries_that_match_nobody_are_counted(file_of: Write) -> None:
    path = file_of(orders_of(BY_BOTH), "people.csv")
    listed = file_of("email\nann@example.org\nzoe@example.org\n", "listed.csv")
    assert "suppression list: 1 of 2 entries matched, 1 unmatched" in notes(remaining(path, listed))
    assert "0 of 1 entry matched" in notes(remaining(path, file_of("email\nzoe@example.org\n", "none.csv")))


def test_people_of_other_columns_stay(file_of: Write) -> None:
    people = [
        {"customer_id": "C-1", "Sales Rep Email": "rep@example.org", "Referred by": "ann@example.org"},
        {"customer_id": "C-2", "Sales Rep Email": "rep@example.org", "Referred by": ""},
        {"customer_id": "ann@example.org", "Sales Rep Email": "", "Referred by": ""},
    ]
    path = file_of(orders_of(people), "people.csv")
    listed = file_of("email\nann@example.org\nrep@example.org\n", "listed.csv")
    assert ids(remaining(path, listed)) == ["C-1", "C-2"]


def test_a_shared_id_with_a_listed_person_is_named(file_of: Write) -> None:
    people = [{"customer_id": "guest", "email": "ann@example.org"}, {"customer_id": "C-2", "email": "b@x.org"}]
    made = remaining(file_of(orders_of(people), "p.csv"), file_of("email\nann@example.org\n", "l.csv"))
    assert ids(made) == ["C-2"]
    assert "customer id 'guest' may cover several people" in notes(made)


def test_the_address_on_one_line_of_an_order_names_its_customer(file_of: Write) -> None:
    lines = ["A,,1,2026-01-01,5", ",ann@example.org,1,2026-01-01,5", "B,,2,2026-01-02,5"]
    text = "\n".join(["customer_id,email,order_id,order_date,amount", *lines, ""])
    assert ids(remaining(file_of(text, "o.csv"), file_of("email\nann@example.org\n", "l.csv"))) == ["B"]


@pytest.mark.parametrize("of", ["customers", "contacts", "responses"])
@pytest.mark.parametrize(
    ("listed", "by"), [("email\nANN@example.org\n", "email"), ("phone\n+49 30 1234567\n", "phone")]
)
def test_an_identity_of_another_file_names_its_customer(of: str, listed: str, by: str, file_of: Write) -> None:
    path = file_of(orders_of(BY_NUMBER), "orders.csv")
    value = "ann@example.org" if by == "email" else "+49301234567"
    other = file_of(f"customer_id,{by},nps\n17850,{value},5\n17851,,6\n", f"{of}.csv")
    made = remaining(path, file_of(listed, "l.csv"), **{of: {"path": other}})
    assert ids(made) == ["00123", "17851"]


def test_a_file_joined_by_address_names_its_customer(file_of: Write) -> None:
    path = file_of(orders_of(BY_EMAIL), "orders.csv")
    other = file_of("CRM Id,email,phone\n1,Ann@example.org,+49301234567\n", "crm.csv")
    listed = file_of("phone\n+49 30 1234567\n", "l.csv")
    made = remaining(path, listed, customers={"path": other, "columns": {"customer_id": "CRM Id"}})
    assert "ann@example.org" not in ids(made)


def test_a_table_of_customers_and_several_files(tmp_path: Path, file_of: Write) -> None:
    listed = file_of("email\nann@example.org\n", "l.csv")
    table = file_of("customer_id,email,age\nA,Ann@Example.org,30\nB,bob@example.org,40\n", "table.csv")
    assert ids(remaining(table, listed)) == ["B"]
    (tmp_path / "1.csv").write_text(orders_of(BY_BOTH[:2]))
    (tmp_path / "2.csv").write_text(orders_of([{"customer_id": "C-9", "email": "ann@example.org"}, BY_BOTH[1]]))
    assert ids(remaining(str(tmp_path / "*.csv"), listed)) == ["C-2"]


def test_a_state_stores_nothing_while_there_is_a_list(tmp_path: Path, file_of: Write) -> None:
    path, state = file_of(orders_of(BY_BOTH), "people.csv"), tmp_path / "state"
    assert ids(load_customers(IngestSettings(transactions=Source(path=path), state=str(state)))) == [
        "C-1",
        "C-2",
        "C-3",
    ]
    assert list(state.glob("[0-9a-f]*"))
    (state / "notes.txt").write_text("mine")
    for listed, left in (("ann@example.org", ["C-2", "C-3"]), ("bob@example.org", ["C-1", "C-3"])):
        list_path = file_of(f"email\n{listed}\n", "l.csv")
        found, fresh = remaining(path, list_path, state=str(state)), remaining(path, list_path)
        assert ids(found) == left
        pd.testing.assert_frame_equal(found.table, fresh.table)
        assert [one.input.to_dict() for one in found.input_reports] == [
            one.input.to_dict() for one in fresh.input_reports
        ]
        assert [entry.name for entry in state.iterdir() if not entry.name.startswith(".")] == ["notes.txt"]


@pytest.mark.parametrize(
    ("text", "encoding", "what", "line"),
    [
        ("shoe,size\n4,4\n", "utf-8", "no column customer_id, email or phone; available: shoe, size", 1),
        ("email\nann@example.org\nn/a\n", "utf-8", "no readable email", 3),
        ("email\nann at example.org\n", "utf-8", "no readable email", 2),
        ("email,note\n,called\n", "utf-8", "no readable email", 2),
        ("phone\n030 1234567\n", "utf-8", "no readable phone", 2),
        ("customer_id\nA,B,C\n", "utf-8", "3 fields, but the header has 1", 2),
        ('customer_id\nA\n"B\n', "utf-8", "cannot be read as CSV", 3),
        ("email\njos\u00e9@example.org\n", "cp1252", "not in UTF-8", 2),
        ("email\n\u0430nn@\u043f\u043e\u0447\u0442\u0430.org\n", "cp1251", "not in UTF-8", 2),
        ("email\njos\u00c3\u00a9@example.org\n", "utf-8", "double-encoded", 2),
        ("\n\n", "utf-8", "empty", None),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(
    text: str, encoding: str, what: str, line: int | None, file_of: Write
) -> None:
    with pytest.raises(InputProblem, match=what) as error:
        load_suppression_list(file_of(text, "listed.csv", encoding), IngestSettings())
    assert error.value.line == line


@pytest.mark.parametrize(
    ("people", "text"),
    [
        (BY_NUMBER, "email\nann@example.org\n"),
        (BY_NUMBER, "customer_id\nann@example.org\n"),
        (BY_NUMBER, "phone\n+49301234567\n"),
        (BY_EMAIL, "customer_id\n17850\n"),
        (BY_NUMBER, f"customer_id\n{KEY.pseudonymise_text('17850')}\n"),
    ],
)
def test_a_list_of_identities_that_no_input_has_is_refused(
    people: list[Mapping[str, str]], text: str, file_of: Write
) -> None:
    with pytest.raises(InputProblem, match="cannot be applied"):
        remaining(file_of(orders_of(people), "people.csv"), file_of(text, "listed.csv"))


def test_numbers_that_cannot_be_compared_are_refused(file_of: Write) -> None:
    path = file_of(orders_of(BY_PHONE), "people.csv")
    with pytest.raises(InputProblem, match=r"cannot be compared.*phone_region"):
        remaining(path, file_of("phone\n+49 30 7654321\n", "listed.csv"))


def test_an_empty_list_leaves_nobody_out(file_of: Write) -> None:
    made = remaining(file_of(orders_of(BY_BOTH), "people.csv"), file_of("customer_id,email\n", "listed.csv"))
    assert ids(made) == ["C-1", "C-2", "C-3"]


TEXTS = st.one_of(
    st.text("Aa1.0'+ -@é\u0301\u00a0;", max_size=8),
    st.sampled_from(
        ["ann@x.org", "Ann@X.org", "'ann@x.org", "Ann <ann@x.org>", NFC, NFD, "17850", "17850.0", "'00123"]
    ),
    st.sampled_from(
        [KEY.pseudonymise_text("17850"), KEY.pseudonymise_text("ann@x.org"), "+49301234567", "0049301234567"]
    ),
)


@example(texts=["'@0"], listed=[], has_key=False)
@settings(max_examples=50, deadline=None)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=8, unique=True),
    listed=st.lists(TEXTS, max_size=4),
    has_key=st.booleans(),
)
def test_columns_are_matched_as_their_single_texts(texts: list[str], listed: list[str], *, has_key: bool) -> None:
    policies, key = IngestSettings(), KEY if has_key else None
    people = SuppressionList("listed.csv", len(listed))
    kinds = frozenset(classify_identity(text, "customer_id") for text in listed)
    for number, text in enumerate(listed):
        entry = frozenset({number})
        people = people.with_identities("customer_id", dict.fromkeys(customer_id_spellings(text, policies)[:1], entry))
        people = people.with_identities("email", dict.fromkeys(normalise_emails(text), entry))
        people = people.with_identities("phone", dict.fromkeys(normalise_phones([text], None).values(), entry))
    matcher = IdentityMatcher(replace(people, value_kinds=kinds), policies, key)
    together, alone = matcher.match_ids(texts), {}
    for text in texts:
        if entries := matcher._match_id(text):
            alone[text] = entries
    assert together == alone
    assert matcher.observed_kinds >= {
        classify_identity(text, "customer_id") for text in texts if text.strip() and text.isascii()
    }


def customers(*names: str, **columns: list[Any]) -> Customers:
    made = from_columns({"orders": list(range(len(names))), **columns})
    return Customers(made.table.assign(customer_id=pd.Series(names, dtype="str")), made.as_of, made.input_reports)


def left(made: Customers, path: str, key: PseudonymKey | None = None, **policies: Any) -> list[str]:
    asked = IngestSettings.model_validate(policies)
    matcher = IdentityMatcher(load_suppression_list(path, asked), asked, key)
    return ids(drop_suppressed(made, matcher, {}, may_lack_identities=True))


def test_case_and_region_are_those_of_the_settings(file_of: Write) -> None:
    by_id, by_phone = file_of("customer_id\nann\n", "case.csv"), file_of("phone\n+4930123456\n", "phones.csv")
    assert left(customers("ANN", "BOB"), by_id) == ["ANN", "BOB"]
    assert left(customers("ANN", "BOB"), by_id, id_case="upper") == ["BOB"]
    reached = customers("A", "B", phone=["030 123456", ""])
    assert left(reached, by_phone, phone_region="DE") == ["B"]
    assert left(reached, by_phone, phone_region="AT") == ["A", "B"]


def test_either_side_may_hold_pseudonyms(file_of: Write) -> None:
    plain, ours = (
        file_of("customer_id\nA\n", "plain.csv"),
        file_of(f"customer_id\n{KEY.pseudonymise_text('A')}\nC\n", "ours.csv"),
    )
    first, second, third = (KEY.pseudonymise_text(one) for one in "ABC")
    named = sorted([first, second, third])
    assert left(customers(*named), plain, KEY) == sorted([second, third])
    assert left(customers(*named), plain) == named
    assert left(customers("A", "B", "C"), ours, KEY) == ["B"]
    assert left(customers("A", "B", "C"), ours) == ["A", "B"]
    assert left(customers(*named), ours, KEY) == [second]
    by_mail = file_of("email\nann@x.org\n", "mail.csv")
    assert left(customers("A", "B", email=[KEY.pseudonymise_text("ann@x.org"), None]), by_mail, KEY) == ["B"]

"""Identity: ids that share an address are one customer, as a walk from id to id finds them; nothing is lost."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers
from segcli.customers.identity import _group_ids
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.errors import InputProblem
from segcli.io.person import Person
from segcli.model import Customers

FileOf = Callable[..., str]
ORDERS = """order_id,customer_id,order_date,amount
1,A1,2026-01-01,10
2,A7,2026-02-01,20
3,B,2026-02-02,5
4,C,2026-03-01,7
5,A9,2026-03-02,1
"""
CONTACTS = "customer_id,email,phone\nA7,Ann@x.org,\nA1,ann@X.org,\nA1,a@home.org,\nA9,a@home.org,\nB,bob@x.org,\nC,,\n"
EVENTS = "customer_id,time\nA1,2026-01-05\nA9,2026-01-06\nC,2026-01-07\n"


@pytest.fixture
def load(file_of: FileOf) -> Callable[..., Customers]:
    def load_shop(orders: str = ORDERS, privacy: PrivacyOptions | None = None, **settings: Any) -> Customers:
        sources: dict[str, Any] = {
            "transactions": {"path": file_of(orders)},
            "events": {"visits": {"path": file_of(EVENTS, "visits.csv")}},
            "identity": {"path": file_of(CONTACTS, "contacts.csv")},
        }
        return load_customers(IngestSettings.model_validate(sources | settings), date(2026, 7, 1), privacy=privacy)

    return load_shop


def test_ids_of_one_person_are_one_customer_and_their_ids_are_kept(load: Callable[..., Customers]) -> None:
    customers = load()
    table = customers.table.set_index("customer_id")
    assert table["orders"].to_dict() == {"A1": 3, "B": 1, "C": 1}
    assert table["revenue"].to_dict() == {"A1": 31, "B": 5, "C": 7}
    assert table["merged_ids"].dropna().to_dict() == {"A1": "A1; A7; A9"}
    assert sorted(customers.events["visits"]["customer_id"].astype(str)) == ["A1", "A1", "C"]
    assert "identity: 3 ids merged into 1 customer" in customers.input_reports[-1].notes
    assert customers.transactions is not None
    assert set(customers.transactions.lines["customer_id"].astype(str)) == {"A1", "B", "C"}


def test_a_merge_can_be_undone_and_others_added(load: Callable[..., Customers]) -> None:
    """A declared merge replaces the found one: an id that is merged with itself stays a customer."""
    table = load(merge_ids={"A9": "A9", "B": "C"}).table.set_index("customer_id")
    assert table["orders"].to_dict() == {"A1": 2, "A9": 1, "C": 2}
    assert table["merged_ids"].dropna().to_dict() == {"A1": "A1; A7", "C": "C; B"}
    assert "merged_ids" not in load(identity=None).table


def test_row_order_and_a_state_make_no_difference(load: Callable[..., Customers], tmp_path: Path) -> None:
    expected = load().table
    header, *lines = ORDERS.splitlines()
    assert load(orders="\n".join([header, *reversed(lines)])).table.equals(expected)
    for _ in range(2):
        with_state = load(state=str(tmp_path / "state"), events={}).table
        assert with_state["orders"].tolist() == expected["orders"].tolist()
    apart = load(state=str(tmp_path / "state"), events={}, identity=None).table
    assert apart["orders"].tolist() == [1, 1, 1, 1, 1], "a state of merged ids is not used for others"


def test_a_table_that_segcli_wrote_is_complete(load: Callable[..., Customers], file_of: FileOf) -> None:
    """Its ids are merged and its lookups joined already; their files need not exist any more."""
    written = load(events={}).table
    path = file_of(written.to_csv(index=False), "customers.csv")
    settings = {
        "transactions": {"path": path},
        "identity": {"path": "gone.csv"},
        "lookups": {"areas": {"path": "gone.csv", "by": "postcode"}},
    }
    customers = load_customers(IngestSettings.model_validate(settings), date(2026, 7, 1))
    assert customers.table["merged_ids"].dropna().tolist() == ["A1; A7; A9"]
    assert customers.table["orders"].tolist() == [3, 1, 1]


def test_a_shared_address_merges_nobody(load: Callable[..., Customers], file_of: FileOf) -> None:
    path = file_of(CONTACTS, "contacts.csv")
    customers = load(identity={"path": path, "max_ids": 2})
    assert customers.table["orders"].tolist() == [3, 1, 1]
    everyone = file_of("customer_id,email\nA1,info@x.org\nA7,info@x.org\nB,info@x.org\n", "shared.csv")
    customers = load(identity={"path": everyone, "max_ids": 2})
    assert len(customers.table) == 5
    assert "identity: 1 address of more than 2 ids not used" in customers.input_reports[-1].notes


def test_results_without_identities_have_no_ids(load: Callable[..., Customers]) -> None:
    privacy = PrivacyOptions(PrivacySettings(drop_pii=True))
    assert "merged_ids" not in load(privacy=privacy).table


@pytest.mark.parametrize("customer_id", ["A1", "A7", "A9"])
def test_each_id_of_a_merged_customer_finds_the_row_to_erase(customer_id: str) -> None:
    person = Person(ids=frozenset({customer_id}))
    assert person.owns_row([("customer_id", "A1"), ("merged_ids", "A1; A7; A9")])
    assert not person.owns_row([("customer_id", "B"), ("merged_ids", "B; C7")])


def test_missing_addresses_are_refused(load: Callable[..., Customers], file_of: FileOf) -> None:
    with pytest.raises(InputProblem, match="there is no file with addresses"):
        load(identity={})
    with pytest.raises(InputProblem, match="no column email"):
        load(identity={"path": file_of("customer_id,phone\nA,1\n", "phones.csv")})


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["", "x", "y", "z", "w"])), max_size=12))
def test_groups_are_those_of_a_walk_from_id_to_id(rows: list[tuple[str, str]]) -> None:
    addresses = {"customer_id": [row[0] for row in rows], "email": [row[1] for row in rows]}
    found, shared_count = _group_ids(addresses, 6)
    expected = set()
    for start in addresses["customer_id"]:
        reached, waiting = {start}, [start]
        while waiting:
            current = waiting.pop()
            known = {address for customer_id, address in rows if customer_id == current and address}
            neighbours = {customer_id for customer_id, address in rows if address in known} - reached
            reached |= neighbours
            waiting += sorted(neighbours)
        expected.add(frozenset(reached))
    assert set(found) == {group for group in expected if len(group) > 1}
    assert shared_count == 0

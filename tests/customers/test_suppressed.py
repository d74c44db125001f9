"""Who is on a list of people who objected is found by whatever the list knows them by."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings
from segcli.customers.suppressed import listed, without_suppressed
from segcli.errors import InputProblem
from segcli.files.key import Key
from segcli.model import Customers
from tests.oracles.tables import from_columns

KEY = Key(bytes(range(32)))


def customers(*ids: str, **columns: list[Any]) -> Customers:
    made = from_columns({"orders": list(range(len(ids))), **columns})
    return Customers(made.table.assign(customer_id=pd.Series(ids, dtype="str")), made.as_of, made.readings)


def left(made: Customers, path: str, key: Key | None = None, **policies: Any) -> list[str]:
    settings = IngestSettings.model_validate(policies)
    kept = without_suppressed(made, listed(path, settings), key, settings.phone_region)
    return list(kept.table["customer_id"])


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("customer_id\n A \n\nb\n", {"customer_id": ["A", "b"]}),
        ("Customer ID,note\nA,x\n", {"customer_id": ["A"]}),
        ("Kundennummer\nA\n", {"customer_id": ["A"]}),
        ("E-Mail\nAnn@Example.com\nn/a\n", {"email": ["ann@example.com"]}),
        ("email,Phone\nb@x.org,+49 30 123456\n,0\n", {"email": ["b@x.org"], "phone": ["+4930123456"]}),
        ("email,e-mail\na@x.org,b@x.org\n", {"email": ["a@x.org", "b@x.org"]}),
    ],
)
def test_a_list_is_read_by_what_its_columns_mean(
    text: str, people: dict[str, list[str]], file_of: Callable[..., str]
) -> None:
    assert listed(file_of(text, "listed.csv"), IngestSettings()) == people


def test_a_list_that_knows_nobody_is_refused_at_its_header(file_of: Callable[..., str]) -> None:
    with pytest.raises(
        InputProblem, match=r"no column customer_id, email or phone; the header has: shoe, size"
    ) as error:
        listed(file_of("shoe,size\n4,4\n", "shoes.csv"), IngestSettings())
    assert error.value.line == 1


def test_case_and_region_are_those_of_the_settings(file_of: Callable[..., str]) -> None:
    by_id, by_phone = file_of("customer_id\nann\n", "case.csv"), file_of("phone\n030 123456\n", "phones.csv")
    assert left(customers("ANN", "BOB"), by_id) == ["ANN", "BOB"]
    assert left(customers("ANN", "BOB"), by_id, id_case="upper") == ["BOB"]
    by_mail = file_of("email\nann@x.org\n", "case_mail.csv")
    assert left(customers("ANN", "BOB", email=["Ann@x.org", None]), by_mail, id_case="upper") == ["BOB"]
    reached = customers("A", "B", phone=["+49 30 123456", ""])
    assert left(reached, by_phone, phone_region="DE") == ["B"]
    assert left(reached, by_phone, phone_region="AT") == ["A", "B"]


def test_an_address_that_the_table_does_not_have_takes_nobody_out(file_of: Callable[..., str]) -> None:
    assert left(customers("A", "B"), file_of("email\na@x.org\n", "mail.csv")) == ["A", "B"]


def test_either_side_may_hold_pseudonyms(file_of: Callable[..., str]) -> None:
    plain, ours = (
        file_of("customer_id\nA\n", "plain.csv"),
        file_of(f"customer_id\n{KEY.pseudonym('A')}\nC\n", "ours.csv"),
    )
    first, second, third = (KEY.pseudonym(one) for one in "ABC")
    named = sorted([first, second, third])
    assert left(customers(*named), plain, KEY) == sorted([second, third])
    assert left(customers(*named), plain) == named
    assert left(customers("A", "B", "C"), ours, KEY) == ["B"]
    assert left(customers("A", "B", "C"), ours) == ["A", "B"]
    assert left(customers(*named), ours, KEY) == [second]

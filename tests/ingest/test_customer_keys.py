"""Exports without customer ids: the column that identifies customers on most lines is offered, once it was tried."""

from collections.abc import Callable
from typing import Any

import pytest

from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.ingest.customer_keys import find_key_columns, suggest_customer_key
from segcli.ingest.input_file import open_input
from segcli.io import chunk_reader


def orders(id_name: str = "guest", ids: str = "", count: int = 57) -> str:
    """Write orders with a phone number on all lines, an e-mail address on each second, and a name on most."""
    header = f"order_id,order_date,amount,{id_name},Shipping Phone,Receipt E-Mail,Billing Name\n"
    return header + "".join(
        f"{n},2026-01-{1 + n % 28:02},{n}.50,{ids if n % 5 == 0 else ''},+4930{n % 9:04},"
        f"{f'p{n}@x.io' if n % 2 else ''},{'' if n == 3 else f'Ann {n % 12}'}\n"
        for n in range(count)
    )


def test_columns_are_known_by_their_names() -> None:
    header = [
        "Shipping Phone",
        "Billing Name",
        "E-Mail Adresse",
        "Телефон получателя",
        "ФИО",
        "姓名",
        "amount",
        "Price Point Name",
    ]
    assert find_key_columns(header) == {
        "Shipping Phone": "phone",
        "Billing Name": "name",
        "E-Mail Adresse": "e-mail address",
        "Телефон получателя": "phone",
        "ФИО": "name",
        "姓名": "name",
    }
    assert not find_key_columns(["Product Name", "Lineitem name", "First Name", "Vorname", "Company Name", "filename"])
    assert not find_key_columns(["Phone"], excluded_column="Phone")


def test_an_export_without_customer_ids_is_refused_with_the_best_key(customers_of: Callable[..., Any]) -> None:
    with pytest.raises(InputProblem, match=r"phone is present on 57 of 57 lines: --map customer_id='Shipping Phone'"):
        customers_of(orders())
    found = customers_of(orders(), source={"columns": {"customer_id": "Shipping Phone"}})
    assert len(found.table) == 9


@pytest.mark.parametrize("size", ["whole", "chunks"])
def test_ids_that_most_lines_lack_get_a_note(
    customers_of: Callable[..., Any], size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if size == "chunks":
        for name, number in (("LARGE_FILE_BYTES", 1), ("HEAD_BYTES", 1500), ("CHUNK_BYTES", 1500)):
            monkeypatch.setattr(chunk_reader, name, number)
    (reading,) = customers_of(orders("customer_id", "c1")).input_reports
    lines = "57 lines" if size == "whole" else "the first "
    notes = [note for note in reading.notes if "the customer id is blank on 45 of 57 lines" in note]
    assert len(notes) == 1
    assert lines in notes[0]
    assert "--map customer_id='Shipping Phone'" in notes[0]


def test_ids_that_all_lines_lack_are_refused_with_the_best_key(customers_of: Callable[..., Any]) -> None:
    with pytest.raises(InputProblem, match=r"the customer id is blank on 57 of 57 lines; phone is present"):
        customers_of(orders("customer_id"))


def test_ids_that_few_lines_lack_get_no_note(customers_of: Callable[..., Any]) -> None:
    text = orders("customer_id", "c1").replace(".50,,", ".50,c2,")
    (reading,) = customers_of(text).input_reports
    assert not any("customer id is blank" in note for note in reading.notes)


def test_lines_of_one_order_share_its_key(file_of: Callable[..., str]) -> None:
    lines = "1,2026-01-05,1,+49\n1,2026-01-05,2,\n1,2026-01-05,3,\n,2026-01-05,3,\n"
    text = f"order_id,order_date,amount,Phone number\n{lines}"
    assert str(suggest_customer_key(open_input(Source(path=file_of(text))))).startswith(
        "phone is present on 3 of 4 lines"
    )


def test_no_key_is_offered_where_none_is_present_on_most_lines(file_of: Callable[..., str]) -> None:
    text = "order_id,order_date,amount,Phone number\n1,2026-01-05,1,+49\n2,2026-01-05,2,\n3,2026-01-05,3,\n"
    assert suggest_customer_key(open_input(Source(path=file_of(text)))) == ""
    text = "order_id,order_date,amount\n1,2026-01-05,1\n"
    assert suggest_customer_key(open_input(Source(path=file_of(text)))) == ""


def test_a_column_that_cannot_be_mapped_is_not_offered(file_of: Callable[..., str]) -> None:
    text = "order_id,order_date,amount,Phone,Phone\n1,2026-01-05,1,+49,+49\n"
    assert suggest_customer_key(open_input(Source(path=file_of(text)))) == ""


def test_a_customer_table_gets_a_key_only_if_it_is_unique(customers_of: Callable[..., Any]) -> None:
    with pytest.raises(InputProblem, match=r"next best key: name is present on 2 of 2 lines: --map customer_id=Name"):
        customers_of("Name,Mobile phone,score\nAnn,+49,1\nBen,+49,2\n")
    with pytest.raises(InputProblem) as error:
        customers_of("Name,Mobile phone,score\nAnn,+49,1\nAnn,+49,2\n")
    assert "Next best key" not in str(error.value)

"""Columns that identify people: by name in every language, by the form of their values, and no others."""

import pandas as pd
import pytest

from segcli.ingest.identifying import identifying


def column(name: str, *values: str) -> list[tuple[str, str]]:
    table = pd.DataFrame({"customer_id": range(len(values)), name: pd.Series(values, dtype="str")})
    return identifying(table)


@pytest.mark.parametrize(
    "name",
    ["Full Name", "email", "phone", "IBAN", "Anschrift", "Straße", "pasaporte", "ФИО", "身份证号", "địa chỉ", "ip"],
)
def test_by_its_name(name: str) -> None:
    assert column(name, "x", "y") == [(name, "by its name")]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (("a@b.de", "c@d.org", ""), "e-mail addresses"),
        (("+49 30 123456", "+1 (555) 123-4567"), "phone numbers"),
        (("DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"), "bank account numbers (IBAN)"),
        (("4111 1111 1111 1111", "5500-0000-0000-0004"), "payment card numbers"),
        (("192.168.0.1", "10.0.0.255"), "internet addresses"),
        (("078-05-1120", "219-09-9999"), "US social security numbers"),
    ],
)
def test_by_its_values(values: tuple[str, ...], why: str) -> None:
    assert column("note", *values) == [("note", f"its values are {why}")]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("city", ("Bonn", "Köln")),
        ("note", ("a@b.de", "likes tea", "likes coffee")),
        ("score", ("4111111111111112", "12")),  # a wrong check digit
        ("version", ("1.2.3.4000", "10.20")),
        ("plan_segment", ("+49 30 123456", "+49 30 123457")),
        ("order ids", ("DE89370400440532013001", "DE89370400440532013002")),
    ],
)
def test_what_looks_a_little_like_it_does_not_count(name: str, values: tuple[str, ...]) -> None:
    assert column(name, *values) == []


def test_the_customer_id_is_none_of_them() -> None:
    assert identifying(pd.DataFrame({"customer_id": ["a@b.de", "c@d.de"]})) == []

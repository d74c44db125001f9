"""Columns that identify people: by name in every language, by the form of their values, and no others."""

import pandas as pd
import pytest

from segcli.ingest.pii import find_pii_columns, find_possible_pii_columns


def column(name: str, *values: str) -> list[tuple[str, str]]:
    table = pd.DataFrame({"customer_id": range(len(values)), name: pd.Series(values, dtype="str")})
    return find_pii_columns(table)


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
    assert find_pii_columns(pd.DataFrame({"customer_id": ["a@b.de", "c@d.de"]})) == []


WORDS = "abcdefghijkl"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("strasse_hausnr", ("Hauptstr. 1", "Hauptstr. 1")),
        ("deliveryAddress", ("x", "x")),
        ("home street 2", ("x", "x")),
        ("adresse_livraison", tuple(f"{n} rue de la Paix" for n in range(12))),
        ("Заметки", ("звонила ann@example.org", "", "чай", "чай")),
        ("remarque", ("IBAN: FR14 2004 1010 0505 0001 3M02 606, merci", "thé", "thé", "thé")),
        ("备注", ("电话 +86 138 0013 8000", "茶", "茶", "茶")),
        ("khách", tuple(f"Nguyễn Thị {mark}" for mark in WORDS)),
        ("who", tuple(f"Ann {mark * 3}" for mark in WORDS)),
    ],
)
def test_results_that_must_not_identify_leave_out_what_may(name: str, values: tuple[str, ...]) -> None:
    table = pd.DataFrame({"customer_id": range(len(values)), name: pd.Series(values, dtype="str")})
    assert find_possible_pii_columns(table) == [name]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("plan_name", ("gold", "silver") * 10),
        ("city", tuple(f"Town {mark}" for mark in WORDS)),
        ("rfm_segment", tuple(f"Segment {mark}" for mark in WORDS)),
        ("spend", tuple(range(30))),
        ("favourite", ("tea at 5", "10+ cups", "C++ 2026-01-01", "a @ b") * 9),
        ("store", tuple(f"shop {n % 12}" for n in range(60))),
    ],
)
def test_results_that_must_not_identify_keep_what_many_share(name: str, values: tuple[object, ...]) -> None:
    table = pd.DataFrame({"customer_id": range(len(values)), name: list(values)})
    assert find_possible_pii_columns(table) == []

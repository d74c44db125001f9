"""The k and l of a table against a count by hand and a slow reading of the definitions."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.privacy import PrivacySettings
from segcli.customers.quality_rules import check_anonymity, measure_anonymity
from segcli.errors import ConfigProblems
from tests.oracles.tables import from_columns

TABLE = {
    "age": [30, 30, 30, 40, 40, 50],
    "postcode": ["10115"] * 3 + ["10117"] * 2 + ["10119"],
    "illness": ["a", "b", "a", "c", "c", "d"],
}


def asked(**wanted: Any) -> PrivacySettings:
    return PrivacySettings(quasi_identifiers=["age", "postcode"], **wanted)


def test_by_hand() -> None:
    found = measure_anonymity(from_columns(TABLE), asked(sensitive="illness", l_diversity=2))
    assert found is not None
    assert (found.k, found.group_count, found.unique_customers, found.l) == (1, 3, 1, 1)


def test_a_gate_fails_below_the_least_and_is_a_note_without_one() -> None:
    (failed,) = check_anonymity(from_columns(TABLE), asked(k=2))
    assert not failed.passed
    assert failed.severity == "error"
    assert failed.what == "k = 1 (at least 2): 3 groups with equal age, postcode, 1 of them with a single customer"
    (told,) = check_anonymity(from_columns(TABLE), asked())
    assert told.passed
    assert told.severity == "note"
    _, l_failed = check_anonymity(from_columns(TABLE), asked(sensitive="illness", l_diversity=2))
    assert not l_failed.passed


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigProblems, match="no column 'shoe'; available: customer_id, age"):
        measure_anonymity(from_columns(TABLE), PrivacySettings(quasi_identifiers=["shoe"]))


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from([20, 30]), st.sampled_from("ab"), st.sampled_from("xyz")), min_size=1))
def test_against_the_definition(rows: list[tuple[int, str, str]]) -> None:
    table = {"age": [r[0] for r in rows], "postcode": [r[1] for r in rows], "illness": [r[2] for r in rows]}
    groups: dict[tuple[int, str], list[str]] = defaultdict(list)
    for age, postcode, illness in rows:
        groups[age, postcode].append(illness)
    found = measure_anonymity(from_columns(table), asked(sensitive="illness", l_diversity=2))
    assert found is not None
    assert found.k == min(map(len, groups.values()))
    assert found.l == min(len(set(ills)) for ills in groups.values())


def test_missing_values_are_values(customers_of: Callable[..., Any]) -> None:
    of = customers_of("customer_id,age,city\n1,30,\n2,30,\n3,,Bonn\n")
    found = measure_anonymity(of, PrivacySettings(quasi_identifiers=["age", "city"]))
    assert found is not None
    assert (found.k, found.group_count) == (1, 2)

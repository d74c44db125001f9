"""Each part of a column rule, on values that keep it and values that break it, with the line of the first."""

from collections.abc import Callable
from typing import Any

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.config.quality import ColumnRule, QualitySettings
from segcli.customers import load_customers
from segcli.errors import ConfigProblems
from segcli.model import QualityCheck

ORDERS = """customer_id,order_date,amount,code
a,2026-01-01,5.00,AB-1
b,2026-01-02,6.50,AB-2

a,2026-01-20,-7.00,
c,2026-01-21,8.00,AB-1
"""


@pytest.fixture
def verdicts(file_of: Callable[..., str]) -> Callable[..., dict[str, QualityCheck]]:
    def judged(column: str, text: str = ORDERS, **rule: Any) -> dict[str, QualityCheck]:
        path = file_of(text, "orders.csv")
        rules = QualitySettings(columns={column: ColumnRule(**rule)})
        found = load_customers(IngestSettings(transactions=Source(path=path)), quality_settings=rules)
        return {
            v.rule.removeprefix(f"columns.{column}."): v for v in found.quality_checks if v.rule.startswith("columns.")
        }

    return judged


@pytest.mark.parametrize(
    ("column", "rule", "breaches"),
    [
        ("code", {"required": True}, "values missing: 1 (first: line 5)"),
        ("amount", {"required": True}, ""),
        ("code", {"max_missing": "10%"}, "values missing (at most 10%): 1 (first: line 5)"),
        ("code", {"max_missing": "25%"}, ""),
        ("code", {"max_missing": 0}, "values missing (at most 0): 1 (first: line 5)"),
        ("code", {"unique": True}, "values duplicated: 1 (first: line 6)"),
        ("order_date", {"unique": True}, ""),
        ("code", {"allowed": ["AB-1"]}, "values not allowed: 1 (first: line 3)"),
        ("code", {"allowed": ["AB-1", "AB-2"]}, ""),
        ("code", {"matches": "AB-[0-9]"}, ""),
        ("code", {"matches": "AB"}, "values not matching AB: 3 (first: line 2)"),
        ("code", {"type": "number"}, "values not a number: 3 (first: line 2)"),
        ("amount", {"type": "number"}, ""),
        ("amount", {"type": "whole"}, "values not a whole number: 1 (first: line 3)"),
        ("order_date", {"type": "date"}, ""),
        ("code", {"type": "date"}, "no date format fits (first: AB-1)"),
        ("amount", {"min": 0}, "values below 0: 1 (first: line 5)"),
        ("amount", {"min": -7, "max": 8}, ""),
        ("amount", {"max": 7.5}, "values above 7.5: 1 (first: line 6)"),
        ("order_date", {"min": "2026-01-02"}, "values below 2026-01-02: 1 (first: line 2)"),
        ("order_date", {"max": "2026-01-21"}, ""),
    ],
)
def test_a_rule_is_kept_or_broken_as_its_values_are(
    verdicts: Callable[..., dict[str, QualityCheck]], column: str, rule: dict[str, Any], breaches: str
) -> None:
    found = list(verdicts(column, **rule).values())
    assert found
    broken = [verdict for verdict in found if not verdict.passed]
    assert [verdict.what for verdict in broken] == [f"column '{column}': {breaches}"] * bool(breaches)
    assert all(verdict.severity == "error" for verdict in found)


def test_a_rule_may_name_a_column_as_the_file_does(verdicts: Callable[..., dict[str, QualityCheck]]) -> None:
    text = ORDERS.replace("amount", "Betrag")
    assert not verdicts("Betrag", text, min=0)["min"].passed
    assert not verdicts("amount", text, min=0)["min"].passed


def test_a_column_that_no_input_has_breaks_its_rule(verdicts: Callable[..., dict[str, QualityCheck]]) -> None:
    (verdict,) = verdicts("nope", required=True, severity="warning").values()
    assert (verdict.passed, verdict.severity, verdict.what) == (False, "warning", "no input has a column 'nope'")


def test_rules_see_the_fields_of_an_order_on_each_of_its_lines(
    verdicts: Callable[..., dict[str, QualityCheck]],
) -> None:
    shop = "Name,Email,Created at,Total,Lineitem name\n#1,a@x.io,2026-01-01,9.00,Mug\n#1,,,,Tee\n"
    assert verdicts("Email", shop, required=True)["required"].passed


@pytest.mark.bad_input(89)
@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "(a"])
def test_a_pattern_that_could_backtrack_is_refused(
    verdicts: Callable[..., dict[str, QualityCheck]], pattern: str
) -> None:
    with pytest.raises(ConfigProblems, match=r"quality\.columns\.code\.matches: not a valid RE2 pattern"):
        verdicts("code", matches=pattern)


@pytest.mark.bad_input(89)
def test_a_pattern_that_others_never_finish_takes_no_time(verdicts: Callable[..., dict[str, QualityCheck]]) -> None:
    """(a+)+b on 10,000 a takes a backtracking engine longer than the age of the universe."""
    text = ORDERS.replace("AB-1", "a" * 10_000)
    assert not verdicts("code", text, matches="(a+)+b")["matches"].passed

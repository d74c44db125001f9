"""Rules on all customers together."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.config.quality import QualitySettings
from segcli.customers import load_customers
from segcli.model import QualityCheck

ORDERS = "customer_id,order_date,amount\na,2026-01-01,5\nb,2026-01-02,6\na,2026-01-21,7\n,2026-01-21,7\n"


@pytest.fixture
def verdict(file_of: Callable[..., str]) -> Callable[..., QualityCheck]:
    def judged(rule: str, *, as_of: date | None = None, **rules: Any) -> QualityCheck:
        source = Source(path=file_of(ORDERS, "orders.csv"))
        found = load_customers(
            IngestSettings(transactions=source), as_of, quality_settings=QualitySettings.model_validate(rules)
        )
        (one,) = [verdict for verdict in found.quality_checks if verdict.rule == rule]
        return one

    return judged


@pytest.mark.parametrize(("most", "passed"), [(0, False), (1, True), ("24%", False), ("25%", True)])
def test_rejected_lines(verdict: Callable[..., QualityCheck], most: int | str, passed: bool) -> None:  # noqa: FBT001
    assert verdict("max_rejects", max_rejects=most).passed is passed


@pytest.mark.parametrize(("day", "passed"), [(date(2026, 1, 31), True), (date(2026, 2, 1), False)])
def test_age_is_counted_from_the_last_order(verdict: Callable[..., QualityCheck], day: date, passed: bool) -> None:  # noqa: FBT001
    found = verdict("max_age_days", as_of=day, max_age_days=10)
    assert found.passed is passed
    assert found.what.startswith(f"days from the last order to the as-of day: {10 if passed else 11} ")


@pytest.mark.parametrize(
    ("customers", "days", "repeat_buyers", "level"),
    [(2, 20, 1, "high"), (3, 20, 1, "medium"), (4, 40, 2, "medium"), (5, 20, 1, "low"), (2, 20, 3, "low")],
)
def test_the_least_of_customers_days_and_repeat_buyers_decides(
    verdict: Callable[..., QualityCheck], customers: int, days: int, repeat_buyers: int, level: str
) -> None:
    wanted = {"customers": customers, "days": days, "repeat_buyers": repeat_buyers}
    found = verdict("min_confidence", confidence=wanted, min_confidence="medium")
    assert found.what.startswith(
        f"confidence {level}: customers 2 ({customers} recommended), days 20 ({days} recommended), "
    )
    assert (found.passed, found.severity) == ((False, "error") if level == "low" else (True, "note"))

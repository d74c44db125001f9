"""Customers made up column by column, orders written line by line, and a base asked of them."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from segcli.config.rules import RulesSettings
from segcli.model import Customers, Input, InputReport, Segmentation
from segcli.segment import rules

DAY = date(2026, 7, 1)


def customers(as_of: date | None = DAY, **columns: Any) -> Customers:
    size = len(next(iter(columns.values())))
    table = pd.DataFrame({"customer_id": pd.Series([f"{n:03}" for n in range(size)], dtype="str"), **columns})
    return Customers(table, as_of, (InputReport(Input("crm.csv", 0, "", size), "customers", "", {}),))


def texts(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def decided(base: str, table: Customers, lookup: str | None = None, **options: Any) -> Segmentation:
    (made,) = rules.segment_by_rules(
        table, rules.prepare_rule_sets([RulesSettings(base=base, options=options, table=lookup)])
    )
    return made


def labels(base: str, table: Customers, lookup: str | None = None, **options: Any) -> list[str]:
    return list(decided(base, table, lookup, **options).labels)


@pytest.fixture
def bought(customers_of: Callable[..., Any]) -> Callable[..., Customers]:
    """Customers from order lines, each a customer, a day and, where named, further cells."""

    def orders(lines: Iterable[tuple[Any, ...]], *names: str, as_of: date | None = DAY) -> Customers:
        header = ["customer_id", "order_id", "order_date", *(names or ("amount",))]
        rows = [[who, f"o{n}", day, *(rest or ("1.00",))] for n, (who, day, *rest) in enumerate(lines)]
        found: Customers = customers_of(
            "\n".join(",".join(map(str, row)) for row in [header, *rows]) + "\n",
            as_of=as_of,
            source={"date_format": "%Y-%m-%d"},
        )
        return found

    return orders

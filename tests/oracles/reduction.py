"""The reduction of order lines to customers again: slow, exact, and without segcli, pandas or numpy."""

import csv
import gzip
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import mean, median, stdev

Row = Mapping[str, str]


@dataclass(frozen=True)
class Policies:
    """The settings that decide what counts."""

    returns: str = "net"
    free_lines: str = "keep"
    collapse: str = "order"
    as_of: date | None = None


@dataclass(frozen=True)
class Line:
    """One order line, typed."""

    customer: str
    order: str
    day: date
    amount: Decimal
    is_return: bool
    category: str


@dataclass
class Bought:
    """What one customer bought and gave back."""

    days: list[date] = field(default_factory=list)
    orders: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    began: dict[str, date] = field(default_factory=dict)
    refunds: Decimal = Decimal()
    categories: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Facts:
    """What is known of one customer."""

    first_order: date
    last_order: date
    recency_days: int
    orders: int
    order_lines: int
    revenue: Fraction
    refunds: Fraction
    average_order_value: Fraction
    median_order_value: Fraction
    largest_order: Fraction
    mean_days_between_orders: Fraction | None
    cv_days_between_orders: float | None
    last_gap_days: int | None
    top_category: str | None


def rows_of(text: str) -> Iterator[Row]:
    """The records of a CSV text."""
    return csv.DictReader(io.StringIO(text, newline=""))


def rows_of_file(path: Path, names: Mapping[str, str], encoding: str = "utf-8") -> Iterator[Row]:
    """The records of a CSV file (gzip or not), its columns renamed."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding=encoding, newline="") as file:
        for record in csv.DictReader(file):
            yield {standard: record[theirs] for standard, theirs in names.items()}


def reduce(rows: Iterable[Row], policies: Policies) -> dict[str, Facts]:
    """Facts by customer id; whoever never bought is not in it."""
    lines = [line for place, row in enumerate(rows) if (line := _line(row, place, policies)) is not None]
    purchases = [line.day for line in lines if not line.is_return]
    if not purchases:
        return {}
    as_of = policies.as_of or max(purchases) + timedelta(days=1)
    bought: dict[str, Bought] = defaultdict(Bought)
    for line in lines:
        if line.day <= as_of:
            _add(bought[line.customer], line, policies)
    return {customer: _facts(one, as_of, policies) for customer, one in bought.items() if one.days}


def _line(row: Row, place: int, policies: Policies) -> Line | None:
    """A usable line, or nothing where a policy or a missing id leaves it out."""
    customer = row["customer_id"].strip()
    quantity = Decimal(row.get("quantity", "1"))
    amount = Decimal(row["amount"]) if "amount" in row else quantity * Decimal(row["unit_price"])
    is_return = quantity < 0 or amount < 0
    excluded = (is_return and policies.returns == "exclude") or (amount == 0 and policies.free_lines == "exclude")
    if not customer or excluded:
        return None
    day = date.fromisoformat(row["order_date"][:10])
    order = day.isoformat() if policies.collapse == "day" else row.get("order_id", f"line {place}")
    return Line(customer, order, day, amount, is_return, row.get("category", "").strip())


def _add(customer: Bought, line: Line, policies: Policies) -> None:
    if line.is_return:
        customer.refunds += abs(line.amount)
        return
    customer.days.append(line.day)
    customer.orders[line.order] += line.amount
    customer.began[line.order] = min(line.day, customer.began.get(line.order, line.day))
    if line.category:
        customer.categories[line.category] += 1
    assert policies.collapse in {"order", "day"}


def _facts(bought: Bought, as_of: date, policies: Policies) -> Facts:
    first, last, orders = min(bought.days), max(bought.days), len(bought.orders)
    gross, refunds = Fraction(sum(bought.orders.values())), Fraction(bought.refunds)
    revenue = gross if policies.returns == "separate" else gross - refunds
    most = max(bought.categories.values(), default=0)
    began = sorted(bought.began.values())
    gaps = [(later - earlier).days for earlier, later in pairwise(began)]
    return Facts(
        first_order=first,
        last_order=last,
        recency_days=(as_of - last).days,
        orders=orders,
        order_lines=len(bought.days),
        revenue=revenue,
        refunds=refunds,
        average_order_value=revenue / orders,
        median_order_value=Fraction(median(Fraction(value) for value in bought.orders.values())),
        largest_order=Fraction(max(bought.orders.values())),
        mean_days_between_orders=Fraction((last - first).days, orders - 1) if orders > 1 else None,
        cv_days_between_orders=stdev(gaps) / mean(gaps) if len(gaps) > 1 and any(gaps) else None,
        last_gap_days=gaps[-1] if gaps else None,
        top_category=min((c for c, n in bought.categories.items() if n == most), default=None),
    )

"""The numbers that matter, in a few sentences."""

from collections.abc import Iterable

import numpy as np

from segcli import columns as c
from segcli.counting import counted
from segcli.evidence.disclosure import WITHHELD
from segcli.model import Segmentation
from segcli.reports import numbers
from segcli.reports.blocks import Block, Chart, Text
from segcli.reports.concentration import lorenz
from segcli.reports.report import Findings

TITLE = "Summary"


def blocks(findings: Findings) -> Iterable[Block]:
    """Size, money and concentration of the base, one sentence per segmentation, who is away; how revenue is spread."""
    table = findings.customers.table
    sentences = [_base(findings)]
    if c.REVENUE in table and len(table):
        ordered = table[c.REVENUE].sort_values(ascending=False)
        top = ordered.iloc[: max(len(table) // 5, 1)].sum() / ordered.sum() if ordered.sum() else 0.0
        sentences.append(f"The best fifth of customers brings {numbers.share(top)} of revenue.")
    if c.ORDERS in table and len(table):
        sentences.append(f"{numbers.share((table[c.ORDERS] == 1).mean())} of customers bought once.")
    sentences += [_largest(one, _count(one, findings)) for one in findings.described]
    sentences += _quiet(findings)
    yield Text(sentences, bullets=True)
    spread = _spread(findings)
    if spread is not None:
        yield spread


def _quiet(findings: Findings) -> list[str]:
    """How much of revenue is of those who have been away longest."""
    table = findings.customers.table
    if c.RECENCY_DAYS not in table or c.REVENUE not in table or not len(table) or table[c.REVENUE].sum() <= 0:
        return []
    middle = float(table[c.RECENCY_DAYS].median())
    away = table[c.RECENCY_DAYS] > middle
    customers, part = numbers.share(away.mean()), table.loc[away, c.REVENUE].sum() / table[c.REVENUE].sum()
    longer = f"{customers} of customers last bought more than {counted(middle, 'day')} ago"
    return [f"{longer}; they have brought {numbers.share(part)} of revenue."]


def _spread(findings: Findings) -> Chart | None:
    """The Lorenz curve, where there is money."""
    table, privacy = findings.customers.table, findings.privacy
    if c.REVENUE not in table:
        return None
    revenue = table[c.REVENUE].to_numpy(dtype=np.float64, na_value=np.nan)
    return lorenz(revenue, privacy.smallest, privacy.dominance_in_force)


def _base(findings: Findings) -> str:
    table, day = findings.customers.table, findings.customers.as_of
    until = f" as of {day.isoformat()}" if day else ""
    orders = f", {counted(table[c.ORDERS].sum(), 'order')}" if c.ORDERS in table else ""
    money = f", revenue {numbers.money(table[c.REVENUE].sum())}" if c.REVENUE in table else ""
    return f"{counted(len(table), 'customer')}{orders}{money}{until}."


def _count(one: Segmentation, findings: Findings) -> int:
    """How many segments there are, those that are withheld in one row among them."""
    hidden = findings.shield.names.get(one.column, ()) if findings.shield else ()
    return len(one.profile) + max(len(hidden) - 1, 0)


def _largest(one: Segmentation, count: int) -> str:
    """The segment with the most revenue (or the largest), and its share."""
    by = c.REVENUE_SHARE if c.REVENUE_SHARE in one.profile else c.SHARE
    told = one.profile[~one.profile[c.NAME].str.startswith(WITHHELD)]
    first = (told if len(told) else one.profile).sort_values(by, ascending=False, kind="stable").iloc[0]
    segments = counted(count, f"{one.name} segment")
    of_customers = f"{numbers.share(first[c.SHARE])} of customers"
    if c.REVENUE_SHARE not in first:
        return f"Of {segments}, {first[c.NAME]} is the largest: {of_customers}."
    of_revenue = f"{numbers.share(first[c.REVENUE_SHARE])} of revenue"
    return f"Of {segments}, {first[c.NAME]} brings most: {of_revenue} from {of_customers}."

"""The numbers that matter, in a few sentences."""

from collections.abc import Iterable

from segcli import columns as c
from segcli.model import Segmentation
from segcli.reports import numbers
from segcli.reports.blocks import Block, Text
from segcli.reports.report import Findings

TITLE = "Summary"


def blocks(findings: Findings) -> Iterable[Block]:
    """Size, money and concentration of the base, then one sentence per segmentation."""
    table = findings.customers.table
    sentences = [_base(findings)]
    if c.REVENUE in table and len(table):
        ordered = table[c.REVENUE].sort_values(ascending=False)
        top = ordered.iloc[: max(len(table) // 5, 1)].sum() / ordered.sum() if ordered.sum() else 0.0
        sentences.append(f"The best fifth of customers brings {numbers.share(top)} of revenue.")
    if c.ORDERS in table and len(table):
        sentences.append(f"{numbers.share((table[c.ORDERS] == 1).mean())} of customers bought once.")
    sentences += [_largest(one) for one in findings.described]
    yield Text(sentences, bullets=True)


def _base(findings: Findings) -> str:
    table, day = findings.customers.table, findings.customers.as_of
    until = f" as of {day.isoformat()}" if day else ""
    orders = f", {numbers.count(table[c.ORDERS].sum())} orders" if c.ORDERS in table else ""
    money = f", revenue {numbers.money(table[c.REVENUE].sum())}" if c.REVENUE in table else ""
    return f"{numbers.count(len(table))} customers{orders}{money}{until}."


def _largest(one: Segmentation) -> str:
    """The segment with the most revenue (or the largest), and its share."""
    first = one.profile.iloc[0]
    name = one.name
    of_customers = f"{numbers.share(first[c.SHARE])} of customers"
    if c.REVENUE_SHARE not in first:
        return f"Of {len(one.profile)} {name} segments, {first[c.NAME]} is the largest: {of_customers}."
    of_revenue = f"{numbers.share(first[c.REVENUE_SHARE])} of revenue"
    return f"Of {len(one.profile)} {name} segments, {first[c.NAME]} brings most: {of_revenue} from {of_customers}."

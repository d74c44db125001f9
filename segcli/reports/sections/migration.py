"""Who moved from which segment to which since an earlier run."""

from collections.abc import Iterator

from segcli import columns as c
from segcli.counting import counted
from segcli.evidence.compare import ENTERED, FROM, LEFT, TO
from segcli.reports import numbers
from segcli.reports.blocks import Block, Chart, Column, Heading, Table, Text
from segcli.reports.moved import Moved
from segcli.reports.report import Findings

TITLE = "Migration"
NOTHING = "No earlier result is named (report.previous)."


def blocks(findings: Findings) -> Iterator[Block]:
    """For each segmentation that the earlier result has too: how many stayed, the flows, the table."""
    moved, said = findings.answers.moved, findings.answers.why_not.get("migration")
    if said or not moved:
        yield Text([said or NOTHING])
    for one in moved:
        yield Heading(one.name, level=3)
        yield from _moved(one)


def _moved(one: Moved) -> Iterator[Block]:
    told = one.flows[one.flows[FROM] != ""]
    withheld = int(one.flows.loc[one.flows[FROM] == "", c.CUSTOMERS].sum())
    both = told[(told[FROM] != ENTERED) & (told[TO] != LEFT)]
    stayed = int(both.loc[both[FROM] == both[TO], c.CUSTOMERS].sum())
    whole = int(both[c.CUSTOMERS].sum())
    major = numbers.decimal(one.major)
    lines = [
        f"The shares of segments moved by a PSI of {numbers.decimal(one.psi)} ({major} and more is a new picture)."
    ]
    if whole:
        lines.insert(0, f"{numbers.share(stayed / whole)} of {numbers.count(whole)} customers stayed in their segment.")
    if withheld:
        lines.append(f"Moves of {counted(withheld, 'customer')} are withheld: too few went the same way.")
    yield Text(lines)
    if len(told):
        yield _chart(one)


def _chart(one: Moved) -> Chart:
    told = one.flows[one.flows[FROM] != ""]
    flows = [{FROM: row[FROM], TO: row[TO], c.CUSTOMERS: int(row[c.CUSTOMERS])} for row in told.to_dict("records")]
    data = {
        "before": list(one.before),
        "after": list(one.after),
        "flows": flows,
        "before_title": "before",
        "after_title": "now",
    }
    moving = [flow for flow in flows if flow[FROM] != flow[TO]]
    says = "Nobody moved."
    if moving:
        most = max(moving, key=lambda flow: (flow[c.CUSTOMERS], flow[FROM], flow[TO]))
        says = f"Most moved from {most[FROM]} to {most[TO]}: {counted(most[c.CUSTOMERS], 'customer')}."
    rows = [
        [flow[FROM], flow[TO], numbers.count(flow[c.CUSTOMERS])]
        for flow in sorted(flows, key=lambda flow: (-flow[c.CUSTOMERS], flow[FROM], flow[TO]))
    ]
    titles = [Column("From", right=False), Column("To", right=False), Column("Customers")]
    return Chart("migration", f"Customers who moved between segments of {one.name}", says, data, [Table(titles, rows)])

"""Where every line of the input went."""

from collections.abc import Iterable

from segcli import columns as c
from segcli.counting import counted
from segcli.ingest.reasons import REASONS
from segcli.model import Reconciliation
from segcli.reports import numbers
from segcli.reports.blocks import Block, Column, Table, Text
from segcli.reports.report import Findings

TITLE = "Data quality"
NO_LINES = "This table holds one row per customer; what became of the order lines was said when it was made."


def blocks(findings: Findings) -> Iterable[Block]:
    """Lines and money by fate for order exports; what was noticed for all inputs."""
    readings = findings.customers.readings
    for reading in readings:
        yield Text([f"{reading.input.name}: {counted(reading.input.rows, 'row')} of {reading.what}."])
        if reading.lines:
            yield _fates(reading.lines)
            if reading.lines.refunded:
                yield Text([f"Of the money kept, {reading.lines.refunded:,.2f} was refunded later."])
            if reading.lines.unreadable:
                yield Text([f"Lines whose amount cannot be read: {reading.lines.unreadable:,}."])
            if reading.lines.unreadable_money:
                yield Text([f"Money that cannot be read is about {reading.lines.unreadable_money:,.2f}."])
        if reading.notes:
            yield Text(reading.notes, bullets=True)
    said = [f"{v.severity}: {v.source}: {v.what}" for v in findings.customers.verdicts if not v.passed]
    said += [v.what for v in findings.customers.verdicts if v.rule == "min_confidence" and v.passed]
    if said:
        yield Text(said, bullets=True)
    if c.ORDERS in findings.customers.table and not any(reading.lines for reading in readings):
        yield Text([NO_LINES])


def _fates(lines: Reconciliation) -> Table:
    fates = [("read", lines.read, lines.money_read), ("kept", lines.kept, lines.money_kept)]
    fates += [("of these returns", lines.returns.lines, lines.returns.money)] * bool(lines.returns.lines)
    fates += [(f"rejected: {REASONS[f.reason].short}", f.lines, f.money) for f in lines.rejected]
    fates += [(f"ignored: {REASONS[f.reason].short}", f.lines, f.money) for f in lines.ignored]
    shown = [(name, numbers.count(count), f"{money:,.2f}") for name, count, money in fates]
    return Table([Column("Lines", right=False), Column("Count"), Column("Money")], shown)

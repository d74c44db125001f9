"""Section with data quality: input lines by outcome."""

from collections.abc import Iterable

from segcli import columns, formatting
from segcli.formatting import pluralize
from segcli.ingest.reasons import REASONS
from segcli.model import Reconciliation
from segcli.reports.blocks import Block, Column, Table, Text
from segcli.reports.report import Findings

TITLE = "Data quality"
NO_LINES_NOTE = "This table has one row per customer; see the report of the run that made it for its order lines."


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield lines and money by outcome for order exports, then notes and checks of all inputs."""
    input_reports = findings.customers.input_reports
    for input_report in input_reports:
        yield Text(
            [f"{input_report.input.name}: {pluralize(input_report.input.rows, 'row')} of {input_report.row_kind}."]
        )
        if input_report.reconciliation:
            yield _build_lines_table(input_report.reconciliation)
            if input_report.reconciliation.refunded:
                yield Text([f"Refunded later: {input_report.reconciliation.refunded:,.2f} of the kept money."])
            if input_report.reconciliation.unreadable:
                yield Text([f"Lines with an unreadable amount: {input_report.reconciliation.unreadable:,}."])
            if input_report.reconciliation.unreadable_money:
                yield Text([f"Unreadable money is about {input_report.reconciliation.unreadable_money:,.2f}."])
        if input_report.notes:
            yield Text(input_report.notes, has_bullets=True)
    check_texts = [
        f"{quality_check.severity}: {quality_check.source}: {quality_check.what}"
        for quality_check in findings.customers.quality_checks
        if not quality_check.passed
    ]
    check_texts += [
        quality_check.what
        for quality_check in findings.customers.quality_checks
        if quality_check.rule == "min_confidence" and quality_check.passed
    ]
    if check_texts:
        yield Text(check_texts, has_bullets=True)
    if columns.ORDERS in findings.customers.table and not any(
        input_report.reconciliation for input_report in input_reports
    ):
        yield Text([NO_LINES_NOTE])


def _build_lines_table(reconciliation: Reconciliation) -> Table:
    line_totals = [
        ("read", reconciliation.read, reconciliation.money_read),
        ("kept", reconciliation.kept, reconciliation.money_kept),
    ]
    line_totals += [("of these returns", reconciliation.returns.lines, reconciliation.returns.money)] * bool(
        reconciliation.returns.lines
    )
    line_totals += [
        (f"rejected: {REASONS[reason_total.reason].short}", reason_total.lines, reason_total.money)
        for reason_total in reconciliation.rejected
    ]
    line_totals += [
        (f"ignored: {REASONS[reason_total.reason].short}", reason_total.lines, reason_total.money)
        for reason_total in reconciliation.ignored
    ]
    table_rows = [(name, formatting.format_count(count), f"{money:,.2f}") for name, count, money in line_totals]
    return Table([Column("Lines", align_right=False), Column("Count"), Column("Money")], table_rows)

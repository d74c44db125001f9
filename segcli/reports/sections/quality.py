"""Section with data quality: input lines by outcome."""

from collections.abc import Iterable, Iterator, Sequence

from segcli import columns, formatting
from segcli.ingest.reasons import REASONS
from segcli.message import count_message, message
from segcli.model import InputReport, QualityCheck, Reconciliation
from segcli.reports.blocks import Block, Column, Table, Text
from segcli.reports.report import Findings

TITLE = message("Data quality")
SEVERITY_LABELS = {"note": message("note"), "warning": message("warning"), "error": message("error")}
NO_LINES_NOTE = message(
    "This table has one row per customer; see the report of the run that made it for its order lines."
)


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield lines and money by outcome for order exports, then notes and checks of all inputs."""
    input_reports = findings.customers.input_reports
    for input_report in input_reports:
        yield Text([_count_rows(input_report)])
        if input_report.reconciliation:
            yield _build_lines_table(input_report.reconciliation)
            yield from (Text([sentence]) for sentence in _describe_special_money(input_report.reconciliation))
        if input_report.notes:
            yield Text(input_report.notes, has_bullets=True)
    check_texts = _list_checks(findings.customers.quality_checks)
    if check_texts:
        yield Text(check_texts, has_bullets=True)
    if columns.ORDERS in findings.customers.table and not any(
        input_report.reconciliation for input_report in input_reports
    ):
        yield Text([NO_LINES_NOTE])


def _describe_special_money(reconciliation: Reconciliation) -> Iterator[str]:
    """Yield sentences about refunded and unreadable money, if there is any."""
    if reconciliation.refunded:
        yield message("Refunded later: {money:,.2f} of the kept money.", money=reconciliation.refunded)
    if reconciliation.unreadable:
        yield message("Lines with an unreadable amount: {count}.", count=reconciliation.unreadable)
    if reconciliation.unreadable_money:
        yield message("Unreadable money is about {money:,.2f}.", money=reconciliation.unreadable_money)


def _list_checks(quality_checks: Sequence[QualityCheck]) -> list[str]:
    """Return the failed checks, then the confidence if its check passed."""
    failed_checks: list[str] = [
        message(
            "{severity}: {source}: {problem}",
            severity=SEVERITY_LABELS[quality_check.severity],
            source=quality_check.source,
            problem=quality_check.what,
        )
        for quality_check in quality_checks
        if not quality_check.passed
    ]
    confidence = [check.what for check in quality_checks if check.rule == "min_confidence" and check.passed]
    return [*failed_checks, *confidence]


def _count_rows(input_report: InputReport) -> str:
    name, rows = input_report.input.name, input_report.input.rows
    if input_report.row_kind == "orders":
        return count_message("{name}: {count} row of orders.", "{name}: {count} rows of orders.", rows, name=name)
    return count_message("{name}: {count} row of customers.", "{name}: {count} rows of customers.", rows, name=name)


def _build_lines_table(reconciliation: Reconciliation) -> Table:
    line_totals = [
        (message("read"), reconciliation.read, reconciliation.money_read),
        (message("kept"), reconciliation.kept, reconciliation.money_kept),
    ]
    line_totals += [(message("of these returns"), reconciliation.returns.lines, reconciliation.returns.money)] * bool(
        reconciliation.returns.lines
    )
    line_totals += [
        (
            message("rejected: {reason}", reason=REASONS[reason_total.reason].short),
            reason_total.lines,
            reason_total.money,
        )
        for reason_total in reconciliation.rejected
    ]
    line_totals += [
        (
            message("ignored: {reason}", reason=REASONS[reason_total.reason].short),
            reason_total.lines,
            reason_total.money,
        )
        for reason_total in reconciliation.ignored
    ]
    table_rows = [
        (name, formatting.format_count(count), formatting.format_decimal(money)) for name, count, money in line_totals
    ]
    return Table(
        [Column(message("Lines"), align_right=False), Column(message("Count")), Column(message("Money"))], table_rows
    )

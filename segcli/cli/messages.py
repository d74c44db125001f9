"""Messages on stderr about inputs and results: how files were read, and line counts by outcome."""

import shlex
import sys
from typing import TYPE_CHECKING

from segcli.cli.options import CommonOptions
from segcli.cli.terminal import NEXT_LABEL, Console, is_terminal, join_facts, select_format
from segcli.message import count_message, join_messages, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segcli.model import Customers, InputReport, Reconciliation, Segmentation
    from segcli.reports.report import Findings

ROW_FORMATS = ("csv", "tsv", "ndjson", "parquet", "arrow", "xlsx")
AUTOMATIC_REASONS = ("in_earlier_file", "date_outlier")  # reasons for which segcli ignores lines on its own
OPTION_MARK = "; hint: "  # precedes the option that a note recommends
SUGGESTED_FILE = "segmented.csv"  # file name in the suggestions of `print_next_commands`


def print_input_summary(
    customers: "Customers", console: Console, *, is_as_of_given: bool, verbose: bool = False
) -> None:
    """Print the summary of the inputs above a result."""
    from segcli.reports.envelope import describe_input as facts

    for input_report in customers.input_reports:
        input_file = input_report.input
        counted_rows = (
            count_message("{count} line", "{count} lines", input_file.rows)
            if input_report.reconciliation
            else count_message("{count} row", "{count} rows", input_file.rows)
        )
        input_summary = join_messages("  ", [input_file.name, counted_rows, input_report.dialect])
        json_facts = facts(input_report) if console.is_json else {}  # avoids hashing a large file for text output
        console.log("read", input_summary, **json_facts)
        if input_report.preset:
            console.log("preset", input_report.preset)
        column_names = [
            f"{standard}={name}"
            for standard, name in input_report.columns.items()
            if verbose or input_report.reconciliation or standard != name
        ]
        if column_names:  # for customer tables, only renamed columns: tables of segcli use standard names
            console.log("columns", "  ".join(column_names))
        if input_report.reconciliation:
            is_decisive = _leaves_out_money(input_report.reconciliation)
            console.log("kept", _format_line_counts(input_report.reconciliation), is_important=is_decisive)
            console.log("money", _format_money_sums(input_report.reconciliation), is_important=is_decisive)
    _print_notes(customers.input_reports, console)
    console.log("as of", join_facts(_describe_base(customers, is_as_of_given=is_as_of_given)))
    for warning in customers.warnings:
        console.log(
            "warning",
            warning,
            is_important=any(warning in input_file.decisive_notes for input_file in customers.input_reports),
        )


def print_result_notes(segmentation: "Segmentation", console: Console, common_options: CommonOptions) -> None:
    """Print the warnings of a segmentation, and its notes (edges, counts, reasons) if the output has only rows."""
    for warning in segmentation.warnings[len(segmentation.customers.warnings) :]:
        console.log("warning", warning)
    if select_format(common_options, is_document=False) in ROW_FORMATS:
        for note in segmentation.notes:
            console.log("note", note)


def print_next_commands(input_path: str | None, common_options: CommonOptions, console: Console) -> None:
    """Suggest next commands to a terminal user who named a file: save the table, write a report, write a config."""
    if input_path in (None, "-") or common_options.output or common_options.layout or not is_terminal(sys.stdout):
        return
    arguments = sys.argv[1:]
    console.log(
        NEXT_LABEL,
        message(
            "save each customer's segment: {command}", command=f"segcli {shlex.join(arguments)} -o {SUGGESTED_FILE}"
        ),
    )
    console.log(
        NEXT_LABEL, message("write a report page: {command}", command=f"segcli report {SUGGESTED_FILE} -o report.html")
    )
    if arguments[1:] == [input_path]:  # no options that a config would have to repeat
        console.log(
            NEXT_LABEL,
            message(
                "save these settings: {command}", command=f"segcli init {shlex.quote(str(input_path))} -o segments.yaml"
            ),
        )


def print_withheld_segments(findings: "Findings", console: Console) -> None:
    """Print the suppressed segments, and the visible ones with small numbers."""
    from segcli.reports.disclosure import find_small_segments

    for segmentation in findings.segmentations:
        small_names = find_small_segments(segmentation, findings.privacy)
        if small_names:
            text = count_message(
                "small numbers: {column}: {names} (fewer than {count} customer; privacy.small_numbers)",
                "small numbers: {column}: {names} (fewer than {count} customers; privacy.small_numbers)",
                findings.privacy.small_numbers,
                column=segmentation.column,
                names=", ".join(small_names),
            )
            console.log("note", text)
    if findings.guard is None:
        return
    for column, segment_names in findings.guard.withheld_names.items():
        if segment_names:
            text = count_message(
                "{column}: {names} (fewer than {count} customer, or needed to hide such segments; {setting})",
                "{column}: {names} (fewer than {count} customers, or needed to hide such segments; {setting})",
                findings.guard.min_customers,
                column=column,
                names=", ".join(segment_names),
                setting=findings.privacy.smallest_group_setting,
            )
            console.log("withheld", text)


def _leaves_out_money(reconciliation: "Reconciliation") -> bool:
    """Return whether rejected or automatically ignored lines hold a decisive share of the money (over 1 %)."""
    from segcli.ingest.notes import is_decisive_share

    skipped_totals = [
        *reconciliation.rejected,
        *(reason_total for reason_total in reconciliation.ignored if reason_total.reason in AUTOMATIC_REASONS),
    ]
    return is_decisive_share(sum(abs(reason_total.money) for reason_total in skipped_totals), reconciliation.money_read)


def _print_notes(input_reports: "Sequence[InputReport]", console: Console) -> None:
    """Print the notes on inputs, the most important first.

    Notes on more than 1% of the money come first, then notes with an option that would change figures, then others.
    """
    notes = [
        (note in input_report.decisive_notes, OPTION_MARK in note, note)
        for input_report in input_reports
        for note in input_report.notes
    ]
    for is_decisive, _, note in sorted(notes, key=lambda entry: (not entry[0], not entry[1])):
        console.log("note", note, is_important=is_decisive)


def _format_line_counts(reconciliation: "Reconciliation") -> str:
    kept_text: str = count_message("{count} line", "{count} lines", reconciliation.kept)
    if reconciliation.returns.lines:
        kept_text = message(
            "{lines} ({returns} of them returns)", lines=kept_text, returns=reconciliation.returns.lines
        )
    return join_facts([kept_text, *_list_reasons(reconciliation)])


def _list_reasons(reconciliation: "Reconciliation") -> list[str]:
    """Return the numbers of rejected and of ignored lines by reason."""
    from segcli.ingest.reasons import REASONS

    return [
        *(
            message("rejected {lines} ({reason})", lines=total.lines, reason=REASONS[total.reason].short)
            for total in reconciliation.rejected
        ),
        *(
            message("ignored {lines} ({reason})", lines=total.lines, reason=REASONS[total.reason].short)
            for total in reconciliation.ignored
        ),
    ]


def _format_money_sums(reconciliation: "Reconciliation") -> str:
    rejected, ignored = (
        sum(reason_total.money for reason_total in reason_totals)
        for reason_totals in (reconciliation.rejected, reconciliation.ignored)
    )
    sums = message(
        "{read:,.2f} = kept {kept:,.2f} + rejected {rejected:,.2f} + ignored {ignored:,.2f}",
        read=reconciliation.money_read,
        kept=reconciliation.money_kept,
        rejected=rejected,
        ignored=ignored,
    )
    facts: list[str] = [join_messages(" + ", [sums, *_format_unreadable(reconciliation)])]
    if reconciliation.refunded:
        facts.append(message("refunded {money:,.2f} of the kept money", money=reconciliation.refunded))
    return join_facts(facts)


def _format_unreadable(reconciliation: "Reconciliation") -> list[str]:
    """Return the part about money that is in none of the sums."""
    if not reconciliation.unreadable:
        return []
    without_digits = reconciliation.unreadable - reconciliation.unreadable_with_digits
    if not reconciliation.unreadable_with_digits:
        size = message("no digits")
    elif without_digits:
        size = message(
            "about {money:,.2f} and {count} without digits",
            money=reconciliation.unreadable_money,
            count=without_digits,
        )
    else:
        size = message("about {money:,.2f}", money=reconciliation.unreadable_money)
    return [
        count_message(
            "unreadable {count} line ({size})",
            "unreadable {count} lines ({size})",
            reconciliation.unreadable,
            size=size,
        )
    ]


def _describe_base(customers: "Customers", *, is_as_of_given: bool) -> list[str]:
    from segcli import columns, formatting

    table, day = customers.table, customers.as_of
    if day is None:
        facts: list[str] = [message("not known")]
    elif is_as_of_given:
        facts = [message("{day} (given)", day=day)]
    elif customers.input_reports[0].reconciliation:
        facts = [message("{day} (last order + 1 day)", day=day)]
    else:
        facts = [message("{day} (from the table)", day=day)]
    facts.append(count_message("{count} customer", "{count} customers", len(table)))
    if columns.ORDERS in table:
        facts.append(count_message("{count} order", "{count} orders", int(table[columns.ORDERS].sum())))
    if columns.REVENUE in table:
        facts.append(
            message("revenue {money}", money=formatting.format_total(table[columns.REVENUE].sum(), customers.currency))
        )
    return facts

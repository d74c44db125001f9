"""What is said on stderr about the inputs of a command: how they were read, and where every line went."""

import shlex
import sys
from typing import TYPE_CHECKING

from segcli.cli.options import Asked
from segcli.cli.streams import NEXT, Talk, format_name, is_terminal, joined
from segcli.counting import counted

if TYPE_CHECKING:
    from segcli.model import Customers, Fate, Reading, Reconciliation, Segmentation
    from segcli.reports.report import Findings

ROWS_ONLY = ("csv", "tsv", "ndjson")
UNASKED = ("in_earlier_file", "date_outlier")  # reasons to ignore lines that segcli finds by itself
BY_CUSTOMER = "segmented.csv"  # what the file is called that `tell_next` proposes


def tell(customers: "Customers", talk: Talk, *, as_of_given: bool, verbose: bool = False) -> None:
    """The block above a result."""
    from segcli.reports.envelope import reading as facts

    for reading in customers.readings:
        one = reading.input
        rows = counted(one.rows, "line" if reading.lines else "row")
        told = facts(reading) if talk.is_json else {}  # the digest of a large file is not worked out for nothing
        talk.say("read", f"{one.name}  {rows}  {reading.dialect}", **told)
        if reading.preset:
            talk.say("preset", reading.preset)
        columns = [f"{own}={name}" for own, name in reading.columns.items() if verbose or reading.lines or own != name]
        if columns:  # of a table of customers only what is called otherwise there: segcli's own have all names right
            talk.say("columns", "  ".join(columns))
        if reading.lines:
            is_decisive = _leaves_out_money(reading.lines)
            talk.say("kept", _lines(reading.lines), always=is_decisive)
            talk.say("money", _money(reading.lines), always=is_decisive)
        _notes(reading, talk)
    talk.say("as of", joined(_base(customers, as_of_given=as_of_given)))
    for warning in customers.warnings:
        talk.say("warning", warning, always=any(warning in one.decisive_notes for one in customers.readings))


def tell_result(result: "Segmentation", talk: Talk, asked: Asked) -> None:
    """What a segmentation noticed; and its notes (edges, counts, reasons) where the output has only rows."""
    for warning in result.warnings[len(result.customers.warnings) :]:
        talk.say("warning", warning)
    if format_name(asked, document=False) in ROWS_ONLY:
        for note in result.notes:
            talk.say("note", note)


def tell_next(source: str | None, asked: Asked, talk: Talk) -> None:
    """To a person at a terminal who named a file: the same with a row per customer, a page about it, and settings."""
    if source in (None, "-") or asked.output or asked.layout or not is_terminal(sys.stdout):
        return
    typed = sys.argv[1:]
    talk.say(NEXT, f"each customer's segment: segcli {shlex.join(typed)} -o {BY_CUSTOMER}")
    talk.say(NEXT, f"a page about the segments: segcli report {BY_CUSTOMER} -o report.html")
    if typed[1:] == [source]:  # nothing was said of the file that settings would have to say as well
        talk.say(NEXT, f"settings to do it again: segcli init {shlex.quote(str(source))} -o segments.yaml")


def tell_withheld(findings: "Findings", talk: Talk) -> None:
    """Print the segments that are too small to be shown, and those that are shown with small numbers."""
    from segcli.reports.shield import small_segments

    for one in findings.segmentations:
        few = small_segments(one, findings.privacy)
        if few:
            least = f"fewer than {findings.privacy.small_numbers} customers; privacy.small_numbers"
            talk.say("note", f"small numbers: {one.column}: {', '.join(few)} ({least})")
    if findings.shield is None:
        return
    for column, names in findings.shield.names.items():
        if names:
            least = f"fewer than {findings.shield.smallest} customers, or with such"
            talk.say("withheld", f"{column}: {', '.join(names)} ({least}; {findings.privacy.smallest_by})")


def _leaves_out_money(lines: "Reconciliation") -> bool:
    """Tell whether lines with more than 1 % of the money are left out that nobody asked to leave out."""
    from segcli.ingest.notes import is_decisive

    left_out = [*lines.rejected, *(fate for fate in lines.ignored if fate.reason in UNASKED)]
    return is_decisive(sum(abs(fate.money) for fate in left_out), lines.money_read)


def _notes(reading: "Reading", talk: Talk) -> None:
    for note in reading.notes:
        talk.say("note", note, always=note in reading.decisive_notes)


def _lines(lines: "Reconciliation") -> str:
    kept = counted(lines.kept, "line")
    if lines.returns.lines:
        kept += f" ({lines.returns.lines:,} of them returns)"
    return joined([kept, *_fates("rejected", lines.rejected), *_fates("ignored", lines.ignored)])


def _fates(verb: str, fates: "tuple[Fate, ...]") -> list[str]:
    from segcli.ingest.reasons import REASONS

    return [f"{verb} {fate.lines:,} ({REASONS[fate.reason].short})" for fate in fates]


def _money(lines: "Reconciliation") -> str:
    rejected, ignored = (sum(f.money for f in fates) for fates in (lines.rejected, lines.ignored))
    sums = f"{lines.money_read:,.2f} = kept {lines.money_kept:,.2f} + rejected {rejected:,.2f} + ignored {ignored:,.2f}"
    sums += _unreadable(lines)
    return joined([sums, *[f"refunded {lines.refunded:,.2f} of the kept"] * bool(lines.refunded)])


def _unreadable(lines: "Reconciliation") -> str:
    """Name the money that is in none of the sums."""
    if not lines.unreadable:
        return ""
    if not lines.unreadable_with_digits:
        size = "no digits"
    else:
        without = lines.unreadable - lines.unreadable_with_digits
        size = f"about {lines.unreadable_money:,.2f}" + (f" and {without:,} without digits" if without else "")
    return f" + unreadable {counted(lines.unreadable, 'line')} ({size})"


def _base(customers: "Customers", *, as_of_given: bool) -> list[str]:
    from segcli import columns as c
    from segcli.reports import numbers

    table, day = customers.table, customers.as_of
    how = "given" if as_of_given else "last order + 1 day" if customers.readings[0].lines else "as in the table"
    facts = [f"{day.isoformat()} ({how})"] if day else ["not known"]
    facts.append(counted(len(table), "customer"))
    if c.ORDERS in table:
        facts.append(counted(table[c.ORDERS].sum(), "order"))
    if c.REVENUE in table:
        facts.append(f"revenue {numbers.money(table[c.REVENUE].sum())}")
    return facts

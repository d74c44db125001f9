"""An order export of which all lines are at hand -> its lines added up, as one piece."""

from dataclasses import replace
from datetime import timedelta

from segcli import columns as c
from segcli.customers.asked import Asked
from segcli.customers.tallied import Tallied
from segcli.customers.tally import tally
from segcli.errors import InputProblem
from segcli.ingest import money, quality, rejects
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.lines import Lines
from segcli.ingest.money import Scales
from segcli.ingest.opening import Opened, opened
from segcli.ingest.per_order import PerOrder, per_order
from segcli.ingest.pieces import Understood
from segcli.ingest.plan import needed
from segcli.ingest.transactions import CARRIED, duplicates, judged, kept, leave_out_by_day

CARRIED_ALWAYS = (c.ORDER_ID, *CARRIED)


def tallied(file: Opened, asked: Asked, *, alone: bool) -> Tallied:
    """The purchases, and one tally of all lines.

    Args:
        file: an order export, or the head of one.
        asked: policies, and what else the lines must tell.
        alone: whether it is the only file. Then its lines are kept, its units of money may be coarser than those of
            files that are added to each other, and it tells the day that orders are too old by.

    Raises:
        InputProblem: a needed column is missing or cannot be read, or amounts are too large to be added up.
    """
    file, given = read(file, asked)
    export, settings = given.export, asked.settings
    lines, fates = judged(given, settings, asked.as_of, asked.privacy, None if alone else Scales())
    repeated = duplicates(export, fates, given.counted, settings)
    if alone and asked.as_of is None:
        _leave_out_old(lines, fates, asked)
    part = tally(Understood(export, lines, fates, repeated=repeated), settings)
    if not alone:
        _refuse_too_large(part.highest, lines, file)
    assert part.runs is not None
    return Tallied(
        file,
        lines.date_format,
        part.runs,
        ((replace(part, runs=None), 0),),
        given.notes,
        rejects.listing(export, fates, told=asked.told) if settings.rejects else (),
        tuple(quality.judge(export.cells, file.recognition, file.source, asked.rules)),
        lines.scales,
        kept(export, lines, fates.kept, (*CARRIED_ALWAYS, *asked.contacts)) if alone else None,
        is_whole=True,
    )


def read(file: Opened, asked: Asked) -> tuple[Opened, PerOrder]:
    """A file with all its lines, of which those of one order know its fields."""
    if file.content.is_head:
        file = like(file, opened(file.asked))
    export = _export(file, asked)
    export.require(c.CUSTOMER_ID, c.ORDER_DATE)
    return file, per_order(export)


def like(file: Opened, other: Opened) -> Opened:
    """Another file without the columns that are not read of this one."""
    return other.without(set(other.recognition.columns) - set(file.recognition.columns))


def _export(main: Opened, asked: Asked) -> Export:
    """The needed columns and those that rules are about; all of them where whole lines are compared."""
    ruled = [quality.column_of(name, main.recognition, main.header) for name in asked.rules]
    wanted = None if asked.settings.dedupe == "lines" else [*needed(main), *ruled]
    return Export(main.content, main.cells(wanted), main.recognition, main.source, main.preset, main.advice)


def _leave_out_old(lines: Lines, fates: Fates, asked: Asked) -> None:
    """By the day after the last purchase."""
    bought = lines.days[fates.kept & ~lines.returned]
    if len(bought):
        leave_out_by_day(fates, lines, bought.max().astype(object) + timedelta(days=1), asked.privacy)


def _refuse_too_large(highest: int, lines: Lines, file: Opened) -> None:
    if 2 * highest * max(len(lines.money), 1) >= money.CAPACITY:
        raise InputProblem(
            "holds amounts too large to be added up over several files",
            source=file.content.name,
            remedy="Look for a mistaken decimal mark, and say which with --decimal",
        )

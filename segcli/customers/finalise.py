"""Totals of all files -> the customer table: the as-of day is known only now, and so is who bought at all."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache, partial
from typing import NoReturn

import pandas as pd

from segcli import columns
from segcli.arrow import to_strings
from segcli.customers.engines import Engine
from segcli.customers.file_totals import FileTotals
from segcli.customers.order_runs import day_of, decode_place
from segcli.customers.partition import AggregationOptions, CustomerPart, ExcludedReturns
from segcli.customers.read_request import ReadRequest
from segcli.customers.returns import only_returns
from segcli.errors import InputProblem
from segcli.files.parts import digest as digest_of
from segcli.ingest import customer_ids, encoding, identity, line_types
from segcli.ingest.account import Account, Group
from segcli.ingest.outliers import notes
from segcli.ingest.void import unsaid
from segcli.model import Customers, Input, Reading, Transactions

DAY_AFTER = 1

ReadLines = Callable[[pd.DataFrame | None, date], pd.DataFrame]


def finalise(files: Sequence[FileTotals], engine: Engine, request: ReadRequest, read_lines: ReadLines) -> Customers:
    """Aggregate all files into one row per customer.

    Args:
        files: the totals of each file, in the order of their numbers; what belongs to customers is in the engine.
        engine: that read the files.
        request: policies, whether customers may be named, and the day recency is counted to; by default the day after
            the last order.
        read_lines: reads the kept lines up to a day, given those that are in memory.

    Raises:
        InputProblem: nobody bought anything.
    """
    settings, scales = request.settings, files[0].scales
    last_days = [file.last_day for file in files if file.last_day is not None]
    if not last_days:
        _refuse_nothing_left(files)
    day = request.as_of or day_of(max(last_days) + DAY_AFTER)
    made = engine.aggregate(AggregationOptions(day, scales, settings.returns, tuple(settings.measures)))
    ids = to_strings(made.table[columns.CUSTOMER_ID])
    id_notes = tuple(identity.notes(ids, made.lines, told=request.may_name_customers))
    readings = tuple(_readings(files, made, id_notes, is_partial=request.is_partial))
    lines_at_hand = files[0].kept
    lines = Transactions(
        cache(lambda: read_lines(lines_at_hand, day)),
        scales.money,
        files[0].has_money,
        day,
        readings[0],
        settings.collapse,
        settings.returns,
    )
    warnings = tuple(warning for reading in readings for warning in only_returns(reading))
    verdicts = tuple(verdict for file in files for verdict in file.verdicts)
    return Customers(made.table, day, readings, warnings, verdicts, lines)


def _refuse_nothing_left(files: Sequence[FileTotals]) -> NoReturn:
    why = Account.together([(file.account, 0) for file in files]).said() or "all lines are returns"
    raise InputProblem(f"no purchase is left after cleaning ({why})", source=files[0].name, remedy=files[0].file.advice)


def _readings(
    files: Sequence[FileTotals], made: CustomerPart, id_notes: tuple[str, ...], *, is_partial: bool
) -> Iterator[Reading]:
    """Report how each file was read; notes on ids are about all files and stand behind the last."""
    for number, file in enumerate(files):
        account = file.account
        for entry in _merge_excluded(made.excluded, number):
            _, chunk, line = decode_place(entry.place)
            group = Group(entry.lines, entry.money, file.lines_above[chunk] + line)
            account = account.without(entry.reason, group, entry.refunded)
        file_notes = _file_notes(file, exact=file.is_whole or not made.has_split_orders, is_partial=is_partial)
        yield _reading(file, account, (*file_notes, *(id_notes if file is files[-1] else ())))


def _merge_excluded(entries: Sequence[ExcludedReturns], file: int) -> Iterator[ExcludedReturns]:
    for reason in ("after_as_of", "return_without_purchase"):
        found = [entry for entry in entries if (entry.file, entry.reason) == (file, reason)]
        if found:
            lines, money, refunded = (sum(getattr(e, name) for e in found) for name in ("lines", "money", "refunded"))
            yield ExcludedReturns(file, reason, lines, money, refunded, min(entry.place for entry in found))


def _file_notes(file: FileTotals, *, exact: bool, is_partial: bool) -> Iterator[str]:
    """Yield what was noticed in a file; `exact` tells whether all repeated lines were found.

    If lines were read only in part, those that seem repeated may differ in what was not read.
    """
    yield from file.notes
    yield from unsaid(file.statuses)
    yield from line_types.notes(file.types, file.scales.money)
    if file.repeated and is_partial:
        yield from identity.possibly_repeated(file.repeated, file.account.read.lines)
    elif file.repeated:
        yield identity.repeated(file.repeated, exact=exact)
    yield from notes(file.amounts, file.scales.money, lambda _: file.largest_line)
    yield from identity.rewritten(len(file.rewritten))
    yield from customer_ids.notes(file.id_changes)


def _reading(file: FileTotals, account: Account, said: Sequence[str]) -> Reading:
    content, dialect = file.file.content, file.file.dialect
    digest = cache(partial(digest_of, content.name)) if content.is_head else content.sha256
    return Reading(
        Input(content.name, content.size, digest, account.read.lines),
        "orders",
        f"{dialect}  dates {file.dates}",
        file.file.recognition.columns,
        account.reconciled(file.scales.money),
        file.file.preset,
        (*dialect.notes, *encoding.twice_note(file.twice), *said),
        file.rejects,
    )

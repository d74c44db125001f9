"""Totals of all files -> the customer table: the as-of day is known only now, and so is who bought at all."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import NoReturn

import pandas as pd

from segcli import columns
from segcli.arrow import to_strings
from segcli.counting import counted
from segcli.customers.engines import Engine
from segcli.customers.file_totals import FileTotals
from segcli.customers.order_runs import day_of, decode_place
from segcli.customers.partition import AggregationOptions, CustomerPart, ExcludedReturns
from segcli.customers.read_request import ReadRequest
from segcli.customers.returns import only_returns
from segcli.errors import InputProblem
from segcli.files.parts import digest as digest_of
from segcli.ingest import customer_ids, encoding, identity, money, unreadable
from segcli.ingest.account import Account, Group
from segcli.ingest.customer_keys import describe_blank_ids
from segcli.ingest.date_outliers import describe_date_outliers
from segcli.ingest.line_types import type_notes
from segcli.ingest.notes import Note, set_option
from segcli.ingest.order_keys import order_key_notes
from segcli.ingest.outliers import notes
from segcli.ingest.price_evidence import price_notes
from segcli.ingest.statuses import REFUND_STATUSES, describe_statuses, document_notes, status_notes
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
    _refuse_uncountable(files)
    last_days = [file.last_day for file in files if file.last_day is not None]
    if not last_days:
        _refuse_nothing_left(files)
    day = request.as_of or day_of(max(last_days) + DAY_AFTER)
    made = engine.aggregate(AggregationOptions(day, scales, settings.returns, tuple(settings.measures)))
    _refuse_inexact(files, made)
    ids = to_strings(made.table[columns.CUSTOMER_ID])
    id_notes = (*_basket_notes(made), *identity.notes(ids, made.lines, told=request.may_name_customers))
    readings = tuple(_readings(files, made, request, id_notes))
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
    warnings = (
        *(warning for file in files for warning in _file_warnings(file)),
        *(warning for reading in readings for warning in only_returns(reading)),
    )
    verdicts = tuple(verdict for file in files for verdict in file.verdicts)
    return Customers(made.table, day, readings, warnings, verdicts, lines)


def _refuse_uncountable(files: Sequence[FileTotals]) -> None:
    """Refuse files whose sums do not fit 64 bits together, and those whose amounts are all finer than any unit."""
    finest = next((file for file in files if file.finer and not file.account.read.units), None)
    if finest is not None:
        raise InputProblem(
            f"all amounts are finer than {1 / finest.scales.money:f}, the finest unit of money, and would sum to 0",
            source=finest.name,
            line=finest.largest_line,
            remedy="Export amounts in a smaller unit",
        )
    if len(files) > 1 and sum(file.magnitude for file in files) >= money.CAPACITY:
        raise _too_large(files, "the sum over all files has more than 18 digits")


def _refuse_inexact(files: Sequence[FileTotals], made: CustomerPart) -> None:
    """Refuse sums of which the results, which are floating-point numbers, would not show every cent."""
    accounts = (file.account.is_exact(file.scales.money) for file in files)
    if not made.is_exact or not all(accounts):
        raise _too_large(files, "results would not show every cent of the sums")


def _too_large(files: Sequence[FileTotals], why: str) -> InputProblem:
    file = max(files, key=lambda file: file.amounts.largest)
    return InputProblem(
        f"amounts too large to be added up exactly: this is the largest, and {why}",
        source=file.name,
        line=file.largest_line,
        remedy="Correct the line, or check the decimal mark and declare it with --decimal",
    )


def _basket_notes(made: CustomerPart) -> Iterator[str]:
    if made.baskets is not None and made.baskets < made.orders:
        yield (
            f"no order ids: each of {counted(made.orders, 'line')} counts as an order; "
            f"{set_option('ingest.collapse', 'day')} counts {counted(made.baskets, 'basket')}, one a customer and day"
        )


def _file_warnings(file: FileTotals) -> Iterator[str]:
    return unreadable.warnings(file.unreadable, file.amounts, file.account.read.lines, file.scales.money)


def _refuse_nothing_left(files: Sequence[FileTotals]) -> NoReturn:
    why = Account.together([(file.account, 0) for file in files]).said() or "all lines are returns"
    note = next(filter(None, map(_note_on_blank_ids, files)), "")
    remedy = files[0].file.advice or (f"T{note[1:]}" if note else "")
    raise InputProblem(f"no purchase is left after cleaning ({why})", source=files[0].name, remedy=remedy)


def _note_on_blank_ids(file: FileTotals) -> str:
    blank = file.account.left_out.get("no_customer_id", Group()).lines
    return describe_blank_ids(file.file, blank, file.account.read.lines) if blank else ""


def _readings(
    files: Sequence[FileTotals], made: CustomerPart, request: ReadRequest, id_notes: tuple[str, ...]
) -> Iterator[Reading]:
    """Report how each file was read; notes on ids are about all files and stand behind the last."""
    for number, file in enumerate(files):
        account = file.account
        for entry in _merge_excluded(made.excluded, number):
            _, chunk, line = decode_place(entry.place)
            group = Group(entry.lines, entry.money, file.lines_above[chunk] + line)
            account = account.without(entry.reason, group, entry.refunded)
        dates = describe_date_outliers(file.days, request.outlier_days, request.settings.date_outliers)
        exact = file.is_whole or not made.has_split_orders
        file_notes = _file_notes(file, exact=exact, is_partial=request.is_partial)
        notes_on_ids = map(Note, id_notes) if file is files[-1] else ()
        yield _reading(file, account, (*map(Note, dates), *file_notes, *notes_on_ids))


def _merge_excluded(entries: Sequence[ExcludedReturns], file: int) -> Iterator[ExcludedReturns]:
    for reason in ("after_as_of", "return_without_purchase"):
        found = [entry for entry in entries if (entry.file, entry.reason) == (file, reason)]
        if found:
            lines, money, refunded = (sum(getattr(e, name) for e in found) for name in ("lines", "money", "refunded"))
            yield ExcludedReturns(file, reason, lines, money, refunded, min(entry.place for entry in found))


def _file_notes(file: FileTotals, *, exact: bool, is_partial: bool) -> Iterator[Note]:
    """Yield what was noticed in a file; `exact` tells whether all repeated lines were found.

    If lines were read only in part, those that seem repeated may differ in what was not read.
    """
    yield from map(Note, filter(None, [_note_on_blank_ids(file)]))
    yield from file.notes
    listed, scale = file.file.source.void or {}, file.scales.money
    knows_refunds = columns.REFUNDED in file.file.recognition.columns
    ignored = REFUND_STATUSES if knows_refunds or file.types.returns.lines else frozenset[str]()
    yield from status_notes(file.statuses, file.file.status, listed, scale, ignored)
    yield from document_notes(file.statuses, file.file.status, listed, scale)
    yield from type_notes(file.types, file.scales.money)
    if not file.file.preset:  # which knows what its columns mean
        evidence = replace(file.prices, discounted=0) if file.file.contains_discount else file.prices
        yield from price_notes(evidence, file.file.recognition.columns, file.file.source, file.scales.money)
    total = file.account.read.units / file.scales.money
    yield from (Note(rival.text, rival.share * total) for rival in file.file.rivals)
    if file.file.asked.order_ids is None and not file.file.preset:
        yield from order_key_notes(file.order_sample, is_daily=file.file.source.order_ids == "daily")
    yield from (Note(text, math.inf) for text in _money_notes(file))
    yield from map(Note, _plain_notes(file, exact=exact, is_partial=is_partial))


def _money_notes(file: FileTotals) -> Iterator[str]:
    if not file.has_money:
        yield "no column of amounts is recognised: revenue is not known; --map amount=NAME names one"
    elif file.finer:
        yield (
            f"{counted(file.finer, 'amount')} finer than {1 / file.scales.money:f}, the finest unit of money: "
            f"{'it is' if file.finer == 1 else 'they are'} rounded to it; to keep all digits, export amounts in a "
            "smaller unit"
        )
    elif file.account.kept.lines and not file.amounts.largest and not file.account.read.units:
        yield "all amounts are zero: revenue is not known; --map amount=NAME names another column"


def _plain_notes(file: FileTotals, *, exact: bool, is_partial: bool) -> Iterator[str]:
    if file.repeated and is_partial:
        yield from identity.possibly_repeated(file.repeated, file.account.read.lines)
    elif file.repeated:
        yield identity.repeated(file.repeated, exact=exact)
    yield from notes(file.amounts, file.scales.money, lambda _: file.largest_line)
    yield from identity.rewritten(len(file.rewritten))
    yield from customer_ids.notes(file.id_changes)


def _reading(file: FileTotals, account: Account, noted: Sequence[Note]) -> Reading:
    content, dialect, scale = file.file.content, file.file.dialect, file.scales.money
    return Reading(
        Input(content.name, content.size, cache(partial(digest_of, content)), account.read.lines),
        "orders",
        f"{dialect}  dates {file.dates}",
        file.file.recognition.columns,
        replace(
            account.reconciled(scale),
            unreadable=file.unreadable.lines,
            unreadable_with_digits=file.unreadable.with_digits,
            unreadable_money=file.unreadable.units / scale,
        ),
        file.file.preset,
        (*dialect.notes, *encoding.twice_note(file.twice), *(note.text for note in noted)),
        file.rejects,
        (*_file_warnings(file), *(note.text for note in noted if note.is_decisive(account.read.units / scale))),
        tuple(describe_statuses(file.statuses, file.file.status, file.file.source.void or {}, scale)),
    )

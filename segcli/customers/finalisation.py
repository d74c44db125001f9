"""Turn the totals of all files into the customer table, once the as-of day and the set of buyers are known."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import NoReturn

import pandas as pd

from segcli import columns
from segcli.arrow import to_arrow_strings
from segcli.customers.aggregation import AggregationOptions, CustomerPartition, ExcludedReturns
from segcli.customers.engines import Engine
from segcli.customers.file_totals import FileTotals
from segcli.customers.order_runs import date_of_day_number, decode_place
from segcli.customers.orders import note_unmatched_returns
from segcli.customers.read_request import ReadRequest
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.ingest import customer_ids, encoding, money, rejects
from segcli.ingest.column_matching import is_name_of
from segcli.ingest.customer_keys import describe_blank_ids
from segcli.ingest.evidence import price_notes
from segcli.ingest.minor_units import note_minor_units
from segcli.ingest.notes import Note, format_set_option
from segcli.ingest.order_id_reuse import order_id_notes
from segcli.ingest.order_status import (
    REFUND_STATUSES,
    document_notes,
    line_type_notes,
    list_status_values,
    status_notes,
)
from segcli.ingest.outliers import amount_outlier_notes, date_outlier_notes
from segcli.ingest.reconciliation import Bucket, ReconciliationTotals
from segcli.io.paths import compute_digest as digest_of
from segcli.model import Customers, Input, InputReport, Transactions

DAYS_AFTER_LAST_ORDER = 1

LineReader = Callable[[pd.DataFrame | None, date], pd.DataFrame]


def finalise_customers(
    files: Sequence[FileTotals], engine: Engine, request: ReadRequest, read_lines: LineReader
) -> Customers:
    """Aggregate all files into one row per customer.

    Args:
        files: the totals of each file, ordered by file number; the engine holds their runs and returns.
        engine: the engine that read the files.
        request: policies, whether notes may show customer ids, and the day that recency is counted to (default: the day
            after the last order).
        read_lines: function that reads the kept lines up to a day, given those that are in memory.

    Raises:
        InputProblem: there are no purchases.
    """
    settings, scales = request.settings, files[0].scales
    _refuse_uncountable(files)
    last_days = [file.last_day for file in files if file.last_day is not None]
    if not last_days:
        _refuse_no_purchases(files)
    day = request.as_of or date_of_day_number(max(last_days) + DAYS_AFTER_LAST_ORDER)
    result = engine.aggregate_customers(AggregationOptions(day, scales, settings.returns, tuple(settings.measures)))
    _refuse_inexact(files, result)
    ids = to_arrow_strings(result.table[columns.CUSTOMER_ID])
    id_notes = (
        *_note_baskets(result),
        *customer_ids.id_notes(ids, result.line_counts, may_name_ids=request.may_name_customers),
    )
    input_reports = tuple(_report_inputs(files, result, request, id_notes))
    lines_in_memory = files[0].kept_lines
    transactions = Transactions(
        cache(lambda: read_lines(lines_in_memory, day)),
        scales.money,
        files[0].has_money,
        day,
        input_reports[0],
        settings.collapse,
        settings.returns,
    )
    warnings = (
        *(warning for file in files for warning in _warn_about_file(file)),
        *(warning for input_report in input_reports for warning in note_unmatched_returns(input_report)),
    )
    quality_checks = tuple(check for file in files for check in file.quality_checks)
    return Customers(
        result.table,
        day,
        input_reports,
        warnings,
        quality_checks,
        transactions,
        currency=_find_shared_currency(files, settings.rates),
    )


def _find_shared_currency(files: Sequence[FileTotals], rates: Mapping[str, float]) -> str:
    """Return the currency of all sums: the only one, or the one that the others are converted to; blank if unknown."""
    currencies = frozenset[str]().union(*(file.currencies for file in files))
    base_currencies = [currency for currency, rate in rates.items() if rate == 1] if rates else sorted(currencies)
    return base_currencies[0] if currencies and len(base_currencies) == 1 else ""


def _refuse_uncountable(files: Sequence[FileTotals]) -> None:
    """Reject files whose total does not fit 64 bits, and files whose amounts are all finer than any unit of money."""
    finest = next((file for file in files if file.too_fine and not file.reconciliation.read.units), None)
    if finest is not None:
        raise InputProblem(
            f"all amounts are finer than {1 / finest.scales.money:f}, the smallest unit of money, and would sum to 0",
            source=finest.file_name,
            line=finest.largest_line,
            remedy="export amounts in a smaller unit",
        )
    if len(files) > 1 and sum(file.magnitude for file in files) >= money.UNIT_CAPACITY:
        raise _too_large_problem(files, "the sum over all files has more than 18 digits")


def _refuse_inexact(files: Sequence[FileTotals], result: CustomerPartition) -> None:
    """Reject sums that floating-point results cannot represent to the cent."""
    are_exact = (file.reconciliation.is_exact(file.scales.money) for file in files)
    if not result.is_exact or not all(are_exact):
        raise _too_large_problem(files, "results could not show the sums to the cent")


def _too_large_problem(files: Sequence[FileTotals], explanation: str) -> InputProblem:
    file = max(files, key=lambda file: file.amounts.largest)
    return InputProblem(
        f"amounts too large for an exact sum: this is the largest, and {explanation}",
        source=file.file_name,
        line=file.largest_line,
        remedy="correct the line, or check the decimal mark and declare it with --decimal",
    )


def _note_baskets(result: CustomerPartition) -> Iterator[str]:
    if result.basket_count is not None and result.basket_count < result.order_count:
        yield (
            f"no order ids: each of {pluralize(result.order_count, 'line')} counts as an order; hint: "
            f"{format_set_option('ingest.collapse', 'day')} counts "
            f"{pluralize(result.basket_count, 'basket')}, one per customer and day"
        )


def _warn_about_file(file_totals: FileTotals) -> Iterator[str]:
    return rejects.unreadable_money_warnings(
        file_totals.unreadable_money,
        file_totals.amounts,
        file_totals.reconciliation.read.lines,
        file_totals.scales.money,
    )


def _refuse_no_purchases(files: Sequence[FileTotals]) -> NoReturn:
    exclusions = ReconciliationTotals.merge([(file.reconciliation, 0) for file in files]).format_exclusions()
    reasons = f" ({exclusions})" if exclusions else ": all lines are returns"
    blank_id_note = next(filter(None, map(_note_blank_ids, files)), "")
    remedy = files[0].input_file.advice or blank_id_note
    raise InputProblem(f"no purchases left after cleaning{reasons}", source=files[0].file_name, remedy=remedy)


def _note_blank_ids(file_totals: FileTotals) -> str:
    blank_lines = file_totals.reconciliation.left_out.get("no_customer_id", Bucket()).lines
    return (
        describe_blank_ids(file_totals.input_file, blank_lines, file_totals.reconciliation.read.lines)
        if blank_lines
        else ""
    )


def _report_inputs(
    files: Sequence[FileTotals], result: CustomerPartition, request: ReadRequest, id_notes: tuple[str, ...]
) -> Iterator[InputReport]:
    """Yield the report of each input; notes on ids concern all files and follow the last report."""
    for file_number, file in enumerate(files):
        reconciliation = file.reconciliation
        for entry in _merge_excluded(result.excluded_returns, file_number):
            _, chunk, line = decode_place(entry.place)
            bucket = Bucket(entry.lines, entry.money, file.lines_above_chunks[chunk] + line)
            reconciliation = reconciliation.exclude_returns(entry.reason, bucket, entry.refunded)
        date_notes = date_outlier_notes(file.day_counts, request.outlier_days, request.settings.date_outliers)
        found_all_repeats = file.is_whole or not result.has_split_orders
        file_notes = _note_file(file, found_all_repeats=found_all_repeats, is_partial=request.is_partial)
        notes_on_ids = map(Note, id_notes) if file is files[-1] else ()
        late_returns = () if request.as_of else _note_late_returns(reconciliation, file.scales.money)
        yield _report_input(file, reconciliation, (*map(Note, date_notes), *late_returns, *file_notes, *notes_on_ids))


def _note_late_returns(reconciliation: ReconciliationTotals, scale: int) -> Iterator[Note]:
    """Yield a note on returns after the default as-of day; no order is after it."""
    late_lines = reconciliation.left_out.get("after_as_of", Bucket())
    if late_lines.lines:
        money_sum = late_lines.units / scale
        yield Note(
            f"{pluralize(late_lines.lines, 'return line')} ({money_sum:,.2f}) more than a day after the last order "
            "excluded from revenue; hint: set a later day with --as-of",
            money_sum,
        )


def _merge_excluded(entries: Sequence[ExcludedReturns], file_number: int) -> Iterator[ExcludedReturns]:
    for reason in ("after_as_of", "return_without_purchase"):
        matching = [entry for entry in entries if (entry.file, entry.reason) == (file_number, reason)]
        if matching:
            line_sum, money_units, refunded = (
                sum(getattr(part, name) for part in matching) for name in ("lines", "money", "refunded")
            )
            yield ExcludedReturns(
                file_number, reason, line_sum, money_units, refunded, min(entry.place for entry in matching)
            )


def _note_file(file_totals: FileTotals, *, found_all_repeats: bool, is_partial: bool) -> Iterator[Note]:
    """Yield the data-quality notes of a file.

    Args:
        file_totals: totals of the file.
        found_all_repeats: whether all repeated lines were found.
        is_partial: whether some columns were not read, so that lines that look repeated may differ in these.
    """
    yield from map(Note, filter(None, [_note_blank_ids(file_totals)]))
    yield from file_totals.notes
    void_values, scale = file_totals.input_file.source.void or {}, file_totals.scales.money
    knows_refunds = file_totals.input_file.mapping.has_refunds
    ignored_statuses = (
        REFUND_STATUSES if knows_refunds or file_totals.line_types.returns.line_counts else frozenset[str]()
    )
    yield from status_notes(file_totals.statuses, file_totals.input_file.status, void_values, scale, ignored_statuses)
    yield from document_notes(file_totals.statuses, file_totals.input_file.status, void_values, scale)
    yield from line_type_notes(file_totals.line_types, file_totals.scales.money)
    if not file_totals.input_file.preset:  # presets already define the meaning of their columns
        evidence = (
            replace(file_totals.price_evidence, discounted=0)
            if file_totals.input_file.contains_discount
            else file_totals.price_evidence
        )
        yield from price_notes(
            evidence, file_totals.input_file.mapping.columns, file_totals.input_file.source, file_totals.scales.money
        )
    total_money = file_totals.reconciliation.read.units / file_totals.scales.money
    yield from (Note(rival.text, rival.share * total_money) for rival in file_totals.input_file.rival_amounts)
    if file_totals.input_file.requested_source.order_ids is None and not file_totals.input_file.preset:
        yield from order_id_notes(file_totals.order_sample, is_daily=file_totals.input_file.source.order_ids == "daily")
    yield from (Note(text, math.inf) for text in _note_money(file_totals))
    yield from map(Note, _note_line_evidence(file_totals, found_all_repeats=found_all_repeats, is_partial=is_partial))


def _note_money(file_totals: FileTotals) -> Iterator[str]:
    yield from note_minor_units(file_totals.input_file.mapping.columns, file_totals.input_file.source)
    if not file_totals.has_money:
        input_file = file_totals.input_file
        advice = "" if input_file.preset else input_file.advice
        yield (
            "no column recognised as amount, so revenue is unknown; hint: "
            f"{advice or 'choose the column with --map amount=NAME'}"
        )
    elif file_totals.too_fine:
        yield (
            f"{pluralize(file_totals.too_fine, 'amount')} finer than "
            f"{1 / file_totals.scales.money:f}, the smallest unit of money, "
            f"rounded to it; "
            "hint: to keep all digits, export amounts in a smaller unit"
        )
    elif (
        file_totals.reconciliation.kept.lines
        and not file_totals.amounts.largest
        and not file_totals.reconciliation.read.units
    ):
        yield "all amounts are zero, so revenue is unknown; hint: choose another column with --map amount=NAME"


def _note_line_evidence(file_totals: FileTotals, *, found_all_repeats: bool, is_partial: bool) -> Iterator[str]:
    if file_totals.repeated_lines and is_partial:
        yield from customer_ids.note_possible_repeats(file_totals.repeated_lines, file_totals.reconciliation.read.lines)
    elif file_totals.repeated_lines:
        yield customer_ids.describe_repeated_lines(file_totals.repeated_lines, is_exact=found_all_repeats)
    yield from amount_outlier_notes(file_totals.amounts, file_totals.scales.money, lambda _: file_totals.largest_line)
    yield from customer_ids.note_rewritten_ids(len(file_totals.normalised_ids))
    yield from customer_ids.id_change_notes(file_totals.id_changes)


def _report_input(
    file_totals: FileTotals, reconciliation: ReconciliationTotals, report_notes: Sequence[Note]
) -> InputReport:
    content, dialect, scale = file_totals.input_file.content, file_totals.input_file.dialect, file_totals.scales.money
    return InputReport(
        Input(content.name, content.size, cache(partial(digest_of, content)), reconciliation.read.lines),
        "orders",
        f"{dialect}  dates {file_totals.date_format}",
        file_totals.input_file.mapping.columns,
        replace(
            reconciliation.to_reconciliation(scale),
            unreadable=file_totals.unreadable_money.lines,
            unreadable_with_digits=file_totals.unreadable_money.with_digits,
            unreadable_money=file_totals.unreadable_money.units / scale,
        ),
        file_totals.input_file.preset,
        (*dialect.notes, *encoding.mojibake_notes(file_totals.mojibake), *(note.text for note in report_notes)),
        file_totals.rejects,
        (
            *_warn_about_file(file_totals),
            *(note.text for note in report_notes if note.is_decisive_for(reconciliation.read.units / scale)),
        ),
        tuple(
            list_status_values(
                file_totals.statuses, file_totals.input_file.status, file_totals.input_file.source.void or {}, scale
            )
        ),
        consent_column=next(
            (name for name in file_totals.input_file.header if is_name_of(name, columns.EMAIL_CONSENT)), ""
        ),
    )

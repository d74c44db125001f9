"""Order exports -> customers: each file from the state, in chunks, or whole; then all of them together."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial, reduce
from operator import or_
from threading import Lock

import pandas as pd

from segcli import columns, cores
from segcli.columns import Kind
from segcli.customers import engines, match
from segcli.customers.check_chunks import check_chunks, count_dated_lines, count_unread_dates
from segcli.customers.engines import Engine, local
from segcli.customers.file_totals import FileTotals, merge_chunks
from segcli.customers.finalise import finalise
from segcli.customers.measures import unwanted
from segcli.customers.order_lines import like, read_kept_lines, total_whole_file
from segcli.customers.overlap import (
    LineHashes,
    count_changed_orders,
    find_overlaps,
    note_changed_orders,
    overlap_notes,
    refuse_overlaps,
)
from segcli.customers.partial_totals import ChunkTotals
from segcli.customers.read_request import ReadRequest
from segcli.customers.state import State, open_state
from segcli.errors import InputProblem, UsageProblem
from segcli.files import stream
from segcli.files.read import check_version
from segcli.ingest.chunk_schema import ChunkMismatch, ChunkSchema, infer_chunk_schema, revise_schema
from segcli.ingest.currency import describe_rates
from segcli.ingest.date_outliers import DayCounts, find_date_outliers
from segcli.ingest.notes import Note
from segcli.ingest.opening import Opened, opened
from segcli.ingest.total_rows import has_labels
from segcli.model import Customers, Input, Reading

ATTEMPTS = 4  # as the first records suggest, in another encoding, in other formats, with order ids that start again


def read_orders(files: Sequence[Opened], request: ReadRequest) -> Customers:
    """Clean the order lines, aggregate customers, and check columns by their quality rules.

    Args:
        files: an order export, or several that are one.
        request: policies, and what else the lines are read for.

    Raises:
        InputProblem: nobody bought anything, or the files do not have the same columns.
        UsageProblem: lines are to be left out by a day that only all files show.
    """
    if len(files) > 1:
        _refuse_different_columns(files)
    if len(files) > 1 and request.privacy.retention_days is not None and request.as_of is None:
        raise UsageProblem("privacy.retention over several files needs the day it is counted to: give --as-of")
    if len(files) == 1 and files[0].is_bare:
        return _no_customers(files[0], request.settings.measures)
    unread = _unread_columns(files[0], request, are_several=len(files) > 1)
    request = replace(
        request,
        is_partial=not unread.isdisjoint(files[0].recognition.columns),
        hashes_lines=request.settings.state is not None or _compares_files(files, request),
    )
    files = [file.without({*unread, *match.CONTACTS} - set(request.contacts)) for file in files]
    with open_state(request.settings, request.contacts) as state, engines.open_engine(request.settings) as engine:
        reader = _FileReader(request, engine, state, is_alone=len(files) == 1 and state is None)
        threads = engine.files_at_once if state is None else 1
        totals = list(cores.in_order(lambda numbered: reader.read(*numbered), enumerate(files), threads))
        _refuse_different_currencies(totals, request)
        days = find_date_outliers(DayCounts.merge([(of_file.days, 0) for of_file in totals]))
        request = replace(request, outlier_days=days)
        reader = replace(reader, request=request, state=None)
        if request.settings.date_outliers != "keep":
            totals = _read_without_outliers(totals, reader)
        if _compares_files(files, request):
            totals, request = _read_without_overlaps(totals, reader)
        files = [of_file.file for of_file in totals]
        return finalise(totals, engine, request, partial(read_kept_lines, files, request))


def _compares_files(files: Sequence[Opened], request: ReadRequest) -> bool:
    return len(files) > 1 and request.settings.overlap != "keep"


def _read_without_overlaps(totals: list[FileTotals], reader: "_FileReader") -> tuple[list[FileTotals], ReadRequest]:
    """Read the files that have lines of an earlier one again, without these.

    Raises:
        InputProblem: files share lines, and the settings refuse that.
    """
    hashes = [of_file.line_hashes or LineHashes.merge(()) for of_file in totals]
    overlaps = find_overlaps(hashes, have_orders=columns.ORDER_ID in totals[0].file.recognition.columns)
    policy = reader.request.settings.overlap
    changed = count_changed_orders(hashes)
    if policy == "refuse":
        refuse_overlaps(overlaps, changed, [of_file.name for of_file in totals])
    counted_once = {number: overlap for number, overlap in overlaps.items() if policy == "once" or overlap.is_believed}
    request = replace(reader.request, overlaps=counted_once)
    again = replace(reader, request=request)
    for number, overlap in overlaps.items():
        if number in counted_once:
            totals[number] = again.read_like(totals[number], number)
        note = overlap_notes(overlap, is_once=number in counted_once)
        totals[number] = replace(totals[number], notes=(*totals[number].notes, note))
    for number, orders in changed.items():
        account, scale = totals[number].account, totals[number].scales.money
        note = note_changed_orders(orders, account.kept.lines, account.kept.units / scale)
        totals[number] = replace(totals[number], notes=(*totals[number].notes, note))
    return totals, request


@dataclass(frozen=True)
class _FileReader:
    """Reads files for one request; `is_alone` tells that there is one file and no state.

    `memory` is held by the thread that has all lines of a file in memory.
    """

    request: ReadRequest
    engine: Engine
    state: State | None
    is_alone: bool
    memory: Lock = field(default_factory=Lock)

    def read(self, number: int, file: Opened) -> FileTotals:
        """Take a file's totals from the state, or read it and keep its totals there."""
        if self.state is None:
            return _aggregate_file(file, number, self)
        request = self.request
        oldest = None
        if request.as_of is not None and request.privacy.retention_days is not None:
            oldest = request.as_of - timedelta(days=request.privacy.retention_days)
        digest = self.state.digest(file)
        stored = self.state.get(file, digest, number, request.as_of, oldest)
        if stored is None:
            everything = replace(request, as_of=None, privacy=request.privacy.model_copy(update={"retention": None}))
            with local.open_engine(request.settings) as engine:
                totals = _aggregate_file(file, number, replace(self, request=everything, engine=engine))
                self.state.put(totals, *engine.collect(), digest)
            stored = self.state.get(file, digest, number, request.as_of, oldest)
        if stored is None:  # it holds days that do not count
            return _aggregate_file(file, number, self)
        totals, runs, returns = stored
        totals = replace(totals, notes=(*totals.notes, *self.state.notes(digest)))
        self.engine.add(number, runs, returns)
        return totals

    def read_like(self, before: FileTotals, number: int) -> FileTotals:
        """Read a file again, in chunks or whole as before."""
        self.engine.discard(number)
        totals = _aggregate_file(before.file, number, self, is_whole=before.is_whole)
        return replace(totals, notes=before.notes)


def _read_without_outliers(totals: list[FileTotals], reader: _FileReader) -> list[FileTotals]:
    """Read the files that have lines of outlier days again, without these lines."""
    days = reader.request.outlier_days
    return [
        reader.read_like(of_file, number) if len(of_file.days.of_days(days).days) else of_file
        for number, of_file in enumerate(totals)
    ]


def _aggregate_file(file: Opened, number: int, reader: _FileReader, *, is_whole: bool = False) -> FileTotals:
    """Read a large file in chunks. Read it whole if it is small, does not suit chunks, or `is_whole` asks for it."""
    notes: tuple[Note, ...] = ()
    if file.content.is_head and not is_whole:
        try:
            return _aggregate_chunks(file, number, reader.request, reader.engine)
        except ChunkMismatch as mismatch:
            reader.engine.discard(number)
            notes = (Note(f"read whole, which takes more memory: {mismatch}"),)
    with reader.memory:
        totals, chunk = total_whole_file(file, reader.request, number, alone=reader.is_alone)
        assert chunk.runs is not None
        assert chunk.returns is not None
        reader.engine.add(number, chunk.runs, chunk.returns)
    return replace(totals, notes=(*totals.notes, *notes))


def _aggregate_chunks(file: Opened, number: int, request: ReadRequest, engine: Engine) -> FileTotals:
    """Read a file in chunks; where they contradict the first records, again by what all of them show.

    Raises:
        ChunkMismatch: the file is to be read whole.
    """
    if request.rules:
        raise ChunkMismatch("quality.columns needs all lines at once")
    schema = infer_chunk_schema(file, request.settings, request.privacy, has_as_of=request.as_of is not None)
    sample = None
    for _ in range(ATTEMPTS):
        chunks: list[ChunkTotals] = []
        try:
            chunks.extend(engine.total_chunks(schema, request, number))
            check_chunks(schema, chunks)
        except ChunkMismatch as mismatch:
            engine.discard(number)
            lines_above = schema.first_record + sum(chunk.lines for chunk in chunks)
            schema = _revise(schema, mismatch.below(lines_above), request, chunks)
            continue
        totals = _merge(schema, chunks)
        if not (schema.file.may_start_order_ids_again and totals.order_sample.starts_again):
            return totals if sample is None else replace(totals, order_sample=sample)
        sample = totals.order_sample
        engine.discard(number)
        schema = schema.with_order_ids("daily")
    raise ChunkMismatch("its parts are written in too many ways")


def _merge(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> FileTotals:
    has_money = bool({columns.AMOUNT, columns.UNIT_PRICE} & set(schema.file.recognition.columns))
    formats = " or ".join(schema.date_formats)
    totals = merge_chunks(schema.file, formats, chunks, has_money=has_money, lines_before=schema.first_record)
    return replace(totals, notes=(*map(Note, schema.notes), *totals.notes))


def _revise(
    schema: ChunkSchema, mismatch: ChunkMismatch, request: ReadRequest, chunks: Sequence[ChunkTotals]
) -> ChunkSchema:
    """Change a schema to what a mismatch shows.

    Raises:
        ChunkMismatch: no schema would do.
    """
    if mismatch.encoding is not None:
        return _in_encoding(schema, mismatch, request)
    if not mismatch.is_format:
        raise mismatch
    marks = [reduce(or_, of_column) for of_column in zip(*(chunk.marks for chunk in chunks), strict=True)]
    return revise_schema(schema, marks, count_unread_dates(chunks), count_dated_lines(chunks))


def _in_encoding(schema: ChunkSchema, mismatch: ChunkMismatch, request: ReadRequest) -> ChunkSchema:
    """Read the first records in another encoding than they suggest by themselves."""
    file = schema.file
    source = file.asked.model_copy(update={"encoding": mismatch.encoding})
    head = stream.head(file.content.name)
    check_version(head.name, head.version, file.content.version)
    again = like(file, opened(source, head))
    note = f"not UTF-8 (first at line {mismatch.line}): read as Windows-1252; --encoding decides"
    again = replace(again, asked=file.asked, dialect=replace(again.dialect, notes=(note, *again.dialect.notes)))
    return infer_chunk_schema(again, request.settings, request.privacy, has_as_of=request.as_of is not None)


def _unread_columns(file: Opened, request: ReadRequest, *, are_several: bool) -> set[str]:
    """Name the text columns that no measure needs, no rule checks, and that tell no orders or lines apart."""
    if not request.settings.measures:
        return set()
    kept = columns.ORDER_FIELDS if file.source.amount_per == "order" else ()
    compared = [columns.PRODUCT] if are_several or has_labels(file) else []
    return unwanted(request.settings.measures) - {*kept, *compared, *request.rules, *match.CONTACTS}


def _no_customers(file: Opened, measures: Collection[str]) -> Customers:
    """Return an empty table for an export with a header and nothing below it, with a note; that is no error."""
    content = file.content
    source = Input(content.name, content.size, content.sha256, 0)
    note = "no transactions: there is a header and nothing below it"
    reading = Reading(source, "orders", str(file.dialect), file.recognition.columns, preset=file.preset, notes=(note,))
    kinds = {Kind.DATE: "datetime64[s]", Kind.COUNT: "int64", Kind.DAYS: "int64"}
    empty = {
        name: pd.Series(dtype=kinds.get(kind, "float64"))
        for name, kind in columns.MEASURES.items()
        if not measures or name in measures
    }
    return Customers(pd.DataFrame({columns.CUSTOMER_ID: pd.Series(dtype="str"), **empty}), None, (reading,))


def _refuse_different_currencies(files: Sequence[FileTotals], request: ReadRequest) -> None:
    files = [file for file in files if file.has_money]  # without amounts, what currency they are in changes nothing
    found = sorted(frozenset[str]().union(*(file.currencies for file in files)))
    missing = [currency for currency in found if currency not in request.settings.rates]
    if len(found) > 1 and missing:
        other = next(file for file in files if file.currencies != files[0].currencies)
        raise InputProblem(
            f"amounts in another currency than in {files[0].name}: all files have {', '.join(found)}",
            source=other.name,
            remedy=describe_rates(found),
        )


def _refuse_different_columns(files: Sequence[Opened]) -> None:
    first = files[0]
    for file in files:
        if not file.is_orders:
            raise InputProblem(
                "holds one row per customer; only order exports are read several at a time",
                source=file.content.name,
                remedy="Name it behind the orders: segcli ingest ORDERS FILE",
            )
        differing = set(first.recognition.columns) ^ set(file.recognition.columns)
        if differing:
            raise InputProblem(
                f"has not the columns of {first.content.name}: only one of them has {', '.join(sorted(differing))}",
                source=file.content.name,
                line=1,
                remedy="Give files of one export, or say which columns are which with --map",
            )

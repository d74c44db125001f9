"""Read order exports into customers: each file from the state, in chunks or whole, then all files together."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial, reduce
from operator import or_
from threading import Lock

import pandas as pd

from segcli import columns, parallel, progress
from segcli.columns import ColumnKind
from segcli.customers import engines, join_keys
from segcli.customers.cache import TotalsCache, open_cache
from segcli.customers.engines import Engine, local
from segcli.customers.event_logs import refuse_event_log
from segcli.customers.file_totals import FileTotals, merge_chunks
from segcli.customers.finalisation import finalise_customers
from segcli.customers.metrics import list_unused_columns
from segcli.customers.overlap import (
    count_changed_orders,
    find_overlaps,
    note_changed_orders,
    note_overlap,
    refuse_overlaps,
)
from segcli.customers.partial_totals import ChunkTotals
from segcli.customers.read_request import ReadRequest
from segcli.customers.whole_files import aggregate_whole_file, match_columns, read_order_lines
from segcli.errors import InputProblem, UsageProblem
from segcli.ingest import money
from segcli.ingest.chunk_parsing import (
    ChunkMismatch,
    ChunkSchema,
    find_other_formats,
    infer_chunk_schema,
    revise_schema,
)
from segcli.ingest.currency import suggest_rates
from segcli.ingest.evidence import MIN_UNIFORM_SHARE
from segcli.ingest.input_file import InputFile, open_input
from segcli.ingest.notes import Note
from segcli.ingest.order_level_amounts import may_hold_order_totals
from segcli.ingest.outliers import DayCounts, find_date_outliers
from segcli.ingest.reconciliation import Bucket
from segcli.ingest.total_rows import has_total_labels
from segcli.io import chunk_reader
from segcli.io.read import require_same_version
from segcli.model import Customers, Input, InputReport

# Check that the chunks of a file match its first records
MAX_UNREADABLE_SHARE = 0.05  # if more amounts are unreadable, all lines are examined together
MOST_LINES = 0.5


def check_chunks(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> None:
    """Compare all chunks with the schema that read them.

    Raises:
        ChunkMismatch: the chunks contradict the schema.
    """
    for mismatch in _find_mismatches(schema, chunks):
        raise mismatch


def count_unread_dates(chunks: Sequence[ChunkTotals]) -> Mapping[str, int]:
    """Count lines by date text that no date format of the schema reads."""
    return sum((Counter(chunk.unread_dates) for chunk in chunks), Counter())


def count_dated_lines(chunks: Sequence[ChunkTotals]) -> int:
    """Count the lines with a readable date."""
    return sum(chunk.reconciliation.read.lines for chunk in chunks) - sum(count_unread_dates(chunks).values())


def _find_mismatches(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> Iterator[ChunkMismatch]:
    lines = sum(chunk.reconciliation.read.lines for chunk in chunks)
    yield from _find_decimal_mismatches(schema, chunks)
    unread_dates = count_unread_dates(chunks)
    if schema.has_inferred_dates and find_other_formats(schema.date_formats, unread_dates):
        yield ChunkMismatch(f"dates such as {min(unread_dates)} need another format", is_format=True)
    if (
        _count_rejected(chunks, "unreadable_date") > MOST_LINES * lines
        or _count_rejected(chunks, "wrong_field_count") > MOST_LINES * lines
    ):
        yield ChunkMismatch("most lines cannot be read")
    for column_key, column in schema.input_file.mapping.columns.items():
        if sum(chunk.unreadable_values.get(column_key, 0) for chunk in chunks) > MOST_LINES * lines:
            yield ChunkMismatch("most values are not numbers", column)
    if sum(chunk.magnitude for chunk in chunks) >= money.UNIT_CAPACITY:
        yield ChunkMismatch("amounts too large for the smallest unit of money")
    currencies = frozenset[str]().union(*(chunk.currencies for chunk in chunks))
    if len(currencies) > 1 and not schema.has_rates:
        yield ChunkMismatch(f"amounts in several currencies ({', '.join(sorted(currencies))})")
    if _may_repeat_amounts(schema, chunks, _count_rejected(chunks, "unreadable_amount") > MAX_UNREADABLE_SHARE * lines):
        yield ChunkMismatch("amounts may be order totals, which only the whole file shows")


def _count_rejected(chunks: Sequence[ChunkTotals], reason: str) -> int:
    return sum(chunk.reconciliation.left_out.get(reason, Bucket()).lines for chunk in chunks)


def _may_repeat_amounts(schema: ChunkSchema, chunks: Sequence[ChunkTotals], has_blanks: bool) -> bool:  # noqa: FBT001
    if not may_hold_order_totals(schema.input_file.mapping, schema.source):
        return False
    alike, varied = (sum(getattr(chunk, name) for chunk in chunks) for name in ("alike", "varied"))
    return has_blanks or (alike > 0 and alike >= MIN_UNIFORM_SHARE * (alike + varied))


def _find_decimal_mismatches(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> Iterator[ChunkMismatch]:
    """Yield a mismatch if chunks prove another decimal mark, or prove none where one is needed."""
    for position, column_key in enumerate(schema.undecided_columns):
        evidence = [chunk.decimal_evidence[position] for chunk in chunks]
        proven_marks = frozenset[str]().union(*(column_evidence.proven_marks for column_evidence in evidence))
        column = schema.input_file.mapping.columns[column_key]
        if proven_marks - {schema.source.decimal}:
            yield ChunkMismatch(f"decimal mark '{min(proven_marks)}'", column, is_format=True)
        if not proven_marks and any(column_evidence.is_undecided for column_evidence in evidence):
            yield ChunkMismatch("amounts such as 1,234 or 1.234 that do not determine the decimal mark", column)


MAX_ATTEMPTS = 4  # by the first records, in another encoding, in other formats, with order ids that restart


def read_orders(files: Sequence[InputFile], request: ReadRequest) -> Customers:
    """Clean the order lines, aggregate customers, and check columns against their quality rules.

    Args:
        files: the files of one order export.
        request: policies, and other needs of the command.

    Raises:
        InputProblem: there are no purchases, or the files have different columns.
        UsageProblem: lines must be excluded by a day that only all files together determine.
    """
    refuse_event_log(files[0])
    if len(files) > 1:
        _refuse_different_columns(files)
    if len(files) > 1 and request.privacy.retention_days is not None and request.as_of is None:
        raise UsageProblem("privacy.retention with several files needs an as-of day; hint: set it with --as-of")
    if len(files) == 1 and files[0].has_no_records:
        return _empty_customers(files[0], request.settings.measures)
    unneeded_columns = _list_unneeded_columns(files[0], request, are_several=len(files) > 1)
    request = replace(
        request,
        is_partial=not unneeded_columns.isdisjoint(files[0].mapping.columns),
        needs_line_hashes=request.settings.state is not None or _needs_overlap_check(files, request),
    )
    files = [
        file.drop_columns({*unneeded_columns, *join_keys.CONTACT_KEYS} - set(request.contact_columns)) for file in files
    ]
    with (
        open_cache(request.settings, request.contact_columns) as cache,
        engines.open_engine(request.settings) as engine,
    ):
        reader = _FileReader(request, engine, cache, is_only_file=len(files) == 1 and cache is None)
        threads = engine.files_at_once if cache is None else 1
        progress.expect_work(sum(file.content.size for file in files))
        totals = list(parallel.map_ordered(lambda numbered: reader.read_file(*numbered), enumerate(files), threads))
        _refuse_different_currencies(totals, request)
        outlier_days = find_date_outliers(DayCounts.merge([(of_file.day_counts, 0) for of_file in totals]))
        request = replace(request, outlier_days=outlier_days)
        reader = replace(reader, request=request, cache=None)
        if request.settings.date_outliers != "keep":
            totals = _exclude_outlier_days(totals, reader)
        if _needs_overlap_check(files, request):
            totals, request = _exclude_overlaps(totals, reader)
        files = [of_file.input_file for of_file in totals]
        return finalise_customers(totals, engine, request, partial(read_order_lines, files, request))


def _needs_overlap_check(files: Sequence[InputFile], request: ReadRequest) -> bool:
    return len(files) > 1 and request.settings.overlap != "keep"


def _exclude_overlaps(totals: list[FileTotals], reader: "_FileReader") -> tuple[list[FileTotals], ReadRequest]:
    """Reread the files that share lines with an earlier one, without these lines.

    Raises:
        InputProblem: files share lines, and the settings forbid that.
    """
    hashes = [of_file.line_hashes for of_file in totals]
    overlaps = find_overlaps(hashes, have_orders=columns.ORDER_ID in totals[0].input_file.mapping.columns)
    policy = reader.request.settings.overlap
    changed_orders = count_changed_orders(hashes)
    if policy == "refuse":
        refuse_overlaps(overlaps, changed_orders, [of_file.file_name for of_file in totals])
    excluded_overlaps = {
        file_number: overlap for file_number, overlap in overlaps.items() if policy == "once" or overlap.is_believed
    }
    request = replace(reader.request, overlaps=excluded_overlaps)
    second_reader = replace(reader, request=request)
    for file_number, overlap in overlaps.items():
        if file_number in excluded_overlaps:
            totals[file_number] = second_reader.reread_file(totals[file_number], file_number)
        note = note_overlap(overlap, is_once=file_number in excluded_overlaps)
        totals[file_number] = replace(totals[file_number], notes=(*totals[file_number].notes, note))
    for file_number, order_count in changed_orders.items():
        reconciliation, money_scale = totals[file_number].reconciliation, totals[file_number].scales.money
        note = note_changed_orders(order_count, reconciliation.kept.lines, reconciliation.kept.units / money_scale)
        totals[file_number] = replace(totals[file_number], notes=(*totals[file_number].notes, note))
    return totals, request


@dataclass(frozen=True)
class _FileReader:
    """Reader of files for one request; `is_only_file` is true for a single file without a state.

    `memory_lock` is held by the thread that has all lines of a file in memory.
    """

    request: ReadRequest
    engine: Engine
    cache: TotalsCache | None
    is_only_file: bool
    memory_lock: Lock = field(default_factory=Lock)

    def read_file(self, file_number: int, input_file: InputFile) -> FileTotals:
        """Return the totals of a file from the state, or read the file and store its totals there."""
        if self.cache is None:
            return _aggregate_file(input_file, file_number, self)
        request = self.request
        oldest_day = None
        if request.as_of is not None and request.privacy.retention_days is not None:
            oldest_day = request.as_of - timedelta(days=request.privacy.retention_days)
        digest = self.cache.register_file(input_file)
        cache_entry = self.cache.get_totals(input_file, digest, file_number, request.as_of, oldest_day)
        if cache_entry is None:
            full_request = replace(request, as_of=None, privacy=request.privacy.model_copy(update={"retention": None}))
            with local.open_engine(request.settings) as engine:
                totals = _aggregate_file(input_file, file_number, replace(self, request=full_request, engine=engine))
                self.cache.put_totals(totals, *engine.collect_runs(), digest)
            cache_entry = self.cache.get_totals(input_file, digest, file_number, request.as_of, oldest_day)
        if cache_entry is None:  # the file holds days that do not count
            return _aggregate_file(input_file, file_number, self)
        totals, runs, returns = cache_entry
        totals = replace(totals, notes=(*totals.notes, *self.cache.note_damage(digest)))
        self.engine.add_runs(file_number, runs, returns)
        return totals

    def reread_file(self, previous_totals: FileTotals, file_number: int) -> FileTotals:
        """Reread a file, in chunks or whole as before."""
        self.engine.discard_file(file_number)
        totals = _aggregate_file(previous_totals.input_file, file_number, self, is_whole=previous_totals.is_whole)
        return replace(totals, notes=previous_totals.notes)


def _exclude_outlier_days(totals: list[FileTotals], reader: _FileReader) -> list[FileTotals]:
    """Reread the files that have lines on outlier days, without these lines."""
    days = reader.request.outlier_days
    return [
        reader.reread_file(of_file, file_number) if len(of_file.day_counts.select_days(days).days) else of_file
        for file_number, of_file in enumerate(totals)
    ]


def _aggregate_file(
    input_file: InputFile, file_number: int, reader: _FileReader, *, is_whole: bool = False
) -> FileTotals:
    """Read a large file in chunks; read it whole if it is small, does not suit chunks, or `is_whole` is set."""
    notes: tuple[Note, ...] = ()
    if input_file.content.is_head and not is_whole:
        try:
            return _aggregate_chunks(input_file, file_number, reader.request, reader.engine)
        except ChunkMismatch as mismatch:
            reader.engine.discard_file(file_number)
            notes = (Note(f"file read as a whole, which needs more memory: {mismatch}"),)
    with reader.memory_lock:
        totals, chunk = aggregate_whole_file(input_file, reader.request, file_number, is_only_file=reader.is_only_file)
        assert chunk.runs is not None
        assert chunk.returns is not None
        reader.engine.add_runs(file_number, chunk.runs, chunk.returns)
    progress.advance(input_file.content.size)
    return replace(totals, notes=(*totals.notes, *notes))


def _aggregate_chunks(input_file: InputFile, file_number: int, request: ReadRequest, engine: Engine) -> FileTotals:
    """Read a file in chunks; if they contradict the first records, reread it with a revised schema.

    Raises:
        ChunkMismatch: the file must be read whole.
    """
    if request.column_rules:
        raise ChunkMismatch("quality.columns needs the whole file")
    schema = infer_chunk_schema(input_file, request.settings, request.privacy, has_as_of=request.as_of is not None)
    first_sample = None
    for _ in range(MAX_ATTEMPTS):
        chunks: list[ChunkTotals] = []
        try:
            chunks.extend(engine.total_chunks(schema, request, file_number))
            check_chunks(schema, chunks)
        except ChunkMismatch as mismatch:
            engine.discard_file(file_number)
            lines_above = schema.lines_before_records + sum(chunk.physical_lines for chunk in chunks)
            schema = _revise_schema(schema, mismatch.shift_lines(lines_above), request, chunks)
            continue
        totals = _merge_chunk_totals(schema, chunks)
        if not (schema.input_file.may_reuse_order_ids and totals.order_sample.has_reused_ids):
            return totals if first_sample is None else replace(totals, order_sample=first_sample)
        first_sample = totals.order_sample
        engine.discard_file(file_number)
        schema = schema.with_order_ids("daily")
    raise ChunkMismatch("its parts use too many different formats")


def _merge_chunk_totals(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> FileTotals:
    has_money = bool({columns.AMOUNT, columns.UNIT_PRICE} & set(schema.input_file.mapping.columns))
    formats = " or ".join(schema.date_formats)
    totals = merge_chunks(
        schema.input_file, formats, chunks, has_money=has_money, lines_before=schema.lines_before_records
    )
    return replace(totals, notes=(*map(Note, schema.notes), *totals.notes))


def _revise_schema(
    schema: ChunkSchema, mismatch: ChunkMismatch, request: ReadRequest, chunks: Sequence[ChunkTotals]
) -> ChunkSchema:
    """Return the schema, revised by a mismatch.

    Raises:
        ChunkMismatch: no schema fits.
    """
    if mismatch.encoding is not None:
        return _change_encoding(schema, mismatch, request)
    if not mismatch.is_format:
        raise mismatch
    decimal_evidence = [
        reduce(or_, of_column) for of_column in zip(*(chunk.decimal_evidence for chunk in chunks), strict=True)
    ]
    return revise_schema(schema, decimal_evidence, count_unread_dates(chunks), count_dated_lines(chunks))


def _change_encoding(schema: ChunkSchema, mismatch: ChunkMismatch, request: ReadRequest) -> ChunkSchema:
    """Return the schema of the first records in a different encoding."""
    file = schema.input_file
    source = file.requested_source.model_copy(update={"encoding": mismatch.encoding})
    file_head = chunk_reader.read_head(file.content.name)
    require_same_version(file_head.name, file_head.version, file.content.version)
    reopened_file = match_columns(file, open_input(source, file_head))
    note = f"not UTF-8 (first at line {mismatch.line}): read as Windows-1252; hint: --encoding overrides it"
    reopened_file = replace(
        reopened_file,
        requested_source=file.requested_source,
        dialect=replace(reopened_file.dialect, notes=(note, *reopened_file.dialect.notes)),
    )
    return infer_chunk_schema(reopened_file, request.settings, request.privacy, has_as_of=request.as_of is not None)


def _list_unneeded_columns(input_file: InputFile, request: ReadRequest, *, are_several: bool) -> set[str]:
    """Return the text columns that no measure or rule needs and that do not identify orders or lines."""
    if not request.settings.measures:
        return set()
    order_columns = columns.ORDER_FIELDS if input_file.source.amount_per == "order" else ()
    compared_columns = [columns.PRODUCT] if are_several or has_total_labels(input_file) else []
    return list_unused_columns(request.settings.measures) - {
        *order_columns,
        *compared_columns,
        *request.column_rules,
        *join_keys.CONTACT_KEYS,
    }


def _empty_customers(input_file: InputFile, measures: Collection[str]) -> Customers:
    """Return an empty table and a note for an export that has only a header, which is not an error."""
    content = input_file.content
    source = Input(content.name, content.size, content.sha256, 0)
    note = "no transactions: the file has only a header"
    input_report = InputReport(
        source, "orders", str(input_file.dialect), input_file.mapping.columns, preset=input_file.preset, notes=(note,)
    )
    kinds = {ColumnKind.DATE: "datetime64[s]", ColumnKind.COUNT: "int64", ColumnKind.DAYS: "int64"}
    empty_columns = {
        name: pd.Series(dtype=kinds.get(kind, "float64"))
        for name, kind in columns.MEASURES.items()
        if not measures or name in measures
    }
    return Customers(
        pd.DataFrame({columns.CUSTOMER_ID: pd.Series(dtype="str"), **empty_columns}), None, (input_report,)
    )


def _refuse_different_currencies(files: Sequence[FileTotals], request: ReadRequest) -> None:
    files = [file for file in files if file.has_money]  # without amounts, the currency does not matter
    currencies = sorted(frozenset[str]().union(*(file.currencies for file in files)))
    missing = [currency for currency in currencies if currency not in request.settings.rates]
    if len(currencies) > 1 and missing:
        differing_file = next(file for file in files if file.currencies != files[0].currencies)
        raise InputProblem(
            f"amounts in another currency than in {files[0].file_name} "
            f"(currencies of all files: {', '.join(currencies)})",
            source=differing_file.file_name,
            remedy=suggest_rates(currencies),
        )


def _refuse_different_columns(files: Sequence[InputFile]) -> None:
    first_file = files[0]
    for file in files:
        if not file.is_orders:
            raise InputProblem(
                "not an order export: one row per customer; only order exports can be combined",
                source=file.content.name,
                remedy="give it after the orders: segcli ingest ORDERS FILE",
            )
        differing = set(first_file.mapping.columns) ^ set(file.mapping.columns)
        if differing:
            raise InputProblem(
                f"columns differ from {first_file.content.name}: "
                f"only one of the two files has {', '.join(sorted(differing))}",
                source=file.content.name,
                line=1,
                remedy="use files of one export, or map the columns with --map",
            )

"""Order exports with all lines in memory, to aggregate them as one chunk or to return the lines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from segcli import columns
from segcli.customers.file_totals import FileTotals, merge_chunks
from segcli.customers.partial_totals import ChunkTotals, total_chunk
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_store import reading_memory_limit
from segcli.errors import InputProblem
from segcli.ingest import money, quality, rejects
from segcli.ingest.chunk_parsing import ParsedChunk, select_order_columns
from segcli.ingest.customer_keys import suggest_customer_key
from segcli.ingest.input_file import InputFile, reopen_input
from segcli.ingest.money import UnitScales
from segcli.ingest.order_export import OrderExport
from segcli.ingest.order_level_amounts import OrderLevelExport, spread_order_fields
from segcli.ingest.order_lines import OrderLines
from segcli.ingest.policies import apply_policies, count_duplicates, exclude_by_day, to_dataframe
from segcli.ingest.reconciliation import LineStatus

CARRIED_COLUMNS = (columns.ORDER_ID, *columns.LINE_TEXT_COLUMNS)  # of the kept lines


def aggregate_whole_file(
    input_file: InputFile, request: ReadRequest, file_number: int, *, is_only_file: bool
) -> tuple[FileTotals, ChunkTotals]:
    """Aggregate a file as one chunk.

    Args:
        input_file: an order export, or the first records of one.
        request: policies, and other needs of the command.
        file_number: number of the file.
        is_only_file: whether it is the only file. If so, its lines are kept, its units of money may be coarser than
            those of files that are added up, and it determines the day before which orders are too old.

    Raises:
        InputProblem: a needed column is missing or unreadable, or amounts are too large to be summed.
    """
    input_file, order_fields = _read_file(input_file, request)
    export, settings = order_fields.export, request.settings
    order_lines, line_status = apply_policies(
        order_fields, settings, request.day_limits, None if is_only_file else UnitScales()
    )
    repeated_lines = count_duplicates(export, line_status, order_fields.is_repeated_total, settings)
    if is_only_file and request.as_of is None:
        _reject_old_lines(order_lines, line_status, request)
    chunk = total_chunk(
        ParsedChunk(export, order_lines, line_status, repeated_lines=repeated_lines), request, (file_number, 0)
    )
    if input_file.may_reuse_order_ids and chunk.order_sample.has_reused_ids:
        totals, retried_chunk = aggregate_whole_file(
            input_file.with_order_ids("daily"), request, file_number, is_only_file=is_only_file
        )
        return replace(totals, order_sample=chunk.order_sample), retried_chunk
    _refuse_too_large(chunk.magnitude, order_lines, export)
    listing = (
        rejects.list_rejects(export, line_status, may_show_text=request.may_name_customers) if settings.rejects else ()
    )
    totals = replace(
        merge_chunks(input_file, order_lines.date_format, [chunk], has_money=order_lines.has_money),
        notes=order_fields.notes,
        rejects=listing,
        quality_checks=tuple(
            quality.check_column_rules(export.raw_table, input_file.mapping, input_file.source, request.column_rules)
        ),
        scales=order_lines.scales,
        kept_lines=to_dataframe(
            export, order_lines, line_status.kept_mask, (*CARRIED_COLUMNS, *request.contact_columns)
        )
        if is_only_file
        else None,
        is_whole=True,
    )
    return totals, chunk


def read_order_lines(
    files: Sequence[InputFile], request: ReadRequest, lines_in_memory: pd.DataFrame | None, day: date
) -> pd.DataFrame:
    """Return the kept lines of all files up to a day, without returns of customers without a purchase.

    Args:
        files: the files of the export.
        request: policies, and other needs of the command.
        lines_in_memory: kept lines of a file that was read whole, if it is the only one.
        day: the as-of day.
    """
    if lines_in_memory is None:
        tables = [_read_lines(file, request, day, number) for number, file in enumerate(files)]
        lines_in_memory = tables[0] if len(tables) == 1 else _concat_tables(tables)
    else:
        lines_in_memory = lines_in_memory[
            lines_in_memory[columns.ORDER_DATE].to_numpy().astype("datetime64[D]") <= np.datetime64(day)
        ]
    buyers = lines_in_memory.loc[~lines_in_memory[columns.IS_RETURN], columns.CUSTOMER_ID].unique()
    kept_lines = lines_in_memory[
        ~lines_in_memory[columns.IS_RETURN] | lines_in_memory[columns.CUSTOMER_ID].isin(buyers)
    ]
    used_ids = kept_lines[columns.CUSTOMER_ID].cat.remove_unused_categories()
    return kept_lines.assign(**{columns.CUSTOMER_ID: used_ids}).reset_index(drop=True)


def match_columns(input_file: InputFile, other_file: InputFile) -> InputFile:
    """Return the other file without the columns that are not read from this one."""
    return other_file.drop_columns(set(other_file.mapping.columns) - set(input_file.mapping.columns))


def _read_file(input_file: InputFile, request: ReadRequest) -> tuple[InputFile, OrderLevelExport]:
    """Read all lines of a file; the lines of one order share its order-level fields."""
    if input_file.content.is_head:
        reopened_file = reopen_input(input_file, memory_limit=reading_memory_limit(request.settings))
        input_file = match_columns(input_file, reopened_file).with_order_ids(input_file.source.order_ids)
    export = _read_export(input_file, request)
    has_id = columns.CUSTOMER_ID in input_file.mapping.columns
    suggested_key = "" if has_id else suggest_customer_key(input_file)
    export.require_columns(
        columns.CUSTOMER_ID, columns.ORDER_DATE, remedy=f"next best key: {suggested_key}" if suggested_key else ""
    )
    return input_file, spread_order_fields(export)


def _read_export(file: InputFile, request: ReadRequest) -> OrderExport:
    """Read the needed columns and those of quality rules, or all columns if whole lines are compared."""
    rule_columns = [quality.find_rule_column(name, file.mapping, file.header) for name in request.column_rules]
    needed_columns = None if request.settings.dedupe == "lines" else [*select_order_columns(file), *rule_columns]
    raw_table = file.read_table(needed_columns)
    return OrderExport(file.content, raw_table, file.mapping, file.source, file.preset, file.advice, file.status)


def _read_lines(input_file: InputFile, request: ReadRequest, day: date, file_number: int) -> pd.DataFrame:
    _, order_fields = _read_file(input_file, request)
    order_lines, line_status = apply_policies(
        order_fields, request.settings, replace(request, as_of=day).day_limits, UnitScales()
    )
    count_duplicates(order_fields.export, line_status, order_fields.is_repeated_total, request.settings)
    if file_number in request.overlaps:
        line_status.exclude_lines(
            request.overlaps[file_number].mask_chunk(0, len(order_lines.money_units)), "in_earlier_file"
        )
    return to_dataframe(
        order_fields.export, order_lines, line_status.kept_mask, (*CARRIED_COLUMNS, *request.contact_columns)
    )


def _reject_old_lines(order_lines: OrderLines, line_status: LineStatus, request: ReadRequest) -> None:
    """Reject lines that are too old, relative to the day after the last purchase."""
    purchase_days = order_lines.days[line_status.kept_mask & ~order_lines.is_return]
    if len(purchase_days):
        day = purchase_days.max().astype(object) + timedelta(days=1)
        exclude_by_day(line_status, order_lines, day, request.privacy.retention_days)


def _refuse_too_large(magnitude: int, order_lines: OrderLines, export: OrderExport) -> None:
    if magnitude >= money.UNIT_CAPACITY:
        raise InputProblem(
            "amounts or quantities too large for an exact sum: this is the largest amount",
            source=export.content.name,
            line=export.raw_table.line_number(
                int(np.maximum(np.abs(order_lines.money_units), order_lines.refunded_units).argmax())
            ),
            remedy="correct the line, or check the decimal mark and declare it with --decimal",
        )


def _concat_tables(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Concatenate tables, with common categories of their texts."""
    joined_table = pd.concat(tables, ignore_index=True).fillna({columns.REFUNDED: 0})
    text_columns = [str(name) for name in tables[0] if isinstance(tables[0][name].dtype, pd.CategoricalDtype)]
    return joined_table.assign(
        **{name: union_categoricals([_as_text_categories(table[name]) for table in tables]) for name in text_columns}
    )


def _as_text_categories(column: pd.Series) -> pd.Categorical:
    """Return the column with text categories; the categories of an empty column have another type."""
    return pd.Categorical.from_codes(column.cat.codes, pd.Index(column.cat.categories, dtype="str"))

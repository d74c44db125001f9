"""Apply ingest policies to an order export or a chunk of one, and record the status of every line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.config.ingest import IngestSettings
from segcli.ingest import money, outliers
from segcli.ingest.currency import get_line_rates
from segcli.ingest.customer_ids import normalise_id
from segcli.ingest.money import UnitScales
from segcli.ingest.order_export import OrderExport
from segcli.ingest.order_level_amounts import OrderLevelExport
from segcli.ingest.order_lines import LineMask, OrderLines, parse_lines
from segcli.ingest.order_status import find_void_lines
from segcli.ingest.reconciliation import Bucket, LineStatus, ReconciliationTotals
from segcli.ingest.total_rows import find_total_rows


@dataclass(frozen=True)
class DayLimits:
    """Accepted days: up to `as_of`, if given, within `retention_days` of it, except `outliers` (since 1970)."""

    as_of: date | None = None
    retention_days: int | None = None
    outliers: tuple[int, ...] = ()


def apply_policies(
    spread_export: OrderLevelExport, settings: IngestSettings, limits: DayLimits, scales: UnitScales | None
) -> tuple[OrderLines, LineStatus]:
    """Parse the lines of an export or a chunk, and apply the policies that decide line by line.

    Args:
        spread_export: a file, or a chunk whose source declares the formats of dates and numbers.
        settings: ingest policies.
        limits: range of accepted days.
        scales: units of money and items, the same for all chunks; None chooses the finest that fit the values.

    Raises:
        InputProblem: if a column cannot be parsed.
    """
    order_lines, line_status = _normalise_lines(
        parse_lines(spread_export.export, settings, spread_export.is_repeated_total, scales),
        spread_export.export,
        settings,
    )
    _exclude_by_settings(line_status, order_lines, settings)
    if limits.outliers and settings.date_outliers != "keep":
        line_status.exclude_lines(
            np.isin(order_lines.days.view(np.int64), limits.outliers),
            outliers.OUTLIER_REASONS[settings.date_outliers],
        )
    if limits.as_of is not None:
        exclude_by_day(line_status, order_lines, limits.as_of, limits.retention_days)
    return order_lines, line_status


def _normalise_lines(
    order_lines: OrderLines, export: OrderExport, settings: IngestSettings
) -> tuple[OrderLines, LineStatus]:
    """Convert the money of lines to one currency, and set the status of unusable lines."""
    line_status = LineStatus(len(order_lines.money_units))
    _exclude_unusable(line_status, order_lines, export, settings)
    if order_lines.has_money:
        rates = get_line_rates(export, line_status.kept_mask, settings.rates)
        order_lines = replace(
            order_lines,
            money_units=money.convert_currency(order_lines.money_units, rates),
            refunded_units=money.convert_currency(order_lines.refunded_units, rates),
            margins=order_lines.margins
            and replace(order_lines.margins, units=money.convert_currency(order_lines.margins.units, rates)),
        )
    if settings.returns == "exclude":
        order_lines = replace(order_lines, refunded_units=np.zeros_like(order_lines.refunded_units))
    return order_lines, line_status


def exclude_by_day(line_status: LineStatus, order_lines: OrderLines, as_of: date, retention_days: int | None) -> None:
    """Exclude lines after the as-of day, and lines older than the retention period."""
    line_status.exclude_lines(order_lines.days > np.datetime64(as_of, "D"), "after_as_of")
    if retention_days is not None:
        oldest_day = np.datetime64(as_of, "D") - np.timedelta64(retention_days, "D")
        line_status.exclude_lines(order_lines.days < oldest_day, "past_retention")


def _exclude_unusable(
    line_status: LineStatus, order_lines: OrderLines, export: OrderExport, settings: IngestSettings
) -> None:
    """Exclude total rows, void orders, lines without a customer or with unreadable values, and excluded ids."""
    is_undated = np.isnat(order_lines.times)
    line_status.exclude_lines(find_void_lines(export), "void_order")
    line_status.exclude_lines(
        find_total_rows(export, order_lines.money_units / order_lines.scales.money, is_undated), "total_row"
    )
    line_status.exclude_lines(order_lines.ids.row_mask(lambda ids: pc.equal(ids, "")), "no_customer_id")
    line_status.exclude_lines(is_undated, "unreadable_date")
    line_status.exclude_lines(order_lines.is_unreadable, "unreadable_amount")
    if settings.exclude_ids:
        excluded_ids = pa.array([normalise_id(text, settings) for text in settings.exclude_ids], pa.string())
        line_status.exclude_lines(order_lines.ids.row_mask(lambda ids: pc.is_in(ids, excluded_ids)), "excluded_id")


def reconcile_lines(export: OrderExport, order_lines: OrderLines, line_status: LineStatus) -> ReconciliationTotals:
    """Reconcile all lines and the records that could not be parsed into lines."""
    broken_lines = export.raw_table.dialect.broken_lines
    unparsed_records = {
        "wrong_field_count": Bucket(export.raw_table.bad_rows),
        "broken_quotes": Bucket(len(broken_lines), 0, broken_lines[0] if broken_lines else None),
    }
    return line_status.total_reconciliation(
        order_lines.money_units,
        returns=order_lines.is_return,
        refunded_units=order_lines.refunded_units,
        unparsed_records=unparsed_records,
        find_lines=export.raw_table.find_line_numbers,
    )


def count_duplicates(
    export: OrderExport, line_status: LineStatus, is_repeated_total: LineMask, settings: IngestSettings
) -> int:
    """Count the kept lines that repeat another line in every column read; with dedupe: lines, exclude them instead.

    Repeats among `is_repeated_total` lines are not counted, because they carry no money.
    """
    codes = {name: export.raw_table.encode_column(name).codes for name in export.raw_table.columns}
    is_duplicate = pd.DataFrame(codes).duplicated().to_numpy()
    if settings.dedupe == "lines":
        line_status.exclude_lines(is_duplicate, "duplicate")
        return 0
    return int((is_duplicate & line_status.kept_mask & ~is_repeated_total).sum())


def _exclude_by_settings(line_status: LineStatus, order_lines: OrderLines, settings: IngestSettings) -> None:
    if settings.returns == "exclude":
        line_status.exclude_lines(order_lines.is_return, "return_excluded")
    if settings.free_lines == "exclude" and order_lines.has_money:
        line_status.exclude_lines(order_lines.is_free, "free_line")


def to_dataframe(
    export: OrderExport, order_lines: OrderLines, row_mask: LineMask, optional_columns: Sequence[str]
) -> pd.DataFrame:
    """Return the kept lines as a data frame, with repeated text as categoricals."""
    columns_by_name = {
        columns.CUSTOMER_ID: order_lines.ids.to_categorical(row_mask),
        columns.ORDER_DATE: order_lines.times[row_mask],
        columns.AMOUNT: order_lines.money_units[row_mask],
        columns.IS_RETURN: order_lines.is_return[row_mask],
    }
    if order_lines.refunded_units.any():
        columns_by_name[columns.REFUNDED] = order_lines.refunded_units[row_mask]
    if order_lines.margins is not None:
        columns_by_name[columns.MARGIN] = order_lines.margins.units[row_mask]
        columns_by_name[columns.LACKS_MARGIN] = order_lines.margins.is_unknown[row_mask]
    if order_lines.quantity is not None:
        columns_by_name[columns.QUANTITY] = np.nan_to_num(order_lines.quantity[row_mask])
    if order_lines.discount_mask is not None:
        columns_by_name[columns.DISCOUNTED] = order_lines.discount_mask[row_mask]
    for standard in optional_columns:
        texts = export.get_order_ids() if standard == columns.ORDER_ID else export.get_encoded_column(standard)
        if texts is not None:
            columns_by_name[standard] = texts.without_outer_blanks.to_categorical(row_mask)
    return pd.DataFrame(columns_by_name)

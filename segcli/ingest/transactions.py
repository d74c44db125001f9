"""An order export, or a piece of one -> its lines by the policies, with the fate of every line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.config.ingest import IngestSettings
from segcli.ingest import date_outliers, money
from segcli.ingest.account import Bucket, ReconciliationTotals
from segcli.ingest.currency import get_line_rates
from segcli.ingest.customer_ids import normalise_id
from segcli.ingest.export import OrderExport
from segcli.ingest.fates import LineStatus
from segcli.ingest.lines import LineMask, OrderLines, parse_lines
from segcli.ingest.money import UnitScales
from segcli.ingest.per_order import OrderLevelExport
from segcli.ingest.statuses import find_void_lines
from segcli.ingest.total_rows import find_total_rows

OPTIONAL_COLUMNS = (
    columns.PRODUCT,
    *columns.MODE_COLUMNS,
    columns.COUNTRY,
    columns.REGION,
    columns.CITY,
    columns.POSTCODE,
    columns.GENDER,
)


@dataclass(frozen=True)
class DayLimits:
    """The days that count: up to `as_of` if given, for `retention_days` before, without `outliers` (since 1970)."""

    as_of: date | None = None
    retention_days: int | None = None
    outliers: tuple[int, ...] = ()


def apply_policies(
    spread_export: OrderLevelExport, settings: IngestSettings, limits: DayLimits, scales: UnitScales | None
) -> tuple[OrderLines, LineStatus]:
    """Type the lines of an export or a piece of one, apply the policies, and decide what each decides by itself.

    Args:
        spread_export: a file, or a piece whose source says how dates and numbers are written.
        settings: the policies.
        limits: the days that count.
        scales: units of money and items, the same for all pieces; None is as fine as the values allow.

    Raises:
        InputProblem: a column cannot be read.
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
            date_outliers.OUTLIER_REASONS[settings.date_outliers],
        )
    if limits.as_of is not None:
        exclude_by_day(line_status, order_lines, limits.as_of, limits.retention_days)
    return order_lines, line_status


def _normalise_lines(
    order_lines: OrderLines, export: OrderExport, settings: IngestSettings
) -> tuple[OrderLines, LineStatus]:
    """The lines with their money in one currency, and the fate of those that cannot be used."""
    line_status = LineStatus(len(order_lines.money_units))
    _exclude_unusable(line_status, order_lines, export, settings)
    if order_lines.has_money:
        rates = get_line_rates(export, line_status.kept_mask, settings.rates)
        order_lines = replace(
            order_lines,
            money_units=money.convert_currency(order_lines.money_units, rates),
            refunded_units=money.convert_currency(order_lines.refunded_units, rates),
        )
    if settings.returns == "exclude":
        order_lines = replace(order_lines, refunded_units=np.zeros_like(order_lines.refunded_units))
    return order_lines, line_status


def exclude_by_day(line_status: LineStatus, order_lines: OrderLines, as_of: date, retention_days: int | None) -> None:
    """Mark lines after the as-of day, and those that are older than may be kept."""
    line_status.exclude_lines(order_lines.days > np.datetime64(as_of, "D"), "after_as_of")
    if retention_days is not None:
        oldest_day = np.datetime64(as_of, "D") - np.timedelta64(retention_days, "D")
        line_status.exclude_lines(order_lines.days < oldest_day, "past_retention")


def _exclude_unusable(
    line_status: LineStatus, order_lines: OrderLines, export: OrderExport, settings: IngestSettings
) -> None:
    """Mark rows of totals, what is void, what cannot be credited or read, and ids that stand for many people."""
    line_status.exclude_lines(find_void_lines(export), "void_order")
    line_status.exclude_lines(order_lines.ids.row_mask(lambda ids: pc.equal(ids, "")), "no_customer_id")
    line_status.exclude_lines(np.isnat(order_lines.times), "unreadable_date")
    line_status.exclude_lines(find_total_rows(export, order_lines.money_units / order_lines.scales.money), "total_row")
    line_status.exclude_lines(order_lines.is_unreadable, "unreadable_amount")
    if settings.exclude_ids:
        excluded_ids = pa.array([normalise_id(text, settings) for text in settings.exclude_ids], pa.string())
        line_status.exclude_lines(order_lines.ids.row_mask(lambda ids: pc.is_in(ids, excluded_ids)), "excluded_id")


def reconcile_lines(export: OrderExport, order_lines: OrderLines, line_status: LineStatus) -> ReconciliationTotals:
    """The account of all lines, and of the records that never became lines."""
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
    """How many kept lines repeat another in every column that was read; by the policy they are left out instead.

    Repeats among `is_repeated_total` lines bring no money anyway.
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
    """The kept lines; repeated text is held once."""
    columns_by_name = {
        columns.CUSTOMER_ID: order_lines.ids.to_categorical(row_mask),
        columns.ORDER_DATE: order_lines.times[row_mask],
        columns.AMOUNT: order_lines.money_units[row_mask],
        columns.IS_RETURN: order_lines.is_return[row_mask],
    }
    if order_lines.refunded_units.any():
        columns_by_name[columns.REFUNDED] = order_lines.refunded_units[row_mask]
    if order_lines.quantity is not None:
        columns_by_name[columns.QUANTITY] = np.nan_to_num(order_lines.quantity[row_mask])
    if order_lines.discount_mask is not None:
        columns_by_name[columns.DISCOUNTED] = order_lines.discount_mask[row_mask]
    for standard in optional_columns:
        texts = export.get_order_ids() if standard == columns.ORDER_ID else export.get_encoded_column(standard)
        if texts is not None:
            columns_by_name[standard] = texts.without_outer_blanks.to_categorical(row_mask)
    return pd.DataFrame(columns_by_name)

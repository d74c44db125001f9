"""An order export, or a piece of one -> its lines by the policies, with the fate of every line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.ingest import date_outliers, money
from segcli.ingest.account import Account, Group
from segcli.ingest.currency import rates
from segcli.ingest.customer_ids import respell
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.lines import Lines, Mask, typed
from segcli.ingest.money import Scales
from segcli.ingest.per_order import PerOrder
from segcli.ingest.statuses import find_void_lines
from segcli.ingest.total_rows import find_total_rows

CARRIED = (c.PRODUCT, *c.DOMINANT, c.COUNTRY, c.REGION, c.CITY, c.POSTCODE, c.GENDER)


@dataclass(frozen=True)
class DayLimits:
    """The days that count: up to `as_of` if given, for `retention_days` before, without `outliers` (since 1970)."""

    as_of: date | None = None
    retention_days: int | None = None
    outliers: tuple[int, ...] = ()


def judged(whole: PerOrder, settings: IngestSettings, limits: DayLimits, scales: Scales | None) -> tuple[Lines, Fates]:
    """Type the lines of an export or a piece of one, apply the policies, and decide what each decides by itself.

    Args:
        whole: a file, or a piece whose source says how dates and numbers are written.
        settings: the policies.
        limits: the days that count.
        scales: units of money and items, the same for all pieces; None is as fine as the values allow.

    Raises:
        InputProblem: a column cannot be read.
    """
    lines, fates = _usable(typed(whole.export, settings, whole.counted, scales), whole.export, settings)
    _apply_policies(fates, lines, settings)
    if limits.outliers and settings.date_outliers != "keep":
        fates.mark(np.isin(lines.days.view(np.int64), limits.outliers), date_outliers.REASON[settings.date_outliers])
    if limits.as_of is not None:
        leave_out_by_day(fates, lines, limits.as_of, limits.retention_days)
    return lines, fates


def _usable(lines: Lines, export: Export, settings: IngestSettings) -> tuple[Lines, Fates]:
    """The lines with their money in one currency, and the fate of those that cannot be used."""
    fates = Fates(len(lines.money))
    _leave_out_unusable(fates, lines, export, settings)
    if lines.has_money:
        rate = rates(export, fates.kept, settings.rates)
        lines = replace(lines, money=money.converted(lines.money, rate), refunded=money.converted(lines.refunded, rate))
    if settings.returns == "exclude":
        lines = replace(lines, refunded=np.zeros_like(lines.refunded))
    return lines, fates


def leave_out_by_day(fates: Fates, lines: Lines, as_of: date, retention_days: int | None) -> None:
    """Mark lines after the as-of day, and those that are older than may be kept."""
    fates.mark(lines.days > np.datetime64(as_of, "D"), "after_as_of")
    if retention_days is not None:
        oldest = np.datetime64(as_of, "D") - np.timedelta64(retention_days, "D")
        fates.mark(lines.days < oldest, "past_retention")


def _leave_out_unusable(fates: Fates, lines: Lines, export: Export, settings: IngestSettings) -> None:
    """Mark rows of totals, what is void, what cannot be credited or read, and ids that stand for many people."""
    fates.mark(find_void_lines(export), "void_order")
    fates.mark(lines.ids.where(lambda ids: pc.equal(ids, "")), "no_customer_id")
    fates.mark(np.isnat(lines.times), "unreadable_date")
    fates.mark(find_total_rows(export, lines.money / lines.scales.money), "total_row")
    fates.mark(lines.unreadable, "unreadable_amount")
    if settings.exclude_ids:
        excluded = pa.array([respell(text, settings) for text in settings.exclude_ids], pa.string())
        fates.mark(lines.ids.where(lambda ids: pc.is_in(ids, excluded)), "excluded_id")


def accounted(export: Export, lines: Lines, fates: Fates) -> Account:
    """The account of all lines, and of the records that never became lines."""
    broken = export.cells.dialect.broken_lines
    unread = {
        "wrong_field_count": Group(export.cells.malformed),
        "broken_quotes": Group(len(broken), 0, broken[0] if broken else None),
    }
    return fates.account(
        lines.money, returns=lines.returned, refunded=lines.refunded, unread=unread, line=export.cells.lines
    )


def duplicates(export: Export, fates: Fates, counted: Mask, settings: IngestSettings) -> int:
    """How many kept lines repeat another in every column that was read; by the policy they are left out instead.

    Repeats among `counted` lines bring no money anyway.
    """
    codes = {name: export.cells.coded(name).codes for name in export.cells.columns}
    repeated = pd.DataFrame(codes).duplicated().to_numpy()
    if settings.dedupe == "lines":
        fates.mark(repeated, "duplicate")
        return 0
    return int((repeated & fates.kept & ~counted).sum())


def _apply_policies(fates: Fates, lines: Lines, settings: IngestSettings) -> None:
    if settings.returns == "exclude":
        fates.mark(lines.returned, "return_excluded")
    if settings.free_lines == "exclude" and lines.has_money:
        fates.mark(lines.free, "free_line")


def kept(export: Export, lines: Lines, rows: Mask, carried: Sequence[str]) -> pd.DataFrame:
    """The kept lines; repeated text is held once."""
    table = {
        c.CUSTOMER_ID: lines.ids.categorical(rows),
        c.ORDER_DATE: lines.times[rows],
        c.AMOUNT: lines.money[rows],
        c.IS_RETURN: lines.returned[rows],
    }
    if lines.refunded.any():
        table[c.REFUNDED] = lines.refunded[rows]
    if lines.quantity is not None:
        table[c.QUANTITY] = np.nan_to_num(lines.quantity[rows])
    if lines.discounted is not None:
        table[c.DISCOUNTED] = lines.discounted[rows]
    for standard in carried:
        texts = export.order_ids() if standard == c.ORDER_ID else export.coded(standard)
        if texts is not None:
            table[standard] = texts.trimmed.categorical(rows)
    return pd.DataFrame(table)

"""An order export -> clean order lines, with the fate of every line."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.errors import InputProblem
from segcli.ingest import identity, money, outliers
from segcli.ingest.account import Account, Group
from segcli.ingest.currency import rates
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.lines import Lines, Mask, typed
from segcli.ingest.per_order import PerOrder
from segcli.ingest.rejects import listing
from segcli.ingest.void import counted, unsaid, void
from segcli.model import Input, Reading, Reconciliation, Reject, Transactions

CARRIED = (c.PRODUCT, *c.DOMINANT, c.COUNTRY, c.REGION, c.CITY, c.POSTCODE, c.GENDER)


def clean(
    whole: PerOrder,
    settings: IngestSettings,
    as_of: date | None,
    carry: Sequence[str] = (),
    privacy: PrivacySettings | None = None,
) -> Transactions:
    """Type the lines, apply the policies, and account for every line.

    Args:
        whole: the order export, with the fields of an order on each of its lines.
        settings: the policies.
        as_of: the day recency is counted to; by default the day after the last order.
        carry: further columns that kept lines shall have.
        privacy: how long orders may be kept, and whether ids may be told.

    Raises:
        InputProblem: a needed column is missing or cannot be read, or no purchase is left.
    """
    export, privacy = whole.export, privacy or PrivacySettings()
    lines, fates = _usable(typed(export, settings, whole.counted), export, settings)
    notes = [*whole.notes, *unsaid(counted(export)), *duplicates(export, fates, whole.counted, settings)]
    _apply_policies(fates, lines, settings)
    _refuse_nothing_left(fates, lines, export)
    last = as_of or lines.days[fates.kept & ~lines.returned].max().astype(object) + timedelta(days=1)
    _leave_out_by_day(fates, lines, last, privacy)
    _drop_returns_alone(fates, lines)
    _refuse_nothing_left(fates, lines, export)
    table = kept(export, lines, fates.kept, (c.ORDER_ID, *CARRIED, *carry))
    lost = accounted(export, lines, fates).reconciled(lines.scale)
    rows = np.flatnonzero(fates.kept)
    amounts = outliers.Amounts.of(lines.money[rows])
    notes += outliers.notes(amounts, lines.scale, lambda place: export.cells.line(int(rows[place])))
    rejects = listing(export, fates, told=not privacy.secret) if settings.rejects else ()
    reading = _reading(
        export,
        lines.date_format,
        (
            *notes,
            *identity.rewritten(len(lines.rewritten)),
            *identity.notes(*_lines_by_id(table), told=not privacy.secret),
        ),
        lost,
        rejects,
    )
    return Transactions(lambda: table, lines.scale, lines.has_money, last, reading, settings.collapse, settings.returns)


def judged(
    whole: PerOrder, settings: IngestSettings, as_of: date | None, privacy: PrivacySettings, scale: int
) -> tuple[Lines, Fates]:
    """Type the lines of an export or a piece of one, and decide what each decides by itself; errors as of `clean`.

    Args:
        whole: a file, or a piece whose source says how dates and numbers are written.
        settings: the policies.
        as_of: the day recency is counted to, where it is given.
        privacy: how long orders may be kept.
        scale: units in 1.00, the same for all pieces.
    """
    lines, fates = _usable(typed(whole.export, settings, whole.counted, scale), whole.export, settings)
    _apply_policies(fates, lines, settings)
    if as_of is not None:
        _leave_out_by_day(fates, lines, as_of, privacy)
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


def _leave_out_by_day(fates: Fates, lines: Lines, as_of: date, privacy: PrivacySettings) -> None:
    fates.mark(lines.days > np.datetime64(as_of, "D"), "after_as_of")
    if privacy.retention_days is not None:
        fates.mark(lines.days < np.datetime64(as_of, "D") - privacy.retention_days, "past_retention")


def _leave_out_unusable(fates: Fates, lines: Lines, export: Export, settings: IngestSettings) -> None:
    """Mark what is void, what cannot be credited or read, and ids that stand for many people."""
    fates.mark(void(export), "void_order")
    fates.mark(lines.ids.where(lambda ids: pc.equal(ids, "")), "no_customer_id")
    fates.mark(np.isnat(lines.times), "unreadable_date")
    fates.mark(lines.unreadable, "unreadable_amount")
    if settings.exclude_ids:
        excluded = pa.array([identity.cased(text, settings.id_case) for text in settings.exclude_ids], pa.string())
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


def duplicates(export: Export, fates: Fates, counted: Mask, settings: IngestSettings) -> tuple[str, ...]:
    """Exact repeats of a line, judged on every column that was read; `counted` lines bring no money anyway."""
    codes = {name: export.cells.coded(name).codes for name in export.cells.columns}
    repeated = pd.DataFrame(codes).duplicated().to_numpy()
    if settings.dedupe == "lines":
        fates.mark(repeated, "duplicate")
        return ()
    count = int((repeated & fates.kept & ~counted).sum())
    return (identity.repeated(count),) * bool(count)


def _apply_policies(fates: Fates, lines: Lines, settings: IngestSettings) -> None:
    if settings.returns == "exclude":
        fates.mark(lines.returned, "return_excluded")
    if settings.free_lines == "exclude" and lines.has_money:
        fates.mark(lines.free, "free_line")


def _drop_returns_alone(fates: Fates, lines: Lines) -> None:
    """A customer who only returned is nobody who bought; the returns are left out with a count."""
    if not lines.returned.any():
        return
    codes = lines.ids.codes
    buyers = np.isin(codes, np.unique(codes[fates.kept & ~lines.returned]))
    fates.mark(~buyers & lines.returned, "return_without_purchase")


def _refuse_nothing_left(fates: Fates, lines: Lines, export: Export) -> None:
    if not (fates.kept & ~lines.returned).any():
        raise InputProblem(
            f"no purchase is left after cleaning ({fates.said() or 'all lines are returns'})",
            source=export.content.name,
            remedy=export.advice,
        )


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
        texts = export.coded(standard)
        if texts is not None:
            table[standard] = texts.trimmed.categorical(rows)
    return pd.DataFrame(table)


def _lines_by_id(kept: pd.DataFrame) -> tuple[pa.StringArray, npt.NDArray[np.int64]]:
    ids = kept[c.CUSTOMER_ID]
    counts = np.bincount(ids.cat.codes, minlength=len(ids.cat.categories))
    return pa.array(ids.cat.categories.astype("str"), pa.string()), counts


def _reading(
    export: Export,
    date_format: str,
    notes: tuple[str, ...],
    lost: Reconciliation,
    rejects: tuple[Reject, ...],
) -> Reading:
    content, cells = export.content, export.cells
    return Reading(
        Input(content.name, content.size, content.sha256, cells.rows + cells.malformed + cells.broken),
        "orders",
        f"{cells.dialect}  dates {date_format}",
        export.recognition.columns,
        lost,
        export.preset,
        (*cells.dialect.notes, *notes),
        rejects,
    )

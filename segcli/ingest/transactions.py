"""An order export -> clean order lines, with the fate of every line."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.errors import InputProblem
from segcli.ingest import identity, money
from segcli.ingest.currency import one_currency
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.rejects import listing
from segcli.model import Input, Reading, Reconciliation, Reject, Transactions

Mask = npt.NDArray[np.bool_]
CARRIED = (c.PRODUCT, *c.DOMINANT, c.COUNTRY, c.REGION, c.CITY, c.GENDER)


@dataclass(frozen=True)
class _Lines:
    """All lines of an export, typed; each array has one entry per line.

    `money` is in whole units (unreadable counts as 0), `scale` of them are 1.00.
    """

    ids: pa.ChunkedArray
    id_notes: tuple[str, ...]
    times: npt.NDArray[np.datetime64]
    date_format: str
    money: npt.NDArray[np.int64]
    scale: int
    has_money: bool
    unreadable: Mask
    quantity: npt.NDArray[np.float64] | None
    returned: Mask

    @property
    def days(self) -> npt.NDArray[np.datetime64]:
        """Calendar days of the orders."""
        return self.times.astype("datetime64[D]")


def clean(export: Export, settings: IngestSettings, as_of: date | None) -> Transactions:
    """Type the lines, apply the policies, and account for every line.

    Raises:
        InputProblem: a needed column is missing or cannot be read, or no purchase is left.
    """
    export.require(c.CUSTOMER_ID, c.ORDER_DATE)
    lines = _typed(export, settings)
    fates = Fates(len(lines.money))
    fates.mark(np.asarray(pc.equal(lines.ids, "")), "no_customer_id")
    fates.mark(np.isnat(lines.times), "unreadable_date")
    fates.mark(lines.unreadable, "unreadable_amount")
    excluded = pa.array([identity.cased(text, settings.id_case) for text in settings.exclude_ids], pa.string())
    fates.mark(np.asarray(pc.is_in(lines.ids, excluded)), "excluded_id")
    if lines.has_money:
        lines = replace(lines, money=one_currency(export, lines.money, fates.kept, settings.rates))
    notes = _duplicates(export, fates, settings)
    _apply_policies(fates, lines, settings)
    last = as_of or _day_after(lines.days[fates.kept & ~lines.returned], export)
    fates.mark(lines.days > np.datetime64(last, "D"), "after_as_of")
    _drop_returns_alone(fates, lines)
    if not (fates.kept & ~lines.returned).any():
        raise InputProblem("no purchase is left after cleaning", source=export.content.name)
    kept = _kept(export, lines, fates.kept)
    lost = fates.reconcile(
        lines.money, lines.scale, returns=lines.returned, unread=_unread(export), line=export.cells.lines
    )
    rejects = listing(export, fates) if settings.rejects else ()
    reading = _reading(
        export,
        lines.date_format,
        (*notes, *lines.id_notes, *identity.notes(kept[c.CUSTOMER_ID].value_counts(sort=False))),
        lost,
        rejects,
    )
    return Transactions(kept, lines.scale, lines.has_money, last, reading)


def _unread(export: Export) -> dict[str, tuple[int, int | None]]:
    """Records that never became lines, by reason: how many, and the line of the first where it is known."""
    broken = export.cells.dialect.broken_lines
    return {
        "wrong_field_count": (export.cells.malformed, None),
        "broken_quotes": (len(broken), broken[0] if broken else None),
    }


def _typed(export: Export, settings: IngestSettings) -> _Lines:
    """Every line with its values; the amount as given, or quantity x unit price, or nothing."""
    ids, id_notes = _ids(export, settings)
    when = export.dates()
    amount, quantity, price = (export.numbers(standard) for standard in (c.AMOUNT, c.QUANTITY, c.UNIT_PRICE))
    values = np.zeros(export.cells.rows)
    if amount is not None:
        values = amount
    elif price is not None:
        values = price if quantity is None else price * quantity
    returned = values < 0 if quantity is None else (values < 0) | (quantity < 0)
    values = np.where(returned, -np.abs(values), values)  # some exports write the money of a return without its sign
    scale = money.scale_for(values)
    return _Lines(
        ids=ids,
        id_notes=tuple(id_notes),
        times=when.values,
        date_format=when.format,
        money=money.units(values, scale),
        scale=scale,
        has_money=amount is not None or price is not None,
        unreadable=np.isnan(values),
        quantity=quantity,
        returned=returned,
    )


def _ids(export: Export, settings: IngestSettings) -> tuple[pa.ChunkedArray, Iterator[str]]:
    """Customer ids as text: as written, but for blanks and invisible marks at the ends, Unicode form and case."""
    coded = pc.dictionary_encode(export.texts(c.CUSTOMER_ID)).combine_chunks()
    before = coded.dictionary.to_pylist()
    after = [identity.unified(text) for text in before]
    ids = pa.array([identity.cased(text, settings.id_case) for text in after], pa.string())
    return pa.chunked_array([ids.take(coded.indices)]), identity.rewritten(before, after)


def _duplicates(export: Export, fates: Fates, settings: IngestSettings) -> tuple[str, ...]:
    """Exact repeats of a line, judged on every column that was read."""
    coded = {name: pc.dictionary_encode(texts).combine_chunks().indices for name, texts in export.cells.columns.items()}
    repeated = pd.DataFrame({name: np.asarray(codes) for name, codes in coded.items()}).duplicated().to_numpy()
    if settings.dedupe == "lines":
        fates.mark(repeated, "duplicate")
        return ()
    count = int((repeated & fates.kept).sum())
    what = "lines repeat another in every column used and are kept; ingest.dedupe: lines ignores exact repeats"
    return (f"{count:,} {what}",) * bool(count)


def _apply_policies(fates: Fates, lines: _Lines, settings: IngestSettings) -> None:
    if settings.returns == "exclude":
        fates.mark(lines.returned, "return_excluded")
    if settings.free_lines == "exclude" and lines.has_money:
        fates.mark(lines.money == 0, "free_line")


def _drop_returns_alone(fates: Fates, lines: _Lines) -> None:
    """A customer who only returned is nobody who bought; the returns are left out with a count."""
    codes = np.asarray(pc.dictionary_encode(lines.ids).combine_chunks().indices)
    buyers = np.isin(codes, np.unique(codes[fates.kept & ~lines.returned]))
    fates.mark(~buyers & lines.returned, "return_without_purchase")


def _day_after(days: npt.NDArray[np.datetime64], export: Export) -> date:
    if len(days) == 0:
        raise InputProblem("no purchase is left after cleaning", source=export.content.name)
    last: date = days.max().astype(object)
    return last + timedelta(days=1)


def _kept(export: Export, lines: _Lines, kept: Mask) -> pd.DataFrame:
    """The kept lines; repeated text is held once."""
    keep = pa.array(kept)

    def text(values: pa.ChunkedArray) -> Any:  # noqa: ANN401 - a pandas categorical
        return pc.dictionary_encode(values.filter(keep)).combine_chunks().to_pandas()

    table = {
        c.CUSTOMER_ID: text(lines.ids),
        c.ORDER_DATE: lines.times[kept],
        c.AMOUNT: lines.money[kept],
        c.IS_RETURN: lines.returned[kept],
    }
    if lines.quantity is not None:
        table[c.QUANTITY] = np.nan_to_num(lines.quantity[kept])
    for standard in (c.ORDER_ID, *CARRIED):
        texts = export.texts(standard)
        if texts is not None:
            table[standard] = text(pc.utf8_trim_whitespace(texts))
    return pd.DataFrame(table)


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
        (*cells.dialect.notes, *notes),
        rejects,
    )

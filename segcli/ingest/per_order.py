"""Orders of several lines whose fields stand on the first line only, or on each: they count once per order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.config.ingest import Source
from segcli.ingest import order_totals
from segcli.ingest.coded import Coded
from segcli.ingest.export import Export
from segcli.ingest.notes import Note, set_option
from segcli.ingest.recognise import Recognition

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PerOrder:
    """An export in which each line has its order's fields, and the lines whose money stands on another line."""

    export: Export
    counted: Mask
    notes: tuple[Note, ...] = ()


def per_order(export: Export) -> PerOrder:
    """Carry the fields of an order down to its other lines, and count its money on one of them.

    A line continues an order if it has the order's id, no amount of its own, and nothing that contradicts the line
    that has one (the nearest above, else the next below). Lines that repeat an order's amount, with all its other
    fields, are the same order once more.
    """
    texts = export.order_ids()
    nothing = np.zeros(export.cells.rows, dtype=bool)
    if texts is None or export.cells.rows == 0 or c.AMOUNT not in export.recognition.columns:
        return PerOrder(export, nothing)
    orders = _coded(texts)
    notes: tuple[Note, ...] = ()
    if export.source.amount_per is None:
        evidence = order_totals.gather(export, orders.codes, ~orders.blank)
        name = export.recognition.columns[c.AMOUNT]
        meaning = evidence.meaning(name)
        blank = _count_blank_amounts(export, orders)
        if blank.is_proof:
            meaning = "order"
            notes = (order_totals.note_blank_lines(blank.lines, name),)
        else:
            notes = (*blank.notes, *order_totals.notes(evidence, name, meaning))
        if meaning == "order":
            export = replace(export, source=export.source.model_copy(update={"amount_per": "order"}))
    if export.source.amount_per != "order":
        return PerOrder(export, nothing, notes)
    fields = _fields(export)
    source = _taken_from(orders, fields, export.recognition.columns[c.AMOUNT])
    carried = {name: codes.codes[source] for name, codes in fields.items()}
    same = pd.DataFrame({"order": orders.codes, **carried}).duplicated().to_numpy()
    counted = same & ~orders.blank
    columns = export.cells.columns | {name: export.cells.columns[name].take(pa.array(source)) for name in fields}
    whole = replace(export, cells=replace(export.cells, columns=columns))
    return PerOrder(whole, counted, (*notes, *_said(int(counted.sum()))))


@dataclass(frozen=True)
class _Coded:
    """A column as numbers that are equal where its trimmed text is, and where it is blank."""

    codes: Codes
    blank: Mask


def _coded(column: Coded) -> _Coded:
    trimmed = column.trimmed
    return _Coded(trimmed.codes.astype(np.int64), trimmed.where(lambda texts: pc.equal(texts, "")))


def _fields(export: Export) -> dict[str, _Coded]:
    """The columns that speak of whole orders, by their name in the file."""
    found = [export.recognition.columns[s] for s in c.ORDER_FIELDS if s in export.recognition.columns]
    names = dict.fromkeys([*found, *(export.source.void or ()), *export.source.fallback_ids])
    return {name: _coded(export.cells.coded(name)) for name in names}


def _taken_from(orders: _Coded, fields: dict[str, _Coded], amount: str) -> Codes:
    """For each line the line whose order fields it has: its own, or those of the one it continues."""
    places = np.arange(len(orders.codes))
    heads = ~fields[amount].blank & ~orders.blank
    known = pd.Series(np.where(heads, places, np.nan)).groupby(orders.codes)
    head = known.ffill().fillna(known.bfill()).fillna(-1).to_numpy(dtype=np.int64)
    continues = ~heads & ~orders.blank & (head >= 0)
    for field in fields.values():
        continues &= field.blank | (field.codes == field.codes[head])
    return np.where(continues, head, places)


def _said(lines: int) -> Iterator[Note]:
    if lines:
        yield Note(f"lines without an amount of their own, since their order's counts once: {lines:,}")


def may_repeat_orders(recognition: Recognition, source: Source) -> bool:
    """Whether amounts may be those of whole orders, and nobody has said."""
    return not source.amount_per and {c.ORDER_ID, c.AMOUNT} <= set(recognition.columns)


@dataclass(frozen=True)
class _BlankAmounts:
    """Lines without an amount whose order has one on another line, of so many orders, all of which have just one."""

    lines: int
    orders: int
    have_one: bool

    @property
    def is_proof(self) -> bool:
        """Whether the amounts must be those of whole orders."""
        return self.have_one and self.orders >= order_totals.FEW_ORDERS

    @property
    def notes(self) -> Iterator[Note]:
        """A note where that is not proved."""
        if self.lines:
            yield Note(
                f"lines without an amount whose order has one on another line: {self.lines:,}; if it is the whole "
                f"order's, say {set_option(order_totals.SETTING, 'order')}"
            )


def _count_blank_amounts(export: Export, orders: _Coded) -> _BlankAmounts:
    if c.UNIT_PRICE in export.recognition.columns:
        return _BlankAmounts(0, 0, have_one=False)
    amounts = _coded(export.cells.coded(export.recognition.columns[c.AMOUNT]))
    size = int(orders.codes.max()) + 1
    filled = np.bincount(orders.codes[~amounts.blank & ~orders.blank], minlength=size)
    blank = np.bincount(orders.codes[amounts.blank & ~orders.blank], minlength=size)
    affected = (filled > 0) & (blank > 0)
    is_several = filled + blank > 1
    have_one = bool(affected.any() and (filled[is_several] == 1).all())
    return _BlankAmounts(int(blank[affected].sum()), int(affected.sum()), have_one=have_one)

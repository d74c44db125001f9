"""A piece of an order export, added up; what pieces add up to is what the whole file does, whatever their order."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.customers import runs as r
from segcli.customers.measures import DESCRIBED
from segcli.customers.runs import Bought, Mask, Returned, Runs, collapsed
from segcli.customers.texts import Codes, changes, hashes, mixed
from segcli.ingest import money, plain
from segcli.ingest.account import Account
from segcli.ingest.coded import Coded
from segcli.ingest.currency import present
from segcli.ingest.encoding import Twice
from segcli.ingest.export import Export
from segcli.ingest.lines import Lines
from segcli.ingest.numbers import Marks
from segcli.ingest.outliers import Amounts
from segcli.ingest.per_order import may_repeat_orders
from segcli.ingest.pieces import Understood
from segcli.ingest.transactions import accounted
from segcli.ingest.void import counted

Rows = slice | npt.NDArray[np.intp]  # all lines, or some
VALUES = (c.PRODUCT, *DESCRIBED)


@dataclass(frozen=True, eq=False)
class Tally:
    """What one piece adds: its purchases and returns, its account, and what is said of columns as wholes.

    `return_lines` are the physical lines of the returns, `largest_line` that of the largest amount, `lines` how many
    there are. `highest` is the largest amount or quantity without its sign, in units. `rewritten` are ids that were
    spelled otherwise. `repeated` lines repeat another of their purchase; `alike` and `varied` are runs of several lines
    whose amounts are, or are not, equal. The last three are those of the piece. Where an engine added up the file,
    no line is known: there are no `return_lines`, and `largest_line` is None.
    """

    runs: Runs | None
    returned: Returned
    return_lines: r.Units
    account: Account
    lines: int
    amounts: Amounts
    largest_line: int | None
    highest: int
    rewritten: frozenset[str]
    currencies: frozenset[str]
    statuses: Mapping[str, Counter[str]]
    repeated: int
    alike: int
    varied: int
    marks: tuple[Marks, ...]
    strange: frozenset[str]
    twice: Twice


def tally(piece: Understood, settings: IngestSettings) -> Tally:
    """Add up the lines of a piece: what the wanted measures are made of."""
    export, lines, kept = piece.export, piece.lines, piece.fates.kept
    order, run = _runs(export, lines, settings.collapse)
    bought = kept & ~lines.returned
    rows: Rows = slice(None) if bought.all() else np.flatnonzero(bought)
    new = np.diff(run[rows], prepend=np.int32(-1)) != 0
    runs = collapsed(_bought(piece, order, rows, settings), new)
    back = np.flatnonzero(kept & lines.returned)
    amounts = Amounts.of(lines.money[kept])
    alike, varied = _alike(lines.money, run) if may_repeat_orders(export.recognition, export.source) else (0, 0)
    return Tally(
        runs=runs,
        returned=Returned(lines.ids.at_rows(back), _days(lines)[back], lines.money[back], lines.refunded[back]),
        return_lines=np.array(export.cells.lines(back.tolist()), dtype=np.int64),
        account=accounted(export, lines, piece.fates),
        lines=export.cells.physical_lines,
        amounts=amounts,
        largest_line=export.cells.line(int(np.flatnonzero(kept)[amounts.row])) if kept.any() else 0,
        highest=_highest(lines),
        rewritten=lines.rewritten,
        currencies=present(export, kept),
        statuses=counted(export),
        repeated=_repeated(export, lines.money, run, kept) if piece.repeated is None else piece.repeated,
        alike=alike,
        varied=varied,
        marks=piece.marks,
        strange=piece.strange,
        twice=piece.twice,
    )


def _runs(export: Export, lines: Lines, collapse: str) -> tuple[pa.StringArray | None, Codes]:
    """The orders that are named, and for each line the number of its run: neighbours of one purchase."""
    new = changes(lines.ids.at_rows())
    if collapse == "day":
        new[1:] |= lines.days[1:] != lines.days[:-1]
        return None, np.cumsum(new, dtype=np.int32)
    if c.ORDER_ID not in export.recognition.columns:
        return None, np.arange(len(new), dtype=np.int32)
    column = export.rows(c.ORDER_ID)
    order = (column if plain.is_bare(column.texts) else column.trimmed).at_rows()
    new |= changes(order) | np.asarray(pc.equal(order, ""))
    return order, np.cumsum(new, dtype=np.int32)


def _bought(piece: Understood, order: pa.StringArray | None, rows: Rows, settings: IngestSettings) -> Bought:
    """The lines bought."""
    export, lines = piece.export, piece.lines
    chosen = None if isinstance(rows, slice) else rows
    return Bought(
        customer=lines.ids.at_rows(chosen),
        order=order if order is None or chosen is None else order.take(pa.array(chosen)),
        day=_days(lines)[rows],
        sums={name: values[rows] for name, values in _sums(export, lines, settings.measures)},
        values={name: _chosen(export, name, rows) for name in VALUES if name in export.recognition.columns},
        by_day=settings.collapse == "day",
    )


def _sums(export: Export, lines: Lines, wanted: Sequence[str]) -> Iterator[tuple[str, r.Units]]:
    if lines.has_money:
        yield r.MONEY, lines.money
    if c.REFUNDED in export.recognition.columns:
        yield r.REFUNDED, lines.refunded
    if lines.quantity is not None and (not wanted or c.ITEMS in wanted):
        yield r.ITEMS, money.units(lines.quantity, lines.scales.items)
    if lines.discounted is not None:
        yield r.DISCOUNTED, lines.discounted.astype(np.int64)


def _chosen(export: Export, name: str, rows: Rows) -> Coded:
    column = export.cells.coded(export.recognition.columns[name]).trimmed
    return Coded(column.texts, column.codes[rows])


def _days(lines: Lines) -> r.Days:
    return lines.days.astype(np.int32)


def _highest(lines: Lines) -> int:
    quantity = 0.0 if lines.quantity is None else float(np.nanmax(np.abs(lines.quantity), initial=0.0))
    largest = max(int(np.abs(one).max(initial=0)) for one in (lines.money, lines.refunded))
    return max(largest, int(min(quantity, money.CAPACITY) * lines.scales.items))


def _alike(units: r.Units, run: Codes) -> tuple[int, int]:
    """Runs of several lines with equal amounts, and with others."""
    at = np.flatnonzero(np.diff(run, prepend=np.int32(-1)))
    if not len(at):
        return 0, 0
    several = np.diff(at, append=len(run)) > 1
    equal = np.minimum.reduceat(units, at) == np.maximum.reduceat(units, at)
    return int((several & equal).sum()), int((several & ~equal).sum())


def _repeated(export: Export, units: r.Units, run: Codes, kept: Mask) -> int:
    """Kept lines that repeat another of their run in every column that was read."""
    marks = mixed(run.astype(np.uint64), units.view(np.uint64))
    ascending = np.sort(marks)
    twice = ascending[1:][ascending[1:] == ascending[:-1]]
    if not len(twice):
        return 0
    rows = np.flatnonzero(np.isin(marks, twice))
    for texts in export.cells.columns.values():
        marks[rows] = mixed(marks[rows], hashes(texts.take(rows).combine_chunks()))
    return int((pd.Series(marks[rows]).duplicated().to_numpy() & kept[rows]).sum())

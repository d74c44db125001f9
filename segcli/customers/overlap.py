"""Lines that several files of one run share, such as monthly exports that both have the last day: they count once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.arrow import Words, hash_strings, is_empty, mix_hash
from segcli.counting import counted
from segcli.errors import InputProblem
from segcli.ingest.export import Export
from segcli.ingest.lines import Lines
from segcli.ingest.notes import Note, set_option

SETTING = "ingest.overlap"
COMPARED = (columns.CUSTOMER_ID, columns.ORDER_ID, columns.PRODUCT)  # as text, besides time, money and quantity
DAY_BITS = np.uint64(48)  # the day is the highest 16 bits of a line's hash
FIRST_DAY = 40_000  # before 1970-01-01, added so that no day is negative and no hash is 0
MOST_BY_CHANCE = 0.05  # share of the lines of their days that shared lines must exceed
WITHOUT_ORDERS = 0.2  # the same where no order ids tell lines of equal content apart
FEWEST_WITHOUT_ORDERS = 2
NEARLY_ALL = 0.95  # share of orders that have one line each

Rows = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LineHashes:
    """A hash of each line of a file and of its order, 0 for lines that do not count; the row of each chunk."""

    hashes: Words
    orders: Words
    chunk_starts: Rows

    @classmethod
    def merge(cls, chunks: Sequence[tuple[Words, Words]]) -> "LineHashes":
        """Merge the hashes of a file's chunks."""
        nothing = np.empty(0, np.uint64)
        hashes, orders = (np.concatenate([nothing, *(chunk[part] for chunk in chunks)]) for part in (0, 1))
        sizes = [len(chunk[0]) for chunk in chunks]
        return cls(hashes, orders, np.cumsum([0, *sizes], dtype=np.int64)[:-1])


@dataclass(frozen=True, eq=False)
class Overlap:
    """The rows of a file that an earlier file has, and the row at which each chunk of it begins.

    `is_believed` tells a real overlap from lines that are alike by chance.
    """

    rows: Rows
    chunk_starts: Rows
    is_believed: bool

    def of_chunk(self, chunk: int, lines: int) -> npt.NDArray[np.bool_]:
        """Mark the lines of a chunk; a file that is read whole is one chunk of all its lines."""
        start = int(self.chunk_starts[chunk])
        mask = np.zeros(lines, dtype=bool)
        rows = self.rows[(self.rows >= start) & (self.rows < start + lines)] - start
        mask[rows] = True
        return mask


def hash_lines(export: Export, lines: Lines, kept: npt.NDArray[np.bool_]) -> tuple[Words, Words]:
    """Hash what each kept line says (who bought what, when, in which order and for how much), and its order.

    Returns:
        The hashes of lines and of orders; 0 for other lines, and for orders without an id.
    """
    times = lines.times.astype("datetime64[us]").astype(np.int64).view(np.uint64)
    hashes = mix_hash(times, lines.money.view(np.uint64))
    if lines.quantity is not None:
        hashes = mix_hash(hashes, np.nan_to_num(lines.quantity).view(np.uint64))
    for name in COMPARED:
        if name == columns.CUSTOMER_ID:
            hashes = mix_hash(hashes, hash_strings(lines.ids.at_rows()))
        elif name in export.recognition.columns:
            hashes = mix_hash(hashes, hash_strings(export.rows_trimmed(name).at_rows()))
    days = (lines.days.astype(np.int64) + FIRST_DAY).astype(np.uint64)
    marks = (days << DAY_BITS) | (hashes >> (np.uint64(64) - DAY_BITS))
    return np.where(kept, marks, np.uint64(0)), _hash_orders(export, lines, kept & ~lines.returned)


def _hash_orders(export: Export, lines: Lines, bought: npt.NDArray[np.bool_]) -> Words:
    ids = export.order_ids()
    if ids is None:
        return np.zeros(len(bought), dtype=np.uint64)
    names = ids.at_rows()
    hashes = mix_hash(hash_strings(lines.ids.at_rows()), hash_strings(names)) | np.uint64(1)
    return np.where(bought & ~is_empty(names), hashes, np.uint64(0))


def count_changed_orders(files: Sequence[LineHashes]) -> Mapping[int, int]:
    """Count the orders of each file that an earlier one has with other content, such as another amount.

    Only files of one line an order are compared: of several lines some may be in each file.
    """
    changed: dict[int, int] = {}
    known, known_hashes = np.empty(0, np.uint64), np.empty(0, np.uint64)
    for number, file in enumerate(files):
        own, first, counts = np.unique(file.orders, return_index=True, return_counts=True)
        single = (counts == 1) & (own > 0)
        if single.sum() < NEARLY_ALL * (own > 0).sum():
            continue
        own, hashes = own[single], file.hashes[first[single]]
        places = np.minimum(np.searchsorted(known, own), max(len(known) - 1, 0))
        if len(known):
            count = int(((known[places] == own) & (known_hashes[places] != hashes)).sum())
            changed |= {number: count} if count else {}
        known, places = np.unique(np.concatenate([known, own]), return_index=True)
        known_hashes = np.concatenate([known_hashes, hashes])[places]
    return changed


def find_overlaps(files: Sequence[LineHashes], *, have_orders: bool) -> Mapping[int, Overlap]:
    """Find the lines of each file that an earlier one has.

    A line that stands twice in one file may stand twice in another: it counts as often as in the file that has it most.

    Args:
        files: in their order.
        have_orders: whether order ids tell lines of equal content apart.
    """
    overlaps: dict[int, Overlap] = {}
    known, counts = np.empty(0, np.uint64), np.empty(0, np.int64)
    for number, file in enumerate(files):
        own, own_counts = np.unique(file.hashes[file.hashes > 0], return_counts=True)
        shared = _counts_in(own, known, counts)
        common = np.minimum(shared, own_counts)
        if common.any():
            rows = _last_rows(file.hashes, own, common)
            is_believed = _is_believed((own, own_counts), (known, counts), common, have_orders=have_orders)
            overlaps[number] = Overlap(rows, file.chunk_starts, is_believed)
        known, counts = _merge_counts(known, counts, own, own_counts)
    return overlaps


def refuse_overlaps(overlaps: Mapping[int, Overlap], changed: Mapping[int, int], names: Sequence[str]) -> None:
    """Refuse files that share lines or orders.

    Raises:
        InputProblem: naming the first of them.
    """
    for number, orders in changed.items():
        raise InputProblem(
            f"{counted(orders, 'order is', 'orders are')} in an earlier file of this run as well, with other content",
            source=names[number],
            remedy=f"Export files without common days, or count both with {set_option(SETTING, 'keep')}",
        )
    for number, overlap in overlaps.items():
        raise InputProblem(
            f"{counted(len(overlap.rows), 'line')} {'is' if len(overlap.rows) == 1 else 'are'} in an earlier file of "
            "this run as well",
            source=names[number],
            remedy=f"Count them once with {set_option(SETTING, 'once')}, or both times with "
            f"{set_option(SETTING, 'keep')}",
        )


def overlap_notes(overlap: Overlap, *, is_once: bool) -> Note:
    """Return a note on the lines of a file that an earlier one has."""
    lines = counted(len(overlap.rows), "line")
    if is_once:
        return Note(f"{lines} of an earlier file counted once; {set_option(SETTING, 'keep')} counts them again")
    return Note(
        f"{lines} alike in an earlier file, which may be chance: kept; {set_option(SETTING, 'once')} counts them once"
    )


def note_changed_orders(orders: int, total: int, money: float) -> Note:
    """Return a note on orders of a file that an earlier file has with other content.

    Args:
        orders: how many there are.
        total: lines of the file.
        money: of the file.
    """
    return Note(
        f"{counted(orders, 'order is', 'orders are')} in an earlier file as well, with another amount or day, and "
        f"count both times; export files without common days, or {set_option(SETTING, 'refuse')} refuses them",
        orders / max(total, 1) * money,
    )


def _counts_in(own: Words, known: Words, counts: Counts) -> Counts:
    if not len(known):
        return np.zeros(len(own), dtype=np.int64)
    places = np.minimum(np.searchsorted(known, own), len(known) - 1)
    return np.where(known[places] == own, counts[places], 0)


def _merge_counts(known: Words, counts: Counts, own: Words, own_counts: Counts) -> tuple[Words, Counts]:
    """Return all hashes, sorted, each with the larger of its counts."""
    every, places = np.unique(np.concatenate([known, own]), return_inverse=True)
    largest = np.zeros(len(every), dtype=np.int64)
    np.maximum.at(largest, places, np.concatenate([counts, own_counts]))
    return every, largest


def _last_rows(hashes: Words, own: Words, common: Counts) -> Rows:
    """Return, for each hash, as many of its last rows as are common."""
    rows = np.flatnonzero(np.isin(hashes, own[common > 0]))
    order = np.argsort(hashes[rows], kind="stable")[::-1]
    ordered = hashes[rows][order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    place_in_group = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    limit = common[np.searchsorted(own, ordered)]
    return np.sort(rows[order][place_in_group < limit])


def _is_believed(own: tuple[Words, Counts], known: tuple[Words, Counts], common: Counts, *, have_orders: bool) -> bool:
    """Tell whether shared lines are more of the lines of their days than chance makes alike."""
    days = np.unique(own[0][common > 0] >> DAY_BITS)
    lines = min(int(counts[np.isin(hashes >> DAY_BITS, days)].sum()) for hashes, counts in (own, known))
    shared = int(common.sum())
    if have_orders:
        return shared > MOST_BY_CHANCE * lines
    return shared >= FEWEST_WITHOUT_ORDERS and shared > WITHOUT_ORDERS * lines

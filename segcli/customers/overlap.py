"""Lines that several files of one run share, such as the common last day of monthly exports; they count once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.arrow import Uint64Array, combine_hashes, hash_strings, mark_empty
from segcli.errors import InputProblem
from segcli.formatting import pluralize
from segcli.ingest.notes import Note, format_set_option
from segcli.ingest.order_export import OrderExport
from segcli.ingest.order_lines import OrderLines

OVERLAP_SETTING = "ingest.overlap"
COMPARED_COLUMNS = (columns.CUSTOMER_ID, columns.ORDER_ID, columns.PRODUCT)  # as text, besides time, money and quantity
HASH_BITS_BELOW_DAY = np.uint64(48)  # the day is the highest 16 bits of a line's hash
DAY_OFFSET = 40_000  # added to days since 1970-01-01, so that no day is negative and no hash is 0
CHANCE_SHARE = 0.05  # share of the lines of their days above which shared lines are an overlap
CHANCE_SHARE_WITHOUT_ORDERS = 0.2  # the same if no order ids distinguish lines of equal content
MIN_SHARED_WITHOUT_ORDERS = 2
SINGLE_LINE_SHARE = 0.95  # minimum share of single-line orders in files to compare by order

RowNumbers = npt.NDArray[np.int64]
LineCounts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LineHashes:
    """Hashes of the lines of a file and of their orders, 0 for lines that do not count.

    `chunk_starts` is the first row of each chunk.
    """

    line_hashes: Uint64Array
    order_hashes: Uint64Array
    chunk_starts: RowNumbers

    @classmethod
    def merge_chunks(cls, chunk_hashes: Sequence[tuple[Uint64Array, Uint64Array]]) -> "LineHashes":
        """Concatenate the hashes of the chunks of a file."""
        no_hashes = np.empty(0, np.uint64)
        hashes, orders = (np.concatenate([no_hashes, *(chunk[part] for chunk in chunk_hashes)]) for part in (0, 1))
        sizes = [len(chunk[0]) for chunk in chunk_hashes]
        return cls(hashes, orders, np.cumsum([0, *sizes], dtype=np.int64)[:-1])


@dataclass(frozen=True, eq=False)
class Overlap:
    """Rows of a file that are also in an earlier file, and the first row of each of its chunks.

    `is_believed` is true for a real overlap, and false for lines that may be equal by chance.
    """

    rows: RowNumbers
    chunk_starts: RowNumbers
    is_believed: bool

    def mask_chunk(self, chunk: int, line_count: int) -> npt.NDArray[np.bool_]:
        """Return a mask of the shared lines of a chunk; a file that is read whole is one chunk."""
        start = int(self.chunk_starts[chunk])
        mask = np.zeros(line_count, dtype=bool)
        rows = self.rows[(self.rows >= start) & (self.rows < start + line_count)] - start
        mask[rows] = True
        return mask


def hash_lines(
    export: OrderExport, order_lines: OrderLines, is_kept: npt.NDArray[np.bool_]
) -> tuple[Uint64Array, Uint64Array]:
    """Hash the content of each kept line (customer, product, time, quantity, order id and money), and its order.

    Returns:
        The hashes of lines and of orders; 0 for other lines, and for orders without an id.
    """
    times = order_lines.times.astype("datetime64[us]").astype(np.int64).view(np.uint64)
    hashes = combine_hashes(times, order_lines.money_units.view(np.uint64))
    if order_lines.quantity is not None:
        hashes = combine_hashes(hashes, np.nan_to_num(order_lines.quantity).view(np.uint64))
    for name in COMPARED_COLUMNS:
        if name == columns.CUSTOMER_ID:
            hashes = combine_hashes(hashes, hash_strings(order_lines.ids.take_rows()))
        elif name in export.mapping.columns:
            hashes = combine_hashes(hashes, hash_strings(export.get_stripped_rows(name).take_rows()))
    days = (order_lines.days.astype(np.int64) + DAY_OFFSET).astype(np.uint64)
    day_hashes = (days << HASH_BITS_BELOW_DAY) | (hashes >> (np.uint64(64) - HASH_BITS_BELOW_DAY))
    return np.where(is_kept, day_hashes, np.uint64(0)), _hash_orders(
        export, order_lines, is_kept & ~order_lines.is_return
    )


def _hash_orders(export: OrderExport, order_lines: OrderLines, is_purchase: npt.NDArray[np.bool_]) -> Uint64Array:
    ids = export.get_order_ids()
    if ids is None:
        return np.zeros(len(is_purchase), dtype=np.uint64)
    order_ids = ids.take_rows()
    hashes = combine_hashes(hash_strings(order_lines.ids.take_rows()), hash_strings(order_ids)) | np.uint64(1)
    return np.where(is_purchase & ~mark_empty(order_ids), hashes, np.uint64(0))


def count_changed_orders(files: Sequence[LineHashes]) -> Mapping[int, int]:
    """Count the orders of each file that an earlier file has with different content, such as another amount.

    Only files with one line per order are compared, because the lines of longer orders may be spread over files.
    """
    changed_orders: dict[int, int] = {}
    known_orders, known_hashes = np.empty(0, np.uint64), np.empty(0, np.uint64)
    for file_number, file in enumerate(files):
        file_orders, first, counts = np.unique(file.order_hashes, return_index=True, return_counts=True)
        is_single_line = (counts == 1) & (file_orders > 0)
        if is_single_line.sum() < SINGLE_LINE_SHARE * (file_orders > 0).sum():
            continue
        file_orders, hashes = file_orders[is_single_line], file.line_hashes[first[is_single_line]]
        positions = np.minimum(np.searchsorted(known_orders, file_orders), max(len(known_orders) - 1, 0))
        if len(known_orders):
            count = int(((known_orders[positions] == file_orders) & (known_hashes[positions] != hashes)).sum())
            changed_orders |= {file_number: count} if count else {}
        known_orders, positions = np.unique(np.concatenate([known_orders, file_orders]), return_index=True)
        known_hashes = np.concatenate([known_hashes, hashes])[positions]
    return changed_orders


def find_overlaps(files: Sequence[LineHashes], *, have_orders: bool) -> Mapping[int, Overlap]:
    """Find the lines of each file that are also in an earlier file.

    A line that is repeated within one file may also be repeated in another: it counts as often as in the file that has
    it most often.

    Args:
        files: hashes of each file, in order.
        have_orders: whether order ids distinguish lines of equal content.
    """
    overlaps: dict[int, Overlap] = {}
    known_hashes, counts = np.empty(0, np.uint64), np.empty(0, np.int64)
    for file_number, file in enumerate(files):
        file_hashes, file_counts = np.unique(file.line_hashes[file.line_hashes > 0], return_counts=True)
        known_counts = _look_up_counts(file_hashes, known_hashes, counts)
        common_counts = np.minimum(known_counts, file_counts)
        if common_counts.any():
            rows = _select_last_rows(file.line_hashes, file_hashes, common_counts)
            is_believed = _exceeds_chance(
                (file_hashes, file_counts), (known_hashes, counts), common_counts, have_orders=have_orders
            )
            overlaps[file_number] = Overlap(rows, file.chunk_starts, is_believed)
        known_hashes, counts = _merge_counts(known_hashes, counts, file_hashes, file_counts)
    return overlaps


def refuse_overlaps(
    overlaps: Mapping[int, Overlap], changed_orders: Mapping[int, int], file_names: Sequence[str]
) -> None:
    """Reject files that share lines or orders.

    Raises:
        InputProblem: files share lines or orders; it names the first such file.
    """
    for file_number, order_count in changed_orders.items():
        raise InputProblem(
            f"{pluralize(order_count, 'order is', 'orders are')} also in an earlier file of this run, "
            "with different content",
            source=file_names[file_number],
            remedy="export files without overlapping days, or count both with "
            f"{format_set_option(OVERLAP_SETTING, 'keep')}",
        )
    for file_number, overlap in overlaps.items():
        raise InputProblem(
            f"{pluralize(len(overlap.rows), 'line')} {'is' if len(overlap.rows) == 1 else 'are'} also in an earlier "
            "file of this run",
            source=file_names[file_number],
            remedy=f"count them once with {format_set_option(OVERLAP_SETTING, 'once')}, or both times with "
            f"{format_set_option(OVERLAP_SETTING, 'keep')}",
        )


def note_overlap(overlap: Overlap, *, is_once: bool) -> Note:
    """Return a note on the lines of a file that are also in an earlier file."""
    lines = pluralize(len(overlap.rows), "line")
    if is_once:
        return Note(
            f"{lines} also in an earlier file, counted once; "
            f"hint: {format_set_option(OVERLAP_SETTING, 'keep')} counts them each time"
        )
    return Note(
        f"{lines} also in an earlier file, kept because this may be coincidence; hint: "
        f"{format_set_option(OVERLAP_SETTING, 'once')} counts them once"
    )


def note_changed_orders(order_count: int, line_count: int, money: float) -> Note:
    """Return a note on orders that an earlier file has with different content.

    Args:
        order_count: number of such orders.
        line_count: number of lines of the file.
        money: total money of the file.
    """
    return Note(
        f"{pluralize(order_count, 'order is', 'orders are')} also in an earlier file, "
        "with another amount or day, and counted each time; hint: export files without overlapping days, "
        f"or reject them with {format_set_option(OVERLAP_SETTING, 'refuse')}",
        order_count / max(line_count, 1) * money,
    )


def _look_up_counts(file_hashes: Uint64Array, known_hashes: Uint64Array, known_counts: LineCounts) -> LineCounts:
    if not len(known_hashes):
        return np.zeros(len(file_hashes), dtype=np.int64)
    positions = np.minimum(np.searchsorted(known_hashes, file_hashes), len(known_hashes) - 1)
    return np.where(known_hashes[positions] == file_hashes, known_counts[positions], 0)


def _merge_counts(
    known_hashes: Uint64Array, known_counts: LineCounts, file_hashes: Uint64Array, file_counts: LineCounts
) -> tuple[Uint64Array, LineCounts]:
    """Return all hashes, sorted, each with the larger of its two counts."""
    all_hashes, positions = np.unique(np.concatenate([known_hashes, file_hashes]), return_inverse=True)
    largest = np.zeros(len(all_hashes), dtype=np.int64)
    np.maximum.at(largest, positions, np.concatenate([known_counts, file_counts]))
    return all_hashes, largest


def _select_last_rows(hashes: Uint64Array, file_hashes: Uint64Array, common_counts: LineCounts) -> RowNumbers:
    """Return the last rows of each hash, as many as both files have in common."""
    rows = np.flatnonzero(np.isin(hashes, file_hashes[common_counts > 0]))
    order = np.argsort(hashes[rows], kind="stable")[::-1]
    ordered = hashes[rows][order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    place_in_group = np.arange(len(ordered)) - np.repeat(starts, np.diff(np.append(starts, len(ordered))))
    limit = common_counts[np.searchsorted(file_hashes, ordered)]
    return np.sort(rows[order][place_in_group < limit])


def _exceeds_chance(
    file_lines: tuple[Uint64Array, LineCounts],
    known_lines: tuple[Uint64Array, LineCounts],
    common_counts: LineCounts,
    *,
    have_orders: bool,
) -> bool:
    """Return whether the share of shared lines, among the lines of their days, is too large for chance."""
    days = np.unique(file_lines[0][common_counts > 0] >> HASH_BITS_BELOW_DAY)
    lines_of_days = min(
        int(counts[np.isin(hashes >> HASH_BITS_BELOW_DAY, days)].sum()) for hashes, counts in (file_lines, known_lines)
    )
    shared_count = int(common_counts.sum())
    if have_orders:
        return shared_count > CHANCE_SHARE * lines_of_days
    return shared_count >= MIN_SHARED_WITHOUT_ORDERS and shared_count > CHANCE_SHARE_WITHOUT_ORDERS * lines_of_days

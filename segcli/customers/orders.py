"""Orders: merge all runs that belong to the same order, wherever its lines are."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrow import Int32Array, RankedStrings, RowIndices, combine_hashes, hash_strings, invert_order, rank_strings
from segcli.customers import order_runs
from segcli.customers.order_runs import DayNumbers, OrderRuns, ReturnLines, Units, ValueCounts
from segcli.formatting import pluralize
from segcli.model import InputReport

LOOKUP_BATCH = 1 << 18  # hashes looked up at a time, to reuse allocated memory


@dataclass(frozen=True, eq=False)
class Orders:
    """Totals of orders, one entry per order, sorted by customer.

    `customer_starts` is the index of each customer's first order. `ranked_customers` ranks the customers of all runs.
    The other fields are as in `OrderRuns`.
    """

    ranked_customers: RankedStrings
    customer_starts: RowIndices
    first_day: DayNumbers
    last_day: DayNumbers
    sums: Mapping[str, Units]
    value_counts: Mapping[str, ValueCounts]

    def __len__(self) -> int:
        return len(self.first_day)

    @property
    def customer_ids(self) -> pa.StringArray:
        """Customer ids, sorted."""
        return self.ranked_customers.distinct_strings

    @property
    def order_counts(self) -> Units:
        """Number of orders of each customer."""
        return np.diff(np.append(self.customer_starts, len(self)))


def merge_runs_into_orders(runs: OrderRuns) -> Orders:
    """Merge the runs of each order; the result does not depend on the order of runs."""
    ranked_customers = rank_strings(runs.customer)
    later_rows, target_rows = _find_later_runs(runs, ranked_customers)
    order, starts = _select_first_runs(later_rows, ranked_customers)
    first, last = runs.first_day[order], runs.last_day[order]
    sums = {name: column[order] for name, column in runs.sums.items()}
    if len(later_rows):
        positions = invert_order(order, len(ranked_customers.sorted_rows))[target_rows]
        np.minimum.at(first, positions, runs.first_day[later_rows])
        np.maximum.at(last, positions, runs.last_day[later_rows])
        for name, column in runs.sums.items():
            np.add.at(sums[name], positions, column[later_rows])
    return Orders(ranked_customers, starts, first, last, sums, runs.value_counts)


def _select_first_runs(later_rows: RowIndices, ranked_customers: RankedStrings) -> tuple[RowIndices, RowIndices]:
    """Return the runs that begin an order, sorted by customer, and the index of each customer's first one."""
    if not len(later_rows):
        return ranked_customers.sorted_rows, ranked_customers.starts
    is_later = np.zeros(len(ranked_customers.sorted_rows), dtype=bool)
    is_later[later_rows] = True
    dropped_positions = np.flatnonzero(is_later[ranked_customers.sorted_rows])
    return np.delete(ranked_customers.sorted_rows, dropped_positions), ranked_customers.starts - np.searchsorted(
        dropped_positions, ranked_customers.starts
    )


def _find_later_runs(runs: OrderRuns, ranked_customers: RankedStrings) -> tuple[RowIndices, RowIndices]:
    """Return the runs whose order began in another run, and that other run.

    Equal hashes preselect the few candidates. Customers and order ids are then compared.
    """
    candidates = _find_repeated_hashes(runs)
    if not len(candidates):
        return candidates, candidates
    customer = ranked_customers.row_codes
    order_keys = (
        runs.first_day[candidates] if runs.order is None else _encode_texts(runs.order.take(pa.array(candidates)))
    )
    order = np.lexsort((candidates, order_keys, customer[candidates]))
    customer_codes, order_codes, rows = customer[candidates][order], order_keys[order], candidates[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (customer_codes[1:] != customer_codes[:-1]) | (order_codes[1:] != order_codes[:-1])
    first_rows = rows[np.flatnonzero(is_first)][np.cumsum(is_first) - 1]
    return rows[~is_first], first_rows[~is_first]


def _encode_texts(strings: pa.StringArray) -> Int32Array:
    return np.asarray(pc.dictionary_encode(strings).indices, dtype=np.int32)


def _find_repeated_hashes(runs: OrderRuns) -> RowIndices:
    """Return the runs whose hash another run shares and whose order has an id."""
    if runs.order is None and not runs.by_day:
        return np.empty(0, dtype=np.int64)
    order_keys = runs.first_day.astype(np.uint64) if runs.order is None else hash_strings(runs.order)
    # Half of a hash sorts twice as fast, and collides nearly as rarely.
    hashes = (combine_hashes(hash_strings(runs.customer), order_keys) >> np.uint64(32)).astype(np.uint32)
    sorted_hashes = np.sort(hashes)
    repeated_hashes = np.unique(sorted_hashes[1:][sorted_hashes[1:] == sorted_hashes[:-1]])
    if not len(repeated_hashes):
        return np.empty(0, dtype=np.int64)
    rows = np.concatenate(
        [
            start + _find_members(hashes[start : start + LOOKUP_BATCH], repeated_hashes)
            for start in range(0, len(runs), LOOKUP_BATCH)
        ]
    )
    return rows if runs.order is None else rows[np.asarray(pc.not_equal(runs.order.take(pa.array(rows)), ""))]


def _find_members(hashes: npt.NDArray[np.uint32], sorted_hashes: npt.NDArray[np.uint32]) -> RowIndices:
    nearest_hashes = sorted_hashes[np.minimum(np.searchsorted(sorted_hashes, hashes), len(sorted_hashes) - 1)]
    return np.flatnonzero(nearest_hashes == hashes)


# Returns of buyers
UNMATCHED_RETURNS_NOTE = (
    "return line of customers without a purchase excluded",
    "return lines of customers without a purchase excluded",
)


def refund_totals(orders: Orders, returns: ReturnLines, customer_indices: RowIndices) -> Units:
    """Return the money refunded to each customer, in units, never above 0.

    Args:
        orders: the orders of all buyers.
        returns: the return lines that count.
        customer_indices: index of the customer of each return, from `find_return_customers`.
    """
    refunds = np.zeros(len(orders.customer_ids), dtype=np.int64)
    np.add.at(
        refunds, customer_indices[customer_indices >= 0], (returns.money - returns.refunded)[customer_indices >= 0]
    )
    if order_runs.REFUNDED_SUM in orders.sums:
        refunds -= np.add.reduceat(orders.sums[order_runs.REFUNDED_SUM], orders.customer_starts)
    return refunds


def find_return_customers(orders: Orders, returns: ReturnLines) -> RowIndices:
    """Return the index of the customer of each return; -1 if that customer has no purchase."""
    if not len(returns):
        return np.empty(0, dtype=np.int64)
    positions = pc.index_in(returns.customer, value_set=orders.customer_ids)
    return np.asarray(positions.fill_null(-1)).astype(np.int64)


def note_unmatched_returns(input_report: InputReport) -> tuple[str, ...]:
    """Return a warning on returns of customers without a purchase."""
    unmatched = (
        [total for total in input_report.reconciliation.ignored if total.reason == "return_without_purchase"]
        if input_report.reconciliation
        else []
    )
    return tuple(pluralize(total.lines, *UNMATCHED_RETURNS_NOTE) for total in unmatched)

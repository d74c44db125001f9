"""Hints for measures that a customer table lacks."""

from collections.abc import Iterable

from segcli import columns
from segcli.message import message
from segcli.model import Customers

COMPUTE_ALL_COMMAND = "segcli rfm ORDERS --set ingest.measures=all"  # ORDERS is the order export


def measures_remedy(customers: Customers, missing: Iterable[str]) -> str:
    """Return how to compute missing measures, or an empty string if that would not help.

    Args:
        customers: the customers whose table lacks the columns.
        missing: missing column names; some of them may not be measures.
    """
    names = [name for name in missing if columns.is_computed(name) and name not in customers.table]
    if not names or customers.transactions is not None or not _lacks_measures(customers):
        return ""
    if len(names) == 1:
        return message("{command} computes it from the order export", command=COMPUTE_ALL_COMMAND)
    return message("{command} computes them from the order export", command=COMPUTE_ALL_COMMAND)


def add_remedy(problem: str, customers: Customers, missing: Iterable[str]) -> str:
    """Return the problem, followed by the remedy if there is one."""
    remedy = measures_remedy(customers, missing)
    return message("{problem}; hint: {remedy}", problem=problem, remedy=remedy) if remedy else problem


def _lacks_measures(customers: Customers) -> bool:
    """Return whether another command wrote this table with a subset of the measures (full tables have order_lines)."""
    names = set(map(str, customers.table.columns))
    is_segcli_table = {columns.RECENCY_DAYS, columns.ORDERS} <= names or any(
        name.endswith(columns.SEGMENT_SUFFIX) for name in names
    )
    return is_segcli_table and columns.ORDER_LINES not in names

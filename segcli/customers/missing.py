"""The remedy for measures that a customer table lacks."""

from collections.abc import Iterable

from segcli import columns
from segcli.model import Customers

COMPUTE_ALL_COMMAND = "segcli rfm ORDERS --set ingest.measures=all"  # ORDERS: the order export


def measures_remedy(customers: Customers, missing: Iterable[str]) -> str:
    """Return how to compute missing measures, or an empty string where that is no remedy.

    Args:
        customers: with the table that lacks them.
        missing: column names, of which some may be no measures.
    """
    names = [name for name in missing if columns.is_computed(name) and name not in customers.table]
    if not names or customers.transactions is not None or not _lacks_measures(customers):
        return ""
    return f"{COMPUTE_ALL_COMMAND} computes {'it' if len(names) == 1 else 'them'} from the order export"


def add_remedy(message: str, customers: Customers, missing: Iterable[str]) -> str:
    """Return the message with the remedy behind it, where there is one."""
    remedy = measures_remedy(customers, missing)
    return f"{message}. {remedy}" if remedy else message


def _lacks_measures(customers: Customers) -> bool:
    """Return whether a command wrote this table with the measures that it used, not all (which have order_lines)."""
    names = set(map(str, customers.table.columns))
    is_segcli_table = {columns.RECENCY_DAYS, columns.ORDERS} <= names or any(
        name.endswith(columns.SEGMENT_SUFFIX) for name in names
    )
    return is_segcli_table and columns.ORDER_LINES not in names

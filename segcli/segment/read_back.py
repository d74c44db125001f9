"""A segmentation read back from a table that has its column, whoever made it."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from segcli import columns as c
from segcli.counting import counted
from segcli.errors import InputProblem, UsageProblem
from segcli.model import Customers, Segmentation
from segcli.segment.dimensions import require_customers
from segcli.segment.plain import plain

Found = TypeVar("Found")


def segment_columns(customers: Customers) -> list[str]:
    """The columns of the table that hold segment names."""
    return [name for name in customers.table.columns if name.endswith(c.SEGMENT)]


def read_back(customers: Customers, column: str) -> Segmentation:
    """The segmentation that `column` holds.

    Raises:
        InputProblem: a customer has no segment.
    """
    require_customers(customers)
    labels = customers.table[column]
    source = customers.readings[0].input.name
    if labels.isna().any():
        raise InputProblem(
            f"{counted(int(labels.isna().sum()), 'customer has no segment', 'customers have no segment')}",
            source=source,
            column=column,
            remedy="Segment all of them, or leave these out",
        )
    return plain(customers, column, labels, {"name": column.removesuffix(c.SEGMENT), "read_from": source})


def wanted(by_column: Mapping[str, Found], names: Sequence[str]) -> list[Found]:
    """Segmentations by name (`rfm`) or column (`rfm_segment`); all of them where none is named.

    Raises:
        UsageProblem: one of the names is not there.
    """
    found = {name.removesuffix(c.SEGMENT): one for name, one in by_column.items()}
    missing = [name for name in names if name.removesuffix(c.SEGMENT) not in found]
    if missing:
        raise UsageProblem(f"no segmentation {', '.join(missing)}; there is: {', '.join(found) or 'none'}")
    return [found[name.removesuffix(c.SEGMENT)] for name in names] or list(found.values())

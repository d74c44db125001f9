"""A segmentation read back from a table that has its column, whoever made it."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from segcli import columns
from segcli.counting import pluralize
from segcli.errors import InputProblem, UsageProblem
from segcli.model import Customers, Segmentation
from segcli.segment.dimensions import require_customers
from segcli.segment.plain import segmentation_from_labels

SegmentationItem = TypeVar("SegmentationItem")


def segment_columns(customers: Customers) -> list[str]:
    """The columns of the table that hold segment names."""
    return [name for name in customers.table.columns if name.endswith(columns.SEGMENT_SUFFIX)]


def read_segmentation(customers: Customers, column: str) -> Segmentation:
    """The segmentation that `column` holds.

    Raises:
        InputProblem: a customer has no segment.
    """
    require_customers(customers)
    labels = customers.table[column]
    source = customers.input_reports[0].input.name
    if labels.isna().any():
        raise InputProblem(
            f"{pluralize(int(labels.isna().sum()), 'customer has no segment', 'customers have no segment')}",
            source=source,
            column=column,
            remedy="Segment all of them, or leave these out",
        )
    return segmentation_from_labels(
        customers, column, labels, {"name": column.removesuffix(columns.SEGMENT_SUFFIX), "read_from": source}
    )


def select_segmentations(by_column: Mapping[str, SegmentationItem], names: Sequence[str]) -> list[SegmentationItem]:
    """Segmentations by name (`rfm`) or column (`rfm_segment`); all of them where none is named.

    Raises:
        UsageProblem: one of the names is not there.
    """
    by_name = {name.removesuffix(columns.SEGMENT_SUFFIX): segmentation for name, segmentation in by_column.items()}
    missing_names = [name for name in names if name.removesuffix(columns.SEGMENT_SUFFIX) not in by_name]
    if missing_names:
        raise UsageProblem(f"no segmentation {', '.join(missing_names)}; there is: {', '.join(by_name) or 'none'}")
    return [by_name[name.removesuffix(columns.SEGMENT_SUFFIX)] for name in names] or list(by_name.values())

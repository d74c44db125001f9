"""Combined: two or more segmentations crossed, with small cells merged into their parent."""

import numpy as np
from pydantic import Field

from segcli.config.section import Section
from segcli.message import count_message, message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, require_column

SOURCE = "cross-classification; cells below the minimum are merged into their first segment's other"
NEEDS = "the segmentations it crosses"
ADDS = ()
REST_SEGMENT = "other"


class Options(Section):
    """Columns to cross, and the minimum share of a cell."""

    of: list[str] = Field(
        ["generation", "usage"],
        min_length=2,
        max_length=4,
        description="Segmentations to cross, the leading one first.",
    )
    minimum_share: float = Field(
        0.02, ge=0, le=1, description="Minimum share of customers per cell. Smaller cells are merged."
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign cells such as `Gen X / heavy`. Small cells become `Gen X / other`, and if that is small, other."""
    label_columns = [
        require_column(customers, name).astype("str").fillna(UNKNOWN).to_numpy(dtype=object) for name in options.of
    ]
    cells = np.array([" / ".join(cell) for cell in zip(*label_columns, strict=True)], dtype=object)
    parents = np.array([f"{leading} / {REST_SEGMENT}" for leading in label_columns[0]], dtype=object)
    merged_cells = np.where(_find_small_cells(cells, options.minimum_share), parents, cells)
    labels = np.where(_find_small_cells(merged_cells, options.minimum_share), REST_SEGMENT, merged_cells).astype(object)
    cell_count, segment_count = len(set(cells)), len(set(labels))
    note = message(
        "{cells} of {names}, {segments} after merging those below {share:.0%}",
        cells=count_message("{count} cell", "{count} cells", cell_count),
        names=" x ".join(options.of),
        segments=count_message("{count} segment", "{count} segments", segment_count),
        share=options.minimum_share,
    )
    return BaseResult(
        labels, tuple(sorted(set(map(str, labels)), key=lambda name: (name == REST_SEGMENT, name))), (note,)
    )


def _find_small_cells(cells: np.ndarray, minimum_share: float) -> np.ndarray:
    _, cell_numbers, counts = np.unique(cells.astype(str), return_inverse=True, return_counts=True)
    is_small: np.ndarray = counts < minimum_share * len(cells)
    return is_small[cell_numbers]

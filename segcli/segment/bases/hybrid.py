"""Combined: two or more segmentations crossed, cells that are too small merged into their parent."""

import numpy as np
from pydantic import Field

from segcli.config.section import Section
from segcli.counting import counted
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided, column

SOURCE = "cross-classification; a cell below the minimum goes to its first segment's rest"
NEEDS = "the segmentations it crosses"
ADDS = ()
REST = "other"


class Options(Section):
    """What is crossed."""

    of: list[str] = Field(
        ["generation", "usage"],
        min_length=2,
        max_length=4,
        description="Columns that are crossed, the leading one first.",
    )
    minimum_share: float = Field(0.02, ge=0, le=1, description="Share of customers below which a cell is merged.")


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's cell, such as `Gen X / heavy`; small ones are `Gen X / other`, and if that is small, other."""
    parts = [column(customers, name).astype("str").fillna(UNKNOWN).to_numpy(dtype=object) for name in options.of]
    cells = np.array([" / ".join(cell) for cell in zip(*parts, strict=True)], dtype=object)
    parents = np.array([f"{leading} / {REST}" for leading in parts[0]], dtype=object)
    merged = np.where(_is_small(cells, options.minimum_share), parents, cells)
    labels = np.where(_is_small(merged, options.minimum_share), REST, merged).astype(object)
    before, after = len(set(cells)), len(set(labels))
    merged_below = f"after merging those below {options.minimum_share:.0%}"
    note = f"{counted(before, 'cell')} of {' x '.join(options.of)}, {counted(after, 'segment')} {merged_below}"
    return Decided(labels, tuple(sorted(set(map(str, labels)), key=lambda name: (name == REST, name))), (note,))


def _is_small(cells: np.ndarray, minimum_share: float) -> np.ndarray:
    _, places, counts = np.unique(cells.astype(str), return_inverse=True, return_counts=True)
    small: np.ndarray = counts < minimum_share * len(cells)
    return small[places]

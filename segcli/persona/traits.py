"""What sets segments apart from the base, with index and standardised difference."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segcli.model import Segmentation, Trait
from segcli.segment.describing import describing

MIN_KNOWN = 5  # customers of a segment for whom a fact must be known before it is told


def traits(segmentation: Segmentation, of: Sequence[str] | None = None, smallest: int = 0) -> dict[str, list[Trait]]:
    """Traits per segment, the most distinguishing first, of these columns or of all that describe people.

    A numeric trait compares means; a level of a text column compares shares among the customers for whom it is
    known. A level that fewer than `smallest` of a segment have, or all but so few, is not told. `difference` is
    (segment - base) / standard deviation of the base; `index` is 100 x segment / base.
    """
    table, labels = segmentation.customers.table, segmentation.labels
    found: dict[str, list[Trait]] = {name: [] for name in segmentation.segments}
    for column in columns(segmentation) if of is None else of:
        values = table[column]
        if pd.api.types.is_numeric_dtype(values):
            _compare(found, labels, values.astype("float64"), (column, None), smallest)
        else:
            known = values.where(values.notna())
            for level in sorted(known.dropna().unique()):
                has = (known == level).astype("float64").where(known.notna())
                _compare(found, labels, has, (column, str(level)), smallest)
    for listed in found.values():
        listed.sort(key=lambda t: (-abs(t.difference), t.name, t.level or ""))
    return found


def telling(segmentation: Segmentation, least: float, smallest: int = 0) -> dict[str, list[Trait]]:
    """The traits worth telling: by at least so many standard deviations."""
    told = traits(segmentation, smallest=smallest)
    return {name: [one for one in listed if abs(one.difference) >= least] for name, listed in told.items()}


def columns(segmentation: Segmentation) -> list[str]:
    """Columns that can describe people, but for the segmentation's own."""
    return [name for name in describing(segmentation.customers.table) if name != segmentation.column]


def _compare(
    found: dict[str, list[Trait]], labels: pd.Series, values: pd.Series, named: tuple[str, str | None], smallest: int
) -> None:
    column, level = named
    base, spread = float(values.mean()), float(values.std(ddof=0))
    if not spread or np.isnan(spread):
        return
    counted = level is not None or bool(values.dropna().isin((0, 1)).all())  # its mean times n is a count
    groups = values.groupby(labels.to_numpy(), sort=True)
    means, counts = groups.mean(), groups.count()
    comparable = base > 0 and float(values.min()) >= 0
    for segment, mean, count in zip(means.index.astype("str"), means, counts, strict=True):
        if count >= max(smallest, MIN_KNOWN) and not (counted and _few(mean * count, count, smallest)):
            found[segment].append(
                Trait(
                    name=column,
                    level=level,
                    value=float(mean),
                    base=base,
                    index=100 * float(mean) / base if comparable else None,
                    difference=(float(mean) - base) / spread,
                    n=int(count),
                )
            )


def _few(having: float, known: int, smallest: int) -> bool:
    """Whether a level tells of single people: some have it but too few, or too few have it not."""
    return 0 < round(having) < smallest or 0 < round(known - having) < smallest

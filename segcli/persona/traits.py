"""What sets segments apart from the base, with index and standardised difference."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.model import Segmentation, Trait
from segcli.segment.describing import describing

CELLS = 1 << 22  # values that are compared at once: few enough for memory, enough to be worth it
MIN_KNOWN = 5  # customers of a segment for whom a fact must be known before it is told

Values = npt.NDArray[np.float64]


def traits(segmentation: Segmentation, of: Sequence[str] | None = None, smallest: int = 0) -> dict[str, list[Trait]]:
    """Traits per segment, the most distinguishing first, of these columns or of all that describe people.

    A numeric trait compares means; a level of a text column compares shares among the customers for whom it is
    known. A level that fewer than `smallest` of a segment have, or all but so few, is not told. `difference` is
    (segment - base) / standard deviation of the base; `index` is 100 x segment / base.
    """
    table, labels = segmentation.customers.table, segmentation.labels
    found: dict[str, list[Trait]] = {name: [] for name in segmentation.segments}
    compared = _compared(table, columns(segmentation) if of is None else of)
    at_once = max(CELLS // max(len(table), 1), 1)
    while several := list(islice(compared, at_once)):
        _compare(found, labels.to_numpy(), several, smallest)
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


@dataclass(frozen=True, eq=False)
class _Compared:
    """A column, or a level of one: its values (NaN where unknown), their mean and standard deviation."""

    name: str
    level: str | None
    values: Values
    base: float
    spread: float

    @property
    def is_share(self) -> bool:
        """Whether its mean times the number of customers is a count."""
        known = self.values[~np.isnan(self.values)]
        return self.level is not None or bool(np.isin(known, (0.0, 1.0)).all())


def _compared(table: pd.DataFrame, names: Sequence[str]) -> Iterator[_Compared]:
    """What differs between customers: columns of numbers, and the levels of columns of text."""
    for name in names:
        column = table[name]
        if pd.api.types.is_numeric_dtype(column):
            yield from _differing(name, None, column.to_numpy(dtype=np.float64, na_value=np.nan))
        else:
            known = column.notna().to_numpy()
            for level in sorted(column[known].unique()):
                has = (column == level).to_numpy(dtype=np.float64, na_value=0.0)
                yield from _differing(name, str(level), np.where(known, has, np.nan))


def _differing(name: str, level: str | None, values: Values) -> Iterator[_Compared]:
    """The values with their mean and standard deviation, if they are known and differ."""
    unknown = np.isnan(values)
    count = len(values) - int(unknown.sum())
    if not count:
        return
    base = float(np.where(unknown, 0.0, values).sum() / count)
    spread = float(np.sqrt(np.where(unknown, 0.0, (base - values) ** 2).sum() / count))
    if spread and not np.isnan(spread):
        yield _Compared(name, level, values, base, spread)


def _compare(
    found: dict[str, list[Trait]], labels: npt.NDArray[np.object_], several: Sequence[_Compared], smallest: int
) -> None:
    """Add the traits of the segments in these columns."""
    groups = pd.DataFrame(dict(enumerate(one.values for one in several))).groupby(labels, sort=True)
    means, counts = groups.mean(), groups.count()
    for place, one in enumerate(several):
        comparable = one.base > 0 and float(np.nanmin(one.values)) >= 0
        is_share = one.is_share
        for segment, mean, count in zip(means.index.astype("str"), means[place], counts[place], strict=True):
            if count >= max(smallest, MIN_KNOWN) and not (is_share and _few(mean * count, count, smallest)):
                found[segment].append(
                    Trait(
                        name=one.name,
                        level=one.level,
                        value=float(mean),
                        base=one.base,
                        index=100 * float(mean) / one.base if comparable else None,
                        difference=(float(mean) - one.base) / one.spread,
                        n=int(count),
                    )
                )


def _few(having: float, known: int, smallest: int) -> bool:
    """Whether a level tells of single people: some have it but too few, or too few have it not."""
    return 0 < round(having) < smallest or 0 < round(known - having) < smallest

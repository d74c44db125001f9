"""Lines and money of the values that columns have, counted so that chunks of a file add up."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

ValueKey = tuple[str, str]


@dataclass(frozen=True)
class ValueTotals:
    """Lines, and money in units, by column and value."""

    line_counts: Counter[ValueKey] = field(default_factory=Counter)
    money_units: Counter[ValueKey] = field(default_factory=Counter)

    def __add__(self, other: Self) -> "ValueTotals":
        line_counts, money_units = Counter(self.line_counts), Counter(self.money_units)
        line_counts.update(other.line_counts)
        money_units.update(other.money_units)
        return ValueTotals(line_counts, money_units)

    def add_column(
        self,
        column: str,
        distinct_values: Sequence[str],
        codes: npt.NDArray[np.int32],
        units: npt.NDArray[np.int64],
        row_mask: npt.NDArray[np.bool_],
    ) -> None:
        """Add the lines of a column.

        Args:
            column: the name in the file.
            distinct_values: distinct texts; several may be equal.
            codes: the value of each line.
            units: the money of each line.
            row_mask: the lines that count.
        """
        line_counts = np.bincount(codes[row_mask], minlength=len(distinct_values))
        money_units = np.zeros(len(distinct_values), dtype=np.int64)
        np.add.at(money_units, codes[row_mask], units[row_mask])
        for value, count, sum_of_value in zip(distinct_values, line_counts.tolist(), money_units.tolist(), strict=True):
            if count:
                self.line_counts[column, value] += count
                self.money_units[column, value] += sum_of_value

    def iterate_columns(self) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
        """Yield each column with its values, sorted, and the lines and money of each."""
        by_column: dict[str, list[str]] = {}
        for name, value in self.line_counts:
            by_column.setdefault(name, []).append(value)
        for name, values in by_column.items():
            yield (
                name,
                [(value, self.line_counts[name, value], self.money_units[name, value]) for value in sorted(values)],
            )

    def to_json(self) -> list[list[Any]]:
        """Return the totals as JSON has them."""
        return [[*key, lines, self.money_units[key]] for key, lines in self.line_counts.items()]

    @classmethod
    def from_json(cls, entries: Sequence[Sequence[Any]]) -> Self:
        """Invert `to_json`."""
        return cls(
            Counter({(entry[0], entry[1]): entry[2] for entry in entries}),
            Counter({(entry[0], entry[1]): entry[3] for entry in entries}),
        )

"""Lines and money of the values that columns have, counted so that chunks of a file add up."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Key = tuple[str, str]


@dataclass(frozen=True)
class ValueTotals:
    """Lines, and money in units, by column and value."""

    lines: Counter[Key] = field(default_factory=Counter)
    money: Counter[Key] = field(default_factory=Counter)

    def __add__(self, other: Self) -> "ValueTotals":
        lines, money = Counter(self.lines), Counter(self.money)
        lines.update(other.lines)
        money.update(other.money)
        return ValueTotals(lines, money)

    def add_column(
        self,
        column: str,
        values: Sequence[str],
        codes: npt.NDArray[np.int32],
        units: npt.NDArray[np.int64],
        rows: npt.NDArray[np.bool_],
    ) -> None:
        """Add the lines of a column.

        Args:
            column: the name in the file.
            values: distinct texts; several may be equal.
            codes: the value of each line.
            units: the money of each line.
            rows: the lines that count.
        """
        lines = np.bincount(codes[rows], minlength=len(values))
        money = np.zeros(len(values), dtype=np.int64)
        np.add.at(money, codes[rows], units[rows])
        for value, count, sum_of_value in zip(values, lines.tolist(), money.tolist(), strict=True):
            if count:
                self.lines[column, value] += count
                self.money[column, value] += sum_of_value

    def of_columns(self) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
        """Yield each column with its values, sorted, and the lines and money of each."""
        by_column: dict[str, list[str]] = {}
        for name, value in self.lines:
            by_column.setdefault(name, []).append(value)
        for name, values in by_column.items():
            yield name, [(value, self.lines[name, value], self.money[name, value]) for value in sorted(values)]

    def to_json(self) -> list[list[Any]]:
        """Return the totals as JSON has them."""
        return [[*key, lines, self.money[key]] for key, lines in self.lines.items()]

    @classmethod
    def from_json(cls, entries: Sequence[Sequence[Any]]) -> Self:
        """Invert `to_json`."""
        return cls(
            Counter({(entry[0], entry[1]): entry[2] for entry in entries}),
            Counter({(entry[0], entry[1]): entry[3] for entry in entries}),
        )

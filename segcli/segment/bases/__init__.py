"""Built-in bases of segmentation, one file each: its name is the base's name and the column it makes.

A base is a module with

    SOURCE: where its definition comes from
    class Options(Section): what can be set, each with a default
    def decide(customers, options) -> Decided
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from segcli import plugins
from segcli.config.section import Section
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers

PACKAGE = "segcli.segment.bases"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Decided:
    """The segment of each customer (text, never missing), all segments in their natural order, and what was noticed.

    `scores` are further columns of numbers, one row per customer.
    """

    labels: npt.NDArray[np.object_]
    order: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scores: pd.DataFrame | None = None


class Base(Protocol):
    """What a file of this folder offers."""

    SOURCE: str
    Options: type[Section]

    def decide(self, customers: Customers, options: Any) -> Decided:  # noqa: ANN401 - its own Options
        """The segment of each customer."""
        ...


def names() -> list[str]:
    """The built-in bases."""
    return plugins.names(PACKAGE)


def load(name: str) -> Base:
    """A base by its name.

    Raises:
        ConfigProblems: there is none of this name.
    """
    if name not in names():
        raise ConfigProblems([f"rules: no base '{name}'; known: {', '.join(names())}"])
    return cast("Base", plugins.module(PACKAGE, name))


def options(name: str, given: dict[str, Any]) -> Section:
    """The options of a base, checked.

    Raises:
        ConfigProblems: one is unknown, or has a value that it cannot have.
    """
    try:
        return load(name).Options(**given)
    except ValidationError as error:
        known = ", ".join(load(name).Options.model_fields) or "none"
        problems = [
            f"rules: {name}.{'.'.join(map(str, one['loc']))}: {_words(one['msg'], known)}" for one in error.errors()
        ]
        raise ConfigProblems(problems) from None


def _words(message: str, known: str) -> str:
    if message.startswith("Extra inputs"):
        return f"unknown option; known: {known}"
    return message.removeprefix("Value error, ")


def column(customers: Customers, *wanted: str) -> pd.Series:
    """The first of these columns that the table has.

    Raises:
        InputProblem: it has none of them.
    """
    for name in wanted:
        if name in customers.table:
            return customers.table[name]
    raise InputProblem(
        f"there is no column {' or '.join(wanted)}; there is: {', '.join(customers.table.columns)}",
        source=customers.readings[0].input.name,
        remedy="Map it when the table is read: columns: {STANDARD: NAME}",
    )


def numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    """A column of numbers, NaN where missing."""
    return np.asarray(values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def banded(values: npt.NDArray[np.float64], edges: Sequence[float], labels: Sequence[str]) -> npt.NDArray[np.object_]:
    """The label of the band each value lies in; band i begins at edges[i - 1], NaN is unknown.

    >>> banded(np.array([1.0, 5.0, np.nan]), [5], ["low", "high"]).tolist()
    ['low', 'high', 'unknown']
    """
    places = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right")
    found = np.array(labels, dtype=object)[np.minimum(places, len(labels) - 1)]
    return np.where(np.isnan(values), UNKNOWN, found).astype(object)


def with_unknown(order: Sequence[str], labels: npt.NDArray[np.object_]) -> tuple[str, ...]:
    """The order with `unknown` last, if anybody is."""
    return (*order, UNKNOWN) if (labels == UNKNOWN).any() else tuple(order)


def birth_year(customers: Customers) -> npt.NDArray[np.float64]:
    """Year of birth, from the date, the year, or the age at as_of; NaN where none is known."""
    if "birth_date" in customers.table:
        return numbers(customers.table["birth_date"].dt.year)
    if "birth_year" in customers.table:
        return numbers(customers.table["birth_year"])
    age = numbers(column(customers, "birth_date", "birth_year", "age"))
    return _require_day(customers).year - age


def age(customers: Customers) -> npt.NDArray[np.float64]:
    """Completed years at as_of; from a year of birth alone, as of the end of that year. NaN where not known.

    Somebody born on 29 February completes a year on 1 March of a common year.
    """
    if "age" in customers.table and "birth_date" not in customers.table:
        return numbers(customers.table["age"])
    day = _require_day(customers)
    if "birth_date" not in customers.table:
        return day.year - birth_year(customers)
    born = customers.table["birth_date"]
    had = (born.dt.month < day.month) | ((born.dt.month == day.month) & (born.dt.day <= day.day))
    completed: npt.NDArray[np.float64] = numbers(day.year - born.dt.year) - (~had).to_numpy(dtype=np.float64)
    return completed


def _require_day(customers: Customers) -> date:
    if customers.as_of is None:
        raise InputProblem(
            "ages need a day to be counted to, and this table has no orders",
            source=customers.readings[0].input.name,
            remedy="Say which with --as-of",
        )
    return customers.as_of


def believable(ages: npt.NDArray[np.float64], oldest: int) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Ages without those nobody has, and a warning with their count."""
    with np.errstate(invalid="ignore"):
        odd = (ages < 0) | (ages > oldest)
    count = int(odd.sum())
    warning = f"ages below 0 or above {oldest}: {count:,}; they count as {UNKNOWN}"
    return np.where(odd, np.nan, ages), (warning,) * bool(count)


def given(customers: Customers, wanted: Sequence[str], *, minimum_share: float, other: str = "other") -> Decided:
    """The values of a column as segments; those too rare to be one are merged, blanks are unknown.

    Args:
        customers: with one of the columns wanted.
        wanted: names of columns, the first that is there serves.
        minimum_share: of the customers for whom it is known, below which a value is merged into `other`.
        other: what rare values are called.
    """
    texts = column(customers, *wanted).astype("str").fillna("").str.strip().to_numpy(dtype=object)
    names, counts = np.unique(texts[texts != ""].astype(str), return_counts=True)
    frequent = [str(name) for name, count in zip(names, counts, strict=True) if count >= minimum_share * counts.sum()]
    rare = sorted(set(map(str, names)) - set(frequent))
    labels = np.where(texts == "", UNKNOWN, np.where(np.isin(texts, frequent), texts, other)).astype(object)
    order = sorted(frequent, key=lambda name: (-int(counts[names == name][0]), name))
    note = f"merged into {other}, each below {minimum_share:.0%}: {', '.join(rare)}"
    return Decided(labels, with_unknown([*order, *([other] if rare else [])], labels), (note,) * bool(rare))


def answered(
    customers: Customers, name: str, lowest: int, highest: int
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Answers on a scale of whole numbers, NaN where there is none, and a warning with the count of impossible ones."""
    answers = numbers(column(customers, name))
    with np.errstate(invalid="ignore"):
        odd = ~np.isnan(answers) & ((answers < lowest) | (answers > highest) | (answers % 1 != 0))
    warning = f"answers that are not {lowest} to {highest}: {int(odd.sum()):,}; they count as {UNKNOWN}"
    return np.where(odd, np.nan, answers), (warning,) * bool(odd.any())


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); 0 to 1 where nothing was tried.

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if trials == 0:
        return 0.0, 1.0
    share, z = successes / trials, 1.959963984540054
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return float(middle - half), float(middle + half)

"""Built-in bases of segmentation, one file each: its name is the base's name and the column it makes.

A base is a module with

    SOURCE: where its definition comes from
    NEEDS: the columns it reads, in words
    ADDS: the columns it adds besides its own
    class Options(Section): what can be set, each with a default
    def decide(customers, options) -> Decided

A base that looks things up in a table of the user's has LOOKUP, the columns of that table, and takes the table, or
nothing where none is given, as a third argument. Options called `of` and `by` may name other segmentations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import ValidationError

from segcli import plugins
from segcli.config.section import Section
from segcli.customers.missing import measures_remedy
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment.lookup import Lookup

PACKAGE = "segcli.segment.bases"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Decided:
    """The segment of each customer (text, never missing), all segments in their natural order, and what was noticed.

    `scores` are further columns, one row per customer; `tables` further findings, by title.
    """

    labels: npt.NDArray[np.object_]
    order: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scores: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class Base(Protocol):
    """What a file of this folder offers."""

    SOURCE: str
    NEEDS: str
    ADDS: tuple[str, ...]
    Options: type[Section]

    def decide(self, customers: Customers, options: Any, *lookup: Lookup | None) -> Decided:  # noqa: ANN401 - its own
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

    Args:
        name: of the base.
        given: what the user set.

    Raises:
        ConfigProblems: one is unknown, or has a value that it cannot have.
    """
    try:
        return load(name).Options(**given)
    except ValidationError as error:
        known = ", ".join(load(name).Options.model_fields) or "none"
        problems = [
            f"rules: {name}.{'.'.join(map(str, one['loc']))}: {_worded(one['msg'], known)}" for one in error.errors()
        ]
        raise ConfigProblems(problems) from None


def _worded(message: str, known: str) -> str:
    if message.startswith("Extra inputs"):
        return f"unknown option; known: {known}"
    return message.removeprefix("Value error, ")


def lookup_columns(name: str) -> tuple[str, ...]:
    """The columns of the table that a base looks things up in; none where it looks up nothing."""
    found: tuple[str, ...] = getattr(load(name), "LOOKUP", ())
    return found


def others(options: Section) -> tuple[str, ...]:
    """The columns, perhaps of other segmentations, that a base's options name as lists."""
    named = [getattr(options, option, ()) for option in ("of", "by")]
    return tuple(name for names in named if isinstance(names, list) for name in names)


def column(customers: Customers, *wanted: str) -> pd.Series:
    """The first of these columns that the table has.

    Raises:
        InputProblem: it has none of them.
    """
    for name in wanted:
        if name in customers.table:
            return customers.table[name]
    names = " or ".join(f"'{name}'" for name in wanted)
    raise InputProblem(
        f"the table has no column {names}; available: {', '.join(customers.table.columns)}",
        source=customers.readings[0].input.name,
        remedy=measures_remedy(customers, wanted) or "Map it when the table is read: columns: {STANDARD: NAME}",
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

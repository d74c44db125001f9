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
from segcli.segment.lookup import LookupTable

BASES_PACKAGE = "segcli.segment.bases"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class BaseResult:
    """The segment of each customer (text, never missing), all segments in their natural order, and what was noticed.

    `scores` are further columns, one row per customer; `tables` further findings, by title.
    """

    labels: npt.NDArray[np.object_]
    segment_order: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scores: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class SegmentationBase(Protocol):
    """What a file of this folder offers."""

    SOURCE: str
    NEEDS: str
    ADDS: tuple[str, ...]
    Options: type[Section]

    def assign_segments(self, customers: Customers, options: Any, *lookup: LookupTable | None) -> BaseResult:  # noqa: ANN401 - its own
        """The segment of each customer."""
        ...


def list_bases() -> list[str]:
    """The built-in bases."""
    return plugins.list_plugins(BASES_PACKAGE)


def load_base(name: str) -> SegmentationBase:
    """A base by its name.

    Raises:
        ConfigProblems: there is none of this name.
    """
    if name not in list_bases():
        raise ConfigProblems([f"rules: no base '{name}'; known: {', '.join(list_bases())}"])
    return cast("SegmentationBase", plugins.load_plugin(BASES_PACKAGE, name))


def parse_options(name: str, raw_options: dict[str, Any]) -> Section:
    """The options of a base, checked.

    Args:
        name: of the base.
        raw_options: what the user set.

    Raises:
        ConfigProblems: one is unknown, or has a value that it cannot have.
    """
    try:
        return load_base(name).Options(**raw_options)
    except ValidationError as error:
        known_options = ", ".join(load_base(name).Options.model_fields) or "none"
        problems = [
            f"rules: {name}.{'.'.join(map(str, detail['loc']))}: {_format_option_error(detail['msg'], known_options)}"
            for detail in error.errors()
        ]
        raise ConfigProblems(problems) from None


def _format_option_error(message: str, known_options: str) -> str:
    if message.startswith("Extra inputs"):
        return f"unknown option; known: {known_options}"
    return message.removeprefix("Value error, ")


def lookup_columns(name: str) -> tuple[str, ...]:
    """The columns of the table that a base looks things up in; none where it looks up nothing."""
    columns: tuple[str, ...] = getattr(load_base(name), "LOOKUP", ())
    return columns


def option_columns(options: Section) -> tuple[str, ...]:
    """The columns, perhaps of other segmentations, that a base's options name as lists."""
    column_lists = [getattr(options, option, ()) for option in ("of", "by")]
    return tuple(name for column_names in column_lists if isinstance(column_names, list) for name in column_names)


def require_column(customers: Customers, *candidates: str) -> pd.Series:
    """The first of these columns that the table has.

    Raises:
        InputProblem: it has none of them.
    """
    for name in candidates:
        if name in customers.table:
            return customers.table[name]
    names = " or ".join(f"'{name}'" for name in candidates)
    raise InputProblem(
        f"the table has no column {names}; available: {', '.join(customers.table.columns)}",
        source=customers.input_reports[0].input.name,
        remedy=measures_remedy(customers, candidates) or "Map it when the table is read: columns: {STANDARD: NAME}",
    )


def to_floats(values: pd.Series) -> npt.NDArray[np.float64]:
    """A column of numbers, NaN where missing."""
    return np.asarray(values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def assign_bands(
    values: npt.NDArray[np.float64], edges: Sequence[float], band_names: Sequence[str]
) -> npt.NDArray[np.object_]:
    """The label of the band each value lies in; band i begins at edges[i - 1], NaN is unknown.

    >>> assign_bands(np.array([1.0, 5.0, np.nan]), [5], ["low", "high"]).tolist()
    ['low', 'high', 'unknown']
    """
    band_numbers = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right")
    band_labels = np.array(band_names, dtype=object)[np.minimum(band_numbers, len(band_names) - 1)]
    return np.where(np.isnan(values), UNKNOWN, band_labels).astype(object)


def append_unknown(segment_order: Sequence[str], segment_labels: npt.NDArray[np.object_]) -> tuple[str, ...]:
    """The order with `unknown` last, if anybody is."""
    return (*segment_order, UNKNOWN) if (segment_labels == UNKNOWN).any() else tuple(segment_order)

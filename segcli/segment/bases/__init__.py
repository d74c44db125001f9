"""Built-in segmentation bases, one per file; the file name is the name of the base and of the column it writes.

A base is a module with

    SOURCE: source of its definition
    NEEDS: the columns it reads, in words
    ADDS: the columns it adds besides its own
    class Options(Section): its options, each with a default
    def assign_segments(customers, options) -> BaseResult

`segcli explain` and the documentation print the first line of the module docstring and the first paragraph of the
docstring of `assign_segments`. A base that reads a lookup table defines LOOKUP, the columns of that table, and takes
the table (or None) as a third argument. Options called `of` and `by` may name other segmentations.
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
from segcli.customers.missing_measures import measures_remedy
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment.lookup_table import LookupTable

BASES_PACKAGE = "segcli.segment.bases"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class BaseResult:
    """The segment of each customer (text, never missing), all segments in their natural order, notes and warnings.

    `scores` are further columns, one row per customer. `tables` are further findings, by title.
    """

    labels: npt.NDArray[np.object_]
    segment_order: tuple[str, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    scores: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


class SegmentationBase(Protocol):
    """Interface of a base's module."""

    SOURCE: str
    NEEDS: str
    ADDS: tuple[str, ...]
    Options: type[Section]

    def assign_segments(self, customers: Customers, options: Any, *lookup: LookupTable | None) -> BaseResult:  # noqa: ANN401 - each base has its own options
        """Return the segment of each customer."""
        ...


def list_bases() -> list[str]:
    """Return the names of the built-in bases."""
    return plugins.list_plugins(BASES_PACKAGE)


def load_base(name: str) -> SegmentationBase:
    """Load a base by its name.

    Raises:
        ConfigProblems: there is no base of this name.
    """
    if name not in list_bases():
        raise ConfigProblems([f"rules: no base '{name}'; known: {', '.join(list_bases())}"])
    return cast("SegmentationBase", plugins.load_plugin(BASES_PACKAGE, name))


def parse_options(name: str, raw_options: dict[str, Any]) -> Section:
    """Parse and validate the options of a base.

    Args:
        name: name of the base.
        raw_options: options from the user.

    Raises:
        ConfigProblems: an option is unknown or has an invalid value.
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
    """Return the columns of the lookup table that a base reads; empty if it reads none."""
    columns: tuple[str, ...] = getattr(load_base(name), "LOOKUP", ())
    return columns


def option_columns(options: Section) -> tuple[str, ...]:
    """Return the columns, possibly of other segmentations, that a base's options name as lists."""
    column_lists = [getattr(options, option, ()) for option in ("of", "by")]
    return tuple(name for column_names in column_lists if isinstance(column_names, list) for name in column_names)


def require_column(customers: Customers, *candidates: str) -> pd.Series:
    """Return the first of these columns that the table has.

    Raises:
        InputProblem: the table has none of them.
    """
    for name in candidates:
        if name in customers.table:
            return customers.table[name]
    names = " or ".join(f"'{name}'" for name in candidates)
    raise InputProblem(
        f"the table has no column {names}; available: {', '.join(customers.table.columns)}",
        source=customers.input_reports[0].input.name,
        remedy=measures_remedy(customers, candidates) or "Map it in the config: columns: {STANDARD: NAME}",
    )


def to_floats(values: pd.Series) -> npt.NDArray[np.float64]:
    """Convert a column to floats, NaN where missing."""
    return np.asarray(values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def read_optional(table: pd.DataFrame, name: str | None) -> npt.NDArray[np.float64]:
    """Return a column as floats, all NaN if the table does not have it."""
    return to_floats(table[name]) if name in table else np.full(len(table), np.nan)


def assign_bands(
    values: npt.NDArray[np.float64], edges: Sequence[float], band_names: Sequence[str]
) -> npt.NDArray[np.object_]:
    """Return the band label of each value; band i begins at edges[i - 1], and NaN is `unknown`.

    >>> assign_bands(np.array([1.0, 5.0, np.nan]), [5], ["low", "high"]).tolist()
    ['low', 'high', 'unknown']
    """
    band_numbers = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right")
    band_labels = np.array(band_names, dtype=object)[np.minimum(band_numbers, len(band_names) - 1)]
    return np.where(np.isnan(values), UNKNOWN, band_labels).astype(object)


def append_unknown(segment_order: Sequence[str], segment_labels: npt.NDArray[np.object_]) -> tuple[str, ...]:
    """Append `unknown` to the order if any customer has this label."""
    return (*segment_order, UNKNOWN) if (segment_labels == UNKNOWN).any() else tuple(segment_order)

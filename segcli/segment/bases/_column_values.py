"""Segments from the values of a column, with rare values merged."""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from segcli.config.section import Section
from segcli.errors import InputProblem
from segcli.ingest.column_matching import list_column_names, normalise_name
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column

OTHER_SEGMENT = "other"


class Options(Section):
    """Minimum share of a value to be a segment."""

    minimum_share: float = Field(
        0.02, ge=0, le=1, description="Minimum share of customers for a separate segment. Rarer values become other."
    )


class NamedColumnOptions(Options):
    """Column of the values, and minimum share of a value to be a segment."""

    column: str | None = Field(None, description="Column of the values. Default: a common name, in fifteen languages.")


def find_column(customers: Customers, name: str, column: str | None) -> str:
    """Return the column that the user names, or the one with a known name.

    Args:
        customers: customers whose table has the column under the name of its file.
        name: key of the names in the word files.
        column: column that the user names.

    Raises:
        InputProblem: the table has no such column.
    """
    found = match_column(customers, column or list_column_names("base_columns", name))
    if found is None:
        raise InputProblem(
            f"no column {column or f'of {name}'}; available: {', '.join(customers.table.columns)}",
            source=customers.input_reports[0].input.name,
            remedy="set the option column",
        )
    return found


def match_column(customers: Customers, names: str | Sequence[str]) -> str | None:
    """Return the first column of the table that has the name, or one of these normalised names, whatever its case."""
    columns_by_name = {normalise_name(str(header)): str(header) for header in customers.table}
    words = [normalise_name(names)] if isinstance(names, str) else names
    return next((columns_by_name[word] for word in words if word in columns_by_name), None)


def segments_from_column(customers: Customers, column_names: Sequence[str], options: Options) -> BaseResult:
    """Return the values of a column as segments; rare values are merged, blanks are unknown.

    Args:
        customers: customers with at least one of the columns.
        column_names: candidate columns; the first available one counts.
        options: the minimum share of a value.
    """
    texts = require_column(customers, *column_names).astype("str").fillna("").str.strip().to_numpy(dtype=object)
    names, counts = np.unique(texts[texts != ""].astype(str), return_counts=True)
    frequent = [
        str(name) for name, count in zip(names, counts, strict=True) if count >= options.minimum_share * counts.sum()
    ]
    rare = sorted(set(map(str, names)) - set(frequent))
    labels = np.where(texts == "", UNKNOWN, np.where(np.isin(texts, frequent), texts, OTHER_SEGMENT)).astype(object)
    order = sorted(frequent, key=lambda name: (-int(counts[names == name][0]), name))
    note = message(
        "merged into {label}, each below {share:.0%}: {names}",
        label=OTHER_SEGMENT,
        share=options.minimum_share,
        names=", ".join(rare),
    )
    return BaseResult(
        labels, append_unknown([*order, *([OTHER_SEGMENT] if rare else [])], labels), (note,) * bool(rare)
    )

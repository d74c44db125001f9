"""Charts of what several sections show: segments by size and by value."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from segcli import columns as c
from segcli.model import Segmentation
from segcli.reports import numbers
from segcli.reports.blocks import Chart, Table


def treemap(one: Segmentation, instead: Sequence[Table] = ()) -> Chart:
    """Segments as parts of an area, the brighter the more a customer of theirs brings."""
    rows = one.profile.to_dict("records")
    money = c.MEAN_REVENUE in one.profile
    means = [float(row[c.MEAN_REVENUE]) for row in rows] if money else []
    data = {
        "segments": [
            {
                "name": row[c.NAME],
                "size": float(row[c.SHARE]),
                "told": numbers.share(row[c.SHARE]),
                "shade": float(row[c.MEAN_REVENUE]) if money else None,
            }
            for row in rows
        ],
        "shaded_by": "mean revenue of a customer" if money else "",
        "low": numbers.money(min(means, default=0.0)),
        "high": numbers.money(max(means, default=0.0)),
    }
    most = max(rows, key=lambda row: (row[c.SHARE], row[c.NAME]))
    largest = numbers.share(most[c.SHARE])
    says = f"Segments of {one.name} by size; the largest is {most[c.NAME]} with {largest} of customers."
    return Chart("treemap", f"Segments of {one.name} by number of customers", says, data, instead)


def grid(cells: pd.DataFrame, shown: Callable[[float], str], *, rows: str, across: str, by: str) -> dict[str, Any]:
    """The data of a grid of shaded cells.

    Args:
        cells: a row and a column for each of the grid's; what is missing stays blank.
        shown: a value as text.
        rows: what goes down.
        across: what goes across.
        by: what the shades mean.
    """
    values = [[None if pd.isna(one) else float(one) for one in row] for row in cells.to_numpy()]
    known = [one for row in values for one in row if one is not None]
    return {
        "rows": [str(name) for name in cells.index],
        "columns": [str(name) for name in cells.columns],
        "values": values,
        "told": [["" if one is None else shown(one) for one in row] for row in values],
        "row_title": rows,
        "column_title": across,
        "shaded_by": by,
        "low": shown(min(known, default=0.0)),
        "high": shown(max(known, default=0.0)),
    }


def bubbles(one: Segmentation) -> Chart:
    """Segments by their share of customers and what a customer of theirs brings."""
    rows = one.profile.to_dict("records")
    data = {
        "points": [
            {
                "name": row[c.NAME],
                "x": float(row[c.SHARE]),
                "y": float(row[c.MEAN_REVENUE]),
                "area": float(row[c.REVENUE]),
            }
            for row in rows
        ],
        "x_title": "share of customers",
        "y_title": "mean revenue of a customer",
        "x_kind": "share",
        "y_kind": "money",
    }
    most = max(rows, key=lambda row: (row[c.MEAN_REVENUE], row[c.NAME]))
    told = numbers.money(most[c.MEAN_REVENUE])
    says = f"Segments of {one.name} by size and value; customers of {most[c.NAME]} bring most, {told} each on average."
    return Chart("bubbles", f"Segments of {one.name} by size and value; areas are revenue", says, data, ())

"""Cohorts down, periods since their first purchase across: how bright a cell is tells how many bought again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts import _grid
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = 17.0  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """The data are those of `_grid.draw`."""
    sheet = Sheet(figure)
    sheet.ends(_grid.draw(sheet, data, tall=CELL))

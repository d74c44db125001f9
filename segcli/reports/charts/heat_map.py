"""A grid of two scores: how bright a cell is tells a third number, which is also written in it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts import _grid
from segcli.reports.charts._sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = 34.0  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """The data are those of `_grid.draw`."""
    sheet = Sheet(figure)
    sheet.ends(_grid.draw(sheet, data, tall=CELL))

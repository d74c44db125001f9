"""Cohorts down, periods since their first purchase across: how bright a cell is tells how many bought again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts import _grid
from segcli.reports.charts._sheet import Canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COHORT_CELL_HEIGHT = 17.0  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """The data are those of `_grid.draw_grid`."""
    canvas = Canvas(figure)
    canvas.set_height(_grid.draw_grid(canvas, data, cell_height=COHORT_CELL_HEIGHT))

"""A grid of two scores: how bright a cell is tells a third number, which is also written in it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts import _grid
from segcli.reports.charts._sheet import Canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCORE_CELL_HEIGHT = 34.0  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """The data are those of `_grid.draw_grid`."""
    canvas = Canvas(figure)
    canvas.set_height(_grid.draw_grid(canvas, data, cell_height=SCORE_CELL_HEIGHT))

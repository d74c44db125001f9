"""Heat map of two scores; shades and cell texts show a third number."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts import _shaded_grid
from segcli.reports.charts._canvas import Canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCORE_CELL_HEIGHT = 34.0  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart; `data` has the keys of `_shaded_grid.draw_grid`."""
    canvas = Canvas(figure)
    canvas.set_height(_shaded_grid.draw_grid(canvas, data, cell_height=SCORE_CELL_HEIGHT))

"""Heat map of cohorts (rows) by periods since the first purchase (columns); shades show the cohort metric."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from segcli.reports.charts import _shaded_grid
from segcli.reports.charts._canvas import Canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COHORT_CELL_HEIGHT = 17.0  # points


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart; `data` has the keys of `_shaded_grid.draw_grid`."""
    canvas = Canvas(figure)
    canvas.set_height(_shaded_grid.draw_grid(canvas, data, cell_height=COHORT_CELL_HEIGHT))

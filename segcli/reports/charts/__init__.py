"""Charts, one per file: a module with `draw(figure, data)`, named as the chart block that it draws.

Drawing needs matplotlib (the extra `plots`). Without it a report shows the numbers as tables.
"""

import contextlib
import functools
import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

from segcli import plugins
from segcli.languages.figures import ENGLISH_FORMAT, NumberFormat
from segcli.reports.blocks import Block, Chart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISSING_MATPLOTLIB_NOTE = "Charts are left out: they need matplotlib, which pip install 'segcli[plots]' adds."
PNG_DPI = 200  # dots per inch


class ChartModule(Protocol):
    """A chart's module."""

    def draw(self, figure: "Figure", data: Mapping[str, Any]) -> None:
        """Draw on an empty figure, whose size may be changed."""


def list_charts() -> list[str]:
    """The charts there are."""
    return plugins.list_plugins(__name__)


@functools.cache
def can_draw_charts() -> bool:
    """Whether anything can draw."""
    return find_spec("matplotlib") is not None


def configure_drawing() -> contextlib.AbstractContextManager[None]:
    """Return a context in which several charts cost less to draw than one by one."""
    from segcli.reports.charts import _paper

    return _paper.configure_matplotlib()


def number_charts(blocks: Sequence[Block]) -> list[tuple[str, Chart]]:
    """The charts of a document, each with a name for its file, such as `01-heat-map.svg`."""
    charts = [block for block in blocks if isinstance(block, Chart)]
    return [(f"{position:02}-{chart.name.replace('_', '-')}.svg", chart) for position, chart in enumerate(charts, 1)]


def render_svg(chart: Chart, figures: NumberFormat = ENGLISH_FORMAT) -> str:
    """The picture as an SVG element: the same bytes whenever it is drawn; its scales have figures of a language."""
    from segcli.reports.charts import _svg

    return _svg.make_inline(
        _render_chart(chart, "svg", figures, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))).decode()
    )


def render_svg_file(chart: Chart, figures: NumberFormat = ENGLISH_FORMAT) -> str:
    """The picture as an SVG file, which looks the same wherever it is shown."""
    from segcli.reports.charts import _svg

    return _svg.make_standalone(render_svg(chart, figures), chart.alt_text)


def render_png(chart: Chart, figures: NumberFormat = ENGLISH_FORMAT) -> bytes:
    """The picture as a PNG file, dark on white."""
    return _render_chart(chart, "png", figures, dpi=PNG_DPI, facecolor="white", metadata={"Software": None})


def _render_chart(chart: Chart, file_format: str, figures: NumberFormat, **savefig_options: Any) -> bytes:  # noqa: ANN401 - whatever the form takes
    from segcli.reports.charts import _paper

    buffer = io.BytesIO()
    with _paper.create_figure(chart.name, figures) as figure:
        cast("ChartModule", plugins.load_plugin(__name__, chart.name)).draw(figure, chart.data)
        figure.patch.set_visible(file_format == "png")
        figure.savefig(buffer, format=file_format, **savefig_options)
    return buffer.getvalue()

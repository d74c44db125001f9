"""Charts, one module each, named as the chart block that it draws and with a function `draw(figure, data)`.

matplotlib draws them; it is imported only when there is a chart to draw.
"""

import contextlib
import io
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from segcli import plugins
from segcli.i18n.catalogue import ENGLISH_FORMAT, NumberFormat
from segcli.reports.blocks import Block, Chart, iterate_blocks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PNG_DPI = 192  # dots per inch, twice those of a page


class ChartModule(Protocol):
    """Interface of a chart module."""

    def draw(self, figure: "Figure", data: Mapping[str, Any]) -> None:
        """Draw the chart on an empty figure; the module may resize the figure."""


def list_charts() -> list[str]:
    """Return the names of all charts."""
    return plugins.list_plugins(__name__)


def configure_drawing() -> contextlib.AbstractContextManager[None]:
    """Return a context that configures matplotlib once for several charts."""
    from segcli.reports.charts import _style

    return _style.configure_matplotlib()


def number_charts(blocks: Sequence[Block]) -> list[tuple[str, Chart]]:
    """Return the charts of a document, each with a file name such as `01-heat-map`, without its suffix."""
    charts = [block for block in iterate_blocks(blocks) if isinstance(block, Chart)]
    return [(f"{position:02}-{chart.name.replace('_', '-')}", chart) for position, chart in enumerate(charts, 1)]


def render_svg(chart: Chart, figures: NumberFormat = ENGLISH_FORMAT, anchors: Collection[str] = frozenset()) -> str:
    """Return the chart as an SVG element.

    The same chart always gives the same bytes.

    Args:
        chart: the chart.
        figures: number format of the axes.
        anchors: anchors of the document; links of the chart to other anchors are left out.
    """
    from segcli.reports.charts import _svg

    svg = _render_chart(chart, "svg", figures, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))).decode()
    return _svg.make_inline(svg, select_links(chart, anchors))


def select_links(chart: Chart, anchors: Collection[str]) -> dict[str, str]:
    """Return the links of a chart that lead to one of these anchors, with their texts."""
    return {anchor: text for anchor, text in chart.links.items() if anchor in anchors}


def render_svg_file(chart: Chart, figures: NumberFormat = ENGLISH_FORMAT) -> str:
    """Return the chart as an SVG file that looks the same in every viewer."""
    from segcli.reports.charts import _svg

    return _svg.make_standalone(render_svg(chart, figures), chart.alt_text)


def render_png(chart: Chart, figures: NumberFormat = ENGLISH_FORMAT) -> bytes:
    """Return the chart as a PNG file, dark on white."""
    return _render_chart(chart, "png", figures, dpi=PNG_DPI, facecolor="white", metadata={"Software": None})


def _render_chart(chart: Chart, file_format: str, figures: NumberFormat, **savefig_options: Any) -> bytes:  # noqa: ANN401 - options differ by format
    from segcli.reports.charts import _style

    buffer = io.BytesIO()
    with _style.create_figure(chart.name, figures) as figure:
        cast("ChartModule", plugins.load_plugin(__name__, chart.name)).draw(figure, chart.data)
        figure.patch.set_visible(file_format == "png")
        figure.savefig(buffer, format=file_format, **savefig_options)
    return buffer.getvalue()

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
from segcli.languages.figures import ENGLISH, Figures
from segcli.reports.blocks import Block, Chart

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MISSING = "Charts are left out: they need matplotlib, which pip install 'segcli[plots]' adds."
SHARP = 200  # dots per inch


class Drawing(Protocol):
    """A chart's module."""

    def draw(self, figure: "Figure", data: Mapping[str, Any]) -> None:
        """Draw on an empty figure, whose size may be changed."""


def names() -> list[str]:
    """The charts there are."""
    return plugins.names(__name__)


@functools.cache
def are_drawn() -> bool:
    """Whether anything can draw."""
    return find_spec("matplotlib") is not None


def drawing() -> contextlib.AbstractContextManager[None]:
    """Return a context in which several charts cost less to draw than one by one."""
    from segcli.reports.charts import _paper

    return _paper.settings()


def numbered(blocks: Sequence[Block]) -> list[tuple[str, Chart]]:
    """The charts of a document, each with a name for its file, such as `01-heat-map.svg`."""
    found = [block for block in blocks if isinstance(block, Chart)]
    return [(f"{place:02}-{one.name.replace('_', '-')}.svg", one) for place, one in enumerate(found, 1)]


def svg(chart: Chart, figures: Figures = ENGLISH) -> str:
    """The picture as an SVG element: the same bytes whenever it is drawn; its scales have figures of a language."""
    from segcli.reports.charts import _svg

    return _svg.bare(
        _drawn(chart, "svg", figures, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))).decode()
    )


def file(chart: Chart, figures: Figures = ENGLISH) -> str:
    """The picture as an SVG file, which looks the same wherever it is shown."""
    from segcli.reports.charts import _svg

    return _svg.alone(svg(chart, figures), chart.says)


def png(chart: Chart, figures: Figures = ENGLISH) -> bytes:
    """The picture as a PNG file, dark on white."""
    return _drawn(chart, "png", figures, dpi=SHARP, facecolor="white", metadata={"Software": None})


def _drawn(chart: Chart, form: str, figures: Figures, **how: Any) -> bytes:  # noqa: ANN401 - whatever the form takes
    from segcli.reports.charts import _paper

    out = io.BytesIO()
    with _paper.figure(chart.name, figures) as figure:
        cast("Drawing", plugins.module(__name__, chart.name)).draw(figure, chart.data)
        figure.patch.set_visible(form == "png")
        figure.savefig(out, format=form, **how)
    return out.getvalue()

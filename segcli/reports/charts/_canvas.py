"""A canvas for boxes, discs, lines, bands and text, in points from its upper left corner."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._style import CHART_WIDTH, FONT_SIZE, POINTS_PER_INCH, TEXT_COLOUR, truncate_text
from segcli.reports.charts._style import text_width as wide

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

Position = tuple[float, float]
CAPITAL_MIDDLE = 0.36  # distance from the middle of a capital letter to the baseline, as a multiple of the font size
MIN_FONT_SIZE = 7.5  # smallest font size in points; longer text is truncated


class Canvas:
    """A canvas that covers a figure; its height can be set after drawing."""

    def __init__(self, figure: "Figure") -> None:
        """Create axes that cover the figure."""
        self._figure = figure
        self._axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self.set_height(CHART_WIDTH)

    def set_height(self, height: float) -> None:
        """Set the height of the canvas in points."""
        self._figure.set_size_inches(CHART_WIDTH / POINTS_PER_INCH, height / POINTS_PER_INCH)
        self._axes.set_xlim(0, CHART_WIDTH)
        self._axes.set_ylim(height, 0)

    def draw_box(self, corner: Position, box_size: Position, colour: str, *, anchor: str = "") -> None:
        """Draw a rectangle from its upper left corner; it links to the anchor, if one is given."""
        from matplotlib.patches import Rectangle

        box = Rectangle(corner, *box_size, **_patch_style(colour))
        if anchor:
            box.set_url(f"#{anchor}")
        self._add_artist(box)

    def draw_disc(
        self, centre: Position, radius: float, colour: str, *, edge: str | None = None, opacity: float = 1.0
    ) -> None:
        """Draw a circle."""
        from matplotlib.patches import Circle

        self._add_artist(Circle(centre, radius, **_patch_style(colour, edge, opacity)))

    def draw_line(
        self, points: Sequence[Position], *, colour: str = TEXT_COLOUR, line_width: float = 1.0, opacity: float = 1.0
    ) -> None:
        """Draw a line through the points."""
        from matplotlib.path import Path

        self._add_path(Path(points), facecolor="none", edgecolor=colour, linewidth=line_width, alpha=opacity)

    def draw_area(self, points: Sequence[Position], colour: str, *, opacity: float = 1.0) -> None:
        """Draw a filled polygon."""
        from matplotlib.path import Path

        self._add_path(Path([*points, points[0]], closed=True), facecolor=colour, linewidth=0, alpha=opacity)

    def draw_band(
        self, left_edge: tuple[float, Position], right_edge: tuple[float, Position], colour: str, *, opacity: float
    ) -> None:
        """Draw a curved band between two vertical edges, each an x and its upper and lower y."""
        from matplotlib.path import Path

        (start, (start_top, start_bottom)), (end, (end_top, end_bottom)) = left_edge, right_edge
        middle = (start + end) / 2
        curve_codes = [Path.CURVE4] * 3
        codes = [Path.MOVETO, *curve_codes, Path.LINETO, *curve_codes, Path.CLOSEPOLY]
        upper_points = [(start, start_top), (middle, start_top), (middle, end_top), (end, end_top)]
        lower_points = [(end, end_bottom), (middle, end_bottom), (middle, start_bottom), (start, start_bottom)]
        self._add_path(
            Path([*upper_points, *lower_points, (start, start_top)], codes),
            facecolor=colour,
            linewidth=0,
            alpha=opacity,
        )

    def draw_text(  # noqa: PLR0913 - text style
        self,
        position: Position,
        text: object,
        *,
        align: str = "left",
        max_width: float = CHART_WIDTH,
        colour: str = TEXT_COLOUR,
        is_bold: bool = False,
        font_size: float = FONT_SIZE,
    ) -> None:
        """Draw one line of text, vertically centred on the position; shrink and then truncate text that is too wide."""
        while font_size > MIN_FONT_SIZE and wide(text, font_size, is_bold=is_bold) > max_width:
            font_size -= 0.5
        shortened = truncate_text(text, max_width, font_size, is_bold=is_bold)
        self._axes.text(
            position[0],
            position[1] + CAPITAL_MIDDLE * font_size,
            shortened,
            horizontalalignment=align,
            verticalalignment="baseline",
            color=colour,
            fontsize=font_size,
            fontweight="bold" if is_bold else "normal",
        )

    def _add_path(self, path: Any, **style: Any) -> None:  # noqa: ANN401 - type of a lazily imported library
        from matplotlib.patches import PathPatch

        self._add_artist(PathPatch(path, **{"edgecolor": "none", **style}))

    def _add_artist(self, artist: "Artist") -> None:
        artist.set_clip_on(False)
        self._axes.add_artist(artist)
        artist.set_clip_path(None)


def _patch_style(colour: str, edge: str | None = None, opacity: float = 1.0) -> dict[str, Any]:
    return {"facecolor": colour, "edgecolor": edge or "none", "linewidth": 1.6 if edge else 0.0, "alpha": opacity}

"""A sheet to draw on, in points from its upper left corner: boxes, discs, lines, bands and text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._paper import INK, POINTS, SIZE, WIDTH, short
from segcli.reports.charts._paper import width as wide

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

Place = tuple[float, float]
MIDDLE = 0.36  # from the middle of a capital to its foot, in sizes of the text
SMALLEST = 7.5  # points, below which text is not made smaller


class Sheet:
    """The whole of a figure; how high it is may be said when everything is drawn."""

    def __init__(self, figure: "Figure") -> None:
        """Lay the sheet over the figure."""
        self._figure = figure
        self._axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self.ends(WIDTH)

    def ends(self, height: float) -> None:
        """Cut the sheet off below."""
        self._figure.set_size_inches(WIDTH / POINTS, height / POINTS)
        self._axes.set_xlim(0, WIDTH)
        self._axes.set_ylim(height, 0)

    def box(self, at: Place, size: Place, colour: str) -> None:
        """A rectangle from its upper left corner."""
        from matplotlib.patches import Rectangle

        self._add(Rectangle(at, *size, **_looks(colour)))

    def disc(self, at: Place, radius: float, colour: str, *, edge: str | None = None, opacity: float = 1.0) -> None:
        """A circle."""
        from matplotlib.patches import Circle

        self._add(Circle(at, radius, **_looks(colour, edge, opacity)))

    def line(self, places: Sequence[Place], *, colour: str = INK, thick: float = 1.0, opacity: float = 1.0) -> None:
        """A line from place to place."""
        from matplotlib.path import Path

        self._path(Path(places), facecolor="none", edgecolor=colour, linewidth=thick, alpha=opacity)

    def area(self, places: Sequence[Place], colour: str, *, opacity: float = 1.0) -> None:
        """A filled polygon."""
        from matplotlib.path import Path

        self._path(Path([*places, places[0]], closed=True), facecolor=colour, linewidth=0, alpha=opacity)

    def band(self, left: tuple[float, Place], right: tuple[float, Place], colour: str, *, opacity: float) -> None:
        """A bent band between two upright edges, each an x and its upper and lower y."""
        from matplotlib.path import Path

        (start, (top, bottom)), (end, (above, below)) = left, right
        half = (start + end) / 2
        curve = [Path.CURVE4] * 3
        codes = [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
        upper = [(start, top), (half, top), (half, above), (end, above)]
        lower = [(end, below), (half, below), (half, bottom), (start, bottom)]
        self._path(Path([*upper, *lower, (start, top)], codes), facecolor=colour, linewidth=0, alpha=opacity)

    def text(  # noqa: PLR0913 - what text looks like
        self,
        at: Place,
        text: object,
        *,
        align: str = "left",
        room: float = WIDTH,
        colour: str = INK,
        bold: bool = False,
        size: float = SIZE,
    ) -> None:
        """One line, its middle at this height; smaller, and then shortened, where there is no room for it."""
        while size > SMALLEST and wide(text, size, bold=bold) > room:
            size -= 0.5
        shown = short(text, room, size, bold=bold)
        self._axes.text(
            at[0],
            at[1] + MIDDLE * size,
            shown,
            horizontalalignment=align,
            verticalalignment="baseline",
            color=colour,
            fontsize=size,
            fontweight="bold" if bold else "normal",
        )

    def _path(self, path: Any, **looks: Any) -> None:  # noqa: ANN401 - of a library that is imported late
        from matplotlib.patches import PathPatch

        self._add(PathPatch(path, **{"edgecolor": "none", **looks}))

    def _add(self, artist: "Artist") -> None:
        artist.set_clip_on(False)
        self._axes.add_artist(artist)
        artist.set_clip_path(None)


def _looks(colour: str, edge: str | None = None, opacity: float = 1.0) -> dict[str, Any]:
    return {"facecolor": colour, "edgecolor": edge or "none", "linewidth": 1.6 if edge else 0.0, "alpha": opacity}

"""What charts are drawn on: a figure that owes nothing to the machine, and colours that most people can tell apart."""

import contextlib
import logging
import unicodedata
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from segcli.languages.figures import ENGLISH, Figures
from segcli.reports.safe import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 72  # in an inch
WIDTH = 331.0  # points: on a telephone, 350 pixels wide, text is then as large as the text around it
SIZE = 10.0  # of text, in points
INK = "#010203"  # becomes the colour of the text around the chart
QUIET = "#8a939c"  # reads on white and on black
# Okabe and Ito, Color universal design (2008), without black and yellow, which a page may be the colour of.
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7")
STRONG, SECOND = PALETTE[0], PALETTE[3]
LIGHT, DARK = "#ffffff", "#000000"  # text on colours
_WIDE, _USUAL, _BOLD = 1.0, 0.58, 1.1  # width of a character, in sizes of the text: no font is asked


_figures: ContextVar[Figures] = ContextVar("figures", default=ENGLISH)
_is_set: ContextVar[bool] = ContextVar("is_set", default=False)


def told(figure: str) -> str:
    """A figure of a scale, as the language of the chart writes it."""
    return _figures.get().told(figure) or figure


@contextlib.contextmanager
def settings() -> Iterator[None]:
    """Settings of matplotlib for charts, which those of the user's do not reach; entered once for several charts."""
    if _is_set.get():
        yield
        return
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it would tell of caches and fonts on stderr
    import matplotlib as mpl

    ours: dict[Any, Any] = {
        "svg.fonttype": "none",
        "font.family": "DejaVu Sans",  # comes with matplotlib
        "font.size": SIZE,
        "text.parse_math": False,
        "text.color": INK,
        "path.simplify": False,
    }
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # whoever shows the chart has more fonts
        mpl.rcdefaults()
        mpl.rcParams.update(ours)
        before = _is_set.set(True)
        try:
            yield
        finally:
            _is_set.reset(before)


@contextlib.contextmanager
def figure(name: str, figures: Figures = ENGLISH) -> Iterator["Figure"]:
    """An empty figure for the chart of this name."""
    _figures.set(figures)
    with settings():
        import matplotlib as mpl
        from matplotlib.figure import Figure

        mpl.rcParams["svg.hashsalt"] = name
        made = Figure(figsize=(WIDTH / POINTS, WIDTH / POINTS))
        made.patch.set_visible(False)
        yield made


def shade(value: float) -> str:
    """The colour of a value between 0 and 1, from dark to light (cividis; Nunez, Anderton and Renslow 2018)."""
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    return str(to_hex(mpl.colormaps["cividis"](min(max(value, 0.0), 1.0))))


def on(colour: str) -> str:
    """White or black, whichever stands out more on a colour (WCAG 2.2, contrast ratio)."""
    light = luminance(colour)
    return LIGHT if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else DARK


def luminance(colour: str) -> float:
    """Relative luminance of a colour such as #0072b2, from 0 to 1."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]  # noqa: PLR2004 - sRGB
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def width(text: object, size: float = SIZE, *, bold: bool = False) -> float:
    """About how wide a text is, in points; rather too much than too little."""
    wide = sum(_WIDE if unicodedata.east_asian_width(one) in "WF" else _USUAL for one in printable(text))
    return wide * size * (_BOLD if bold else 1.0)


def short(text: object, room: float, size: float = SIZE, *, bold: bool = False) -> str:
    """A text that is no wider than there is room: what does not fit is cut off, and a sign says so."""
    shown = printable(text)
    if width(shown, size, bold=bold) <= room:
        return shown
    while shown and width(shown + "…", size, bold=bold) > room:
        shown = shown[: min(len(shown) - 1, int(room))]
    return shown.rstrip() + "…"

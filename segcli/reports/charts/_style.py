"""Style of charts: figures independent of the local matplotlib settings, and a colour-blind safe palette."""

import contextlib
import logging
import unicodedata
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from segcli.formatting import escape_unprintable
from segcli.i18n.catalogue import ENGLISH_FORMAT, NumberFormat

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS_PER_INCH = 72  # definition of a typographic point in PDF and matplotlib
CHART_WIDTH = 331.0  # points; at 350 pixels (a phone) chart text is as large as the text around it
FONT_SIZE = 10.0  # points
TEXT_COLOUR = "#010203"  # placeholder, replaced by the colour of the text around the chart
NEUTRAL_COLOUR = "#8a939c"  # readable on white and on black
# Okabe and Ito, Color universal design (2008), without black and yellow, which may be the page's background.
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7")
# Colours of segments by position, the last four after Tol, Colour schemes (2021). Names always stand beside them.
SEGMENT_PALETTE = (*PALETTE, "#999933", "#882255", "#44aa99", "#7f7f9f")
PRIMARY_COLOUR, ACCENT_COLOUR = PALETTE[0], PALETTE[3]
LIGHT_TEXT, DARK_TEXT = "#ffffff", "#000000"  # text on coloured areas
_WIDE_CHARACTER, _AVERAGE_CHARACTER, _BOLD_FACTOR = (
    1.0,
    0.58,
    1.1,
)  # character widths as multiples of the font size; no font is measured


_language_figures: ContextVar[NumberFormat] = ContextVar("figures", default=ENGLISH_FORMAT)
_is_configured: ContextVar[bool] = ContextVar("is_set", default=False)


def format_tick(number_text: str) -> str:
    """Return an axis label in the number format of the chart's language."""
    return _language_figures.get().translate_number(number_text) or number_text


@contextlib.contextmanager
def configure_matplotlib() -> Iterator[None]:
    """Apply matplotlib settings for charts, independent of the user's own.

    The context can be entered once around several charts, so that the settings are applied only once.
    """
    if _is_configured.get():
        yield
        return
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # keeps its notes on caches and fonts off stderr
    import matplotlib as mpl

    style: dict[Any, Any] = {
        "svg.fonttype": "none",
        "font.family": "DejaVu Sans",  # ships with matplotlib
        "font.size": FONT_SIZE,
        "text.parse_math": False,
        "text.color": TEXT_COLOUR,
        "path.simplify": False,
    }
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # viewers of the chart have more fonts
        mpl.rcdefaults()
        mpl.rcParams.update(style)
        token = _is_configured.set(True)
        try:
            yield
        finally:
            _is_configured.reset(token)


@contextlib.contextmanager
def create_figure(chart_name: str, figures: NumberFormat = ENGLISH_FORMAT) -> Iterator["Figure"]:
    """Yield an empty figure for the chart of this name."""
    _language_figures.set(figures)
    with configure_matplotlib():
        import matplotlib as mpl
        from matplotlib.figure import Figure

        mpl.rcParams["svg.hashsalt"] = chart_name
        figure = Figure(figsize=(CHART_WIDTH / POINTS_PER_INCH, CHART_WIDTH / POINTS_PER_INCH))
        figure.patch.set_visible(False)
        yield figure


def palette_colour(position: int) -> str:
    """Return the colour of the segment at this position in display order."""
    return SEGMENT_PALETTE[position % len(SEGMENT_PALETTE)]


def shade_colour(value: float) -> str:
    """Return the colour of a value from 0 (dark) to 1 (light) (cividis; Nunez, Anderton and Renslow 2018)."""
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    return str(to_hex(mpl.colormaps["cividis"](min(max(value, 0.0), 1.0))))


def contrast_colour(colour: str) -> str:
    """Return white or black, whichever has more contrast with the colour (WCAG 2.2, contrast ratio)."""
    luminance = relative_luminance(colour)
    return LIGHT_TEXT if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else DARK_TEXT


def relative_luminance(colour: str) -> float:
    """Return the relative luminance, from 0 to 1, of a colour such as #0072b2."""
    channels = [int(colour[position : position + 2], 16) / 255 for position in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]  # noqa: PLR2004 - sRGB
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def text_width(text: object, font_size: float = FONT_SIZE, *, is_bold: bool = False) -> float:
    """Return the approximate width of a text in points; it rather overestimates."""
    width = sum(
        _WIDE_CHARACTER if unicodedata.east_asian_width(character) in "WF" else _AVERAGE_CHARACTER
        for character in escape_unprintable(text)
    )
    return width * font_size * (_BOLD_FACTOR if is_bold else 1.0)


def wrap_words(text: object, max_width: float, *, is_bold: bool = True) -> list[str]:
    """Return the text in lines of whole words that fit into `max_width` points; no lines if a word does not fit."""
    lines: list[str] = []
    for word in escape_unprintable(text).split(" "):
        longer_line = f"{lines[-1]} {word}" if lines else word
        if text_width(longer_line, is_bold=is_bold) <= max_width:
            lines[-1:] = [longer_line]
        elif text_width(word, is_bold=is_bold) <= max_width:
            lines.append(word)
        else:
            return []
    return lines


def truncate_text(text: object, max_width: float, font_size: float = FONT_SIZE, *, is_bold: bool = False) -> str:
    """Return the text, cut off with an ellipsis if it is wider than `max_width` points."""
    shortened = escape_unprintable(text)
    if text_width(shortened, font_size, is_bold=is_bold) <= max_width:
        return shortened
    while shortened and text_width(shortened + "…", font_size, is_bold=is_bold) > max_width:
        shortened = shortened[: min(len(shortened) - 1, int(max_width))]
    return shortened.rstrip() + "…"

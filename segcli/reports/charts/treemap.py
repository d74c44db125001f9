"""Treemap of segments: area by number of customers, brightness by value per customer.

Squarified layout (Bruls, Huizing and van Wijk, Squarified treemaps, 2000): boxes are nearly square.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from segcli.reports.charts._axes import LINE_HEIGHT
from segcli.reports.charts._canvas import Canvas
from segcli.reports.charts._labels import draw_label_lines
from segcli.reports.charts._shaded_grid import draw_legend, make_shade_scale
from segcli.reports.charts._style import (
    CHART_WIDTH,
    FONT_SIZE,
    contrast_colour,
    palette_colour,
    shade_colour,
    text_width,
    wrap_words,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TREEMAP_HEIGHT = 210.0
WRAP_SHARE = 0.92  # of the room for a name that its lines may take: fonts differ in width
TreemapBox = tuple[float, float, float, float]  # x, y, width, height


def draw(figure: "Figure", data: Mapping[str, Any]) -> None:
    """Draw the chart.

    `data` has these keys: `segments`, `shaded_by` (title of the shades, or blank), and the legend texts `low` and
    `high`. Each segment has `name`, `size`, `told` (its size as text), `position` (in display order), `shade` (a
    number, or None for all segments) and, if its box is a link, `anchor_kind`.
    A box without room for its name gets a number, explained in a list below.
    """
    canvas, numbered_labels = Canvas(figure), list[tuple[int, str]]()
    segments = sorted(
        (segment for segment in data["segments"] if segment["size"] > 0),
        key=lambda segment: (-segment["size"], segment["name"]),
    )
    to_shade = make_shade_scale([segment["shade"] for segment in segments])
    for segment, box in zip(
        segments,
        layout_boxes([segment["size"] for segment in segments], (0.0, 0.0, CHART_WIDTH, TREEMAP_HEIGHT)),
        strict=True,
    ):
        colour = (
            palette_colour(segment["position"])
            if segment["shade"] is None
            else shade_colour(to_shade(segment["shade"]))
        )
        x, y, box_width, box_height = box
        canvas.draw_box(
            (x + 0.75, y + 0.75),
            (max(box_width - 1.5, 0.3), max(box_height - 1.5, 0.3)),
            colour,
            anchor=segment.get("anchor_kind", ""),
        )
        _draw_label(canvas, box, segment, contrast_colour(colour), numbered_labels)
    bottom = TREEMAP_HEIGHT + 5
    if data["shaded_by"]:
        bottom = draw_legend(canvas, data, bottom)
    canvas.set_height(draw_label_lines(canvas, numbered_labels, bottom))


def _draw_label(
    canvas: Canvas, box: TreemapBox, segment: Mapping[str, Any], colour: str, numbered_labels: list[tuple[int, str]]
) -> None:
    x, y, box_width, box_height = box
    text_room = box_width - 8
    name_lines = wrap_words(segment["name"], text_room * WRAP_SHARE)
    if name_lines and box_height > len(name_lines) * LINE_HEIGHT + 4:
        for position, line in enumerate(name_lines):
            y += LINE_HEIGHT if position else 10
            canvas.draw_text((x + 5, y), line, max_width=text_room + 4, colour=colour, is_bold=True)
        if box_height > (len(name_lines) + 1) * LINE_HEIGHT + 4 and text_width(segment["told"]) <= text_room:
            canvas.draw_text((x + 5, y + LINE_HEIGHT), segment["told"], max_width=text_room + 4, colour=colour)
        return
    number = len(numbered_labels) + 1
    numbered_labels.append((number, f"{segment['name']}: {segment['told']}"))
    if box_width > text_width(number) + 2 and box_height > FONT_SIZE:
        canvas.draw_text(
            (x + box_width / 2, y + box_height / 2), str(number), align="center", colour=colour, is_bold=True
        )


def layout_boxes(sizes: Sequence[float], bounds: TreemapBox) -> Iterator[TreemapBox]:
    """Yield a box for each size; the boxes fill the bounds. Sizes must be positive and in descending order."""
    import squarify

    x, y, width, height = bounds
    for box in squarify.squarify(squarify.normalize_sizes(sizes, width, height), x, y, width, height):
        yield box["x"], box["y"], box["dx"], box["dy"]

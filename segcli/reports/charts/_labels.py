"""Labels next to points; where there is no room, a number with its name in a list below the plot."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from segcli.reports.charts._axes import LINE_HEIGHT
from segcli.reports.charts._canvas import Canvas, Position
from segcli.reports.charts._style import CHART_WIDTH, FONT_SIZE, text_width, truncate_text

MAX_LABEL_WIDTH = 120.0  # width in points of a name next to its point
_LABEL_GAP = 3.0


@dataclass(frozen=True)
class LabelledPoint:
    """A disc with a name; position and radius are in points."""

    name: str
    position: Position
    radius: float


@dataclass
class LabelLayout:
    """Occupied areas of a plot and the labels that go into the list below it."""

    left: float
    right: float
    top: float
    bottom: float
    occupied_boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    numbered_labels: list[tuple[int, str]] = field(default_factory=list)

    def draw_labels(self, canvas: Canvas, points: Sequence[LabelledPoint], bottom: float) -> float:
        """Draw all names, those of large points first.

        Returns:
            The bottom of the canvas, in points.
        """
        self.occupied_boxes += [_bounding_box(point.position, point.radius, point.radius) for point in points]
        for point in sorted(points, key=lambda point: (-point.radius, point.name)):
            self._draw_beside(canvas, point)
        return draw_label_lines(canvas, self.numbered_labels, bottom)

    def _draw_beside(self, canvas: Canvas, point: LabelledPoint) -> None:
        label = truncate_text(point.name, MAX_LABEL_WIDTH)
        half_width = text_width(label) / 2
        for x, y in _list_positions(point, half_width):
            box = _bounding_box((x, y), half_width, FONT_SIZE * 0.6)
            if self._is_free(box):
                self.occupied_boxes.append(box)
                canvas.draw_text((x, y), label, align="center")
                return
        number = len(self.numbered_labels) + 1
        self.numbered_labels.append((number, point.name))
        self._draw_number(canvas, point, str(number))

    def _draw_number(self, canvas: Canvas, point: LabelledPoint, number: str) -> None:
        """Draw a number next to the point, or on it if there is no room."""
        half_width = text_width(number) / 2
        free_positions = [
            position
            for position in _list_positions(point, half_width)
            if self._is_free(_bounding_box(position, half_width, FONT_SIZE * 0.5))
        ]
        position = free_positions[0] if free_positions else point.position
        self.occupied_boxes.append(_bounding_box(position, half_width, FONT_SIZE * 0.5))
        canvas.draw_text(position, number, align="center", is_bold=True)

    def _is_free(self, box: tuple[float, float, float, float]) -> bool:
        """Return whether the box lies inside the plot and overlaps no occupied area."""
        is_inside = box[0] >= self.left and box[2] <= self.right and box[1] >= self.top and box[3] <= self.bottom
        return is_inside and not any(_boxes_overlap(box, occupied_box) for occupied_box in self.occupied_boxes)


def draw_label_lines(canvas: Canvas, numbered_labels: Sequence[tuple[int, str]], bottom: float) -> float:
    """Draw the list of numbered names, one per line; return its bottom in points."""
    for position, (number, name) in enumerate(numbered_labels):
        y = bottom + (position + 0.5) * LINE_HEIGHT
        canvas.draw_text((14, y), str(number), align="right", is_bold=True)
        canvas.draw_text((20, y), name, max_width=CHART_WIDTH - 20)
    return bottom + len(numbered_labels) * LINE_HEIGHT + (4 if numbered_labels else 0)


def _list_positions(point: LabelledPoint, half_width: float) -> list[Position]:
    """Return candidate positions of a name, best first."""
    x, y = point.position
    x_offset, y_offset = point.radius + _LABEL_GAP + half_width, point.radius + FONT_SIZE * 0.6 + 1
    beside_positions = [(x + x_offset, y), (x - x_offset, y), (x, y - y_offset), (x, y + y_offset)]
    diagonal_positions = [
        (x + x_offset * x_factor, y + y_offset * y_factor) for y_factor in (-0.8, 0.8) for x_factor in (0.8, -0.8)
    ]
    return beside_positions + diagonal_positions


def _bounding_box(centre: Position, half_width: float, half_height: float) -> tuple[float, float, float, float]:
    return centre[0] - half_width, centre[1] - half_height, centre[0] + half_width, centre[1] + half_height


def _boxes_overlap(first_box: tuple[float, float, float, float], second_box: tuple[float, float, float, float]) -> bool:
    return (
        first_box[0] < second_box[2]
        and second_box[0] < first_box[2]
        and first_box[1] < second_box[3]
        and second_box[1] < first_box[3]
    )

"""Names beside points: where there is room; a number, and a line below, where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from segcli.reports.charts._frame import LINE
from segcli.reports.charts._paper import SIZE, WIDTH, short, width
from segcli.reports.charts._sheet import Place, Sheet

LONGEST = 120.0  # points of a name beside its point
_GAP = 3.0


@dataclass(frozen=True)
class Point:
    """Something round that has a name."""

    name: str
    at: Place
    radius: float


@dataclass
class Names:
    """Where names stand so far, and those that wait for a line below."""

    left: float
    right: float
    top: float
    bottom: float
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)
    below: list[tuple[int, str]] = field(default_factory=list)

    def write(self, sheet: Sheet, points: Sequence[Point], foot: float) -> float:
        """Write all names, those of large points first.

        Returns:
            Where the sheet ends.
        """
        self.taken += [_around(one.at, one.radius, one.radius) for one in points]
        for one in sorted(points, key=lambda one: (-one.radius, one.name)):
            self._beside(sheet, one)
        return lines_below(sheet, self.below, foot)

    def _beside(self, sheet: Sheet, point: Point) -> None:
        shown = short(point.name, LONGEST)
        half = width(shown) / 2
        for x, y in _places(point, half):
            box = _around((x, y), half, SIZE * 0.6)
            if self._is_free(box):
                self.taken.append(box)
                sheet.text((x, y), shown, align="center")
                return
        number = len(self.below) + 1
        self.below.append((number, point.name))
        self._numbered(sheet, point, str(number))

    def _numbered(self, sheet: Sheet, point: Point, number: str) -> None:
        """A number beside the point if it can be, and else on it."""
        half = width(number) / 2
        free = [at for at in _places(point, half) if self._is_free(_around(at, half, SIZE * 0.5))]
        at = free[0] if free else point.at
        self.taken.append(_around(at, half, SIZE * 0.5))
        sheet.text(at, number, align="center", bold=True)

    def _is_free(self, box: tuple[float, float, float, float]) -> bool:
        """Whether it is inside the plot and nothing stands there."""
        inside = box[0] >= self.left and box[2] <= self.right and box[1] >= self.top and box[3] <= self.bottom
        return inside and not any(_meet(box, other) for other in self.taken)


def lines_below(sheet: Sheet, listed: Sequence[tuple[int, str]], foot: float) -> float:
    """What the numbers stand for, one line each."""
    for place, (number, name) in enumerate(listed):
        y = foot + (place + 0.5) * LINE
        sheet.text((14, y), str(number), align="right", bold=True)
        sheet.text((20, y), name, room=WIDTH - 20)
    return foot + len(listed) * LINE + (4 if listed else 0)


def _places(point: Point, half: float) -> list[Place]:
    """Where a name may stand, the best place first."""
    x, y = point.at
    away, over = point.radius + _GAP + half, point.radius + SIZE * 0.6 + 1
    beside = [(x + away, y), (x - away, y), (x, y - over), (x, y + over)]
    slant = [(x + away * across, y + over * up) for up in (-0.8, 0.8) for across in (0.8, -0.8)]
    return beside + slant


def _around(at: Place, half: float, tall: float) -> tuple[float, float, float, float]:
    return at[0] - half, at[1] - tall, at[0] + half, at[1] + tall


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

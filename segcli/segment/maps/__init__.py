"""Segment maps: which scores bear which name, first match wins; one YAML file each, or the user's own.

    bins: 5
    otherwise: Others
    segments:
      - {segment: Champions, r: 5, f: 4-5}

`r`, `f`, `m` are scores; `fm` is the mean of f and m. A dimension that is not named may have any score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import product

import numpy as np
import numpy.typing as npt

from segcli import plugins
from segcli.config.yaml import Document, parse, shipped
from segcli.errors import ConfigProblems
from segcli.files import read

DIMENSIONS = ("r", "f", "m", "fm")
Scores = Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class Rule:
    """A segment and the score ranges (inclusive) that belong to it."""

    segment: str
    ranges: Mapping[str, tuple[float, float]]

    def holds(self, scores: Scores) -> npt.NDArray[np.bool_]:
        """For which customers every range holds."""
        inside = [(scores[d] >= low) & (scores[d] <= high) for d, (low, high) in self.ranges.items()]
        return np.logical_and.reduce(inside) if inside else np.ones(len(scores["r"]), dtype=bool)


@dataclass(frozen=True)
class SegmentMap:
    """An ordered table of rules over scores 1..bins."""

    name: str
    bins: int
    rules: tuple[Rule, ...]
    otherwise: str

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The scores the map looks at."""
        used = {d for rule in self.rules for d in rule.ranges}
        return tuple(d for d in "rfm" if d in used or (d in "fm" and "fm" in used))

    def name_all(self, scores: Mapping[str, npt.NDArray[np.int64]], bins: Mapping[str, int]) -> npt.NDArray[np.object_]:
        """The segment of every customer, shape (n,).

        Args:
            scores: by dimension r, f, m.
            bins: how many scores each dimension has; where it is not the map's own number, scores are
                stretched so that worst meets worst and best meets best.
        """
        names, places = self.name_cells(scores, bins)
        return names[places]

    def name_cells(
        self, scores: Mapping[str, npt.NDArray[np.int64]], bins: Mapping[str, int]
    ) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
        """The segment of every combination of scores, of which there are few, and which of them each customer has."""
        sizes = [bins[d] for d in scores]
        cells = np.indices(sizes).reshape(len(sizes), -1) + 1
        places = np.ravel_multi_index([values - 1 for values in scores.values()], sizes)
        return self._named(dict(zip(scores, cells, strict=True)), bins), places

    def _named(self, scores: Mapping[str, npt.NDArray[np.int64]], bins: Mapping[str, int]) -> npt.NDArray[np.object_]:
        fitted = {d: stretched(values, bins[d], self.bins) for d, values in scores.items()}
        fitted["fm"] = (fitted["f"] + fitted["m"]) / 2 if "m" in fitted else fitted["f"]
        names = np.full(len(fitted["r"]), self.otherwise, dtype=object)
        for rule in reversed(self.rules):
            names[rule.holds(fitted)] = rule.segment
        return names


@dataclass(frozen=True)
class Lint:
    """What a map does with every combination of scores."""

    cells: int
    uncovered: tuple[str, ...]
    overlapping: tuple[str, ...]
    unreachable: tuple[str, ...]

    def __str__(self) -> str:
        """One sentence."""
        parts = [f"{self.cells - len(self.uncovered)} of {self.cells} score combinations covered"]
        parts += [f"{len(self.overlapping)} matched by several rules (the first wins)"] * bool(self.overlapping)
        parts += [f"never reached: {', '.join(self.unreachable)}"] * bool(self.unreachable)
        return "; ".join(parts)


def lint(segment_map: SegmentMap) -> Lint:
    """Try every combination of the scores the map looks at."""
    dimensions = segment_map.dimensions or ("r",)
    cells = np.array(list(product(range(1, segment_map.bins + 1), repeat=len(dimensions))), dtype=np.float64)
    scores = {d: cells[:, place] for place, d in enumerate(dimensions)}
    scores.setdefault("r", np.ones(len(cells)))
    scores["fm"] = (scores.get("f", scores["r"]) + scores.get("m", scores["r"])) / 2
    holds = np.array([rule.holds(scores) for rule in segment_map.rules])
    names = ["".join(f"{d.upper()}{int(s)}" for d, s in zip(dimensions, cell, strict=True)) for cell in cells]
    matches, first = holds.sum(axis=0), holds.argmax(axis=0)
    reached = {int(rule) for rule, any_match in zip(first, matches, strict=True) if any_match}
    return Lint(
        cells=len(cells),
        uncovered=tuple(name for name, count in zip(names, matches, strict=True) if count == 0),
        overlapping=tuple(name for name, count in zip(names, matches, strict=True) if count > 1),
        unreachable=tuple(rule.segment for place, rule in enumerate(segment_map.rules) if place not in reached),
    )


def names() -> list[str]:
    """The maps that come with segcli."""
    return plugins.names(__name__, ".yaml")


def load(name: str) -> SegmentMap:
    """A shipped map by name, or one from a YAML file.

    Raises:
        ConfigProblems: no such map, or what is wrong in it and where.
    """
    if name in names():
        return _checked(
            shipped(resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"), name)
        )
    if not name.endswith((".yaml", ".yml")):
        raise ConfigProblems([f"rfm.segments: no map '{name}'; known: {', '.join(names())}, or a .yaml file"])
    return _checked(parse(read.text(name), name))


def _checked(document: Document) -> SegmentMap:
    values = document.values if isinstance(document.values, dict) else {}
    problems = [
        f"{document.place((key,))}: {key}: unknown key; known: name, bins, otherwise, segments"
        for key in values
        if key not in {"name", "bins", "otherwise", "segments"}
    ]
    listed = values.get("segments")
    if not isinstance(listed, list) or not listed:
        problems.append(f"{document.place(('segments',))}: segments: must be a list of segments")
        listed = []
    rules = [_rule(document, place, entry, problems) for place, entry in enumerate(listed)]
    bins = values.get("bins", 5)
    if not isinstance(bins, int) or not 2 <= bins <= 10:  # noqa: PLR2004 - the bounds of rfm.bins
        problems.append(f"{document.place(('bins',))}: bins: must be a whole number from 2 to 10; got {bins}")
    if problems:
        raise ConfigProblems(problems)
    return SegmentMap(
        str(values.get("name", document.name)), bins, tuple(rules), str(values.get("otherwise", "Others"))
    )


def _rule(document: Document, place: int, entry: object, problems: list[str]) -> Rule:
    at = document.place(("segments", place))
    if not isinstance(entry, dict) or "segment" not in entry:
        problems.append(f"{at}: segments: each needs a name, like {{segment: Champions, r: 5, f: 4-5}}")
        return Rule("", {})
    ranges = {}
    for dimension, written in entry.items():
        if dimension == "segment":
            continue
        low, _, high = str(written).partition("-")
        try:
            ranges[dimension] = (float(low), float(high or low))
        except ValueError:
            problems.append(f"{at}: {dimension}: must be a score or a range like 4-5; got {written}")
        if dimension not in DIMENSIONS:
            problems.append(f"{at}: {dimension}: unknown key; known: segment, {', '.join(DIMENSIONS)}")
    return Rule(str(entry["segment"]), ranges)


def stretched(scores: npt.NDArray[np.int64], bins: int, onto: int) -> npt.NDArray[np.float64]:
    """Scores 1..bins on the scale 1..onto, halves rounded up."""
    return np.floor(1 + (scores - 1) * (onto - 1) / (bins - 1) + 0.5)

"""Segment maps: names of score combinations, where the first matching rule wins. A map is a YAML file.

    bins: 5
    otherwise: Others
    segments:
      - {segment: Champions, r: 5, f: 4-5}

`r`, `f`, `m` are scores; `fm` is the mean of f and m. A rule accepts any score of a dimension that it does not name.

A map may also hold claims: what a name says about its customers, which is checked against the data.

    claims:
      Champions: {buys: more}
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import product
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from segcli import plugins
from segcli.config.yaml_loader import YamlDocument, load_shipped, parse_document
from segcli.customers.quality_rules import MAX_ONE_TIME_SHARE
from segcli.errors import ConfigProblems
from segcli.io import read
from segcli.location import YAML_SUFFIXES
from segcli.message import count_message, join_messages, message

MAP_DIMENSIONS = ("r", "f", "m", "fm")
FEW_CUSTOMERS, ENOUGH_CUSTOMERS = 100, 500  # below the first a base is thin; from the second on it is large

# Claims of names. buys: more than all customers, less than those who buy more, hardly (less than half as often as all),
# or still (at least half as often as all). orders: one. tenure: short. revenue: high.
CLAIM_VALUES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"buys": ("more", "less", "hardly", "still"), "orders": ("one",), "tenure": ("short",), "revenue": ("high",)}
)
ClaimsBySegment = Mapping[str, Mapping[str, str]]
ScoresByDimension = Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True)
class MapRule:
    """A segment and its score ranges, bounds included."""

    segment: str
    ranges: Mapping[str, tuple[float, float]]

    def matches_scores(self, scores: ScoresByDimension) -> npt.NDArray[np.bool_]:
        """Return whether every range holds, for each customer, shape (n,)."""
        is_in_range = [
            (scores[dimension] >= low) & (scores[dimension] <= high) for dimension, (low, high) in self.ranges.items()
        ]
        return np.logical_and.reduce(is_in_range) if is_in_range else np.ones(len(scores["r"]), dtype=bool)


@dataclass(frozen=True)
class SegmentMap:
    """An ordered list of rules over scores 1 to `bins`, and what the names of segments claim."""

    name: str
    bins: int
    rules: tuple[MapRule, ...]
    otherwise: str
    claims: ClaimsBySegment = field(default_factory=dict)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions that the rules use."""
        used_dimensions = {dimension for rule in self.rules for dimension in rule.ranges}
        return tuple(
            dimension
            for dimension in "rfm"
            if dimension in used_dimensions or (dimension in "fm" and "fm" in used_dimensions)
        )

    def name_customers(
        self, scores_by_letter: Mapping[str, npt.NDArray[np.int64]], bins: Mapping[str, int]
    ) -> npt.NDArray[np.object_]:
        """Return the segment of every customer, shape (n,).

        Args:
            scores_by_letter: scores, by dimension r, f, m.
            bins: number of scores of each dimension. If it differs from that of the map, the scores are rescaled so
                that the worst score stays the worst, and the best stays the best.
        """
        cell_names, cell_numbers = self.name_score_cells(scores_by_letter, bins)
        return cell_names[cell_numbers]

    def name_score_cells(
        self, scores_by_letter: Mapping[str, npt.NDArray[np.int64]], bins: Mapping[str, int]
    ) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.int64]]:
        """Return the segment of every combination of scores, and the combination of each customer.

        There are few combinations, so each is named only once.
        """
        sizes = [bins[letter] for letter in scores_by_letter]
        cells = np.indices(sizes).reshape(len(sizes), -1) + 1
        cell_numbers = np.ravel_multi_index([values - 1 for values in scores_by_letter.values()], sizes)
        return self._name_cells(dict(zip(scores_by_letter, cells, strict=True)), bins), cell_numbers

    def _name_cells(
        self, scores_by_letter: Mapping[str, npt.NDArray[np.int64]], bins: Mapping[str, int]
    ) -> npt.NDArray[np.object_]:
        map_scores = {
            letter: rescale_scores(values, bins[letter], self.bins) for letter, values in scores_by_letter.items()
        }
        map_scores["fm"] = (map_scores["f"] + map_scores["m"]) / 2 if "m" in map_scores else map_scores["f"]
        names = np.full(len(map_scores["r"]), self.otherwise, dtype=object)
        for rule in reversed(self.rules):
            names[rule.matches_scores(map_scores)] = rule.segment
        return names


@dataclass(frozen=True)
class MapCoverage:
    """Coverage of the score combinations by a map."""

    cell_count: int
    uncovered: tuple[str, ...]
    overlapping: tuple[str, ...]
    unreachable: tuple[str, ...]

    @property
    def has_gaps(self) -> bool:
        """Whether a combination of scores has no segment, or a segment no combination."""
        return bool(self.uncovered or self.unreachable)

    def describe(self) -> str:
        """Describe the coverage in one sentence."""
        parts = [
            message(
                "{covered} of {cells} score combinations covered",
                covered=self.cell_count - len(self.uncovered),
                cells=self.cell_count,
            )
        ]
        if self.overlapping:
            parts.append(message("{count} matched by several rules (the first wins)", count=len(self.overlapping)))
        if self.unreachable:
            parts.append(message("never reached: {names}", names=", ".join(self.unreachable)))
        return join_messages("; ", parts)


def measure_coverage(segment_map: SegmentMap) -> MapCoverage:
    """Try every combination of the scores that the map uses."""
    dimensions = segment_map.dimensions or ("r",)
    cells = np.array(list(product(range(1, segment_map.bins + 1), repeat=len(dimensions))), dtype=np.float64)
    scores = {dimension: cells[:, position] for position, dimension in enumerate(dimensions)}
    scores.setdefault("r", np.ones(len(cells)))
    scores["fm"] = (scores.get("f", scores["r"]) + scores.get("m", scores["r"])) / 2
    rule_matches = np.array([rule.matches_scores(scores) for rule in segment_map.rules])
    names = [
        "".join(f"{dimension.upper()}{int(score)}" for dimension, score in zip(dimensions, cell, strict=True))
        for cell in cells
    ]
    match_counts, first_match = rule_matches.sum(axis=0), rule_matches.argmax(axis=0)
    reached_rules = {int(rule) for rule, any_match in zip(first_match, match_counts, strict=True) if any_match}
    return MapCoverage(
        cell_count=len(cells),
        uncovered=tuple(name for name, count in zip(names, match_counts, strict=True) if count == 0),
        overlapping=tuple(name for name, count in zip(names, match_counts, strict=True) if count > 1),
        unreachable=tuple(
            rule.segment for position, rule in enumerate(segment_map.rules) if position not in reached_rules
        ),
    )


def list_maps() -> list[str]:
    """Return the names of the maps shipped with segcli."""
    return plugins.list_plugins(__name__, ".yaml")


def choose_map_name(customer_count: int, one_time_share: float) -> str:
    """Return the shipped map with as many segments as a base of customers supports: few if it is thin, most if large.

    >>> choose_map_name(80, 0.4), choose_map_name(300, 0.4), choose_map_name(900, 0.4), choose_map_name(900, 0.9)
    ('three', 'six', 'default', 'three')
    """
    if customer_count < FEW_CUSTOMERS or one_time_share > MAX_ONE_TIME_SHARE:
        return "three"
    return "six" if customer_count < ENOUGH_CUSTOMERS else "default"


def explain_map_choice(segment_map: SegmentMap, customer_count: int, one_time_share: float) -> Iterator[str]:
    """Yield why the chosen map has fewer segments than the default map; nothing for the default map."""
    if segment_map.name == "default":
        return
    if customer_count < FEW_CUSTOMERS or one_time_share <= MAX_ONE_TIME_SHARE:
        reason = count_message("the file has {count} customer", "the file has {count} customers", customer_count)
    else:
        reason = message("{share:.0%} of customers ordered once", share=one_time_share)
    names = {rule.segment for rule in segment_map.rules}  # shipped maps cover all score combinations
    yield message("{count} segments rather than 10, because {reason}", count=len(names), reason=reason)


def load_map(name: str) -> SegmentMap:
    """Load a shipped map by name, or a map from a YAML file.

    Raises:
        ConfigProblems: there is no such map, or the file has errors; lists each with its place.
    """
    if name in list_maps():
        return _build_map(
            load_shipped(resources.files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"), name)
        )
    if not name.endswith(YAML_SUFFIXES):
        raise ConfigProblems([f"rfm.segments: no map '{name}'; known: {', '.join(list_maps())}, or a .yaml file"])
    segment_map = _build_map(parse_document(read.read_text(name), name))
    known_claims = {key.casefold(): claims for key, claims in _collect_shipped_claims().items()}
    own_names = {rule.segment for rule in segment_map.rules}
    shipped_claims = {key: known_claims[key.casefold()] for key in own_names if key.casefold() in known_claims}
    return replace(segment_map, claims={**shipped_claims, **segment_map.claims})


def _collect_shipped_claims() -> ClaimsBySegment:
    """Return the claims of all shipped maps: a user's map that uses their names makes them too."""
    return {segment: claims for name in list_maps() for segment, claims in load_map(name).claims.items()}


def _build_map(document: YamlDocument) -> SegmentMap:
    values = document.values if isinstance(document.values, dict) else {}
    problems = [
        f"{document.find_place((key,))}: {key}: unknown key; known: name, bins, otherwise, segments, claims"
        for key in values
        if key not in {"name", "bins", "otherwise", "segments", "claims"}
    ]
    segment_entries = values.get("segments")
    if not isinstance(segment_entries, list) or not segment_entries:
        problems.append(f"{document.find_place(('segments',))}: segments: must be a list of segments")
        segment_entries = []
    rules = [_parse_map_rule(document, position, entry, problems) for position, entry in enumerate(segment_entries)]
    claims = values.get("claims") or {}
    problems += _find_claim_problems(document, claims, [rule.segment for rule in rules])
    bins = values.get("bins", 5)
    if not isinstance(bins, int) or not 2 <= bins <= 10:  # noqa: PLR2004 - the bounds of rfm.bins
        problems.append(f"{document.find_place(('bins',))}: bins: must be a whole number from 2 to 10; got {bins}")
    if problems:
        raise ConfigProblems(problems)
    return SegmentMap(
        str(values.get("name", document.name)), bins, tuple(rules), str(values.get("otherwise", "Others")), claims
    )


def _find_claim_problems(document: YamlDocument, claims: object, segments: Sequence[str]) -> Iterator[str]:
    if not isinstance(claims, dict):
        yield f"{document.find_place(('claims',))}: claims: must be `segment: {{buys: more}}` lines"
        return
    for segment, segment_claims in claims.items():
        place = document.find_place(("claims", segment))
        if segment not in segments:
            yield f"{place}: claims: no segment '{segment}'; known: {', '.join(dict.fromkeys(segments))}"
        known = isinstance(segment_claims, dict) and all(
            value in CLAIM_VALUES.get(key, ()) for key, value in segment_claims.items()
        )
        if not known:
            texts = ", ".join(f"{key}: {' | '.join(values)}" for key, values in CLAIM_VALUES.items())
            yield f"{place}: claims: {segment}: known claims are {texts}"


def _parse_map_rule(document: YamlDocument, position: int, entry: object, problems: list[str]) -> MapRule:
    location = document.find_place(("segments", position))
    if not isinstance(entry, dict) or "segment" not in entry:
        problems.append(f"{location}: segments: each needs a name, like {{segment: Champions, r: 5, f: 4-5}}")
        return MapRule("", {})
    ranges = {}
    for dimension, range_text in entry.items():
        if dimension == "segment":
            continue
        low, _, high = str(range_text).partition("-")
        try:
            ranges[dimension] = (float(low), float(high or low))
        except ValueError:
            problems.append(f"{location}: {dimension}: must be a score or a range like 4-5; got {range_text}")
        if dimension not in MAP_DIMENSIONS:
            problems.append(f"{location}: {dimension}: unknown key; known: segment, {', '.join(MAP_DIMENSIONS)}")
    return MapRule(str(entry["segment"]), ranges)


def rescale_scores(scores: npt.NDArray[np.int64], bins: int, target_bins: int) -> npt.NDArray[np.float64]:
    """Rescale scores 1..`bins` to 1..`target_bins`, halves rounded up."""
    return np.floor(1 + (scores - 1) * (target_bins - 1) / (bins - 1) + 0.5)

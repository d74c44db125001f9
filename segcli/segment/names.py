"""Names for found segments, from the features that set them apart; never a number."""

from collections.abc import Mapping, Sequence
from importlib import resources

import numpy as np

from segcli.config import yaml
from segcli.segment.methods import Matrix

NOTABLE = 0.35  # standard deviations from the base below which a feature does not describe a segment
SHORT = 2  # features in a name, unless more are needed to tell two segments apart
AVERAGE = "Average customers"


def name_all(centres: Matrix, features: Sequence[str]) -> list[str]:
    """One distinct name per segment.

    Args:
        centres: mean of each segment on each feature in standard deviations from the base, shape (k, features).
        features: feature names.
    """
    words = _words()
    told = [_traits(centre, features, words) for centre in centres]
    lengths = [min(SHORT, len(traits)) for traits in told]
    names = [_name(traits, length) for traits, length in zip(told, lengths, strict=True)]
    while _clashes(names) and any(lengths[i] < len(told[i]) for i in _clashes(names)):
        for i in _clashes(names):
            lengths[i] = min(lengths[i] + 1, len(told[i]))
        names = [_name(traits, length) for traits, length in zip(told, lengths, strict=True)]
    return _ranked(names, centres, features)


def _traits(centre: Matrix, features: Sequence[str], words: Mapping[str, Sequence[str]]) -> list[str]:
    """What the segment is, most distinguishing first; weak traits follow, for telling segments apart."""
    order = sorted(range(len(features)), key=lambda i: (-abs(centre[i]), features[i]))
    notable = [i for i in order if abs(centre[i]) >= NOTABLE]
    return list(dict.fromkeys(_word(features[i], float(centre[i]), words) for i in notable))


def _word(feature: str, deviation: float, words: Mapping[str, Sequence[str]]) -> str:
    _, is_level, level = feature.partition(" = ")
    usual = (f"not {level}", level) if is_level else (f"low {feature}", f"high {feature}")
    low, high = words.get(feature, usual)
    return high if deviation > 0 else low


def _name(traits: Sequence[str], length: int) -> str:
    text = ", ".join(traits[:length])
    return text[:1].upper() + text[1:] if text else AVERAGE


def _clashes(names: Sequence[str]) -> list[int]:
    return [i for i, name in enumerate(names) if list(names).count(name) > 1]


def _ranked(names: list[str], centres: Matrix, features: Sequence[str]) -> list[str]:
    """Where all traits agree, say which has more of what differs most between the namesakes."""
    for name in sorted({names[i] for i in _clashes(names)}):
        same = [i for i, other in enumerate(names) if other == name]
        spread = np.ptp(centres[same], axis=0)
        feature = int(spread.argmax())
        by_value = sorted(same, key=lambda i: -centres[i][feature])
        for rank, i in enumerate(by_value, 1):
            names[i] = f"{name} ({_ordinal(rank)} by {features[feature]})"
    return names


def _ordinal(rank: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(rank, f"{rank}th")


def _words() -> Mapping[str, Sequence[str]]:
    file = resources.files("segcli.segment").joinpath("words.yaml")
    words: Mapping[str, Sequence[str]] = yaml.strings(file.read_text(encoding="utf-8"))
    return words

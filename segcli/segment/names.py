"""Names for found segments, from the features that set them apart; never a number."""

from collections.abc import Mapping, Sequence
from importlib import resources

import numpy as np

from segcli.config import yaml
from segcli.segment.methods import Matrix

MIN_TRAIT_DEVIATION = 0.35  # standard deviations from the base below which a feature does not describe a segment
NAME_TRAIT_COUNT = 2  # features in a name, unless more are needed to tell two segments apart
AVERAGE_NAME = "Average customers"


def name_segments(centres: Matrix, features: Sequence[str]) -> list[str]:
    """One distinct name per segment.

    Args:
        centres: mean of each segment on each feature in standard deviations from the base, shape (k, features).
        features: feature names.
    """
    trait_words = _load_trait_words()
    traits_by_segment = [_describe_traits(centre, features, trait_words) for centre in centres]
    lengths = [min(NAME_TRAIT_COUNT, len(traits)) for traits in traits_by_segment]
    segment_names = [_join_traits(traits, length) for traits, length in zip(traits_by_segment, lengths, strict=True)]
    while _find_duplicates(segment_names) and any(
        lengths[i] < len(traits_by_segment[i]) for i in _find_duplicates(segment_names)
    ):
        for i in _find_duplicates(segment_names):
            lengths[i] = min(lengths[i] + 1, len(traits_by_segment[i]))
        segment_names = [
            _join_traits(traits, length) for traits, length in zip(traits_by_segment, lengths, strict=True)
        ]
    return _rank_namesakes(segment_names, centres, features)


def _describe_traits(centre: Matrix, features: Sequence[str], trait_words: Mapping[str, Sequence[str]]) -> list[str]:
    """What the segment is, most distinguishing first; weak traits follow, for telling segments apart."""
    order = sorted(range(len(features)), key=lambda i: (-abs(centre[i]), features[i]))
    notable_features = [i for i in order if abs(centre[i]) >= MIN_TRAIT_DEVIATION]
    return list(dict.fromkeys(_choose_word(features[i], float(centre[i]), trait_words) for i in notable_features))


def _choose_word(feature: str, deviation: float, trait_words: Mapping[str, Sequence[str]]) -> str:
    _, separator, level = feature.partition(" = ")
    default_words = (f"not {level}", level) if separator else (f"low {feature}", f"high {feature}")
    low, high = trait_words.get(feature, default_words)
    return high if deviation > 0 else low


def _join_traits(traits: Sequence[str], trait_count: int) -> str:
    text = ", ".join(traits[:trait_count])
    return text[:1].upper() + text[1:] if text else AVERAGE_NAME


def _find_duplicates(names: Sequence[str]) -> list[int]:
    return [i for i, name in enumerate(names) if list(names).count(name) > 1]


def _rank_namesakes(names: list[str], centres: Matrix, features: Sequence[str]) -> list[str]:
    """Where all traits agree, say which has more of what differs most between the namesakes."""
    for name in sorted({names[i] for i in _find_duplicates(names)}):
        namesakes = [i for i, other_name in enumerate(names) if other_name == name]
        spread = np.ptp(centres[namesakes], axis=0)
        feature = int(spread.argmax())
        by_value = sorted(namesakes, key=lambda i: -centres[i][feature])
        for rank, i in enumerate(by_value, 1):
            names[i] = f"{name} ({_ordinal_word(rank)} by {features[feature]})"
    return names


def _ordinal_word(rank: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(rank, f"{rank}th")


def _load_trait_words() -> Mapping[str, Sequence[str]]:
    words_file = resources.files("segcli.segment").joinpath("words.yaml")
    trait_words: Mapping[str, Sequence[str]] = yaml.load_text_values(words_file.read_text(encoding="utf-8"))
    return trait_words

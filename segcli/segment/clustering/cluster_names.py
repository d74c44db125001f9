"""Names of clusters: names by rule, names from distinguishing features, and names kept from a previous model."""

import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from segcli.config import yaml_loader
from segcli.config.cluster import Named
from segcli.errors import ConfigProblems, InputProblem
from segcli.formatting import spell_out_name
from segcli.message import message
from segcli.model import Customers
from segcli.segment.activity_tables import build_rule_table
from segcli.segment.clustering.assignment import assign_to_clusters
from segcli.segment.clustering.feature_encoding import ITEM_TRANSFORM, Feature
from segcli.segment.clustering.stability import contingency_table
from segcli.segment.expressions.checker import check_rule
from segcli.segment.expressions.evaluator import evaluate_rule
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.expressions.tokens import RuleProblem
from segcli.segment.methods import Labels, Matrix

# Names of clusters, from their distinguishing features; a name is never just a number.
MIN_TRAIT_DEVIATION = 0.35  # in standard deviations from the base; below it, a feature does not describe a segment
NAME_TRAIT_COUNT, MAX_NAME_TRAITS = 2, 3  # features in a name, and in names that would be the same otherwise
AVERAGE_NAME = "Average customers"
MIN_BATTERY_SIZE, BATTERY_SHARE = 5, 0.6  # answers, and the share of them that all deviate to one side
HIGH_BATTERY_NAME, LOW_BATTERY_NAME = "High on most answers", "Low on most answers"
MAX_LABEL_LENGTH = 32
CHOICE_SEPARATORS = (": ", " - ")  # between a question and its choice, in the name of a column


@dataclass(frozen=True)
class FeatureWords:
    """How a segment is called that is low or high on a feature; `is_choice` if high means that an answer was chosen."""

    label: str
    low: str
    high: str
    is_choice: bool = False


def list_feature_words(features: Sequence[Feature], labels: Mapping[str, str]) -> list[FeatureWords]:
    """Return the words for each feature; `labels` are the user's words for columns."""
    trait_words = _load_trait_words()
    short_names = _shorten_names([feature.name for feature in features])
    words = []
    for feature in features:
        label = labels.get(feature.name, short_names[feature.name])
        if feature.level is not None:
            words.append(FeatureWords(f"{label} = {feature.level}", f"not {feature.level}", feature.level, True))
        elif feature.transform == ITEM_TRANSFORM:
            words.append(FeatureWords(label, f"without {label}", label, True))
        else:
            low, high = trait_words.get(feature.name, (f"low {label}", f"high {label}"))
            words.append(FeatureWords(label, low, high))
    return words


def _shorten_names(names: Sequence[str]) -> dict[str, str]:
    """Return a short form of each column name, or the name itself if the short form were not unique."""
    short_names = {name: shorten_question(spell_out_name(name)) for name in names}
    counts = Counter(short_names.values())
    return {name: short_name if counts[short_name] == 1 else name for name, short_name in short_names.items()}


def shorten_question(name: str) -> str:
    """Return the choice or the first words of a question, without a unit or scale in brackets.

    >>> shorten_question("Which activities do you like?: Skiing, snowboarding")
    'Skiing, snowboarding'
    >>> shorten_question("Spending Score (1-100)")
    'Spending Score'
    >>> shorten_question("How satisfied are you with the opening hours of our shop?")
    'How satisfied are you with the…'
    """
    text = re.sub(r"\s*[(\[\uff08][^()\[\]\uff08\uff09]*[)\]\uff09]\s*$", "", name) or name
    for separator in CHOICE_SEPARATORS:
        question, _, choice = text.rpartition(separator)
        if choice.strip() and question.count(" ") > 1:
            text = choice.strip()
    return textwrap.shorten(text, MAX_LABEL_LENGTH, placeholder="…") if len(text) > MAX_LABEL_LENGTH else text


def name_segments(centres: Matrix, features: Sequence[FeatureWords]) -> list[str]:
    """Return one distinct name per segment.

    Args:
        centres: mean of each segment on each feature in standard deviations from the base, shape (k, features).
        features: the words of each feature.
    """
    traits_by_segment = [_describe_traits(centre, features) for centre in centres]
    lengths = [min(NAME_TRAIT_COUNT, len(traits)) for traits in traits_by_segment]
    limits = [min(MAX_NAME_TRAITS, len(traits)) for traits in traits_by_segment]
    segment_names = [_join_traits(traits, length) for traits, length in zip(traits_by_segment, lengths, strict=True)]
    while extensible := [i for i in _find_duplicates(segment_names) if lengths[i] < limits[i]]:
        for i in extensible:
            lengths[i] += 1
        segment_names = [
            _join_traits(traits, length) for traits, length in zip(traits_by_segment, lengths, strict=True)
        ]
    return _rank_namesakes(segment_names, centres, [feature.label for feature in features])


def _describe_traits(centre: Matrix, features: Sequence[FeatureWords]) -> list[str]:
    """Return the traits of a segment, the most distinguishing first; weaker ones separate similar segments.

    What people chose says more than what they did not choose, so the latter appears only if they chose nothing.
    """
    order = sorted(range(len(features)), key=lambda i: (-abs(centre[i]), features[i].label))
    notable_features = [i for i in order if abs(centre[i]) >= MIN_TRAIT_DEVIATION]
    choices = [i for i in notable_features if features[i].is_choice]
    battery_name = _describe_battery(centre, choices, sum(feature.is_choice for feature in features))
    others = [i for i in notable_features if not features[i].is_choice or centre[i] > 0] or notable_features
    traits = [features[i].high if centre[i] > 0 else features[i].low for i in others]
    return list(dict.fromkeys([battery_name, *traits] if battery_name else traits))


def _describe_battery(centre: Matrix, choices: Sequence[int], battery_size: int) -> str:
    """Return the name of a segment that chose more, or less, of nearly everything; blank for others."""
    is_higher = {bool(centre[i] > 0) for i in choices}
    if battery_size < MIN_BATTERY_SIZE or len(is_higher) != 1 or len(choices) < BATTERY_SHARE * battery_size:
        return ""
    return HIGH_BATTERY_NAME if is_higher == {True} else LOW_BATTERY_NAME


def _join_traits(traits: Sequence[str], trait_count: int) -> str:
    if traits[:1] in ([HIGH_BATTERY_NAME], [LOW_BATTERY_NAME]):
        trait_count -= 1
    text = ", ".join(traits[: max(trait_count, 1)])
    return text[:1].upper() + text[1:] if text else AVERAGE_NAME


def _find_duplicates(names: Sequence[str]) -> list[int]:
    return [i for i, name in enumerate(names) if list(names).count(name) > 1]


def _rank_namesakes(names: list[str], centres: Matrix, features: Sequence[str]) -> list[str]:
    """Add a rank to the names of segments with the same traits, on the feature that differs most between them."""
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
    trait_words: Mapping[str, Sequence[str]] = yaml_loader.load_text_values(words_file.read_text(encoding="utf-8"))
    return trait_words


MIN_MATCH_JACCARD = 0.5  # minimum Jaccard index with a previous segment to count as the same one
MIN_RULE_SHARE = 0.5  # minimum share of a segment's customers that match the rule of its name


def match_previous(
    names: list[str], labels: Labels, customers: Customers, previous: Mapping[str, Any] | None
) -> tuple[list[str], list[str]]:
    """Keep the previous names of segments that persist, and describe the changes.

    Segments are matched one to one so that most customers stay (Kuhn 1955, the Hungarian method).
    """
    if previous is None:
        return names, []
    from scipy.optimize import linear_sum_assignment

    previous_names = list(previous["segments"])
    previous_numbers = {name: number for number, name in enumerate(previous_names)}
    try:
        previous_labels = assign_to_clusters(customers, previous).labels.map(previous_numbers).to_numpy(dtype=np.int64)
    except InputProblem as problem:
        raise InputProblem(f"cannot be compared with the previous model: {problem}", remedy="omit --previous") from None
    shared_counts = np.zeros((len(names), len(previous_names)))
    cross_counts = contingency_table(labels, previous_labels)
    shared_counts[: cross_counts.shape[0], : cross_counts.shape[1]] = cross_counts
    union_counts = shared_counts.sum(axis=1, keepdims=True) + shared_counts.sum(axis=0, keepdims=True) - shared_counts
    jaccard = np.divide(shared_counts, union_counts, out=np.zeros_like(shared_counts), where=union_counts > 0)
    pairs = [
        (current, earlier)
        for current, earlier in zip(*linear_sum_assignment(-shared_counts), strict=True)
        if jaccard[current, earlier] >= MIN_MATCH_JACCARD
    ]
    matched_names = {int(current): previous_names[earlier] for current, earlier in pairs}
    reused_names = set(matched_names.values())
    new_names = [
        matched_names.get(number, name if name not in reused_names else f"{name} (new)")
        for number, name in enumerate(names)
    ]
    staying_share = sum(shared_counts[current, earlier] for current, earlier in pairs) / len(labels)
    unmatched_names = [new_names[number] for number in range(len(names)) if number not in matched_names]
    vanished_names = [name for name in previous_names if name not in reused_names]
    return new_names, [
        message(
            "{remaining} of {previous} segments of the previous model remain, with {share:.0%} of customers",
            remaining=len(pairs),
            previous=len(previous_names),
            share=staying_share,
        ),
        *[message("new: {names}", names=", ".join(unmatched_names))] * bool(unmatched_names),
        *[message("vanished: {names}", names=", ".join(vanished_names))] * bool(vanished_names),
    ]


def apply_name_rules(names: list[str], labels: Labels, customers: Customers, name_rules: Sequence[Named]) -> list[str]:
    """Apply the user's names, each to the segment with the largest share of customers that match its rule.

    Raises:
        ConfigProblems: a rule cannot be parsed or evaluated, or it matches no segment or a segment that already has a
            name.
    """
    table = build_rule_table(customers)
    new_names = list(names)
    named_groups: set[int] = set()
    for position, name_rule in enumerate(name_rules):
        try:
            rule = parse_rule(name_rule.when)
            check_rule(rule, table.column_kinds, table.sources)
            rule_mask = evaluate_rule(rule, table).is_true
        except RuleProblem as problem:
            raise ConfigProblems([f"cluster.names.{position}.when ({name_rule.segment}): {problem}"]) from None
        shares = np.array([rule_mask[labels == number].mean() for number in range(len(names))])
        best_group = int(shares.argmax())
        if shares[best_group] < MIN_RULE_SHARE or best_group in named_groups:
            reason = (
                "already has a name"
                if best_group in named_groups
                else f"matches it with {shares[best_group]:.0%} of its customers"
            )
            raise ConfigProblems(
                [
                    (
                        f"cluster.names.{position} ({name_rule.segment}): "
                        f"the best-matching segment {reason}; change the rule"
                    )
                ]
            )
        new_names[best_group] = name_rule.segment
        named_groups.add(best_group)
    return new_names

"""Explain clusters as readable rules: a shallow tree, its leaves as IF-THEN rules, and their fidelity.

Breiman, Friedman, Olshen and Stone, Classification and regression trees (1984). The rules are evaluated in segcli's own
rule language, and the reported fidelity is that of the evaluation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns
from segcli.arrays import FloatArray
from segcli.config import yaml_loader
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.segment.clustering.answer_types import BLANK
from segcli.segment.clustering.column_roles import MAX_FEATURE_LEVELS
from segcli.segment.clustering.feature_encoding import ANSWER_TRANSFORMS, Feature
from segcli.segment.expressions.evaluator import RuleTable, evaluate_rule
from segcli.segment.expressions.formatter import format_rule
from segcli.segment.expressions.nodes import TextLiteral
from segcli.segment.expressions.parser import KEYWORDS, parse_rule

MAX_TREE_DEPTH = 4
MIN_LEAF_SHARE = 0.01  # of customers
MAX_DECIMALS = 7  # a threshold is rounded to 0, then 1 and more decimals

MISSING_TEST = "is missing"
FeatureBounds = dict[int, tuple[float, float]]  # by feature index of the tree: values above the first, up to the second


@dataclass(frozen=True)
class Comparison:
    """Comparison in a rule: a column, an operator, and a value or several; the test `is missing` has none."""

    column: str
    operator: str
    value: "float | str | tuple[float | str, ...]" = ()

    def __str__(self) -> str:
        column_text = self.column if self.column.isidentifier() and self.column not in KEYWORDS else f"`{self.column}`"
        if self.operator == MISSING_TEST:
            return f"{column_text} {MISSING_TEST}"
        if isinstance(self.value, tuple):
            return f"{column_text} {self.operator} [{', '.join(map(_format_value, self.value))}]"
        return f"{column_text} {self.operator} {_format_value(self.value)}"


@dataclass(frozen=True, eq=False)
class TreeFeature:
    """A column of the tree's matrix: a number, the indicator of a text `level`, or the ranks of answers.

    `answers` are the values of each answer, lowest rank first; an answer without values is a blank.
    """

    column: str
    values: FloatArray
    level: str | None = None
    answers: tuple[tuple[float | str, ...], ...] = ()


@dataclass(frozen=True)
class SegmentRule:
    """Rule of a segment, with its coverage and precision.

    `coverage` is the share of the segment's customers that match the rule. `precision` is the share of matching
    customers that are in the segment. `paths` are alternatives; all comparisons of a path must hold.
    """

    segment: str
    paths: tuple[tuple[Comparison, ...], ...]
    coverage: float
    precision: float

    @property
    def rule_texts(self) -> tuple[str, ...]:
        """Alternatives of the rule as expressions."""
        return tuple(" and ".join(map(str, comparisons)) or "true" for comparisons in self.paths)

    @property
    def condition_text(self) -> str:
        """Rule as one expression."""
        return (
            self.rule_texts[0]
            if len(self.rule_texts) == 1
            else " or ".join(f"({rule_text})" for rule_text in self.rule_texts)
        )


@dataclass(frozen=True)
class Explanation:
    """Rules of all segments, the default segment of unmatched customers, and the share classified correctly."""

    segment_rules: tuple[SegmentRule, ...]
    default_segment: str
    fidelity: float


def explain_segments(segmentation: Segmentation, column_names: Sequence[str]) -> Explanation:
    """Grow a decision tree on the columns, and return its leaves as rules.

    Raises:
        UsageProblem: no column can be used as a feature.
    """
    tree_features = [
        tree_feature
        for column_name in column_names
        if column_name in segmentation.customers.table
        for tree_feature in _encode_feature(segmentation, column_name)
    ]
    if not tree_features:
        raise UsageProblem("no numeric or categorical column to explain segments by; pass a table with some")
    feature_matrix = np.column_stack([tree_feature.values for tree_feature in tree_features])
    paths: dict[str, list[tuple[Comparison, ...]]] = {segment: [] for segment in segmentation.segments}
    for segment, leaf_bounds in _grow_leaves(feature_matrix, segmentation):
        paths[segment].append(tuple(_list_comparisons(leaf_bounds, tree_features)))
    return _replay_rules(
        segmentation,
        {segment: tuple(segment_paths) for segment, segment_paths in paths.items() if segment_paths},
    )


def _encode_feature(segmentation: Segmentation, column_name: str) -> Iterator[TreeFeature]:
    """Yield the features of a column: its number (the median if missing), its answers, or one indicator per text."""
    column_values = segmentation.customers.table[column_name]
    answer_feature = _find_answer_feature(segmentation, column_name)
    if answer_feature:
        ranks = answer_feature.transform_column(column_values)
        yield TreeFeature(
            column_name,
            np.where(np.isnan(ranks), answer_feature.fill, ranks),
            answers=tuple(_list_spellings(answer_feature, column_values, ranks)),
        )
    elif pd.api.types.is_numeric_dtype(column_values):
        numbers = column_values.to_numpy(dtype=np.float64, na_value=np.nan)
        yield TreeFeature(column_name, np.where(np.isnan(numbers), np.nanmedian(numbers), numbers))
    elif (
        column_values.nunique() <= MAX_FEATURE_LEVELS
        and column_values.dtype.kind != "M"
        and column_name != columns.CUSTOMER_ID
    ):
        for level in sorted(column_values.dropna().astype("str").unique()):
            yield TreeFeature(column_name, (column_values == level).to_numpy(dtype=np.float64), level)


def _find_answer_feature(segmentation: Segmentation, column_name: str) -> Feature | None:
    """Return the feature of a column of answers; numbers without blank answers are compared as numbers."""
    is_numeric = pd.api.types.is_numeric_dtype(segmentation.customers.table[column_name])
    for fields in segmentation.method["features"]:
        if fields["name"] == column_name and fields["transform"] in ANSWER_TRANSFORMS:
            feature = Feature(**fields)
            return None if is_numeric and BLANK not in feature.levels else feature
    return None


def _list_spellings(feature: Feature, values: pd.Series, ranks: FloatArray) -> Iterator[tuple[float | str, ...]]:
    """Yield the values of each answer in the column; none for blank."""
    is_numeric = pd.api.types.is_numeric_dtype(values)
    for rank in range(len(feature.levels)):
        answers = values[ranks == rank].dropna().unique()
        yield tuple(sorted(map(float, answers))) if is_numeric else tuple(sorted(map(str, answers)))


def _grow_leaves(feature_matrix: FloatArray, segmentation: Segmentation) -> list[tuple[str, FeatureBounds]]:
    """Return the majority segment of each leaf, and the bounds on the path to it."""
    from sklearn.tree import DecisionTreeClassifier

    min_leaf_size = max(int(MIN_LEAF_SHARE * len(feature_matrix)), 1)
    classifier = DecisionTreeClassifier(max_depth=MAX_TREE_DEPTH, min_samples_leaf=min_leaf_size, random_state=0)
    tree = classifier.fit(feature_matrix, segmentation.labels.to_numpy(dtype=object)).tree_

    def walk_tree(node: int, leaf_bounds: FeatureBounds) -> list[tuple[str, FeatureBounds]]:
        if tree.children_left[node] == tree.children_right[node]:
            return [(str(classifier.classes_[tree.value[node][0].argmax()]), leaf_bounds)]
        feature_index = int(tree.feature[node])
        threshold = _shorten_threshold(float(tree.threshold[node]), feature_matrix[:, feature_index])
        low_bound, high_bound = leaf_bounds.get(feature_index, (-np.inf, np.inf))
        leaves_below = walk_tree(
            tree.children_left[node], {**leaf_bounds, feature_index: (low_bound, min(high_bound, threshold))}
        )
        leaves_above = walk_tree(
            tree.children_right[node], {**leaf_bounds, feature_index: (max(low_bound, threshold), high_bound)}
        )
        leaf_segments = {segment for segment, _ in (*leaves_below, *leaves_above)}
        return (
            [(leaf_segments.pop(), leaf_bounds)] if len(leaf_segments) == 1 else [*leaves_below, *leaves_above]
        )  # merge leaves of the same segment

    return walk_tree(0, {})


def _shorten_threshold(threshold: float, feature_values: FloatArray) -> float:
    """Return the number with the fewest decimals that splits the values as the threshold does.

    It lies between the last value below the threshold and the first above it.
    """
    nearest_below, nearest_above = (
        feature_values[feature_values <= threshold].max(),
        feature_values[feature_values > threshold].min(),
    )
    for digits in range(MAX_DECIMALS):
        rounded = round(threshold, digits)
        if nearest_below <= rounded < nearest_above:
            return rounded
    return float(nearest_below)


def _list_comparisons(leaf_bounds: FeatureBounds, tree_features: Sequence[TreeFeature]) -> Iterator[Comparison]:
    """Yield bounds as comparisons, in the order of columns; a text level is compared for equality."""
    for feature_index in sorted(
        leaf_bounds, key=lambda place: (tree_features[place].column, tree_features[place].level or "")
    ):
        (low_bound, high_bound), tree_feature = leaf_bounds[feature_index], tree_features[feature_index]
        if tree_feature.answers:
            yield _compare_answers(tree_feature, low_bound, high_bound)
            continue
        if tree_feature.level is not None:
            yield Comparison(tree_feature.column, "==" if np.isfinite(low_bound) else "!=", tree_feature.level)
            continue
        yield from (
            Comparison(tree_feature.column, operator, value)
            for operator, value in ((">", low_bound), ("<=", high_bound))
            if np.isfinite(value)
        )


def _compare_answers(tree_feature: TreeFeature, low_bound: float, high_bound: float) -> Comparison:
    """Return the test for the answers whose rank is above one bound and up to the other.

    A blank answer is one of two, so that its side of the bound is the test whether the value is missing.
    """
    is_inside = [low_bound < rank <= high_bound for rank in range(len(tree_feature.answers))]
    if is_inside[0] and not tree_feature.answers[0]:
        return Comparison(tree_feature.column, MISSING_TEST)
    answers = tuple(
        answer for rank, spellings in enumerate(tree_feature.answers) if is_inside[rank] for answer in spellings
    )
    is_single = len(answers) == 1
    return Comparison(tree_feature.column, "==" if is_single else "in", answers[0] if is_single else answers)


def _format_value(value: float | str) -> str:
    return _format_number(value) if isinstance(value, float) else format_rule(TextLiteral(value))


def _format_number(value: float) -> str:
    return f"{value:.0f}" if value == round(value) else f"{value:.10f}".rstrip("0")


def _replay_rules(
    segmentation: Segmentation, paths_by_segment: dict[str, tuple[tuple[Comparison, ...], ...]]
) -> Explanation:
    """Evaluate the rules in order, so that the first match names the segment, and measure their quality."""
    rule_table = RuleTable(segmentation.customers.table, segmentation.customers.as_of)
    default_segment = str(segmentation.labels.value_counts(sort=False).sort_index().idxmax())
    replayed = np.full(len(segmentation.labels), default_segment, dtype=object)
    segment_rules = []
    for segment, segment_paths in paths_by_segment.items():
        draft_rule = SegmentRule(segment, segment_paths, 0.0, 0.0)
        is_matched = np.any(
            [evaluate_rule(parse_rule(rule_text), rule_table).is_true for rule_text in draft_rule.rule_texts], axis=0
        )
        in_segment = (segmentation.labels == segment).to_numpy()
        matched_members = int((is_matched & in_segment).sum())
        segment_rules.append(
            SegmentRule(
                segment,
                segment_paths,
                matched_members / max(int(in_segment.sum()), 1),
                matched_members / max(int(is_matched.sum()), 1),
            )
        )
        replayed[is_matched & (replayed == default_segment)] = segment
    return Explanation(
        tuple(segment_rules), default_segment, float((replayed == segmentation.labels.to_numpy(dtype=object)).mean())
    )


def format_rules_yaml(explanation: Explanation, rules_name: str) -> str:
    """Return the explanation as a `rules:` section that reproduces the segments."""
    segments = [
        {"segment": segment_rule.segment, "when": {"any": list(segment_rule.rule_texts)}}
        for segment_rule in explanation.segment_rules
    ]
    section = {"rules": [{"name": rules_name, "otherwise": explanation.default_segment, "segments": segments}]}
    header_comment = (
        "# Rules that reproduce the clusters, "
        f"correct for {explanation.fidelity:.1%} of the customers they were fitted on.\n"
    )
    return header_comment + yaml_loader.dump_document(section)


def explain_customer(segmentation: Segmentation, explanation: Explanation, customer_id: str) -> Iterator[str]:
    """Explain the segment of a customer: its rule, the confidence, and each feature next to the mean of the segment.

    Raises:
        UsageProblem: there is no such customer.
    """
    customer_table = segmentation.customers.table
    matching_rows = customer_table.index[customer_table[columns.CUSTOMER_ID] == customer_id]
    if not len(matching_rows):
        raise UsageProblem(f"no customer '{customer_id}'; use an id from the output of segcli ingest")
    customer_row = int(matching_rows[0])
    segment, scores = segmentation.labels[customer_row], segmentation.scores.loc[customer_row]
    yield f"{segment}   margin {scores[columns.CLUSTER_MARGIN]:.2f}; second choice {scores[columns.CLUSTER_SECOND]}"
    rule_row = RuleTable(customer_table, segmentation.customers.as_of).select_row(customer_row)
    for segment_rule in explanation.segment_rules:
        for rule_text in segment_rule.rule_texts:
            if evaluate_rule(parse_rule(rule_text), rule_row).is_true[0]:
                yield f"  by rule: {rule_text} -> {segment_rule.segment} (precision {segment_rule.precision:.0%})"
    member_rows = customer_table[segmentation.labels == segment]
    for feature_name in dict.fromkeys(feature["name"] for feature in segmentation.method["features"]):
        if not pd.api.types.is_numeric_dtype(customer_table[feature_name]):
            yield (
                f"  {feature_name} {customer_table.loc[customer_row, feature_name]} (segment "
                f"{(member_rows[feature_name] == customer_table.loc[customer_row, feature_name]).mean():.0%})"
            )
            continue
        if pd.isna(customer_table.loc[customer_row, feature_name]):
            yield f"  {feature_name} missing (segment {member_rows[feature_name].notna().mean():.0%} known)"
            continue
        yield (
            f"  {feature_name} {customer_table.loc[customer_row, feature_name]:g} (segment "
            f"{member_rows[feature_name].mean():.4g}, all {customer_table[feature_name].mean():.4g})"
        )

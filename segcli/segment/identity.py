"""Who is who: segments of a refit matched to those of a saved model, and names given by rule rather than by number."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segcli.config.cluster import Named
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment.assign import assign_to_clusters
from segcli.segment.language.check import check_rule
from segcli.segment.language.evaluate import RuleTable, evaluate_rule
from segcli.segment.language.parse import parse_rule
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.methods import Labels
from segcli.segment.stability import contingency_table

MIN_MATCH_JACCARD = 0.5  # Jaccard of a segment with the one before from which it is the same one
MIN_RULE_SHARE = 0.5  # share of a segment's customers who must meet the rule of its name


def match_previous(
    names: list[str], labels: Labels, customers: Customers, previous: Mapping[str, Any] | None
) -> tuple[list[str], list[str]]:
    """Names of the segments before for those that are still there, and what became of them in words.

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
        raise InputProblem(
            f"cannot be compared with the previous model: {problem}", remedy="Leave --previous out"
        ) from None
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
        (
            f"{len(pairs)} of {len(previous_names)} segments of the previous "
            f"model are still there, with {staying_share:.0%} of customers"
        ),
        *[f"new: {', '.join(unmatched_names)}"] * bool(unmatched_names),
        *[f"vanished: {', '.join(vanished_names)}"] * bool(vanished_names),
    ]


def apply_name_rules(names: list[str], labels: Labels, customers: Customers, name_rules: Sequence[Named]) -> list[str]:
    """The user's names, each for the segment of whose customers most meet its rule.

    Raises:
        ConfigProblems: a rule cannot be read or asked, or no segment, or one that has a name, meets it.
    """
    table = RuleTable(customers.table, customers.as_of)
    new_names = list(names)
    named_groups: set[int] = set()
    for position, name_rule in enumerate(name_rules):
        try:
            rule = parse_rule(name_rule.when)
            check_rule(rule, table.column_kinds)
            rule_mask = evaluate_rule(rule, table).is_true
        except RuleProblem as problem:
            raise ConfigProblems([f"cluster.names.{position}.when ({name_rule.segment}): {problem}"]) from None
        shares = np.array([rule_mask[labels == number].mean() for number in range(len(names))])
        best_group = int(shares.argmax())
        if shares[best_group] < MIN_RULE_SHARE or best_group in named_groups:
            reason = (
                "already has a name"
                if best_group in named_groups
                else f"meets it with {shares[best_group]:.0%} of its customers only"
            )
            raise ConfigProblems(
                [
                    (
                        f"cluster.names.{position} ({name_rule.segment}): "
                        f"the segment that fits best {reason}; write another rule"
                    )
                ]
            )
        new_names[best_group] = name_rule.segment
        named_groups.add(best_group)
    return new_names

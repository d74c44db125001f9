"""Segmentation by built-in bases, or by rules that the user writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.customers.missing_measures import add_remedy
from segcli.errors import ConfigProblems, UsageProblem
from segcli.message import CustomerCount, message
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment import bases
from segcli.segment.activity_tables import build_rule_table
from segcli.segment.bases import BaseResult
from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import AS_OF, check_rule
from segcli.segment.expressions.evaluator import RuleTable, TruthMask, evaluate_rule
from segcli.segment.expressions.formatter import format_rule
from segcli.segment.expressions.tokens import RuleProblem
from segcli.segment.profiles import build_profile
from segcli.segment.rfm_dimensions import require_customers
from segcli.segment.rule_set import RuleSet, prepare_rule_sets
from segcli.segment.segmentation import build_provenance

# Overlap of segments by their rules alone, before the first matching rule wins.
SegmentMembers = Mapping[str, npt.NDArray[np.bool_]]  # the customers for whom each segment's rules hold, shape (n,)
OVERLAP_COLUMNS = ["segment", "other", "customers", "jaccard", "lift"]


def segment_overlap(members_by_segment: SegmentMembers) -> pd.DataFrame:
    """Return one row per ordered pair of segments, including each with itself, in the given order.

    Returns:
        Columns segment, other, customers (in both), jaccard (in both / in either), lift (share of the other among the
        segment / share of the other among all; above 1, they overlap more often than by chance).
    """
    pairs = product(members_by_segment.items(), repeat=2)
    rows = [[name, other_name, *_measure_overlap(mask, other_mask)] for (name, mask), (other_name, other_mask) in pairs]
    return pd.DataFrame(rows, columns=OVERLAP_COLUMNS)


def cross_overlap(first: Segmentation, second: Segmentation) -> pd.DataFrame:
    """Return the overlap of each segment of one segmentation with each of another, for the same customers."""
    masks = [
        [(segmentation.labels == name).to_numpy() for name in segmentation.segments] for segmentation in (first, second)
    ]
    rows = [
        [name, other_name, *_measure_overlap(mask, other_mask)]
        for name, mask in zip(first.segments, masks[0], strict=True)
        for other_name, other_mask in zip(second.segments, masks[1], strict=True)
    ]
    return pd.DataFrame(rows, columns=OVERLAP_COLUMNS)


def _measure_overlap(first_mask: npt.NDArray[np.bool_], second_mask: npt.NDArray[np.bool_]) -> tuple[int, float, float]:
    shared_count, union_count = int((first_mask & second_mask).sum()), int((first_mask | second_mask).sum())
    expected_count = float(first_mask.mean() * second_mask.sum())
    return (
        shared_count,
        shared_count / union_count if union_count else 0.0,
        shared_count / expected_count if expected_count else 0.0,
    )


__all__ = ["RuleSet", "match_rules", "match_segments", "prepare_rule_sets", "segment_by_rules"]


def segment_by_rules(customers: Customers, rule_sets: Sequence[RuleSet]) -> list[Segmentation]:
    """Make the segmentations in turn; each reads the table with the columns of the earlier ones.

    Raises:
        ConfigProblems: a rule names a missing column, or compares incomparable values.
        InputProblem: a base needs a column that the table lacks.
    """
    require_customers(customers)
    segmentations: list[Segmentation] = []
    for rule_set in rule_sets:
        current_customers = replace(customers, table=segmentations[-1].table) if segmentations else customers
        segmentations.append(_apply_rule_set(current_customers, rule_set))
    return segmentations


def _apply_rule_set(customers: Customers, rule_set: RuleSet) -> Segmentation:
    base_result = _apply_base(customers, rule_set) if rule_set.settings.base else _apply_rules(customers, rule_set)
    labels = pd.Series(base_result.labels, index=customers.table.index, dtype="str")
    profile_rows = build_profile(customers.table, labels)
    order = {name: position for position, name in enumerate(base_result.segment_order)}
    return Segmentation(
        customers=customers,
        column=rule_set.column,
        labels=labels,
        scores=_rename_base_columns(
            rule_set, pd.DataFrame(index=customers.table.index) if base_result.scores is None else base_result.scores
        ),
        profile=profile_rows.sort_values(columns.SEGMENT_NAME, key=lambda names: names.map(order), ignore_index=True),
        method=_describe_method(rule_set),
        provenance=_rules_provenance(customers, rule_set),
        warnings=(*customers.warnings, *base_result.warnings),
        notes=base_result.notes,
        tables=base_result.tables,
    )


def _rename_base_columns(rule_set: RuleSet, base_scores: pd.DataFrame) -> pd.DataFrame:
    """Rename the additional columns of a base to the user's name for it, so that a base used twice keeps both sets."""
    name, base = rule_set.settings.name, rule_set.settings.base
    if base is None or name in {None, base}:
        return base_scores
    return base_scores.rename(columns=lambda column: f"{name}_{str(column).removeprefix(f'{base}_')}")


def _rules_provenance(customers: Customers, rule_set: RuleSet) -> Provenance:
    """Return the provenance under the segmentation's own name; the base's lookup table is one of the inputs."""
    base_provenance = build_provenance(customers, "rules", rule_set.settings, None)
    recorded_settings: dict[str, object] = {"segments": [vars(segment) for segment in rule_set.settings.segments]}
    if rule_set.settings.base:
        options = bases.parse_options(rule_set.settings.base, rule_set.settings.options).dump_values()
        recorded_settings = {"base": rule_set.settings.base, "table": rule_set.settings.table, "options": options}
    recorded_settings |= (
        {"special_reason": rule_set.settings.special_reason} if rule_set.settings.special_reason else {}
    )
    return replace(
        base_provenance,
        settings={f"rules.{rule_set.column}.{key}": value for key, value in recorded_settings.items()},
        inputs=(*base_provenance.inputs, *((rule_set.lookup.source_input,) if rule_set.lookup else ())),
    )


def _describe_method(rule_set: RuleSet) -> Mapping[str, object]:
    if rule_set.settings.base:
        return {
            "name": rule_set.column.removesuffix(columns.SEGMENT_SUFFIX),
            "base": rule_set.settings.base,
            "source": bases.load_base(rule_set.settings.base).SOURCE,
            **(
                {"claims": claims} if (claims := getattr(bases.load_base(rule_set.settings.base), "CLAIMS", {})) else {}
            ),
        }
    return {
        "name": rule_set.column,
        "rules": [{"segment": name, "when": format_rule(rule)} for name, rule in rule_set.rules],
        "otherwise": rule_set.settings.otherwise,
    }


def _apply_base(customers: Customers, rule_set: RuleSet) -> BaseResult:
    name = str(rule_set.settings.base)
    lookup = (rule_set.lookup,) if bases.lookup_columns(name) else ()
    return bases.load_base(name).assign_segments(
        customers, bases.parse_options(name, rule_set.settings.options), *lookup
    )


def _apply_rules(customers: Customers, rule_set: RuleSet) -> BaseResult:
    """Name the segment of each customer by the first rule that holds."""
    rule_masks = match_rules(customers, rule_set)
    labels = np.full(len(customers.table), rule_set.settings.otherwise, dtype=object)
    for (name, _), mask in zip(reversed(rule_set.rules), reversed(rule_masks), strict=True):
        labels[mask] = name
    segments = _unite_rule_masks(rule_set, rule_masks)
    order = (*segments, *([rule_set.settings.otherwise] if rule_set.settings.otherwise not in segments else []))
    notes = tuple(_describe_overlaps(segments))
    if rule_set.settings.exclusive:
        return BaseResult(labels, order, notes)
    tables = {"Overlap": segment_overlap(segments)}
    return BaseResult(labels, order, notes, scores=_membership_column(rule_set, segments, customers), tables=tables)


def _membership_column(rule_set: RuleSet, segments: SegmentMembers, customers: Customers) -> pd.DataFrame:
    """Return all segments whose rules hold for a customer, joined as one text in evaluation order."""
    joined_names = np.full(len(customers.table), "", dtype=object)
    for name, mask in segments.items():
        joined_names[mask] = [
            f"{previous_names}; {name}" if previous_names else name for previous_names in joined_names[mask]
        ]
    return pd.DataFrame({f"{rule_set.column}_all": pd.Series(joined_names, dtype="str")}, index=customers.table.index)


def match_rules(customers: Customers, rule_set: RuleSet) -> list[npt.NDArray[np.bool_]]:
    """Return the customers for whom each rule holds, regardless of earlier rules.

    Raises:
        ConfigProblems: rules cannot be evaluated on this table; lists each of them.
    """
    table = build_rule_table(customers)
    problems, rule_masks = [], []
    for format_error, (_, rule) in zip(rule_set.error_formatters, rule_set.rules, strict=True):
        try:
            check_rule(rule, table.column_kinds, table.sources)
            rule_masks.append(evaluate_rule(rule, table).is_true)
        except RuleProblem as problem:
            problems.append(
                add_remedy(f"{format_error(problem)}; rule: {format_rule(rule)}", customers, nodes.find_columns(rule))
            )
    if problems:
        raise ConfigProblems(problems)
    return rule_masks


def match_segments(customers: Customers, rule_set: RuleSet) -> SegmentMembers:
    """Return the customers for whom any rule of each segment holds, in the order of the rules.

    Raises:
        ConfigProblems: rules cannot be evaluated on this table; lists each of them.
    """
    return _unite_rule_masks(rule_set, match_rules(customers, rule_set))


def _unite_rule_masks(rule_set: RuleSet, rule_masks: Sequence[npt.NDArray[np.bool_]]) -> SegmentMembers:
    segments = {name: np.zeros(len(rule_masks[0]), dtype=bool) for name, _ in rule_set.rules}
    for (name, _), mask in zip(rule_set.rules, rule_masks, strict=True):
        segments[name] |= mask
    return segments


def _find_conflicting_members(segment_masks: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """Find the customers of several segments that are not nested; tiers that contain each other do not count.

    If the segments of a customer, sorted by size, each contain the one before, all of them are nested. Each segment is
    therefore compared with only one other, and customers already found are skipped.
    """
    sizes = [int(mask.sum()) for mask in segment_masks]
    is_conflicting = np.zeros(len(segment_masks[0]), dtype=bool)
    smaller_segments = np.full(len(is_conflicting), -1)  # the next smaller segment of each customer
    for position in np.argsort(sizes, kind="stable"):
        mask = segment_masks[position]
        unresolved = mask & ~is_conflicting
        for smaller in np.unique(smaller_segments[unresolved]):
            if smaller >= 0 and not mask[segment_masks[smaller]].all():
                is_conflicting |= mask & (smaller_segments == smaller)
        smaller_segments[mask] = position
    return is_conflicting


def _describe_overlaps(segments: SegmentMembers) -> Iterator[str]:
    conflict_count = int(_find_conflicting_members(list(segments.values())).sum())
    if conflict_count:
        yield message(
            "customers that match several segments: {count}; the first match is used",
            count=CustomerCount(conflict_count),
        )
    empty_segments = [name for name, mask in segments.items() if not mask.any()]
    if empty_segments:
        yield message("empty segments: {names}", names=", ".join(empty_segments))


# Explanation of a customer's segment: each evaluated rule, part by part, until one holds.
def explain_membership(segmentation: Segmentation, rule_set: RuleSet, customer_id: str) -> Iterator[str]:
    """Yield each rule in evaluation order with its values, up to the first that holds.

    A built-in base has no rules to show, only its resulting segment.

    Raises:
        UsageProblem: there is no such customer.
    """
    customers = segmentation.customers
    row_labels = customers.table.index[customers.table[columns.CUSTOMER_ID] == customer_id]
    if len(row_labels) == 0:
        raise UsageProblem(f"no customer '{customer_id}'; use an id from the output of segcli ingest")
    if not rule_set.rules:
        yield f"-> {segmentation.labels[row_labels[0]]}"
        return
    customer_row = build_rule_table(customers).select_row(int(row_labels[0]))
    for name, rule in rule_set.rules:
        rule_truth = evaluate_rule(rule, customer_row)
        yield f"{name}: {_truth_word(rule_truth)}"
        yield from _explain_parts(rule, customer_row, 1)
        if rule_truth.is_true[0]:
            yield f"-> {name}"
            return
    yield f"-> {rule_set.settings.otherwise} (no rule matches)"


def _explain_parts(rule: nodes.ConditionNode, customer_row: RuleTable, depth: int) -> Iterator[str]:
    yield (
        f"{'  ' * depth}{_truth_word(evaluate_rule(rule, customer_row)):<8} "
        f"{format_rule(rule)}{_describe_values(rule, customer_row)}"
    )
    match rule:
        case nodes.AllOf(parts) | nodes.AnyOf(parts):
            for part in parts:
                yield from _explain_parts(part, customer_row, depth + 1)
        case nodes.Negation(nodes.AllOf() | nodes.AnyOf() | nodes.Negation() as inner):
            yield from _explain_parts(inner, customer_row, depth + 1)


def _describe_values(rule: nodes.ConditionNode, customer_row: RuleTable) -> str:
    """Describe the values of the columns that a single test uses."""
    if isinstance(rule, nodes.AllOf | nodes.AnyOf) or (
        isinstance(rule, nodes.Negation) and isinstance(rule.operand, nodes.AllOf | nodes.AnyOf)
    ):
        return ""
    value_texts = [
        f"{name} = {_format_value(customer_row.read_column(name))}"
        for name in nodes.find_columns(rule)
        if name != AS_OF
    ]
    for aggregate in nodes.find_aggregates(rule):
        shown = replace(aggregate, function="count") if aggregate.function == "any" else aggregate
        value_texts.append(f"{format_rule(shown)} = {_format_value(customer_row.read_aggregate(shown))}")
    return f"   [{', '.join(value_texts)}]" if value_texts else ""


def _format_value(values: npt.NDArray[Any]) -> str:
    value = np.ravel(values)[0]
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT differ from themselves
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _truth_word(rule_truth: TruthMask) -> str:
    return "yes" if rule_truth.is_true[0] else "no" if rule_truth.is_known[0] else "unknown"

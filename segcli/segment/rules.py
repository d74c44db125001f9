"""Rules: segmentations by built-in bases or by rules that the user writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.counting import pluralize
from segcli.customers.missing import add_remedy
from segcli.errors import ConfigProblems
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment import bases
from segcli.segment.bases import BaseResult
from segcli.segment.dimensions import require_customers
from segcli.segment.language import tree
from segcli.segment.language.check import check_rule
from segcli.segment.language.evaluate import RuleTable, evaluate_rule
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.language.written import format_rule
from segcli.segment.overlap import SegmentMembers, segment_overlap
from segcli.segment.profile import build_profile
from segcli.segment.provenance import build_provenance
from segcli.segment.ruled import RuleSet, prepare_rule_sets

__all__ = ["RuleSet", "match_rules", "match_segments", "prepare_rule_sets", "segment_by_rules"]


def segment_by_rules(customers: Customers, rule_sets: Sequence[RuleSet]) -> list[Segmentation]:
    """Make the segmentations, each upon the table that the ones before it have added to.

    Raises:
        ConfigProblems: a rule speaks of a column that is not there, or compares what cannot be compared.
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
    """A base's further columns under the name that the user gave it: used twice, it would overwrite its own."""
    name, base = rule_set.settings.name, rule_set.settings.base
    if base is None or name in {None, base}:
        return base_scores
    return base_scores.rename(columns=lambda column: f"{name}_{str(column).removeprefix(f'{base}_')}")


def _rules_provenance(customers: Customers, rule_set: RuleSet) -> Provenance:
    """How it was made, under the segmentation's own name; the base's own table is one of the inputs."""
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
    """The first rule that holds names the segment."""
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
    """All segments whose rules hold for a customer, as one text in the order in which they are asked."""
    joined_names = np.full(len(customers.table), "", dtype=object)
    for name, mask in segments.items():
        joined_names[mask] = [
            f"{previous_names}; {name}" if previous_names else name for previous_names in joined_names[mask]
        ]
    return pd.DataFrame({f"{rule_set.column}_all": pd.Series(joined_names, dtype="str")}, index=customers.table.index)


def match_rules(customers: Customers, rule_set: RuleSet) -> list[npt.NDArray[np.bool_]]:
    """For whom each rule holds, whatever the rules before it say.

    Raises:
        ConfigProblems: every rule that cannot be evaluated on this table.
    """
    table = RuleTable(customers.table, customers.as_of)
    problems, rule_masks = [], []
    for format_error, (_, rule) in zip(rule_set.error_formatters, rule_set.rules, strict=True):
        try:
            check_rule(rule, table.column_kinds)
            rule_masks.append(evaluate_rule(rule, table).is_true)
        except RuleProblem as problem:
            problems.append(
                add_remedy(
                    f"{format_error(problem)}; the rule reads: {format_rule(rule)}", customers, tree.find_columns(rule)
                )
            )
    if problems:
        raise ConfigProblems(problems)
    return rule_masks


def match_segments(customers: Customers, rule_set: RuleSet) -> SegmentMembers:
    """Return for whom any rule of each segment holds, in the order of the rules.

    Raises:
        ConfigProblems: every rule that cannot be evaluated on this table.
    """
    return _unite_rule_masks(rule_set, match_rules(customers, rule_set))


def _unite_rule_masks(rule_set: RuleSet, rule_masks: Sequence[npt.NDArray[np.bool_]]) -> SegmentMembers:
    segments = {name: np.zeros(len(rule_masks[0]), dtype=bool) for name, _ in rule_set.rules}
    for (name, _), mask in zip(rule_set.rules, rule_masks, strict=True):
        segments[name] |= mask
    return segments


def _find_conflicting_members(segment_masks: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """Find the customers of several segments that are not nested; tiers that contain each other do not count.

    Where a customer's segments, by size, each contain the one before, all of them are nested. So each is compared with
    one other only, and customers that are found already are skipped.
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
        yield (
            f"rules of several segments hold for {pluralize(conflict_count, 'customer')}; the first in order names them"
        )
    empty_segments = [name for name, mask in segments.items() if not mask.any()]
    if empty_segments:
        yield f"no customer is in: {', '.join(empty_segments)}"

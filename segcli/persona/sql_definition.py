"""Export of a segmentation as SQL, if SQL can express it."""

from collections.abc import Sequence

from segcli.config.rfm import AUTO_MAP
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.persona.explanations import explain_segments
from segcli.segment import maps
from segcli.segment.expressions import nodes
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.rule_set import RuleSet
from segcli.segment.sql.definitions import (
    DEFAULT_TABLE_NAME,
    SegmentConditions,
    SqlDefinition,
    define_conditions,
    define_rules,
)
from segcli.segment.sql.dialects import SqlDialect
from segcli.segment.sql.rfm import define_rfm


def define_segmentation(
    segmentation: Segmentation,
    dialect: str | SqlDialect,
    rule_sets: Sequence[RuleSet] = (),
    table_name: str = DEFAULT_TABLE_NAME,
) -> SqlDefinition:
    """Return a segmentation as one SELECT of customer_id, the segment and, for RFM, the scores.

    Args:
        segmentation: the segmentation, as made in this process.
        dialect: duckdb, postgresql, bigquery or snowflake, or a dialect itself.
        rule_sets: the rules of rule-based segmentations; the set of this one is found by its column.
        table_name: the customer table; dots separate its schema from its name.

    Raises:
        UsageProblem: SQL, or this dialect, cannot express the segmentation; it names the reason.
    """
    method = segmentation.method
    if "cuts" in method:
        return define_rfm(segmentation, maps.load_map(_find_map(segmentation)), dialect, table_name)
    if "base" in method:
        raise UsageProblem(
            f"{segmentation.name} has no SQL form: the base {method['base']} runs in Python; "
            "only RFM, written rules and clusters can"
        )
    if "features" in method:
        return _define_clusters(segmentation, dialect, table_name)
    for rule_set in rule_sets:
        if rule_set.column == segmentation.column and rule_set.rules:
            return define_rules(segmentation, rule_set, dialect, table_name)
    raise UsageProblem(
        f"{segmentation.name} has no SQL form: its rules are not known here; pass the config that declares it"
    )


def _define_clusters(segmentation: Segmentation, dialect: str | SqlDialect, table_name: str) -> SqlDefinition:
    """Return the rules that approximate clusters, with a note on their fidelity."""
    explanation = explain_segments(
        segmentation, list(dict.fromkeys(feature["name"] for feature in segmentation.method["features"]))
    )
    rules = [
        (segment_rule.segment, _join_conditions([parse_rule(rule) for rule in segment_rule.rule_texts]))
        for segment_rule in explanation.segment_rules
    ]
    note = (
        f"rules of a shallow tree, correct for {explanation.fidelity:.1%} of the customers the segments were fitted on"
    )
    return define_conditions(
        segmentation, SegmentConditions(rules, explanation.default_segment, (note,)), dialect, table_name
    )


def _join_conditions(alternatives: Sequence[nodes.ConditionNode]) -> nodes.ConditionNode:
    return alternatives[0] if len(alternatives) == 1 else nodes.AnyOf(tuple(alternatives))


def _find_map(segmentation: Segmentation) -> str:
    """Return the segment map that named the segments, by its setting or by its name."""
    setting = str(segmentation.provenance.settings["rfm.segments"])
    return str(segmentation.method["map"]["name"]) if setting == AUTO_MAP else setting

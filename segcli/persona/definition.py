"""Any segmentation as SQL, as far as SQL can say it."""

from collections.abc import Sequence

from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.persona.explain import explain_segments
from segcli.segment import maps
from segcli.segment.definition import (
    DEFAULT_TABLE_NAME,
    SegmentConditions,
    SqlDefinition,
    define_conditions,
    define_rules,
)
from segcli.segment.language import tree
from segcli.segment.language.parse import parse_rule
from segcli.segment.rfm_definition import define_rfm
from segcli.segment.ruled import RuleSet


def define_segmentation(
    segmentation: Segmentation, dialect: str, rule_sets: Sequence[RuleSet] = (), table_name: str = DEFAULT_TABLE_NAME
) -> SqlDefinition:
    """A segmentation as one SELECT that gives customer_id, the segment and, for RFM, the scores.

    Args:
        segmentation: the segmentation, as it was made in this process.
        dialect: duckdb, postgresql, bigquery or snowflake.
        rule_sets: what segmentations by rules were made by; that of this one is found by its column.
        table_name: the customer table; dots part its schema from its name.

    Raises:
        UsageProblem: SQL cannot say it, or this dialect cannot, with the reason.
    """
    method = segmentation.method
    if "cuts" in method:
        return define_rfm(
            segmentation, maps.load_map(str(segmentation.provenance.settings["rfm.segments"])), dialect, table_name
        )
    if "base" in method:
        raise UsageProblem(
            f"{segmentation.name} cannot be said as SQL: the base {method['base']} is decided in Python; "
            "only RFM, written rules and clusters can"
        )
    if "features" in method:
        return _define_clusters(segmentation, dialect, table_name)
    for rule_set in rule_sets:
        if rule_set.column == segmentation.column and rule_set.rules:
            return define_rules(segmentation, rule_set, dialect, table_name)
    raise UsageProblem(
        f"{segmentation.name} cannot be said as SQL: by which rules it was decided is not known here"
        "; give the config that declares it"
    )


def _define_clusters(segmentation: Segmentation, dialect: str, table_name: str) -> SqlDefinition:
    """The rules that tell found segments again, with what they are worth."""
    explanation = explain_segments(
        segmentation, list(dict.fromkeys(feature["name"] for feature in segmentation.method["features"]))
    )
    rules = [
        (segment_rule.segment, _join_conditions([parse_rule(rule) for rule in segment_rule.rule_texts]))
        for segment_rule in explanation.segment_rules
    ]
    note = f"rules of a shallow tree, right for {explanation.fidelity:.1%} of the customers the segments were found on"
    return define_conditions(
        segmentation, SegmentConditions(rules, explanation.default_segment, (note,)), dialect, table_name
    )


def _join_conditions(alternatives: Sequence[tree.ConditionNode]) -> tree.ConditionNode:
    return alternatives[0] if len(alternatives) == 1 else tree.AnyOf(tuple(alternatives))

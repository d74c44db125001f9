"""Why a customer is in a segment: each rule that was asked, part by part, until one held."""

from collections.abc import Iterator

import numpy as np

from segcli import columns
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.segment.language import tree
from segcli.segment.language.check import AS_OF
from segcli.segment.language.evaluate import RuleTable, TruthMask, evaluate_rule
from segcli.segment.language.written import format_rule
from segcli.segment.ruled import RuleSet


def explain_membership(segmentation: Segmentation, rule_set: RuleSet, customer_id: str) -> Iterator[str]:
    """Lines of text: each rule in the order in which it is asked, with the values it saw; the first that holds ends it.

    A built-in base has no rules to show, only the segment that it came to.

    Raises:
        UsageProblem: there is no such customer.
    """
    customers = segmentation.customers
    row_labels = customers.table.index[customers.table[columns.CUSTOMER_ID] == customer_id]
    if len(row_labels) == 0:
        raise UsageProblem(f"no customer '{customer_id}'; ids are those that segcli ingest writes")
    if not rule_set.rules:
        yield f"-> {segmentation.labels[row_labels[0]]}"
        return
    customer_row = RuleTable(customers.table, customers.as_of).select_row(int(row_labels[0]))
    for name, rule in rule_set.rules:
        rule_truth = evaluate_rule(rule, customer_row)
        yield f"{name}: {_truth_word(rule_truth)}"
        yield from _explain_parts(rule, customer_row, 1)
        if rule_truth.is_true[0]:
            yield f"-> {name}"
            return
    yield f"-> {rule_set.settings.otherwise} (no rule holds)"


def _explain_parts(rule: tree.ConditionNode, customer_row: RuleTable, depth: int) -> Iterator[str]:
    yield (
        f"{'  ' * depth}{_truth_word(evaluate_rule(rule, customer_row)):<8} "
        f"{format_rule(rule)}{_describe_values(rule, customer_row)}"
    )
    match rule:
        case tree.AllOf(parts) | tree.AnyOf(parts):
            for part in parts:
                yield from _explain_parts(part, customer_row, depth + 1)
        case tree.Negation(tree.AllOf() | tree.AnyOf() | tree.Negation() as inner):
            yield from _explain_parts(inner, customer_row, depth + 1)


def _describe_values(rule: tree.ConditionNode, customer_row: RuleTable) -> str:
    """The values of the columns that a single test looks at."""
    if isinstance(rule, tree.AllOf | tree.AnyOf) or (
        isinstance(rule, tree.Negation) and isinstance(rule.operand, tree.AllOf | tree.AnyOf)
    ):
        return ""
    value_texts = [f"{name} = {_format_value(customer_row, name)}" for name in tree.find_columns(rule) if name != AS_OF]
    return f"   [{', '.join(value_texts)}]" if value_texts else ""


def _format_value(customer_row: RuleTable, name: str) -> str:
    value = np.ravel(customer_row.read_column(name))[0]
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT are no value
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _truth_word(rule_truth: TruthMask) -> str:
    return "yes" if rule_truth.is_true[0] else "no" if rule_truth.is_known[0] else "unknown"

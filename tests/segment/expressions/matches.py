"""Which customers a rule selects, for tests of the rule language."""

from segcli.model import Customers
from segcli.segment.activity_tables import build_rule_table
from segcli.segment.expressions.checker import check_rule
from segcli.segment.expressions.evaluator import evaluate_rule
from segcli.segment.expressions.formatter import format_rule
from segcli.segment.expressions.parser import parse_rule


def who(customers: Customers, rule: str) -> str:
    """Return the ids of the customers that a rule selects; the rule must survive being written out."""
    table, tree = build_rule_table(customers), parse_rule(rule)
    check_rule(tree, table.column_kinds, table.sources)
    assert parse_rule(format_rule(tree)) == tree
    return "".join(customers.table["customer_id"][evaluate_rule(tree, table).is_true])

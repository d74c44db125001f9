"""Parse rules into trees: a text, or nested `all:`, `any:` and `none:` of such texts.

condition  := term (or term)*          term := part (and part)*       part := [not] test
test       := value [sign value | [not] in [...] | [not] between value and value | is [not] missing
              | [not] contains / starts with / ends with / matches TEXT | [not] within (next | last) NUMBER days]
              | in_segment(TEXT)
value      := product ((+|-) product)*      product := factor ((*|/) factor)*
factor     := -factor | NUMBER | NUMBER days | TEXT | true | false | COLUMN | `COLUMN` | as_of | (condition)
              | FUNCTION(rows) | ratio(rows [, rows]) | date(value) | anniversary(value) | birthday
rows       := TABLE[.COLUMN] [where condition] [within NUMBER days | between value and value | sequence]
sequence   := [within NUMBER days] (after | before) rows
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import cast, get_args

from segcli.columns import BIRTH_DATE
from segcli.segment.expressions import nodes
from segcli.segment.expressions.nodes import ConditionNode, RuleNode, ValueNode
from segcli.segment.expressions.tokens import RuleProblem, RuleToken, tokenize_rule

KEYWORDS = frozenset(
    {
        "and",
        "or",
        "not",
        "in",
        "between",
        "is",
        "missing",
        "contains",
        "starts",
        "ends",
        "with",
        "matches",
        "true",
        "false",
    }
)
MAX_NUMBER = 10.0**300
MAX_DURATION = 1_000_000
MAX_DEPTH = 60  # maximum nesting of brackets and `not`
_UNIT_BY_WORD = {
    **{unit: unit for unit in nodes.DURATION_UNITS},
    **{unit.removesuffix("s"): unit for unit in nodes.DURATION_UNITS},
}
_CONDITION_TYPES = (
    *(nodes.Comparison, nodes.BetweenTest, nodes.MembershipTest, nodes.MissingTest, nodes.TextTest),
    nodes.SegmentTest,
    *(nodes.Negation, nodes.AllOf, nodes.AnyOf, nodes.BooleanLiteral, nodes.ColumnReference, nodes.Aggregate),
)

RuleSource = str | Mapping[str, object]
_NodeReader = Callable[[], RuleNode]


def parse_rule(rule_source: RuleSource) -> ConditionNode:
    """Parse a rule into a tree.

    Raises:
        RuleProblem: the rule is invalid; gives the position in its text.
    """
    if isinstance(rule_source, str):
        return _RuleParser(rule_source).parse_all()
    return _parse_nested(rule_source, 0)


def _parse_nested(rule_mapping: Mapping[str, object], depth: int) -> ConditionNode:
    """Parse `{all: [...]}`, `{any: [...]}`, `{none: [...]}`; several keys at once must all hold."""
    node_types: dict[str, type[nodes.AllOf | nodes.AnyOf]] = {
        "all": nodes.AllOf,
        "any": nodes.AnyOf,
        "none": nodes.AnyOf,
    }
    if depth > MAX_DEPTH:
        raise RuleProblem(f"nested deeper than {MAX_DEPTH} levels", 1)
    parts: list[ConditionNode] = []
    for key, nested_rules in rule_mapping.items():
        if key not in node_types:
            raise RuleProblem(f"'{key}' is not one of all, any, none", 1)
        if not isinstance(nested_rules, list) or not nested_rules:
            raise RuleProblem(f"'{key}' must be a list of rules", 1)
        operands = tuple(_parse_part(nested_rule, depth) for nested_rule in nested_rules)
        condition: ConditionNode = operands[0] if len(operands) == 1 else node_types[key](operands)
        parts.append(nodes.Negation(condition) if key == "none" else condition)
    if not parts:
        raise RuleProblem("a rule must not be empty", 1)
    return parts[0] if len(parts) == 1 else nodes.AllOf(tuple(parts))


def _parse_part(rule_part: object, depth: int) -> ConditionNode:
    if isinstance(rule_part, str):
        return _RuleParser(rule_part).parse_all()
    if isinstance(rule_part, Mapping):
        return _parse_nested(rule_part, depth + 1)
    raise RuleProblem(f"a rule must be a text, or a list under all, any or none; got {rule_part!r}", 1)


class _RuleParser:
    """Parser of one text, from left to right with one token of lookahead."""

    def __init__(self, text: str) -> None:
        self._tokens = list(tokenize_rule(text))
        self._position = self._depth = 0
        self._is_in_aggregate = False

    def parse_all(self) -> ConditionNode:
        """Parse the whole text as a condition."""
        condition = self._require_condition(self._parse_or())
        if self._next_token.kind != "end":
            raise RuleProblem(f"unexpected '{self._next_token.text}'", self._next_token.position)
        return condition

    @property
    def _next_token(self) -> RuleToken:
        return self._tokens[self._position]

    def _take_token(self) -> RuleToken:
        token = self._next_token
        self._position += 1
        return token

    def _is_next(self, *words: str) -> bool:
        """Return whether these words or signs come next."""
        ahead = self._tokens[self._position : self._position + len(words)]
        return [token.text for token in ahead if token.kind in {"word", "sign"}] == list(words)

    def _skip_words(self, *words: str) -> bool:
        is_next = self._is_next(*words)
        self._position += len(words) * is_next
        return is_next

    def _expect_word(self, word: str) -> None:
        if not self._skip_words(word):
            actual_text = f"got '{self._next_token.text}'" if self._next_token.kind != "end" else "the rule ends here"
            raise RuleProblem(f"expected '{word}'; {actual_text}", self._next_token.position)

    def _require_condition(self, node: RuleNode) -> ConditionNode:
        if not isinstance(node, _CONDITION_TYPES):
            raise RuleProblem("expected a comparison, such as orders >= 3", node.position)
        return node

    def _parse_or(self) -> RuleNode:
        return self._parse_joined("or", self._parse_and, nodes.AnyOf)

    def _parse_and(self) -> RuleNode:
        return self._parse_joined("and", self._parse_not, nodes.AllOf)

    def _parse_joined(
        self, word: str, parse_operand: _NodeReader, node_type: type[nodes.AllOf] | type[nodes.AnyOf]
    ) -> RuleNode:
        first = parse_operand()
        if not self._is_next(word):
            return first
        parts = [self._require_condition(first)]
        while self._skip_words(word):
            parts.append(self._require_condition(parse_operand()))
        return node_type(tuple(parts), first.position)

    def _parse_not(self) -> RuleNode:
        position = self._next_token.position
        if not self._skip_words("not"):
            return self._parse_test()
        self._increase_depth(position)
        operand = nodes.Negation(self._require_condition(self._parse_not()), position)
        self._depth -= 1
        return operand

    def _increase_depth(self, position: int) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RuleProblem(f"nested deeper than {MAX_DEPTH} levels", position)

    def _parse_test(self) -> RuleNode:
        left = self._parse_sum()
        position = self._next_token.position
        if self._next_token.kind == "sign" and self._next_token.text in nodes.COMPARISONS:
            operator = self._take_token().text
            return nodes.Comparison(
                self._require_value(left), operator, self._require_value(self._parse_sum()), position
            )
        if self._skip_words("is"):
            is_negated = self._skip_words("not")
            self._expect_word("missing")
            return _negate_if(nodes.MissingTest(self._require_value(left), position), is_negated, position)
        is_negated = self._is_next("not") and self._skip_words("not")
        if self._skip_words("in"):
            return _negate_if(
                nodes.MembershipTest(self._require_value(left), self._parse_list(), position), is_negated, position
            )
        if self._skip_words("between"):
            low = self._require_value(self._parse_sum())
            self._expect_word("and")
            return _negate_if(
                nodes.BetweenTest(self._require_value(left), low, self._require_value(self._parse_sum()), position),
                is_negated,
                position,
            )
        for words in (*nodes.TEXT_TEST_WORDS, *nodes.TEXT_TEST_ALIASES):
            if self._skip_words(*words.split()):
                test = nodes.TEXT_TEST_ALIASES.get(words, words)
                return _negate_if(
                    nodes.TextTest(self._require_value(left), test, self._parse_text(), position), is_negated, position
                )
        for direction in ("next", "last"):
            if self._skip_words("within", direction):
                return _negate_if(self._parse_nearness(self._require_value(left), direction), is_negated, position)
        if is_negated:
            raise RuleProblem("expected in, between or a text test after 'not'", self._next_token.position)
        return left

    def _parse_nearness(self, value: ValueNode, direction: str) -> nodes.BetweenTest:
        """Parse the duration in `within next 14 days` or `within last 14 days`: from or up to the as-of day."""
        position, as_of = self._next_token.position, nodes.ColumnReference(nodes.AS_OF, self._next_token.position)
        duration = self._parse_duration(f"within {direction}")
        shifted = nodes.Arithmetic(as_of, "+" if direction == "next" else "-", duration, position)
        first, last = (as_of, shifted) if direction == "next" else (shifted, as_of)
        return nodes.BetweenTest(value, first, last, position)

    def _parse_list(self) -> tuple[ValueNode, ...]:
        self._expect_word("[")
        items = [self._require_value(self._parse_sum())]
        while self._skip_words(","):
            items.append(self._require_value(self._parse_sum()))
        self._expect_word("]")
        return tuple(items)

    def _parse_text(self) -> str:
        if self._next_token.kind != "text":
            raise RuleProblem("expected a text in quotes", self._next_token.position)
        return self._take_token().text

    def _parse_sum(self) -> RuleNode:
        return self._parse_chain(("+", "-"), self._parse_product)

    def _parse_product(self) -> RuleNode:
        return self._parse_chain(("*", "/"), self._parse_factor)

    def _parse_chain(self, operators: tuple[str, ...], parse_operand: _NodeReader) -> RuleNode:
        left = parse_operand()
        while self._next_token.kind == "sign" and self._next_token.text in operators:
            operator = self._take_token()
            left = nodes.Arithmetic(
                self._require_value(left), operator.text, self._require_value(parse_operand()), operator.position
            )
        return left

    def _require_value(self, node: RuleNode) -> ValueNode:
        if not isinstance(
            node,
            nodes.NumberLiteral
            | nodes.TextLiteral
            | nodes.BooleanLiteral
            | nodes.ColumnReference
            | nodes.DurationLiteral
            | nodes.UnaryMinus
            | nodes.Arithmetic
            | nodes.DateConversion
            | nodes.NextAnniversary
            | nodes.Aggregate,
        ):
            raise RuleProblem("expected a value, not a condition", node.position)
        return node

    def _parse_factor(self) -> RuleNode:
        token = self._take_token()
        if token.text == "-" and token.kind == "sign":
            self._increase_depth(token.position)
            operand = nodes.UnaryMinus(self._require_value(self._parse_factor()), token.position)
            self._depth -= 1
            return operand
        if token.text == "(" and token.kind == "sign":
            self._increase_depth(token.position)
            condition = self._parse_or()
            self._depth -= 1
            self._expect_word(")")
            return condition
        return self._parse_leaf(token)

    def _parse_leaf(self, token: RuleToken) -> RuleNode:
        if token.kind == "number":
            if float(token.text) > MAX_NUMBER:
                raise RuleProblem("the number is too large", token.position)
            unit = _UNIT_BY_WORD.get(self._next_token.text) if self._next_token.kind == "word" else None
            if unit is None:
                return nodes.NumberLiteral(float(token.text), token.position)
            if float(token.text) > MAX_DURATION:
                raise RuleProblem(f"a duration is at most {MAX_DURATION:,} {unit}", token.position)
            self._take_token()
            return nodes.DurationLiteral(float(token.text), cast("nodes.DurationUnit", unit), token.position)
        if token.kind == "text":
            return nodes.TextLiteral(token.text, token.position)
        if token.kind == "word" and token.text in {"true", "false"}:
            return nodes.BooleanLiteral(token.text == "true", token.position)
        if token.kind == "word" and self._is_next("(") and token.text in self._call_parsers:
            return self._call_parsers[token.text](token)
        if token.kind == "word" and token.text == "birthday" and self._is_next("within"):
            birth_date = nodes.ColumnReference(BIRTH_DATE, token.position)
            return nodes.NextAnniversary(birth_date, token.position)
        if _is_name(token):
            return nodes.ColumnReference(token.text, token.position)
        actual_text = f"got '{token.text}'" if token.kind != "end" else "the rule ends here"
        raise RuleProblem(f"expected a column, a number or a text; {actual_text}", token.position)

    @cached_property
    def _call_parsers(self) -> Mapping[str, Callable[[RuleToken], RuleNode]]:
        """Parsers of what follows the name of a function."""
        return {
            **dict.fromkeys(nodes.AGGREGATE_FUNCTIONS, self._parse_aggregate),
            "ratio": self._parse_ratio,
            "date": lambda function: nodes.DateConversion(self._parse_argument(function), function.position),
            "anniversary": lambda function: nodes.NextAnniversary(self._parse_argument(function), function.position),
            "in_segment": self._parse_segment_test,
        }

    def _parse_aggregate(self, function: RuleToken) -> nodes.Aggregate:
        self._open_aggregate(function)
        aggregate = self._parse_rows(function.text, function.position)
        self._close_aggregate()
        return aggregate

    def _parse_ratio(self, function: RuleToken) -> nodes.Arithmetic:
        """Parse a ratio of two counts or sums; with one selection, its share of the rows without its condition."""
        self._open_aggregate(function)
        numerator = self._parse_rows("count", function.position)
        if self._skip_words(","):
            denominator = self._parse_rows("count", self._next_token.position)
        elif numerator.condition is None:
            raise RuleProblem("ratio(...) needs a condition (where ...) or a second table", function.position)
        else:
            denominator = replace(numerator, condition=None)
        self._close_aggregate()
        parts = [replace(part, function="sum") if part.column else part for part in (numerator, denominator)]
        return nodes.Arithmetic(parts[0], "/", parts[1], function.position)

    def _parse_argument(self, function: RuleToken) -> ValueNode:
        self._expect_word("(")
        self._increase_depth(function.position)
        operand = self._require_value(self._parse_sum())
        self._depth -= 1
        self._expect_word(")")
        return operand

    def _parse_segment_test(self, function: RuleToken) -> nodes.SegmentTest:
        if self._is_in_aggregate:
            raise RuleProblem("in_segment(...) cannot be inside an aggregate", function.position)
        self._expect_word("(")
        segment = self._parse_text()
        self._expect_word(")")
        return nodes.SegmentTest(segment, function.position)

    def _open_aggregate(self, function: RuleToken) -> None:
        if self._is_in_aggregate:
            raise RuleProblem(f"{function.text}(...) cannot be inside another aggregate", function.position)
        self._is_in_aggregate = True
        self._expect_word("(")

    def _close_aggregate(self) -> None:
        if self._is_next("where"):
            raise RuleProblem("'where' must come before 'within'", self._next_token.position)
        self._expect_word(")")
        self._is_in_aggregate = False

    def _parse_rows(self, function: str, position: int) -> nodes.Aggregate:
        """Parse the rows of a table: its name, a condition and a window."""
        table = self._parse_name("the name of a table, such as orders")
        column = self._parse_name("the name of a column") if self._skip_words(".") else None
        condition = self._require_condition(self._parse_or()) if self._skip_words("where") else None
        return nodes.Aggregate(function, table, column, condition, self._parse_window(), position)

    def _parse_name(self, description: str) -> str:
        token = self._take_token()
        if not _is_name(token):
            actual_text = f"got '{token.text}'" if token.kind != "end" else "the rule ends here"
            raise RuleProblem(f"expected {description}; {actual_text}", token.position)
        return token.text

    def _parse_window(self) -> nodes.DurationLiteral | nodes.Period | nodes.EventSequence | None:
        position = self._next_token.position
        if self._skip_words("between"):
            first = self._require_value(self._parse_sum())
            self._expect_word("and")
            return nodes.Period(first, self._require_value(self._parse_sum()), position)
        duration = self._parse_duration("within") if self._skip_words("within") else None
        for direction in get_args(nodes.SequenceDirection):
            if self._skip_words(direction):
                self._increase_depth(position)
                anchor = self._parse_rows("any", self._next_token.position)
                self._depth -= 1
                return nodes.EventSequence(direction, duration, anchor, position)
        return duration

    def _parse_duration(self, words: str) -> nodes.DurationLiteral:
        token = self._take_token()
        duration = self._parse_leaf(token) if token.kind == "number" else None
        if not isinstance(duration, nodes.DurationLiteral):
            raise RuleProblem(f"expected a duration after '{words}', such as 90 days", token.position)
        return duration


def _is_name(token: RuleToken) -> bool:
    return token.kind == "name" or (token.kind == "word" and token.text not in KEYWORDS)


def _negate_if(condition: ConditionNode, is_negated: bool, position: int) -> ConditionNode:  # noqa: FBT001 - whether the text has a `not`
    return nodes.Negation(condition, position) if is_negated else condition

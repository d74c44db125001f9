"""Rules as people write them -> trees: a text, or nested `all:`, `any:` and `none:` of such texts.

condition  := term (or term)*          term := part (and part)*       part := [not] test
test       := value [sign value | [not] in [...] | [not] between value and value | is [not] missing
              | [not] contains / starts with / ends with / matches TEXT]
value      := product ((+|-) product)*      product := factor ((*|/) factor)*
factor     := -factor | NUMBER | NUMBER days | TEXT | true | false | COLUMN | `COLUMN` | as_of | (condition)
"""

from collections.abc import Callable, Mapping
from typing import cast

from segcli.segment.language import tree
from segcli.segment.language.tokens import RuleProblem, Token, tokens
from segcli.segment.language.tree import Condition, Node, Value

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
LARGEST_NUMBER = 10.0**300
LONGEST_SPAN = 1_000_000
DEEPEST = 60  # brackets and nots within each other
_UNITS = {**{unit: unit for unit in tree.UNITS}, **{unit.removesuffix("s"): unit for unit in tree.UNITS}}
_CONDITIONS = (
    *(tree.Compare, tree.Between, tree.In, tree.Missing, tree.TextTest),
    *(tree.Not, tree.All, tree.Any, tree.Truth, tree.Name),
)

Written = str | Mapping[str, object]
_Read = Callable[[], Node]


def parse(rule: Written) -> Condition:
    """The tree of a rule.

    Raises:
        RuleProblem: it cannot be read, with the column of the text at which that shows.
    """
    if isinstance(rule, str):
        return _Reader(rule).whole()
    return _nested(rule, 0)


def _nested(rule: Mapping[str, object], depth: int) -> Condition:
    """`{all: [...]}`, `{any: [...]}`, `{none: [...]}`; several keys at once must all hold."""
    kinds: dict[str, type[tree.All | tree.Any]] = {"all": tree.All, "any": tree.Any, "none": tree.Any}
    if depth > DEEPEST:
        raise RuleProblem(f"nested deeper than {DEEPEST} levels", 1)
    parts: list[Condition] = []
    for key, listed in rule.items():
        if key not in kinds:
            raise RuleProblem(f"'{key}' is none of all, any, none", 1)
        if not isinstance(listed, list) or not listed:
            raise RuleProblem(f"'{key}' must be a list of rules", 1)
        of = tuple(_part(one, depth) for one in listed)
        joined: Condition = of[0] if len(of) == 1 else kinds[key](of)
        parts.append(tree.Not(joined) if key == "none" else joined)
    if not parts:
        raise RuleProblem("a rule must say something", 1)
    return parts[0] if len(parts) == 1 else tree.All(tuple(parts))


def _part(one: object, depth: int) -> Condition:
    if isinstance(one, str):
        return _Reader(one).whole()
    if isinstance(one, Mapping):
        return _nested(one, depth + 1)
    raise RuleProblem(f"a rule is a text, or all, any or none of such; got {one!r}", 1)


class _Reader:
    """Reads the tokens of one text from the left, looking one ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = list(tokens(text))
        self._place = self._depth = 0

    def whole(self) -> Condition:
        """The condition that the whole text is."""
        found = self._condition(self._any())
        if self._next.kind != "end":
            raise RuleProblem(f"'{self._next.text}' is not expected here", self._next.at)
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._place]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _is(self, *words: str) -> bool:
        """Whether these words or signs come next."""
        ahead = self._tokens[self._place : self._place + len(words)]
        return [t.text for t in ahead if t.kind in {"word", "sign"}] == list(words)

    def _took(self, *words: str) -> bool:
        found = self._is(*words)
        self._place += len(words) * found
        return found

    def _expect(self, word: str) -> None:
        if not self._took(word):
            got = f"got '{self._next.text}'" if self._next.kind != "end" else "the rule ends"
            raise RuleProblem(f"'{word}' is expected here; {got}", self._next.at)

    def _condition(self, node: Node) -> Condition:
        if not isinstance(node, _CONDITIONS):
            raise RuleProblem("a comparison is expected, such as orders >= 3", node.at)
        return node

    def _any(self) -> Node:
        return self._joined("or", self._all, tree.Any)

    def _all(self) -> Node:
        return self._joined("and", self._not, tree.All)

    def _joined(self, word: str, read: _Read, kind: type[tree.All] | type[tree.Any]) -> Node:
        first = read()
        if not self._is(word):
            return first
        parts = [self._condition(first)]
        while self._took(word):
            parts.append(self._condition(read()))
        return kind(tuple(parts), first.at)

    def _not(self) -> Node:
        at = self._next.at
        if not self._took("not"):
            return self._test()
        self._deeper(at)
        inner = tree.Not(self._condition(self._not()), at)
        self._depth -= 1
        return inner

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise RuleProblem(f"nested deeper than {DEEPEST} levels", at)

    def _test(self) -> Node:
        left = self._sum()
        at = self._next.at
        if self._next.kind == "sign" and self._next.text in tree.COMPARISONS:
            sign = self._take().text
            return tree.Compare(self._value(left), sign, self._value(self._sum()), at)
        if self._took("is"):
            negated = self._took("not")
            self._expect("missing")
            return _negated(tree.Missing(self._value(left), at), negated, at)
        negated = self._is("not") and self._took("not")
        if self._took("in"):
            return _negated(tree.In(self._value(left), self._list(), at), negated, at)
        if self._took("between"):
            low = self._value(self._sum())
            self._expect("and")
            return _negated(tree.Between(self._value(left), low, self._value(self._sum()), at), negated, at)
        for test in tree.TEXT_TESTS:
            if self._took(*test.split()):
                return _negated(tree.TextTest(self._value(left), test, self._text(), at), negated, at)
        if negated:
            raise RuleProblem("after 'not', in, between or a test of text is expected", self._next.at)
        return left

    def _list(self) -> tuple[Value, ...]:
        self._expect("[")
        found = [self._value(self._sum())]
        while self._took(","):
            found.append(self._value(self._sum()))
        self._expect("]")
        return tuple(found)

    def _text(self) -> str:
        if self._next.kind != "text":
            raise RuleProblem("a text in quotes is expected", self._next.at)
        return self._take().text

    def _sum(self) -> Node:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Node:
        return self._chain(("*", "/"), self._factor)

    def _chain(self, signs: tuple[str, ...], read: _Read) -> Node:
        left = read()
        while self._next.kind == "sign" and self._next.text in signs:
            sign = self._take()
            left = tree.Sum(self._value(left), sign.text, self._value(read()), sign.at)
        return left

    def _value(self, node: Node) -> Value:
        if not isinstance(
            node, tree.Number | tree.Text | tree.Truth | tree.Name | tree.Span | tree.Negative | tree.Sum
        ):
            raise RuleProblem("a value is expected, not a condition", node.at)
        return node

    def _factor(self) -> Node:
        token = self._take()
        if token.text == "-" and token.kind == "sign":
            self._deeper(token.at)
            inner = tree.Negative(self._value(self._factor()), token.at)
            self._depth -= 1
            return inner
        if token.text == "(" and token.kind == "sign":
            self._deeper(token.at)
            inside = self._any()
            self._depth -= 1
            self._expect(")")
            return inside
        return self._leaf(token)

    def _leaf(self, token: Token) -> Value:
        if token.kind == "number":
            if float(token.text) > LARGEST_NUMBER:
                raise RuleProblem("the number is too large", token.at)
            unit = _UNITS.get(self._next.text) if self._next.kind == "word" else None
            if unit is None:
                return tree.Number(float(token.text), token.at)
            if float(token.text) > LONGEST_SPAN:
                raise RuleProblem(f"a length of time is at most {LONGEST_SPAN:,} {unit}", token.at)
            self._take()
            return tree.Span(float(token.text), cast("tree.Unit", unit), token.at)
        if token.kind == "text":
            return tree.Text(token.text, token.at)
        if token.kind == "word" and token.text in {"true", "false"}:
            return tree.Truth(token.text == "true", token.at)
        if token.kind == "name" or (token.kind == "word" and token.text not in KEYWORDS):
            return tree.Name(token.text, token.at)
        got = f"got '{token.text}'" if token.kind != "end" else "the rule ends"
        raise RuleProblem(f"a column, a number or a text is expected here; {got}", token.at)


def _negated(test: Condition, negated: bool, at: int) -> Condition:  # noqa: FBT001 - a word in the text
    return tree.Not(test, at) if negated else test

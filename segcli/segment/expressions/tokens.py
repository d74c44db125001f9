"""Tokens of a rule: words, numbers, texts and signs, each with its position."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_RULE_LENGTH = 10_000  # maximum characters of a rule

_TOKEN_PATTERN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<quoted>`[^`]+`)
    | (?P<word>[^\W\d]\w*)
    | (?P<sign>==|!=|<=|>=|<|>|\+|-|\*|/|\(|\)|\[|\]|,|\.)
    )""",
    re.VERBOSE,
)
_ESCAPE_PATTERN = re.compile(r"\\(.)", re.DOTALL)


class RuleProblem(ValueError):
    """An error in a rule, with its position in the text, counted from 1."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"column {position}: {message}")
        self.message, self.position = message, position


@dataclass(frozen=True)
class RuleToken:
    """A token of the text; `kind` is number, text, name (in backticks), word, sign or end."""

    kind: str
    text: str
    position: int


def tokenize_rule(text: str) -> Iterator[RuleToken]:
    """Yield the tokens of a rule, with an `end` token last.

    Raises:
        RuleProblem: a character starts no token, a text is not closed, or the rule is too long.
    """
    if len(text) > MAX_RULE_LENGTH:
        raise RuleProblem(f"longer than {MAX_RULE_LENGTH:,} characters", 1)
    offset = 0
    while text[offset:].strip():
        match = _TOKEN_PATTERN.match(text, offset)
        if not match:
            error_offset = offset + len(text[offset:]) - len(text[offset:].lstrip())
            message = (
                "quoted text is not closed"
                if text[error_offset] in "\"'`"
                else f"cannot read {text[error_offset : error_offset + 10]!r}"
            )
            raise RuleProblem(message, error_offset + 1)
        kind = str(match.lastgroup)
        raw = match[kind]
        yield RuleToken("name" if kind == "quoted" else kind, _unquote_token(kind, raw), match.start(kind) + 1)
        offset = match.end()
    yield RuleToken("end", "", len(text) + 1)


def _unquote_token(kind: str, raw_text: str) -> str:
    if kind == "text":
        return _ESCAPE_PATTERN.sub(r"\1", raw_text[1:-1])
    return raw_text[1:-1] if kind == "quoted" else raw_text

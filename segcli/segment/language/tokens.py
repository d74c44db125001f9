"""Text -> words, numbers, texts and signs, each with its column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_RULE_LENGTH = 10_000  # characters of a rule

_TOKEN_PATTERN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<quoted>`[^`]+`)
    | (?P<word>[^\W\d]\w*)
    | (?P<sign>==|!=|<=|>=|<|>|\+|-|\*|/|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE,
)
_ESCAPE_PATTERN = re.compile(r"\\(.)", re.DOTALL)


class RuleProblem(ValueError):
    """What is wrong with a rule, and the column of its text (from 1) at which it stands."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"column {position}: {message}")
        self.message, self.position = message, position


@dataclass(frozen=True)
class RuleToken:
    """A part of the text; `kind` is number, text, name (in backticks), word, sign or end."""

    kind: str
    text: str
    position: int


def tokenize_rule(text: str) -> Iterator[RuleToken]:
    """The tokens of a rule, an `end` last.

    Raises:
        RuleProblem: a character that no token begins with, a text that is not closed, or a rule without end.
    """
    if len(text) > MAX_RULE_LENGTH:
        raise RuleProblem(f"longer than {MAX_RULE_LENGTH:,} characters", 1)
    offset = 0
    while text[offset:].strip():
        match = _TOKEN_PATTERN.match(text, offset)
        if not match:
            error_offset = offset + len(text[offset:]) - len(text[offset:].lstrip())
            message = (
                "a text is opened and not closed"
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

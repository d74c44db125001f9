"""Text -> words, numbers, texts and signs, each with its column."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 10_000  # characters of a rule

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<quoted>`[^`]+`)
    | (?P<word>[^\W\d]\w*)
    | (?P<sign>==|!=|<=|>=|<|>|\+|-|\*|/|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class RuleProblem(ValueError):
    """What is wrong with a rule, and the column of its text (from 1) at which it stands."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(f"column {at}: {what}")
        self.what, self.at = what, at


@dataclass(frozen=True)
class Token:
    """A part of the text; `kind` is number, text, name (in backticks), word, sign or end."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a rule, an `end` last.

    Raises:
        RuleProblem: a character that no token begins with, a text that is not closed, or a rule without end.
    """
    if len(text) > LONGEST:
        raise RuleProblem(f"longer than {LONGEST:,} characters", 1)
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if not found:
            at = place + len(text[place:]) - len(text[place:].lstrip())
            what = "a text is opened and not closed" if text[at] in "\"'`" else f"cannot read {text[at : at + 10]!r}"
            raise RuleProblem(what, at + 1)
        kind = str(found.lastgroup)
        raw = found[kind]
        yield Token("name" if kind == "quoted" else kind, _plain(kind, raw), found.start(kind) + 1)
        place = found.end()
    yield Token("end", "", len(text) + 1)


def _plain(kind: str, raw: str) -> str:
    if kind == "text":
        return _ESCAPED.sub(r"\1", raw[1:-1])
    return raw[1:-1] if kind == "quoted" else raw

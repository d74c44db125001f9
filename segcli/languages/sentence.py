"""A sentence with facts in it, such as `{n} customers bought once.`, in English and in another language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from segcli.languages.figures import Figures

_FACT = re.compile(r"\{([#*]?)(\w+)\}")
# What a fact may be: {#n} a figure, {*list} anything, any other nothing that parts of a text are joined by.
_KINDS = {"#": r"[<>]?[-+]?\d[\d,]*(?:\.\d+)?(?: M|%| d|x| s)?", "*": r".+", "": r"(?:(?!; |   ).)+?"}
# {customers:one|few|many}: the form that goes with the number of a fact
_FORM = re.compile(r"\{(\w+):([^{}]*)\}")
# The noun behind a number stands in catalogues as of several; of one it is told without its s.
_NOUN = re.compile(r"(\{#\w+\} (?:[\w{}]+ )??\w+)s\b")
_NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
_PLURAL = "\0"  # where the s is


@dataclass(frozen=True)
class Sentence:
    """The English pattern and the other one.

    A fact whose name begins with a capital letter is a name, and stays as it is; others are told in the language.
    """

    english: str
    other: str
    figures: Figures

    @cached_property
    def weight(self) -> int:
        """Letters that are not facts: of several patterns that fit, the one that says most itself is meant."""
        return len(_FACT.sub("", self.english))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts, seen = [], set[str]()
        last, english = 0, _NOUN.sub(rf"\1{_PLURAL}", self.english)
        for fact in _FACT.finditer(english):
            parts.append(_escaped(english[last : fact.start()]))
            kind, name = fact.groups()
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{_KINDS[kind]})")
            seen.add(name)
            last = fact.end()
        return re.compile("".join(parts) + _escaped(english[last:]), re.DOTALL)

    @cached_property
    def _anchor(self) -> str:
        """The longest piece between facts: where it is missing, the pattern need not be tried."""
        pieces = _FACT.sub(_PLURAL, _NOUN.sub(rf"\1{_PLURAL}", self.english))
        return max(pieces.split(_PLURAL), key=len)

    def facts(self, text: str) -> dict[str, str] | None:
        """The facts of a text that says this; None for any other."""
        if self._anchor not in text:
            return None
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None

    def told(self, facts: Mapping[str, str], english: Mapping[str, str]) -> str:
        """The other sentence with these facts; forms go with the numbers as the English facts have them."""
        formed = _FORM.sub(lambda one: _form(english[one[1]], one[2].split("|")), self.other)
        return _FACT.sub(lambda one: facts[one[2]], formed)


def _escaped(english: str) -> str:
    """As a pattern, in which nouns may be of one."""
    return re.escape(english).replace(re.escape(_PLURAL), "s?")


def _form(fact: str, forms: list[str]) -> str:
    """One, few or many, as Slavic languages tell them apart (Unicode CLDR plural rules, cardinal)."""
    number = _NUMBER.search(fact)
    value = number[0].replace(",", "").lstrip("+-") if number else "0"
    if "." in value:
        return forms[min(1, len(forms) - 1)]
    last, tens = int(value) % 10, int(value) % 100
    one = last == 1 and tens != 11  # noqa: PLR2004 - eleven
    few = 2 <= last <= 4 and not 12 <= tens <= 14  # noqa: PLR2004 - two to four, but not twelve to fourteen
    return forms[0] if one else forms[min(1 if few else 2, len(forms) - 1)]

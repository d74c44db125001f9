"""A sentence with facts in it, such as `{n} customers bought once.`, in English and in another language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from segcli.languages.figures import NumberFormat

_PLACEHOLDER = re.compile(r"\{([#*]?)(\w+)\}")
# What a fact may be: {#n} a figure, {*list} anything, any other nothing that parts of a text are joined by.
_VALUE_PATTERNS = {"#": r"[<>]?[-+]?\d[\d,]*(?:\.\d+)?(?: M|%| d|x| s)?", "*": r".+", "": r"(?:(?!; |   ).)+?"}
# {customers:one|few|many}: the form that goes with the number of a fact
_PLURAL_FORM = re.compile(r"\{(\w+):([^{}]*)\}")
# The noun behind a number stands in catalogues as of several; of one it is told without its s.
_COUNTED_NOUN = re.compile(r"(\{#\w+\} (?:[\w{}]+ )??\w+)s\b")
_INTEGER_PATTERN = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
_PLURAL_MARK = "\0"  # where the s is


@dataclass(frozen=True)
class SentenceTemplate:
    """The English pattern and the other one.

    A fact whose name begins with a capital letter is a name, and stays as it is; others are told in the language.
    """

    english: str
    translation: str
    number_format: NumberFormat

    @cached_property
    def literal_length(self) -> int:
        """Letters that are not facts: of several patterns that fit, the one that says most itself is meant."""
        return len(_PLACEHOLDER.sub("", self.english))

    @cached_property
    def _compiled_pattern(self) -> re.Pattern[str]:
        parts, known_names = [], set[str]()
        last_end, english = 0, _COUNTED_NOUN.sub(rf"\1{_PLURAL_MARK}", self.english)
        for placeholder in _PLACEHOLDER.finditer(english):
            parts.append(_escape_literal(english[last_end : placeholder.start()]))
            kind, name = placeholder.groups()
            parts.append(f"(?P={name})" if name in known_names else f"(?P<{name}>{_VALUE_PATTERNS[kind]})")
            known_names.add(name)
            last_end = placeholder.end()
        return re.compile("".join(parts) + _escape_literal(english[last_end:]), re.DOTALL)

    @cached_property
    def _longest_literal(self) -> str:
        """The longest piece between facts: where it is missing, the pattern need not be tried."""
        marked_text = _PLACEHOLDER.sub(_PLURAL_MARK, _COUNTED_NOUN.sub(rf"\1{_PLURAL_MARK}", self.english))
        return max(marked_text.split(_PLURAL_MARK), key=len)

    def match_values(self, text: str) -> dict[str, str] | None:
        """The facts of a text that says this; None for any other."""
        if self._longest_literal not in text:
            return None
        match = self._compiled_pattern.fullmatch(text)
        return match.groupdict() if match else None

    def translate_values(self, placeholder_values: Mapping[str, str], english_values: Mapping[str, str]) -> str:
        """The other sentence with these facts; forms go with the numbers as the English facts have them."""
        inflected = _PLURAL_FORM.sub(
            lambda one: _select_plural_form(english_values[one[1]], one[2].split("|")), self.translation
        )
        return _PLACEHOLDER.sub(lambda one: placeholder_values[one[2]], inflected)


def _escape_literal(english: str) -> str:
    """As a pattern, in which nouns may be of one."""
    return re.escape(english).replace(re.escape(_PLURAL_MARK), "s?")


def _select_plural_form(number_text: str, forms: list[str]) -> str:
    """One, few or many, as Slavic languages tell them apart (Unicode CLDR plural rules, cardinal)."""
    number = _INTEGER_PATTERN.search(number_text)
    value = number[0].replace(",", "").lstrip("+-") if number else "0"
    if "." in value:
        return forms[min(1, len(forms) - 1)]
    last_digit, tens = int(value) % 10, int(value) % 100
    is_one = last_digit == 1 and tens != 11  # noqa: PLR2004 - eleven
    is_few = 2 <= last_digit <= 4 and not 12 <= tens <= 14  # noqa: PLR2004 - two to four, but not twelve to fourteen
    return forms[0] if is_one else forms[min(1 if is_few else 2, len(forms) - 1)]

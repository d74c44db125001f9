"""Translate words, sentences, numbers, money and dates into one language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

# Numbers, money, shares and dates: only the notation is translated, not the value.
# The pattern of a number as segcli writes it, with a comparison sign, a sign and a unit.
_NUMBER_PATTERN = re.compile(r"([<>]?)([-+]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?( M|%| d|x| sd| s)?")
_DAY_PATTERN = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True)
class NumberFormat:
    """Number notation of a language: separators, units (keyed by the English unit), and the pattern of a date."""

    group: str = ","
    decimal: str = "."
    day: str = "{year}-{month}-{day}"
    units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, section: Mapping[str, object]) -> Self:
        """Build the notation from a section of a catalogue."""
        units = section.get("units", {})
        assert isinstance(units, Mapping)
        number_marks = {name: str(section[name]) for name in ("group", "decimal", "day") if name in section}
        return cls(
            **number_marks, units={f" {name}" if name not in {"%", "x"} else name: unit for name, unit in units.items()}
        )

    def translate_number(self, text: str) -> str | None:
        """Translate a text that is a single number or date; return None for any other text.

        >>> NumberFormat(group=" ", decimal=",", units={"%": " %"}).translate_number("-1,234.5%")
        '-1 234,5 %'
        >>> NumberFormat(day="{day}.{month}.{year}").translate_number("2026-07-01")
        '01.07.2026'
        """
        if day := _DAY_PATTERN.fullmatch(text):
            return self.day.format(year=day[1], month=day[2], day=day[3])
        number_match = _NUMBER_PATTERN.fullmatch(text)
        if number_match is None:
            return None
        comparison, sign, integer_part, fraction, unit = number_match.groups()
        number = sign + integer_part.replace(",", self.group) + (self.decimal + fraction if fraction else "")
        return comparison + number + self.units.get(unit, unit or "")


ENGLISH_FORMAT = NumberFormat()


# Placeholders of a sentence such as `{n} customers bought once.`, in English and in the translation.
_PLACEHOLDER = re.compile(r"\{([#*]?)(\w+)\}")
# Patterns of placeholder values: {#n} a number, {*list} any text, other names any text without part separators.
_VALUE_PATTERNS = {"#": r"[<>]?[-+]?\d[\d,]*(?:\.\d+)?(?: M|%| d|x| s)?", "*": r".+", "": r"(?:(?!; |   ).)+?"}
# {customers:one|few|many}: the plural form that goes with the value of a placeholder.
_PLURAL_FORM = re.compile(r"\{(\w+):([^{}]*)\}")
# Catalogues use the plural of a noun after a number; with the number one, segcli writes it without the s.
_COUNTED_NOUN = re.compile(r"(\{#\w+\} (?:[\w{}]+ )??\w+)s\b")
_INTEGER_PATTERN = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?")
_PLURAL_MARK = "\0"  # position of the plural s


@dataclass(frozen=True)
class SentenceTemplate:
    """Sentence with placeholders, in English and in the translation.

    The value of a placeholder whose name begins with a capital letter is a name and is not translated.
    """

    english: str
    translation: str
    number_format: NumberFormat

    @cached_property
    def literal_length(self) -> int:
        """Number of characters outside placeholders; of several matching templates, the longest is preferred."""
        return len(_PLACEHOLDER.sub("", self.english))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
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
        """Longest text between placeholders; a text without it cannot match, so the pattern is not tried."""
        marked_text = _PLACEHOLDER.sub(_PLURAL_MARK, _COUNTED_NOUN.sub(rf"\1{_PLURAL_MARK}", self.english))
        return max(marked_text.split(_PLURAL_MARK), key=len)

    def match_values(self, text: str) -> dict[str, str] | None:
        """Return the placeholder values of a text that matches the English sentence, or None."""
        if self._longest_literal not in text:
            return None
        match = self._pattern.fullmatch(text)
        return match.groupdict() if match else None

    def translate_values(self, placeholder_values: Mapping[str, str], english_values: Mapping[str, str]) -> str:
        """Return the translated sentence with these values; plural forms depend on the English values."""
        inflected = _PLURAL_FORM.sub(
            lambda match: _select_plural_form(english_values[match[1]], match[2].split("|")), self.translation
        )
        return _PLACEHOLDER.sub(lambda match: placeholder_values[match[2]], inflected)


def _escape_literal(english: str) -> str:
    """Escape a text for a regular expression in which the plural s is optional."""
    return re.escape(english).replace(re.escape(_PLURAL_MARK), "s?")


def _select_plural_form(number_text: str, forms: list[str]) -> str:
    """Select the form for one, few or many, by the Slavic plural rules (Unicode CLDR, cardinal)."""
    number = _INTEGER_PATTERN.search(number_text)
    value = number[0].replace(",", "").lstrip("+-") if number else "0"
    if "." in value:
        return forms[min(1, len(forms) - 1)]
    last_digit, tens = int(value) % 10, int(value) % 100
    is_one = last_digit == 1 and tens != 11  # noqa: PLR2004 - eleven
    is_few = 2 <= last_digit <= 4 and not 12 <= tens <= 14  # noqa: PLR2004 - two to four, but not twelve to fourteen
    return forms[0] if is_one else forms[min(1 if is_few else 2, len(forms) - 1)]


PART_SEPARATORS = (
    "   ",
    "; ",
    ". ",
    " · ",
    ", ",
)  # separators of parts that are translated one by one if the whole text is unknown
MAX_DEPTH = 6  # levels of nested parts; no text needs more


@dataclass(frozen=True)
class Catalogue:
    """Catalogue of one language.

    `words` maps whole English texts to translations: titles, labels, verdicts. `sentences` have placeholders. `cells`
    are texts that may occur in tables next to input values, so it holds only texts that cannot be input values.
    `names` are texts that stay as they are, such as names of segments.
    """

    code: str
    name: str
    words: Mapping[str, str]
    cells: Mapping[str, str]
    sentences: tuple[SentenceTemplate, ...]
    number_format: NumberFormat
    separators: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    @classmethod
    def from_mapping(cls, code: str, catalogue: Mapping[str, Any]) -> Self:
        """Build a catalogue from the content of its file."""
        number_format = NumberFormat.from_mapping(catalogue.get("figures", {}))
        templates = [
            SentenceTemplate(english, translation, number_format)
            for english, translation in catalogue.get("sentences", {}).items()
        ]
        templates.sort(key=lambda template: (-template.literal_length, template.english))
        return cls(
            code,
            catalogue["name"],
            catalogue.get("words", {}),
            catalogue.get("cells", {}),
            tuple(templates),
            number_format,
            catalogue.get("separators", {}),
        )

    @cached_property
    def is_english(self) -> bool:
        """Whether texts need no translation."""
        return not self.sentences and not self.words

    def translate_title(self, text: str) -> str:
        """Translate a heading or a label; names from input files stay unchanged."""
        return text if text in self.names else self.words.get(text) or self._translate_sentence(text, 1) or text

    def translate_cell(self, text: str) -> str:
        """Translate a text in a table cell; names from input files stay unchanged."""
        return text if text in self.names else self.cells.get(text) or self._translate_sentence(text, 1) or text

    def translate_text(self, text: str) -> str:
        """Translate one or more sentences."""
        return self._translate_nested(text, 0)

    def _translate_nested(self, text: str, depth: int) -> str:
        stripped = text.strip()
        if not stripped or depth > MAX_DEPTH or stripped in self.names:
            return text
        translation = (
            self.number_format.translate_number(stripped)
            or self.words.get(stripped)
            or self.cells.get(stripped)
            or self._translate_sentence(stripped, depth)
        )
        return text.replace(
            stripped, translation if translation is not None else self._translate_parts(stripped, depth), 1
        )

    def _translate_sentence(self, text: str, depth: int) -> str | None:
        """Translate a text that matches a known sentence; return None if none matches."""
        for template in self.sentences:
            placeholder_values = template.match_values(text)
            if placeholder_values is not None:
                return template.translate_values(
                    {
                        placeholder: value if placeholder[0].isupper() else self._translate_nested(value, depth + 1)
                        for placeholder, value in placeholder_values.items()
                    },
                    placeholder_values,
                )
        return None

    def _translate_parts(self, text: str, depth: int) -> str:
        """Translate the parts of a text one by one; without parts, translate the number after a name."""
        for separator in PART_SEPARATORS:
            if separator in text:
                parts = text.split(separator)
                translated_parts = [self._translate_nested(part, depth + 1) for part in parts]
                is_known = all(translated != part for translated, part in zip(translated_parts, parts, strict=True))
                return (self.separators.get(separator, separator) if is_known else separator).join(translated_parts)
        name, _, last_word = text.rpartition(" ")
        figure = self.number_format.translate_number(last_word)
        return f"{name} {figure}" if name and figure else text

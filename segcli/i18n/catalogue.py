"""Translate messages, numbers and dates into one language, with a gettext catalogue."""

import gettext
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from segcli.formatting import FormattedNumber
from segcli.message import JoinedMessage, Message, fill_template, format_english, is_number, numeric_count

# Entries of a catalogue that are not messages, by context.
NUMBER_CONTEXT, UNIT_CONTEXT, SEPARATOR_CONTEXT = "number", "unit", "separator"
EXAMPLE_NUMBER = "1,234.5"  # a catalogue shows its separators by translating this number
DAY_TEMPLATE = "{year}-{month}-{day}"
NUMBER_UNITS = ("%", "x", " M", " d")
# A number as segcli writes it, with a comparison sign, a sign and a unit.
_NUMBER_PATTERN = re.compile(r"([<>]?)([-+]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?( M|%| d|x)?")
_DAY_PATTERN = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
FRACTION_COUNT = 2  # a fraction takes the plural form of two: 2,5 дня


@dataclass(frozen=True)
class NumberFormat:
    """Number notation of a language: separators, units (keyed by the English unit), and the pattern of a date."""

    group: str = ","
    decimal: str = "."
    day: str = DAY_TEMPLATE
    units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_translations(cls, translations: gettext.NullTranslations) -> Self:
        """Read the notation from a catalogue."""
        example = translations.pgettext(NUMBER_CONTEXT, EXAMPLE_NUMBER)
        return cls(
            group=example.removeprefix("1").partition("234")[0],
            decimal=example.partition("234")[2].removesuffix("5"),
            day=translations.pgettext(NUMBER_CONTEXT, DAY_TEMPLATE),
            units={unit: translations.pgettext(UNIT_CONTEXT, unit) for unit in NUMBER_UNITS},
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


@dataclass(frozen=True)
class Catalogue:
    """Catalogue of one language; a missing translation stays English."""

    code: str
    translations: gettext.NullTranslations

    @cached_property
    def number_format(self) -> NumberFormat:
        """Notation of numbers and dates."""
        return NumberFormat.from_translations(self.translations)

    @property
    def is_english(self) -> bool:
        """Whether texts need no translation."""
        return not isinstance(self.translations, gettext.GNUTranslations)

    def translate(self, text: str) -> str:
        """Translate a message or the notation of a formatted number; any other text is data and stays as it is."""
        if isinstance(text, Message):
            return fill_template(self._find_template(text), text.values, self._format_value)
        if isinstance(text, JoinedMessage):
            separator = self.translations.pgettext(SEPARATOR_CONTEXT, text.separator)
            return separator.join(map(self.translate, text.parts))
        if isinstance(text, FormattedNumber):
            return FormattedNumber(self.number_format.translate_number(text) or text, text.number)
        return text

    def _find_template(self, text: Message) -> str:
        if not text.plural:
            return self.translations.gettext(text.template) if text.template else str(text)
        count = numeric_count(text.values["count"])
        whole_count = int(count) if count == round(count) else FRACTION_COUNT
        return self.translations.ngettext(text.template, text.plural, whole_count)

    def _format_value(self, value: object, format_spec: str) -> str:
        if isinstance(value, str):
            return self.translate(value)
        english = format_english(value, format_spec)
        return (self.number_format.translate_number(english) if is_number(value) else None) or english

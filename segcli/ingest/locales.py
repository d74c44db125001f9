"""Parse digits, months and decimals of a language; used only if the user declares a locale."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from segcli import plugins
from segcli.config import yaml_loader
from segcli.config.ingest import Source

# Language files, one YAML file each in `words/`: column names, months, words for statuses and placeholders
WORDS_PACKAGE = "segcli.ingest.words"
LANGUAGES = tuple(plugins.list_plugins(WORDS_PACKAGE, ".yaml"))


@cache
def load_language(language: str) -> Mapping[str, Any]:
    """Load the content of a language file, all scalars as text."""
    file = resources.files(WORDS_PACKAGE).joinpath(f"{language}.yaml")
    content: Mapping[str, Any] = yaml_loader.load_text_values(file.read_text(encoding="utf-8"))
    return content


@cache
def word_list(list_key: str) -> frozenset[str]:
    """Return the words listed under a key in any language."""
    return frozenset(word for language in LANGUAGES for word in load_language(language).get(list_key, ()))


# Conversion to ASCII: full-width characters always, digits and marks of other scripts only with a locale
_FULL_WIDTH_OFFSET = 0xFEE0  # distance from an ASCII character to its full-width form
_HALF_WIDTH_FORMS: dict[int, str] = {
    **{code + _FULL_WIDTH_OFFSET: chr(code) for code in range(ord("!"), ord("~") + 1)},
    ord("\u3000"): " ",
    ord("\uffe0"): "¢",
    ord("\uffe1"): "£",
    ord("\uffe5"): "¥",
    ord("\uffe6"): "₩",
}
_ARABIC_SEPARATORS = {ord("\u066b"): ".", ord("\u066c"): ",", ord("\u060d"): "/", ord("\u060c"): ","}


def to_half_width(text: str) -> str:
    """Replace full-width characters in a text by ASCII.

    >>> to_half_width("１，２３４．５０")
    '1,234.50'
    """
    return text if text.isascii() else text.translate(_HALF_WIDTH_FORMS)


def to_half_width_array(strings: pa.StringArray) -> pa.StringArray:
    """Replace full-width characters in texts by ASCII."""
    if pc.all(pc.string_is_ascii(strings)).as_py() is not False:
        return strings
    return pa.array([to_half_width(text) for text in strings.to_pylist()], pa.string())


def to_ascii_digits(text: str) -> str:
    """Replace digits of any script by 0-9, and Arabic separators by ASCII.

    >>> to_ascii_digits("١٬٢٣٤٫٥٠")
    '1,234.50'
    """
    if text.isascii():
        return text
    return "".join(map(_to_ascii_digit, text.translate(_HALF_WIDTH_FORMS).translate(_ARABIC_SEPARATORS)))


def has_foreign_digits(text: str) -> bool:
    """Return whether a text has digits that are parsed only with a locale."""
    return any(
        not character.isascii() and unicodedata.decimal(character, None) is not None
        for character in to_half_width(text)
    )


def _to_ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Locale:
    """Locale: English month names by local name (case-folded), filler words in dates, and the decimal mark.

    `day_halves` maps the local words for AM and PM (case-folded).
    """

    decimal: Literal[".", ","] | None = None
    months: Mapping[str, str] = field(default_factory=dict)
    fillers: tuple[str, ...] = ()
    day_halves: Mapping[str, str] = field(default_factory=dict)

    def convert_digits(self, text: str) -> str:
        """Convert digits of any script to 0-9."""
        return to_ascii_digits(text)

    def translate_date(self, text: str) -> str:
        """Translate a date to English month names and digits 0-9, without filler words."""
        english_text = self._month_pattern.sub(
            lambda match: self._english_month(match[0].casefold()), self.convert_digits(text)
        )
        if self.day_halves:
            english_text = self._day_half_pattern.sub(
                lambda match: f" {self.day_halves[match[0].casefold()]} ", english_text
            )
            english_text = _LEADING_DAY_HALF.sub(r"\2 \1", " ".join(english_text.split()))
        english_text = _HOUR_MARK.sub(":", english_text)
        for filler in self.fillers:
            english_text = re.sub(rf"(?<!\w){re.escape(filler)}(?!\w)", "", english_text, flags=re.IGNORECASE)
        return " ".join(english_text.split()).replace(" ,", ",")

    def _english_month(self, name: str) -> str:
        return self.months.get(name) or self.months[name.removesuffix(".")]  # the point of an abbreviation

    @cached_property
    def _day_half_pattern(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.day_halves), key=len, reverse=True)
        return re.compile("|".join(rf"(?<![^\W\d_]){word}(?![^\W\d_])" for word in longest_first), re.IGNORECASE)

    @cached_property
    def _month_pattern(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.months), key=len, reverse=True)
        months = "|".join(longest_first) or "(?!)"
        return re.compile(rf"(?<!\w)(?:{months})(?!\w)(?:\.(?=[\s,]|$))?", re.IGNORECASE)


_HOUR_MARK = re.compile(r"(?<=\d)\s?h\s?(?=\d\d(?!\d))", re.IGNORECASE)  # 10h22
_LEADING_DAY_HALF = re.compile(r"(AM|PM)\s*(\d{1,2}:\d\d(?::\d\d)?)")  # word order of Chinese


def get_locale(source: Source) -> Locale | None:
    """Return the locale that a source declares, or None."""
    return None if source.locale is None else load_locale(source.locale)


@cache
def load_locale(language: str) -> Locale:
    """Load the locale of a language."""
    content = load_language(language)["locale"]
    months = {
        month_name.casefold(): ENGLISH_MONTHS[index]
        for index, month_names in enumerate(content["months"])
        for month_name in month_names
    }
    day_halves = {word.casefold(): half.upper() for half in ("am", "pm") for word in content.get(half, ())}
    fillers = sorted(content.get("fillers", ()), key=len, reverse=True)  # "hs." before "hs"
    return Locale(content["decimal"], months, tuple(fillers), day_halves)

"""How a country writes digits, months and decimals: used only where the user declares it, never guessed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

from segcli.config.ingest import Source
from segcli.ingest import languages
from segcli.ingest.digits import to_ascii_digits

ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Locale:
    """Month names (case-folded) -> English ones; words that dates may hold besides; the decimal mark.

    `day_halves` are the words for AM and PM, case-folded.
    """

    decimal: Literal[".", ","] | None = None
    months: Mapping[str, str] = field(default_factory=dict)
    fillers: tuple[str, ...] = ()
    day_halves: Mapping[str, str] = field(default_factory=dict)

    def convert_digits(self, text: str) -> str:
        """Digits of any script as 0-9."""
        return to_ascii_digits(text)

    def translate_date(self, text: str) -> str:
        """A date with English month names, 0-9, and no words between."""
        english_text = self._month_pattern.sub(
            lambda found: self.months[found[0].casefold()], self.convert_digits(text)
        )
        if self.day_halves:
            english_text = self._day_half_pattern.sub(
                lambda found: f" {self.day_halves[found[0].casefold()]} ", english_text
            )
            english_text = _LEADING_DAY_HALF.sub(r"\2 \1", " ".join(english_text.split()))
        for filler in self.fillers:
            english_text = re.sub(rf"(?<!\w){re.escape(filler)}(?!\w)", "", english_text, flags=re.IGNORECASE)
        return " ".join(english_text.split())

    @cached_property
    def _day_half_pattern(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.day_halves), key=len, reverse=True)
        return re.compile("|".join(rf"(?<![^\W\d_]){word}(?![^\W\d_])" for word in longest_first), re.IGNORECASE)

    @cached_property
    def _month_pattern(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.months), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first) or '(?!)'})(?!\w)", re.IGNORECASE)


_LEADING_DAY_HALF = re.compile(r"(AM|PM)\s*(\d{1,2}:\d\d(?::\d\d)?)")  # as Chinese writes it


def get_locale(source: Source) -> Locale | None:
    """The locale that a source declares, if it does."""
    return None if source.locale is None else load_locale(source.locale)


@cache
def load_locale(language: str) -> Locale:
    """The locale of a language file."""
    content = languages.load_language(language)["locale"]
    months = {
        month_name.casefold(): ENGLISH_MONTHS[index]
        for index, month_names in enumerate(content["months"])
        for month_name in month_names
    }
    day_halves = {word.casefold(): half.upper() for half in ("am", "pm") for word in content.get(half, ())}
    return Locale(content["decimal"], months, tuple(content.get("fillers", ())), day_halves)

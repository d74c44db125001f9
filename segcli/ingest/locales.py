"""How a country writes digits, months and decimals: used only where the user declares it, never guessed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

from segcli.config.ingest import Source
from segcli.ingest import languages
from segcli.ingest.digits import to_ascii_digits

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Locale:
    """Month names (case-folded) -> English ones; words that dates may hold besides; the decimal mark.

    `halves` are the words for AM and PM, case-folded.
    """

    decimal: Literal[".", ","] | None = None
    months: Mapping[str, str] = field(default_factory=dict)
    fillers: tuple[str, ...] = ()
    halves: Mapping[str, str] = field(default_factory=dict)

    def digits(self, text: str) -> str:
        """Digits of any script as 0-9."""
        return to_ascii_digits(text)

    def date(self, text: str) -> str:
        """A date with English month names, 0-9, and no words between."""
        named = self._names.sub(lambda found: self.months[found[0].casefold()], self.digits(text))
        if self.halves:
            named = self._half_words.sub(lambda found: f" {self.halves[found[0].casefold()]} ", named)
            named = _HALF_FIRST.sub(r"\2 \1", " ".join(named.split()))
        for filler in self.fillers:
            named = re.sub(rf"(?<!\w){re.escape(filler)}(?!\w)", "", named, flags=re.IGNORECASE)
        return " ".join(named.split())

    @cached_property
    def _half_words(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.halves), key=len, reverse=True)
        return re.compile("|".join(rf"(?<![^\W\d_]){word}(?![^\W\d_])" for word in longest_first), re.IGNORECASE)

    @cached_property
    def _names(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.months), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first) or '(?!)'})(?!\w)", re.IGNORECASE)


_HALF_FIRST = re.compile(r"(AM|PM)\s*(\d{1,2}:\d\d(?::\d\d)?)")  # as Chinese writes it


def of(source: Source) -> Locale | None:
    """The locale that a source declares, if it does."""
    return None if source.locale is None else load(source.locale)


@cache
def load(name: str) -> Locale:
    """The locale of a language file."""
    said = languages.load(name)["locale"]
    months = {one.casefold(): MONTHS[place] for place, names in enumerate(said["months"]) for one in names}
    halves = {word.casefold(): half.upper() for half in ("am", "pm") for word in said.get(half, ())}
    return Locale(said["decimal"], months, tuple(said.get("fillers", ())), halves)

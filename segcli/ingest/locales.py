"""How a country writes digits, months and decimals: used only where the user declares it, never guessed."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal

from segcli.config.ingest import Source
from segcli.ingest import languages

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Locale:
    """Month names (case-folded) -> English ones; words that dates may hold besides; the decimal mark."""

    decimal: Literal[".", ","] | None = None
    months: Mapping[str, str] = field(default_factory=dict)
    fillers: tuple[str, ...] = ()

    def digits(self, text: str) -> str:
        """Digits of any script as 0-9."""
        return text if text.isascii() else "".join(_digit(mark) for mark in text)

    def date(self, text: str) -> str:
        """A date with English month names, 0-9, and no words between."""
        named = self._names.sub(lambda found: self.months[found[0].casefold()], self.digits(text))
        for filler in self.fillers:
            named = re.sub(rf"(?<!\w){re.escape(filler)}(?!\w)", "", named, flags=re.IGNORECASE)
        return " ".join(named.split())

    @cached_property
    def _names(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.months), key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first) or '(?!)'})(?!\w)", re.IGNORECASE)


def _digit(mark: str) -> str:
    value = unicodedata.decimal(mark, None)
    return mark if value is None else str(value)


def of(source: Source) -> Locale | None:
    """The locale that a source declares, if it does."""
    return None if source.locale is None else load(source.locale)


@cache
def load(name: str) -> Locale:
    """The locale of a language file."""
    said = languages.load(name)["locale"]
    months = {one.casefold(): MONTHS[place] for place, names in enumerate(said["months"]) for one in names}
    return Locale(said["decimal"], months, tuple(said.get("fillers", ())))

"""How a language writes numbers, money, shares and dates: from the English figure, whose value stays what it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

# A number as segcli writes it, what stands before it, and its unit.
_NUMBER_PATTERN = re.compile(r"([<>]?)([-+]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?( M|%| d|x| sd| s)?")
_DAY_PATTERN = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True)
class NumberFormat:
    """The marks of a language's numbers, its units by the English ones, and the pattern of a day."""

    group: str = ","
    decimal: str = "."
    day: str = "{year}-{month}-{day}"
    units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, section: Mapping[str, object]) -> Self:
        """From a catalogue's section."""
        units = section.get("units", {})
        assert isinstance(units, Mapping)
        number_marks = {name: str(section[name]) for name in ("group", "decimal", "day") if name in section}
        return cls(
            **number_marks, units={f" {name}" if name not in {"%", "x"} else name: unit for name, unit in units.items()}
        )

    def translate_number(self, text: str) -> str | None:
        """A text that is one figure or one day; None for any other.

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

"""How a language writes numbers, money, shares and dates: from the English figure, whose value stays what it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

# A number as segcli writes it, what stands before it, and its unit.
_FIGURE = re.compile(r"([<>]?)([-+]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?( M|%| d|x| sd| s)?")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True)
class Figures:
    """The marks of a language's numbers, its units by the English ones, and the pattern of a day."""

    group: str = ","
    decimal: str = "."
    day: str = "{year}-{month}-{day}"
    units: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, told: Mapping[str, object]) -> Self:
        """From a catalogue's section."""
        units = told.get("units", {})
        assert isinstance(units, Mapping)
        marks = {name: str(told[name]) for name in ("group", "decimal", "day") if name in told}
        return cls(
            **marks, units={f" {name}" if name not in {"%", "x"} else name: unit for name, unit in units.items()}
        )

    def told(self, text: str) -> str | None:
        """A text that is one figure or one day; None for any other.

        >>> Figures(group=" ", decimal=",", units={"%": " %"}).told("-1,234.5%")
        '-1 234,5 %'
        >>> Figures(day="{day}.{month}.{year}").told("2026-07-01")
        '01.07.2026'
        """
        if day := _DAY.fullmatch(text):
            return self.day.format(year=day[1], month=day[2], day=day[3])
        found = _FIGURE.fullmatch(text)
        if found is None:
            return None
        before, sign, whole, fraction, unit = found.groups()
        number = sign + whole.replace(",", self.group) + (self.decimal + fraction if fraction else "")
        return before + number + self.units.get(unit, unit or "")


ENGLISH = Figures()

"""Demographic: income bands, by given cuts or in thirds of those whose income is known and believable."""

import numpy as np
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import Decided, banded, column, numbers, with_unknown

SOURCE = "thirds at type 7 quantiles (Hyndman and Fan 1996), or the user's cuts"
NEEDS = "income"
ADDS = ()


class Options(Section):
    """How incomes are cut."""

    cuts: list[float] | None = Field(
        None, min_length=1, description="First income of each band but the first; default: thirds."
    )
    labels: list[str] | None = Field(None, min_length=2, description="Names of the bands, lowest first.")
    placeholders: bool = Field(
        default=True,
        description="Whether numbers of one repeated digit, five long or more, such as 666666, are no incomes.",
    )


def decide(customers: Customers, options: Options) -> Decided:
    """The band of each customer's income."""
    incomes = numbers(column(customers, c.INCOME))
    odd = _placeholders(incomes) if options.placeholders else np.zeros(len(incomes), dtype=bool)
    known = np.where(odd, np.nan, incomes)
    cuts = sorted(options.cuts) if options.cuts else np.nanquantile(known, [1 / 3, 2 / 3]).tolist()
    order = options.labels or (["low", "middle", "high"] if len(cuts) == 2 else _named(cuts))  # noqa: PLR2004 - thirds
    if len(order) != len(cuts) + 1:
        order = _named(cuts)
    labels = banded(known, cuts, order)
    count = int(odd.sum())
    warnings = (f"incomes that are one digit repeated, such as 666666: {count:,}; they count as unknown",) * bool(count)
    note = f"income bands begin at {', '.join(f'{cut:,.0f}' for cut in cuts)}"
    return Decided(labels, with_unknown(order, labels), (note,), warnings)


def _placeholders(incomes: np.ndarray) -> np.ndarray:
    """Whether a number is one digit repeated, which people and programs write where they know nothing."""
    texts = [f"{income:.0f}" if income == income else "" for income in incomes]  # noqa: PLR0124 - NaN
    return np.array([len(text) >= 5 and len(set(text)) == 1 for text in texts], dtype=bool)  # noqa: PLR2004 - as said


def _named(cuts: list[float]) -> list[str]:
    marks = [f"{cut:,.0f}" for cut in cuts]
    return [f"below {marks[0]}", *(f"from {mark}" for mark in marks)]

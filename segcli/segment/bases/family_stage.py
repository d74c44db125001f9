"""Demographic: family life cycle, the first of its stages that fits."""

import numpy as np
import numpy.typing as npt
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.counting import counted
from segcli.model import Customers
from segcli.segment.ages import age, believable
from segcli.segment.bases import UNKNOWN, Decided, numbers, with_unknown
from segcli.segment.bases._words import COUPLE, words

SOURCE = "after Wells and Gubar, Life cycle concept in marketing research (1966); first match"
NEEDS = "birth_date, birth_year or age; marital_status, occupation, children or columns of one's own"
ADDS = ()
ORDER = (
    *("retired", "empty nest", "with young children", "with older children", "with children"),
    *("couple without children", "single"),
)
Mask = npt.NDArray[np.bool_]


class Options(Section):
    """Which words mean what, and which columns count children."""

    couple: list[str] = Field(
        list(COUPLE),
        description="Marital statuses of people who live as a couple.",
    )
    alone: list[str] = Field(
        ["single", "divorced", "widow", "widowed", "widower", "separated", "never married", "alone"],
        description="Marital statuses of people who live alone.",
    )
    were_married: list[str] = Field(
        ["divorced", "widow", "widowed", "widower", "separated"],
        description="Marital statuses of people who live alone and were married.",
    )
    retired: list[str] = Field(["retired", "pensioner"], description="Occupations that mean retired.")
    young: str | None = Field(None, description="Column that counts young children.")
    older: str | None = Field(None, description="Column that counts older children.")
    retirement_age: int = Field(65, ge=1, description="Age from which people count as retired.")
    empty_nest_age: int = Field(
        45, ge=1, description="Age from which couples and those who were married have an empty nest."
    )
    oldest: int = Field(110, ge=1, description="Age above which a birthday is not believed.")


def decide(customers: Customers, options: Options) -> Decided:
    """The stage of each customer; marital statuses that mean nothing are reported, not believed."""
    ages, warnings = believable(age(customers), options.oldest)
    status, occupation = words(customers, c.MARITAL_STATUS), words(customers, c.OCCUPATION)
    couple, alone = (np.isin(status, [word.casefold() for word in words]) for words in (options.couple, options.alone))
    were = np.isin(status, [word.casefold() for word in options.were_married])
    young, older, some, none = _children(customers, options)
    with np.errstate(invalid="ignore"):
        stages: dict[str, Mask] = {
            "retired": (ages >= options.retirement_age) | np.isin(occupation, options.retired),
            "empty nest": (ages >= options.empty_nest_age) & none & (couple | were),
            "with young children": young,
            "with older children": older,
            "with children": some,
            "couple without children": couple & none,
            "single": alone & none,
        }
    labels = np.select([stages[name] for name in ORDER], list(ORDER), default=UNKNOWN).astype(object)
    odd = sorted({str(word) for word in status[(status != "") & ~couple & ~alone]})
    if odd:
        count = int(np.isin(status, odd).sum())
        warnings = (
            *warnings,
            f"marital statuses that mean nothing here: {', '.join(odd)} ({counted(count, 'customer')})",
        )
    present = [name for name in ORDER if (labels == name).any()]
    return Decided(labels, with_unknown(present, labels), warnings=warnings)


def _children(customers: Customers, options: Options) -> tuple[Mask, Mask, Mask, Mask]:
    """Who has young ones, older ones, any at all, and who surely has none."""
    counts = {}
    for kind, name in (("young", options.young), ("older", options.older), ("all", c.CHILDREN)):
        there = name in customers.table
        counts[kind] = numbers(customers.table[name]) if there else np.full(len(customers.table), np.nan)
    young, older = counts["young"] > 0, counts["older"] > 0
    some = young | older | (counts["all"] > 0)
    known = ~np.isnan(counts["all"]) | (~np.isnan(counts["young"]) & ~np.isnan(counts["older"]))
    return young, older, some, known & ~some

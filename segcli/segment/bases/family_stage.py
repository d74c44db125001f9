"""Demographic: family life cycle, by the first matching stage."""

import numpy as np
import numpy.typing as npt
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.message import count_message
from segcli.model import Customers
from segcli.segment.ages import age_in_years, discard_impossible_ages
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, read_optional
from segcli.segment.bases._words import COUPLE_STATUSES, read_words

SOURCE = "after Wells and Gubar, Life cycle concept in marketing research (1966); the first matching stage"
NEEDS = "birth_date, birth_year or age; marital_status, occupation, children or your own columns"
ADDS = ()
ORDER = (
    *("retired", "empty nest", "with young children", "with older children", "with children"),
    *("couple without children", "single"),
)
CustomerMask = npt.NDArray[np.bool_]


class Options(Section):
    """Words for marital statuses and occupations, columns that count children, and age limits."""

    couple: list[str] = Field(
        list(COUPLE_STATUSES),
        description="Marital statuses of couples.",
    )
    alone: list[str] = Field(
        ["single", "divorced", "widow", "widowed", "widower", "separated", "never married", "alone"],
        description="Marital statuses of people who live alone.",
    )
    were_married: list[str] = Field(
        ["divorced", "widow", "widowed", "widower", "separated"],
        description="Marital statuses of formerly married people who live alone.",
    )
    retired: list[str] = Field(["retired", "pensioner"], description="Occupations of retired people.")
    young: str | None = Field(None, description="Column with the number of young children. Default: none.")
    older: str | None = Field(None, description="Column with the number of older children. Default: none.")
    retirement_age: int = Field(65, ge=1, description="Age in years from which people count as retired.")
    empty_nest_age: int = Field(
        45, ge=1, description="Age in years from which couples and formerly married people have an empty nest."
    )
    oldest: int = Field(110, ge=1, description="Maximum plausible age in years. Older customers are unknown.")


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's stage. Unrecognised marital statuses are reported and ignored."""
    ages, warnings = discard_impossible_ages(age_in_years(customers), options.oldest)
    status, occupation = read_words(customers, columns.MARITAL_STATUS), read_words(customers, columns.OCCUPATION)
    is_couple, is_alone = (
        np.isin(status, [word.casefold() for word in words]) for words in (options.couple, options.alone)
    )
    was_married = np.isin(status, [word.casefold() for word in options.were_married])
    has_young, has_older, has_children, has_none = _find_children(customers, options)
    with np.errstate(invalid="ignore"):
        stages: dict[str, CustomerMask] = {
            "retired": (ages >= options.retirement_age) | np.isin(occupation, options.retired),
            "empty nest": (ages >= options.empty_nest_age) & has_none & (is_couple | was_married),
            "with young children": has_young,
            "with older children": has_older,
            "with children": has_children,
            "couple without children": is_couple & has_none,
            "single": is_alone & has_none,
        }
    labels = np.select([stages[name] for name in ORDER], list(ORDER), default=UNKNOWN).astype(object)
    unknown_statuses = sorted({str(word) for word in status[(status != "") & ~is_couple & ~is_alone]})
    if unknown_statuses:
        count = int(np.isin(status, unknown_statuses).sum())
        warnings = (
            *warnings,
            count_message(
                "unrecognised marital statuses: {names} ({count} customer)",
                "unrecognised marital statuses: {names} ({count} customers)",
                count,
                names=", ".join(unknown_statuses),
            ),
        )
    present = [name for name in ORDER if (labels == name).any()]
    return BaseResult(labels, append_unknown(present, labels), warnings=warnings)


def _find_children(
    customers: Customers, options: Options
) -> tuple[CustomerMask, CustomerMask, CustomerMask, CustomerMask]:
    """Return masks of customers with young children, with older children, with any children, and certainly without."""
    young, older, children = (
        read_optional(customers.table, name) for name in (options.young, options.older, columns.CHILDREN)
    )
    has_young, has_older = young > 0, older > 0
    has_children = has_young | has_older | (children > 0)
    is_known = ~np.isnan(children) | (~np.isnan(young) & ~np.isnan(older))
    return has_young, has_older, has_children, is_known & ~has_children

"""How old customers are, by whatever the table says of it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, column, numbers

OLDEST = 110


def birth_year(customers: Customers) -> npt.NDArray[np.float64]:
    """Year of birth, from the date, the year, or the age at as_of; NaN where none is known."""
    if c.BIRTH_DATE in customers.table:
        born = customers.table[c.BIRTH_DATE]
        return numbers(born.dt.year if _has_dates(born) else _years(born, customers))
    if c.BIRTH_YEAR in customers.table:
        return numbers(customers.table[c.BIRTH_YEAR])
    years = numbers(column(customers, c.BIRTH_DATE, c.BIRTH_YEAR, c.AGE))
    return _require_day(customers).year - years


def age(customers: Customers) -> npt.NDArray[np.float64]:
    """Completed years at as_of; from a year of birth alone, as of the end of that year. NaN where not known.

    Somebody born on 29 February completes a year on 1 March of a common year.
    """
    if c.AGE in customers.table and c.BIRTH_DATE not in customers.table:
        return numbers(customers.table[c.AGE])
    day = _require_day(customers)
    if c.BIRTH_DATE not in customers.table or not _has_dates(customers.table[c.BIRTH_DATE]):
        return day.year - birth_year(customers)
    born = customers.table[c.BIRTH_DATE]
    had = (born.dt.month < day.month) | ((born.dt.month == day.month) & (born.dt.day <= day.day))
    completed: npt.NDArray[np.float64] = numbers(day.year - born.dt.year) - (~had).to_numpy(dtype=np.float64)
    return completed


def aged(customers: Customers, asked: Collection[str]) -> Customers:
    """With a column of ages, if that is asked for, by name or in a group, and birthdays say it."""
    born = {c.BIRTH_DATE, c.BIRTH_YEAR} & {*customers.table.columns}
    told = c.AGE in asked or ("demographic" in asked and customers.as_of is not None)
    if not told or not born or c.AGE in customers.table:
        return customers
    ages, odd = believable(age(customers), OLDEST)
    return replace(customers, table=customers.table.assign(**{c.AGE: ages}), warnings=(*customers.warnings, *odd))


def believable(ages: npt.NDArray[np.float64], oldest: int) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Ages without those nobody has, and a warning with their count."""
    with np.errstate(invalid="ignore"):
        odd = (ages < 0) | (ages > oldest)
    count = int(odd.sum())
    warning = f"ages below 0 or above {oldest}: {count:,}; they count as {UNKNOWN}"
    return np.where(odd, np.nan, ages), (warning,) * bool(count)


def _has_dates(born: pd.Series) -> bool:
    return born.dtype.kind == "M"


def _years(born: pd.Series, customers: Customers) -> pd.Series:
    """Return dates of birth that are years alone as numbers.

    Raises:
        InputProblem: they are neither dates nor years.
    """
    texts = born.astype("str").str.strip().str.removesuffix(".0")
    is_year = texts.str.fullmatch("[0-9]{4}").fillna(value=False).astype(bool)
    if not (is_year | born.isna()).all():
        raise InputProblem(
            "holds neither dates nor years, so ages are unknown",
            source=customers.readings[0].input.name,
            column=c.BIRTH_DATE,
            remedy="Say how dates are written with --date-format",
        )
    return pd.to_numeric(texts.where(is_year)).astype("Float64")


def _require_day(customers: Customers) -> date:
    if customers.as_of is None:
        raise InputProblem(
            "ages need a day to be counted to, and this table has no orders",
            source=customers.readings[0].input.name,
            remedy="Say which with --as-of",
        )
    return customers.as_of

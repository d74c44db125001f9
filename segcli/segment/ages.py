"""Ages of customers, from the birth date, the birth year or the age column."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.errors import InputProblem
from segcli.message import message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, require_column, to_floats

MAX_AGE = 110


def birth_years(customers: Customers) -> npt.NDArray[np.float64]:
    """Return years of birth, from the date, the year, or the age at as_of; NaN where unknown."""
    if columns.BIRTH_DATE in customers.table:
        birth_dates = customers.table[columns.BIRTH_DATE]
        return to_floats(birth_dates.dt.year if _has_dates(birth_dates) else _parse_birth_years(birth_dates, customers))
    if columns.BIRTH_YEAR in customers.table:
        return to_floats(customers.table[columns.BIRTH_YEAR])
    years = to_floats(require_column(customers, columns.BIRTH_DATE, columns.BIRTH_YEAR, columns.AGE))
    return _require_as_of(customers).year - years


def age_in_years(customers: Customers) -> npt.NDArray[np.float64]:
    """Return completed years of age at as_of; NaN where unknown.

    With only a year of birth, the age is that at the end of the as_of year. A person born on 29 February completes a
    year on 1 March of a common year.
    """
    if columns.AGE in customers.table and columns.BIRTH_DATE not in customers.table:
        return to_floats(customers.table[columns.AGE])
    as_of = _require_as_of(customers)
    if columns.BIRTH_DATE not in customers.table or not _has_dates(customers.table[columns.BIRTH_DATE]):
        return as_of.year - birth_years(customers)
    birth_dates = customers.table[columns.BIRTH_DATE]
    had_birthday = (birth_dates.dt.month < as_of.month) | (
        (birth_dates.dt.month == as_of.month) & (birth_dates.dt.day <= as_of.day)
    )
    full_years: npt.NDArray[np.float64] = to_floats(as_of.year - birth_dates.dt.year) - (~had_birthday).to_numpy(
        dtype=np.float64
    )
    return full_years


def add_age_column(customers: Customers, feature_names: Collection[str]) -> Customers:
    """Add a column of ages if the features request it, by name or group, and the table has birth dates or years."""
    birth_columns = {columns.BIRTH_DATE, columns.BIRTH_YEAR} & {*customers.table.columns}
    is_requested = columns.AGE in feature_names or ("demographic" in feature_names and customers.as_of is not None)
    if not is_requested or not birth_columns or columns.AGE in customers.table:
        return customers
    ages, age_warnings = discard_impossible_ages(age_in_years(customers), MAX_AGE)
    return replace(
        customers, table=customers.table.assign(**{columns.AGE: ages}), warnings=(*customers.warnings, *age_warnings)
    )


def discard_impossible_ages(
    ages: npt.NDArray[np.float64], max_age: int
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Replace ages below 0 or above `max_age` by NaN, and return a warning with their count."""
    with np.errstate(invalid="ignore"):
        is_impossible = (ages < 0) | (ages > max_age)
    count = int(is_impossible.sum())
    warning = message(
        "ages below 0 or above {oldest}: {count}; counted as {label}", oldest=max_age, count=count, label=UNKNOWN
    )
    return np.where(is_impossible, np.nan, ages), (warning,) * bool(count)


def _has_dates(birth_dates: pd.Series) -> bool:
    return birth_dates.dtype.kind == "M"


def _parse_birth_years(birth_dates: pd.Series, customers: Customers) -> pd.Series:
    """Parse a birth date column that holds only years.

    Raises:
        InputProblem: the values are neither dates nor years.
    """
    texts = birth_dates.astype("str").str.strip().str.removesuffix(".0")
    is_year = texts.str.fullmatch("[0-9]{4}").fillna(value=False).astype(bool)
    if not (is_year | birth_dates.isna()).all():
        raise InputProblem(
            "contains neither dates nor years, so ages are unknown",
            source=customers.input_reports[0].input.name,
            column=columns.BIRTH_DATE,
            remedy="set the date format with --date-format",
        )
    return pd.to_numeric(texts.where(is_year)).astype("Float64")


def _require_as_of(customers: Customers) -> date:
    if customers.as_of is None:
        raise InputProblem(
            "ages need a reference date, and this table has no orders",
            source=customers.input_reports[0].input.name,
            remedy="set it with --as-of",
        )
    return customers.as_of

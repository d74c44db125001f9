"""Factors of a regression: numbers and categories as a design matrix, without factors that repeat each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli.arrays import FloatArray
from segcli.errors import UsageProblem
from segcli.formatting import column_label
from segcli.message import message
from segcli.segment.clustering.feature_encoding import is_skewed, signed_log1p

UNKNOWN_LEVEL = "unknown"
MAX_EXPLAINED = 0.999  # share of a column's variance that earlier columns explain; it then repeats them


@dataclass(frozen=True)
class Factor:
    """A column of the design matrix: a number, or a level of a category; `step` is a standard deviation of a number.

    `is_log` is whether the number is in logarithms, because it is skewed.
    """

    driver: str
    level: str | None
    step: float = 1.0
    is_log: bool = False


@dataclass(frozen=True, eq=False)
class Design:
    """Design matrix, shape (n, factors), and notes on excluded columns.

    Numbers are standardised, with missing values set to the mean. Categories are 0 or 1, without the most frequent
    level.
    """

    factors: Sequence[Factor]
    matrix: FloatArray
    notes: Sequence[str]


def build_design(table: pd.DataFrame, column_names: Sequence[str]) -> Design:
    """Build the design matrix of some columns.

    Raises:
        UsageProblem: every column is constant.
    """
    notes: list[str] = []
    factors: list[Factor] = []
    design_columns: list[FloatArray] = []
    for column_name in _drop_finer_categories(table, column_names, notes):
        for factor, values in _encode_column(table[column_name], column_name):
            repeated = _find_repeated(values, design_columns, factors)
            if repeated is None:
                factors.append(factor)
                design_columns.append(values)
            else:
                notes.append(
                    message("{factor} is left out: it repeats {other}", factor=describe_factor(factor), other=repeated)
                )
    if not design_columns:
        raise UsageProblem("drivers.among: every column is constant; set other columns")
    return Design(factors, np.column_stack(design_columns), tuple(notes))


def describe_factor(factor: Factor) -> str:
    """Return the label of a factor, with the level of a category."""
    label = column_label(factor.driver)
    return label if factor.level is None else message("{label} = {level}", label=label, level=factor.level)


def _drop_finer_categories(table: pd.DataFrame, column_names: Sequence[str], notes: list[str]) -> list[str]:
    """Drop categories whose values determine another category, such as cities within regions; the coarser one stays.

    Of two categories with the same groups, the first one stays.
    """
    level_codes = {
        name: pd.factorize(_read_levels(table[name]), sort=True)[0]
        for name in column_names
        if not pd.api.types.is_numeric_dtype(table[name])
    }
    level_counts = {name: int(codes.max(initial=-1)) + 1 for name, codes in level_codes.items()}
    kept_names = []
    for position, name in enumerate(column_names):
        coarser_names = [
            other
            for other_position, other in enumerate(column_names)
            if name in level_codes
            and other in level_codes
            and other != name
            and 1 < level_counts[other] <= level_counts[name]
            and (level_counts[other] < level_counts[name] or other_position < position)
            and _determines(level_codes[name], level_codes[other])
        ]
        if coarser_names:
            notes.append(
                message(
                    "{column} is left out: each of its values belongs to one value of {other}",
                    column=column_label(name),
                    other=column_label(coarser_names[0]),
                )
            )
        else:
            kept_names.append(name)
    return kept_names


def _determines(codes: npt.NDArray[np.int64], other_codes: npt.NDArray[np.int64]) -> bool:
    """Return whether customers with the same value of one column all have the same value of another."""
    pair_count = len(np.unique(codes * (int(other_codes.max()) + 1) + other_codes))
    return pair_count == len(np.unique(codes))


def _read_levels(values: pd.Series) -> pd.Series:
    return values.astype("str").where(values.notna(), UNKNOWN_LEVEL)


def _encode_column(values: pd.Series, column_name: str) -> list[tuple[Factor, FloatArray]]:
    """Return the design columns of a number or a category; none if it is constant."""
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        is_log = is_skewed(numbers)
        numbers = signed_log1p(numbers) if is_log else numbers
        step = float(np.nanstd(numbers)) if not np.isnan(numbers).all() else 0.0
        if not step > 0:
            return []
        return [(Factor(column_name, None, step, is_log), np.nan_to_num((numbers - np.nanmean(numbers)) / step))]
    levels = _read_levels(values)
    most_frequent = levels.mode()[0]
    return [
        (Factor(column_name, str(level)), (levels == level).to_numpy(dtype=np.float64))
        for level in sorted(level for level in levels.unique() if level != most_frequent)
    ]


def _find_repeated(values: FloatArray, design_columns: Sequence[FloatArray], factors: Sequence[Factor]) -> str | None:
    """Return the label of the factors that a column can be computed from; None if there are none.

    It is the closest single factor, if that one suffices.
    """
    if not design_columns:
        return None
    earlier = np.column_stack([np.ones(len(values)), *design_columns])
    centred = values - values.mean()
    residuals = centred - earlier @ np.linalg.lstsq(earlier, centred, rcond=None)[0]
    if residuals @ residuals > (1 - MAX_EXPLAINED) * (centred @ centred):
        return None
    similarities = [abs(float(np.corrcoef(values, column)[0, 1])) for column in design_columns]
    closest = int(np.argmax(similarities))
    if similarities[closest] ** 2 >= MAX_EXPLAINED:
        return describe_factor(factors[closest])
    return message("a combination of other columns")

"""Outcomes with few values: yes or no in any supported language, and categories."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli.arrays import FloatArray
from segcli.errors import UsageProblem
from segcli.ingest.status_columns import is_listed_word

MAX_LEVELS = 8  # a text column with more values is no outcome
TRUE_WORDS, FALSE_WORDS = "true_words", "false_words"


@dataclass(frozen=True, eq=False)
class OutcomeLevels:
    """Indicators of an outcome, by label: 1 for customers with it, 0 for others, NaN where unknown; shape (n,).

    A yes-or-no outcome has one indicator. A category has one for each of its values, against all others.
    """

    indicators: Mapping[str, FloatArray]

    @property
    def is_binary(self) -> bool:
        """Whether the outcome is yes or no."""
        return len(self.indicators) == 1


def read_outcome(values: pd.Series, name: str, positive: str | None, setting: str) -> OutcomeLevels | None:
    """Return the indicators of a column; None if it is a quantity.

    Args:
        values: the column.
        name: its name.
        positive: the value that counts as yes; None finds it.
        setting: setting that names the positive value, for messages.

    Raises:
        UsageProblem: the positive value does not occur, or the column has too many values, or only one.
    """
    texts = _to_texts(values)
    levels = sorted(texts[texts != ""].unique())
    if positive is not None:
        return OutcomeLevels(
            {f"{name} = {positive}": _compare_texts(texts, _find_level(levels, positive, name, setting))}
        )
    if pd.api.types.is_numeric_dtype(values):
        return OutcomeLevels({name: _compare_texts(texts, "1")}) if levels == ["0", "1"] else None
    if not 1 < len(levels) <= MAX_LEVELS:
        raise UsageProblem(
            f"'{name}' has {len(levels)} values; an outcome is a number, yes or no, or one of 2 to {MAX_LEVELS} texts"
        )
    if len(levels) > 2:  # noqa: PLR2004 - more than yes and no
        return OutcomeLevels({f"{name} = {level}": _compare_texts(texts, level) for level in levels})
    positive_level = _find_positive(levels)
    if positive_level is None:
        counts = texts.value_counts()
        positive_level = min(levels, key=lambda level: (counts[level], level))
    return OutcomeLevels({f"{name} = {positive_level}": _compare_texts(texts, positive_level)})


def _find_positive(levels: list[str]) -> str | None:
    """Return the value that means yes, if the other one means no."""
    if len(levels) != 2:  # noqa: PLR2004 - yes and no
        return None
    for yes, no in (levels, levels[::-1]):
        if is_listed_word(yes, TRUE_WORDS) and is_listed_word(no, FALSE_WORDS):
            return yes
    return None


def _to_texts(values: pd.Series) -> pd.Series:
    """Return the values as texts, blank where missing; whole numbers have no decimals."""
    if pd.api.types.is_bool_dtype(values):
        return values.astype("float64").map({1.0: "1", 0.0: "0"}).fillna("").astype("str")
    if pd.api.types.is_numeric_dtype(values):
        return values.map(lambda number: "" if pd.isna(number) else f"{number:g}").astype("str")
    return values.astype("str").where(values.notna(), "").str.strip()


def _find_level(levels: list[str], positive: str, name: str, setting: str) -> str:
    for level in levels:
        if level.casefold() == positive.strip().casefold():
            return level
    raise UsageProblem(
        f"{setting}: '{name}' has no value '{positive}'; values: {', '.join(levels[:MAX_LEVELS]) or 'none'}"
    )


def _compare_texts(texts: pd.Series, level: str) -> FloatArray:
    return np.where(texts == "", np.nan, (texts.str.casefold() == level.casefold()).to_numpy(dtype=np.float64))

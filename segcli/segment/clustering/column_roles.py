"""Roles of columns: which can be features by default, and why the others cannot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns
from segcli.columns import ColumnKind
from segcli.ingest.column_descriptions import CHOICE_SEPARATOR
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.column_topics import find_matching_word, special_category_columns
from segcli.ingest.date_formats import candidate_formats
from segcli.ingest.locales import word_list
from segcli.ingest.pii import find_pii_columns
from segcli.ingest.survey_layouts import find_metadata
from segcli.ingest.survey_weights import find_weight_columns

MAX_FEATURE_LEVELS = 30  # a text column with more values holds names, not categories
OUTCOME_VALUES = 2  # values of a column that a weak word may mark as an outcome
SMALL_COUNT = 2  # of values or rows, which are different by chance
SAMPLE_VALUES = 100  # values that show whether a text column holds dates
MIN_DATE_SHARE = 0.9
ID_SUFFIXES = ("id", "nr", "no", "number", "nummer", "code", "key", "index")
MIN_ID_SHARE = 0.95  # share of distinct values of a column that is named like an identifier


@dataclass(frozen=True)
class ColumnRoles:
    """The usable columns of a table, and the reason why each other column cannot be a feature by default."""

    usable: tuple[str, ...]
    reasons: dict[str, str]
    outcomes: tuple[str, ...]

    def describe(self, features: Sequence[str]) -> Iterator[str]:
        """Yield the features, the other usable columns, and the rest by reason, one line each."""
        yield f"features: {', '.join(features)}"
        others = [name for name in self.usable if name not in features]
        if others:
            yield f"usable, not chosen: {', '.join(others)}"
        for reason in dict.fromkeys(self.reasons.values()):
            yield f"no features ({reason}): {', '.join(name for name, own in self.reasons.items() if own == reason)}"


def find_column_roles(table: pd.DataFrame, audited_columns: Sequence[str], *, allow_special: bool) -> ColumnRoles:
    """Return which columns may be features by default.

    Args:
        table: the customer table.
        audited_columns: columns that are never features.
        allow_special: whether special categories of personal data may be features.
    """
    reasons = dict.fromkeys(find_metadata(list(map(str, table.columns))), "metadata of the survey")
    reasons |= dict.fromkeys(find_weight_columns(table), "survey weights")
    reasons |= {name: "identifies people" for name, _ in find_pii_columns(table)}
    reasons |= dict.fromkeys(audited_columns, "reserved for audits")
    outcomes = []
    for name in map(str, table.columns):
        reason = "" if name in reasons else next(_list_reasons(table, name, allow_special=allow_special), "")
        if not reason and name not in reasons and is_outcome(name, table[name]):
            outcomes.append(name)
            reason = "may be an outcome, not a trait"
        if reason:
            reasons[name] = reason
    usable = tuple(name for name in map(str, table.columns) if name not in reasons)
    return ColumnRoles(
        usable, {name: reasons[name] for name in map(str, table.columns) if name in reasons}, tuple(outcomes)
    )


def _list_reasons(table: pd.DataFrame, name: str, *, allow_special: bool) -> Iterator[str]:
    """Yield the reasons against a column, except outcomes and names of people."""
    values = table[name]
    kind = columns.column_kind(name)
    is_numeric = pd.api.types.is_numeric_dtype(values)
    value_count = values.nunique()
    if name == columns.CUSTOMER_ID or kind is ColumnKind.ID:
        yield "identifies customers"
    if name.endswith(columns.SEGMENT_SUFFIX) or name in columns.SCORE_COLUMNS:
        yield "a result of segcli"
    if special_category_columns([name]) and not allow_special:
        yield "a special category of personal data"
    if kind is ColumnKind.DATE or _are_dates(values):
        yield "a date"
    if value_count == 0:
        yield "empty"
    if value_count == 1 and values.notna().all():
        yield "the same for every customer"
    if any(other.startswith(f"{name}{CHOICE_SEPARATOR}") for other in map(str, table.columns)):
        yield "its choices are columns of their own"
    if is_numeric and name not in columns.MEASURES and _is_identifier(name, values):
        yield "numbers the customers"
    if not is_numeric and (
        value_count > MAX_FEATURE_LEVELS or (value_count > SMALL_COUNT and value_count == len(values))
    ):
        yield "too many different texts"


def _is_identifier(name: str, values: pd.Series) -> bool:
    """Return whether whole numbers count rows, or are nearly all distinct under a name such as customer no."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isnan(numbers).any() or len(numbers) <= SMALL_COUNT or not (numbers == np.floor(numbers)).all():
        return False
    distinct = np.unique(numbers)
    if len(distinct) == len(numbers) and distinct[-1] - distinct[0] == len(numbers) - 1:
        return True
    normalised_name = normalise_name(name)
    return normalised_name.endswith(ID_SUFFIXES) and len(distinct) >= MIN_ID_SHARE * len(numbers)


def _are_dates(values: pd.Series) -> bool:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return True
    if pd.api.types.is_numeric_dtype(values.dtype):
        return False
    texts = values.dropna().head(SAMPLE_VALUES).astype("str")
    return len(texts) > 0 and sum(any(candidate_formats(text)) for text in texts) >= MIN_DATE_SHARE * len(texts)


def is_outcome(name: str, values: pd.Series) -> bool:
    """Return whether a column may hold what a customer did in the end, such as churn, by its name or its texts."""
    if name in columns.CUSTOMER_TABLE_COLUMNS:
        return False
    if find_matching_word(name, "outcomes"):
        return True
    if pd.api.types.is_numeric_dtype(values) or values.nunique() > MAX_FEATURE_LEVELS:
        has_outcome_texts = False
    else:
        has_outcome_texts = any(find_matching_word(str(text), "outcomes") for text in values.dropna().unique())
    if has_outcome_texts:
        return True
    is_flag = values.nunique() <= OUTCOME_VALUES
    weak_names = {normalise_name(word) for word in word_list("outcome_flags")}
    return is_flag and (normalise_name(name) in weak_names or bool(find_matching_word(name, "outcome_flags")))

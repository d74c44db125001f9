"""What customers are clustered by when nobody says: their behaviour, or else the answers they gave."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.cluster import ClusterSettings
from segcli.ingest.identifying import find_pii_columns
from segcli.ingest.special import describe_special_columns, special_category_columns
from segcli.model import Customers
from segcli.segment.eligible import find_allowed_features, group_columns, own_numeric_columns, standard_names

DEFAULT_FEATURES = [columns.BEHAVIOUR]
MIN_BATTERY_COLUMNS = 3  # columns of one scale from which they are answers to one set of questions
MIN_OWN_MEASURES = 2  # columns of numbers that tell customers apart well enough without others
MAX_CATEGORIES = 10  # different texts or numbers of a column that is suggested where there are too few numbers
BINARY_ANSWERS = (0, 1)
MAX_SCALE_ANSWER = 10  # answer of the longest scale in use, from 0 to 10


def default_features(
    customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]
) -> tuple[ClusterSettings, tuple[str, ...]]:
    """The settings with the features that stand in for behaviour where nothing is known of it, and what is to be said.

    Args:
        customers: whose features.
        settings: what is asked for.
        audit_only: columns that are never features.
    """
    if settings.features != DEFAULT_FEATURES:
        return settings, ()
    table, audited_columns = customers.table, standard_names(customers, audit_only)
    behaviour_columns = [name for name in group_columns(columns.BEHAVIOUR, table) if name not in audited_columns]
    if behaviour_columns:
        return settings, tuple(_explain_behaviour(behaviour_columns))
    battery_columns = [name for name in _find_battery(table) if name not in audited_columns]
    special_columns = [] if settings.special_reason else special_category_columns(battery_columns)
    answers = [name for name in battery_columns if name not in special_columns]
    if not answers:
        return settings, ()
    summary = f"nothing is known of behaviour: segments are found by {len(answers)} columns of answers instead"
    left_out = [
        f"{describe_special_columns([name])}: left out, a special category of personal data (privacy.special_reason)"
        for name in special_columns
    ]
    return settings.model_copy(update={"features": answers}), (f"{summary}; cluster.features names others", *left_out)


def has_default_features(customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]) -> bool:
    """Whether there are features to cluster by: the user's, or behaviour, or a battery of answers."""
    resolved_settings, _ = default_features(customers, settings, audit_only)
    return resolved_settings.features != DEFAULT_FEATURES or bool(group_columns(columns.BEHAVIOUR, customers.table))


def suggest_features(customers: Customers, audit_only: Sequence[str]) -> list[str]:
    """Name columns to cluster a table by of whose customers neither behaviour nor a battery of answers is known.

    Args:
        customers: a customer table.
        audit_only: columns that are never features.

    Returns:
        The columns of numbers under the file's own names; where there are too few, also standard ones such as income,
        and columns of few different texts.
    """
    table = customers.table
    excluded_columns = [*standard_names(customers, audit_only), *(name for name, _ in find_pii_columns(table))]
    allowed_columns = [
        name
        for name in find_allowed_features(table)
        if name not in excluded_columns and not special_category_columns([name])
    ]
    measures = [
        name for name in allowed_columns if pd.api.types.is_numeric_dtype(table[name]) and _is_measure(table[name])
    ]
    own_measures = [name for name in own_numeric_columns(table) if name in measures]
    if len(own_measures) >= MIN_OWN_MEASURES:
        return own_measures
    return [name for name in allowed_columns if name in measures or 1 < table[name].nunique() <= MAX_CATEGORIES]


def _is_measure(values: pd.Series) -> bool:
    """Whether numbers measure something: more than yes or no, and not one number for each row in turn."""
    differences = np.diff(np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan)))
    return values.nunique() > len(BINARY_ANSWERS) and not (len(differences) > 0 and bool((differences == 1).all()))


def _explain_behaviour(behaviour_columns: Sequence[str]) -> Iterator[str]:
    """What was taken for behaviour by its name, or that there is too little of it."""
    columns_by_name = [name for name in behaviour_columns if name not in columns.FEATURE_GROUPS[columns.BEHAVIOUR]]
    if columns_by_name:
        yield f"taken for behaviour by their names: {', '.join(columns_by_name)}; cluster.features names others"
    if len(behaviour_columns) == 1:
        yield f"segments are found by {behaviour_columns[0]} alone; cluster.features names more"


def _find_battery(table: pd.DataFrame) -> list[str]:
    """The largest set of columns that are answers on one scale, such as yes or no, or 1 to 5; the first if several."""
    columns_by_scale: dict[int, list[str]] = {}
    for name in own_numeric_columns(table):
        answers = np.asarray(table[name].dropna().to_numpy(dtype=np.float64))
        if (answers == np.floor(answers)).all() and answers.min() >= 0 and answers.max() <= MAX_SCALE_ANSWER:
            columns_by_scale.setdefault(int(answers.max()), []).append(name)
    largest_battery = max(columns_by_scale.values(), key=len, default=[])
    return largest_battery if len(largest_battery) >= MIN_BATTERY_COLUMNS else []

"""Feature selection: the columns to cluster by, and the defaults: behaviour, otherwise survey answers."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.cluster import ClusterSettings
from segcli.customers.missing_measures import add_remedy
from segcli.errors import ConfigProblems, UsageProblem
from segcli.ingest.column_topics import describe_special_columns, find_purchase_columns, special_category_columns
from segcli.ingest.pii import find_pii_columns
from segcli.message import count_message, message
from segcli.model import Customers

# Allowed features: by name or group, but no identifiers, special categories or audit-only columns.
MAX_FEATURE_LEVELS = 30  # a text column with more values holds names, not categories
BINARY_VALUE_COUNT = 2  # a column with no more values is a yes/no flag, not a count or sum


def select_features(customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]) -> Mapping[str, float]:
    """Return the columns that the settings name, in their order, each with its weight.

    Groups skip audit-only columns; naming such a column is an error. A column has its own weight, or that of its group.

    Raises:
        ConfigProblems: a feature is audit-only or a special category of data without a stated reason, or a weight
            belongs to no feature.
        UsageProblem: a column does not exist or cannot be a feature.
    """
    table, audited_columns = customers.table, standard_names(customers, audit_only)
    weights: dict[str, float] = {}
    mentioned_names: set[str] = set()
    for requested_name, standard_name in zip(
        settings.features, standard_names(customers, settings.features), strict=True
    ):
        available_columns = [column for column in group_columns(requested_name, table) if column not in audited_columns]
        for column in available_columns or [standard_name]:
            weight = settings.weights.get(column, settings.weights.get(requested_name, 1.0))
            weights.setdefault(column, weight)
            mentioned_names |= {column, requested_name}
    _reject_unusable(customers, weights)
    problems = [
        *_find_forbidden(weights, audited_columns, settings),
        *_find_unused_weights(settings.weights, mentioned_names),
    ]
    if problems:
        raise ConfigProblems(problems)
    return weights


def standard_names(customers: Customers, names: Sequence[str]) -> list[str]:
    """Translate names of the table or of the file to names of the table."""
    standard_by_file_name = {
        name: standard for input_report in customers.input_reports for standard, name in input_report.columns.items()
    }
    return [name if name in customers.table else standard_by_file_name.get(name, name) for name in names]


def group_columns(name: str, table: pd.DataFrame) -> list[str]:
    """Return the columns of a feature group; an empty list if the name is no group.

    Without measured orders or revenue, behaviour includes the file's own columns that count or sum purchases.
    """
    if name == columns.PSYCHOGRAPHIC:
        return [column for column in map(str, table.columns) if column.startswith(columns.ATTITUDE_PREFIX)]
    standard_columns = [column for column in columns.FEATURE_GROUPS.get(name, ()) if column in table]
    has_measures = name != columns.BEHAVIOUR or {columns.ORDERS, columns.REVENUE} & set(standard_columns)
    return standard_columns if has_measures else [*standard_columns, *_behaviour_columns(table)]


def own_numeric_columns(table: pd.DataFrame) -> list[str]:
    """Return the non-constant numeric columns under the file's own names, without standard columns and segments."""
    names = [
        name
        for name in map(str, table.columns)
        if name not in columns.CUSTOMER_TABLE_COLUMNS and not name.endswith(columns.SEGMENT_SUFFIX)
    ]
    return [
        name for name in names if pd.api.types.is_numeric_dtype(table[name]) and table[name].min() < table[name].max()
    ]


def _behaviour_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns whose names refer to spending or purchases and that have more than two values."""
    behaviour_names = find_purchase_columns(own_numeric_columns(table))
    return [
        name
        for name in behaviour_names
        if table[name].nunique() > BINARY_VALUE_COUNT and not special_category_columns([name])
    ]


def find_allowed_features(table: pd.DataFrame) -> list[str]:
    """Return the columns that can be features."""
    return [name for name in table.columns if not _exclusion_reason(table, name)]


def _reject_unusable(customers: Customers, feature_weights: Mapping[str, float]) -> None:
    table = customers.table
    for name in feature_weights:
        reason = _exclusion_reason(table, name)
        if reason:
            usable_columns = ", ".join(find_allowed_features(table))
            problem = f"cluster.features: '{name}' {reason}; available: {usable_columns or 'no column'}"
            raise UsageProblem(add_remedy(problem, customers, [name]))


def _exclusion_reason(table: pd.DataFrame, name: str) -> str:
    """Return the reason why a column cannot be a feature; empty if it can."""
    if name not in table:
        is_group = name == columns.PSYCHOGRAPHIC or name in columns.FEATURE_GROUPS
        if is_group:
            return "is a group without any available column"
        return "is not in the table" if columns.is_computed(name) else "is not a column or group of features"
    if columns.column_kind(name) is columns.ColumnKind.ID or name == columns.CUSTOMER_ID:
        return "identifies customers"
    if pd.api.types.is_numeric_dtype(table[name]):
        return ""
    if pd.api.types.is_datetime64_any_dtype(table[name]):
        return "is a date"
    level_count = table[name].nunique()
    return (
        f"has {level_count:,} different texts (at most {MAX_FEATURE_LEVELS})"
        if level_count > MAX_FEATURE_LEVELS
        else ""
    )


def _find_forbidden(
    feature_weights: Mapping[str, float], audited_columns: Sequence[str], settings: ClusterSettings
) -> Iterator[str]:
    special_columns = special_category_columns(feature_weights)
    if special_columns and not settings.special_reason:
        message = f"cluster.features: special categories of personal data: {describe_special_columns(special_columns)}"
        yield f"{message}; remove them, or give a reason in privacy.special_reason (it is recorded)"
    for name in feature_weights:
        if name in audited_columns:
            yield f"cluster.features: '{name}' is reserved for audits (fairness.audit_only); remove it"


def _find_unused_weights(feature_weights: Mapping[str, float], mentioned_names: set[str]) -> Iterator[str]:
    for name in feature_weights:
        if name not in mentioned_names:
            yield f"cluster.weights: '{name}' is not a feature; features: {', '.join(sorted(mentioned_names))}"


DEFAULT_FEATURES = [columns.BEHAVIOUR]
MIN_BATTERY_COLUMNS = 3  # minimum number of columns on one scale to count as a battery
MIN_OWN_MEASURES = 2  # with this many numeric columns, no other columns are suggested
MAX_CATEGORIES = 10  # maximum distinct values of a suggested column if numeric columns are too few
BINARY_ANSWERS = (0, 1)
MAX_SCALE_ANSWER = 10  # highest answer of the longest common scale, 0 to 10


def default_features(
    customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]
) -> tuple[ClusterSettings, tuple[str, ...]]:
    """Return the settings with substitute features if the default, behaviour, is not available, and notes about them.

    Args:
        customers: customers to cluster.
        settings: cluster settings.
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
    summary = count_message(
        "no behaviour columns: segments are based on {count} survey column instead; cluster.features selects others",
        "no behaviour columns: segments are based on {count} survey columns instead; cluster.features selects others",
        len(answers),
    )
    left_out = [
        message(
            "{name}: excluded, a special category of personal data (privacy.special_reason)",
            name=describe_special_columns([name]),
        )
        for name in special_columns
    ]
    return settings.model_copy(update={"features": answers}), (summary, *left_out)


def has_default_features(customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]) -> bool:
    """Return whether there are features to cluster by: the user's, behaviour, or a battery of answers."""
    resolved_settings, _ = default_features(customers, settings, audit_only)
    return resolved_settings.features != DEFAULT_FEATURES or bool(group_columns(columns.BEHAVIOUR, customers.table))


def suggest_features(customers: Customers, audit_only: Sequence[str]) -> list[str]:
    """Suggest features for a table without behaviour and without a battery of answers.

    Args:
        customers: a customer table.
        audit_only: columns that are never features.

    Returns:
        The numeric columns under the file's own names. If these are too few, also standard columns such as income, and
        text columns with few distinct values.
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
    """Return whether numbers are measurements: more than two values, and not consecutive row numbers."""
    differences = np.diff(np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan)))
    return values.nunique() > len(BINARY_ANSWERS) and not (len(differences) > 0 and bool((differences == 1).all()))


def _explain_behaviour(behaviour_columns: Sequence[str]) -> Iterator[str]:
    """Yield notes on the columns that count as behaviour by name, and on too few of them."""
    columns_by_name = [name for name in behaviour_columns if name not in columns.FEATURE_GROUPS[columns.BEHAVIOUR]]
    if columns_by_name:
        yield (
            message(
                "treated as behaviour because of their names: {names}; cluster.features selects others",
                names=", ".join(columns_by_name),
            )
        )
    if len(behaviour_columns) == 1:
        yield message("segments are based on {name} alone; cluster.features adds more", name=behaviour_columns[0])


def _find_battery(table: pd.DataFrame) -> list[str]:
    """Return the largest set of columns with answers on one scale, such as yes/no or 1 to 5; ties: the first."""
    columns_by_scale: dict[int, list[str]] = {}
    for name in own_numeric_columns(table):
        answers = np.asarray(table[name].dropna().to_numpy(dtype=np.float64))
        if (answers == np.floor(answers)).all() and answers.min() >= 0 and answers.max() <= MAX_SCALE_ANSWER:
            columns_by_scale.setdefault(int(answers.max()), []).append(name)
    largest_battery = max(columns_by_scale.values(), key=len, default=[])
    return largest_battery if len(largest_battery) >= MIN_BATTERY_COLUMNS else []

"""Feature selection: the columns to cluster by, and the defaults: behaviour, otherwise survey answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns
from segcli.columns import ColumnKind
from segcli.config.cluster import ClusterSettings
from segcli.customers.missing_measures import add_remedy
from segcli.errors import ConfigProblems, UsageProblem
from segcli.ingest.column_topics import describe_special_columns, find_purchase_columns, special_category_columns
from segcli.message import count_message, message
from segcli.model import Customers
from segcli.segment.clustering.answer_types import read_answer_types
from segcli.segment.clustering.column_roles import MAX_FEATURE_LEVELS, ColumnRoles, find_column_roles

# Allowed features: by name or group, but no identifiers, special categories or audit-only columns.
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
        problem = f"cluster.features: special categories of personal data: {describe_special_columns(special_columns)}"
        yield f"{problem}; remove them, or give a reason in privacy.special_reason (it is recorded)"
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
MAX_SCALE_ANSWER = 10  # highest answer of the longest common scale, 0 to 10


@dataclass(frozen=True)
class DefaultFeatures:
    """The features in force: `settings` with them, `notes` on the selection, and the `roles` of all columns.

    `names` are the chosen columns. `kind` says what they are: behaviour, survey, columns or none; blank, without roles,
    if the user named them.
    """

    settings: ClusterSettings
    notes: tuple[str, ...] = ()
    kind: str = ""
    roles: ColumnRoles | None = None
    names: tuple[str, ...] = ()

    @property
    def is_usable(self) -> bool:
        """Whether there is a feature."""
        return self.kind != "none"

    def describe_columns(self) -> Iterator[str]:
        """Yield which columns are features, and why others are not; nothing for measures of orders."""
        has_own_columns = any(name not in columns.FEATURE_GROUPS[columns.BEHAVIOUR] for name in self.names)
        if self.roles and (has_own_columns or not self.is_usable):
            yield from self.roles.describe(self.names)


def default_features(customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]) -> DefaultFeatures:
    """Return the features if the user names none: behaviour, else a battery of answers, else usable columns.

    Args:
        customers: customers to cluster.
        settings: cluster settings.
        audit_only: columns that are never features.
    """
    if settings.features != DEFAULT_FEATURES:
        return DefaultFeatures(settings)
    table, audited_columns = customers.table, standard_names(customers, audit_only)
    measured_columns = [name for name in group_columns(columns.BEHAVIOUR, table) if name not in audited_columns]
    if measured_columns and set(measured_columns) <= set(columns.FEATURE_GROUPS[columns.BEHAVIOUR]):
        return DefaultFeatures(settings, tuple(_explain_behaviour(measured_columns)), "behaviour")
    roles = find_column_roles(table, audited_columns, allow_special=settings.special_reason is not None)
    behaviour_columns = [name for name in measured_columns if name not in roles.outcomes]
    if behaviour_columns:
        notes = (*_explain_behaviour(behaviour_columns), *_note_outcomes(roles))
        is_unchanged = behaviour_columns == measured_columns
        changed_settings = settings if is_unchanged else settings.model_copy(update={"features": behaviour_columns})
        return DefaultFeatures(changed_settings, notes, "behaviour", roles, tuple(behaviour_columns))
    return _choose_own_columns(customers, settings, roles)


def _choose_own_columns(customers: Customers, settings: ClusterSettings, roles: ColumnRoles) -> DefaultFeatures:
    """Return a battery of answers as features, unless there are more measurements; else the measurements."""
    table = customers.table
    answers = _find_battery(table, roles.usable)
    if answers and len(answers) >= sum(name not in answers for name in _own_measures(table, roles.usable)):
        kind, names, summary = "survey", answers, _note_survey(len(answers))
    else:
        kind, names = "columns", suggest_features(customers, roles)
        summary = message(
            "no behaviour columns: segments are based on {names}; cluster.features selects others",
            names=", ".join(names),
        )
    if not names:
        return DefaultFeatures(settings, tuple(_note_outcomes(roles)), "none", roles)
    notes = (
        summary,
        *_note_special_columns(table, settings, roles),
        *_note_outcomes(roles),
    )
    return DefaultFeatures(settings.model_copy(update={"features": names}), notes, kind, roles, tuple(names))


def _note_survey(answer_count: int) -> str:
    return count_message(
        "no behaviour columns: segments are based on {count} survey column instead; cluster.features selects others",
        "no behaviour columns: segments are based on {count} survey columns instead; cluster.features selects others",
        answer_count,
    )


def _note_special_columns(table: pd.DataFrame, settings: ClusterSettings, roles: ColumnRoles) -> Iterator[str]:
    for name in special_category_columns(map(str, table.columns)):
        if not settings.special_reason and name in roles.reasons:
            yield message(
                "{name}: excluded, a special category of personal data (privacy.special_reason)",
                name=describe_special_columns([name]),
            )


def suggest_features(customers: Customers, roles: ColumnRoles) -> list[str]:
    """Suggest features for a table without behaviour and without a battery of answers.

    Args:
        customers: a customer table.
        roles: the usable columns.

    Returns:
        The numeric columns under the file's own names. If these are too few, also standard columns such as income, and
        text columns with few distinct values.
    """
    table = customers.table
    own_measures = _own_measures(table, roles.usable)
    if len(own_measures) >= MIN_OWN_MEASURES:
        return own_measures
    measures = [name for name in roles.usable if _is_measure(table[name])]
    return [name for name in roles.usable if name in measures or 1 < table[name].nunique() <= MAX_CATEGORIES]


def _own_measures(table: pd.DataFrame, usable_columns: Sequence[str]) -> list[str]:
    return [name for name in own_numeric_columns(table) if name in usable_columns and _is_measure(table[name])]


def _is_measure(values: pd.Series) -> bool:
    """Return whether a column holds measurements: numbers with more than two values."""
    return pd.api.types.is_numeric_dtype(values) and values.nunique() > BINARY_VALUE_COUNT


def _note_outcomes(roles: ColumnRoles) -> Iterator[str]:
    for name in roles.outcomes:
        yield message(
            "{name} may be an outcome and is not a feature; drivers.of: {name} shows what is associated with it",
            name=name,
        )


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


def _find_battery(table: pd.DataFrame, usable_columns: Sequence[str]) -> list[str]:
    """Return the largest set of columns with answers on one scale, such as yes/no or 1 to 5; ties: the first.

    A standard column such as children is one of them if its answers are the same, so that it is an item.
    """
    columns_by_scale: dict[str, list[str]] = {}
    readings = read_answer_types(table, usable_columns)
    for name in usable_columns:
        scale = readings[name].battery if name in readings else _numeric_scale(table[name])
        if scale and (name not in columns.CUSTOMER_TABLE_COLUMNS or columns.column_kind(name) is ColumnKind.COUNT):
            columns_by_scale.setdefault(scale, []).append(name)
    own_counts = {
        scale: sum(name not in columns.CUSTOMER_TABLE_COLUMNS for name in names)
        for scale, names in columns_by_scale.items()
    }
    best_scale = max(own_counts, key=own_counts.__getitem__, default="")
    if own_counts.get(best_scale, 0) < MIN_BATTERY_COLUMNS:
        return []
    is_items = columns_by_scale[best_scale][0] in readings
    return [name for name in columns_by_scale[best_scale] if is_items or name not in columns.CUSTOMER_TABLE_COLUMNS]


def _numeric_scale(values: pd.Series) -> str:
    """Return the scale of whole numbers from 0 or 1 to the highest answer; blank for other columns."""
    if not pd.api.types.is_numeric_dtype(values):
        return ""
    answers = np.asarray(values.dropna().to_numpy(dtype=np.float64))
    is_scale = len(answers) and (answers == np.floor(answers)).all() and answers.min() >= 0
    return f"0 to {answers.max():.0f}" if is_scale and answers.max() <= MAX_SCALE_ANSWER else ""

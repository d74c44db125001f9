"""Which columns may be features: by name or group, never what identifies, is special, or is there for audits only."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from segcli import columns
from segcli.config.cluster import ClusterSettings
from segcli.customers.missing import add_remedy
from segcli.errors import ConfigProblems, UsageProblem
from segcli.ingest.behavioural import find_purchase_columns
from segcli.ingest.special import describe_special_columns, special_category_columns
from segcli.model import Customers

MAX_FEATURE_LEVELS = 30  # a text column with more names people or places, and no kinds
BINARY_VALUE_COUNT = 2  # values of a column that counts or sums nothing


def select_features(customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]) -> Mapping[str, float]:
    """The columns that the settings name, in their order, each with its weight.

    A group leaves out what is for audits only; by name that is refused. A column's weight is its own, or its group's.

    Raises:
        ConfigProblems: a feature is of a special category of data and nobody said why, or for audits only, or a weight
            is of no feature.
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
    """Names in the table for names in the table or in the file."""
    standard_by_file_name = {
        name: standard for input_report in customers.input_reports for standard, name in input_report.columns.items()
    }
    return [name if name in customers.table else standard_by_file_name.get(name, name) for name in names]


def group_columns(name: str, table: pd.DataFrame) -> list[str]:
    """The columns of a group of features; none if it is no group.

    Where nobody measured orders or revenue, behaviour is also what the file itself counts and sums under its own names.
    """
    if name == columns.PSYCHOGRAPHIC:
        return [column for column in map(str, table.columns) if column.startswith(columns.ATTITUDE_PREFIX)]
    standard_columns = [column for column in columns.FEATURE_GROUPS.get(name, ()) if column in table]
    has_measures = name != columns.BEHAVIOUR or {columns.ORDERS, columns.REVENUE} & set(standard_columns)
    return standard_columns if has_measures else [*standard_columns, *_behaviour_columns(table)]


def own_numeric_columns(table: pd.DataFrame) -> list[str]:
    """Columns of numbers that differ, under the file's own names: neither standard columns nor segments."""
    names = [
        name
        for name in map(str, table.columns)
        if name not in columns.CUSTOMER_TABLE_COLUMNS and not name.endswith(columns.SEGMENT_SUFFIX)
    ]
    return [
        name for name in names if pd.api.types.is_numeric_dtype(table[name]) and table[name].min() < table[name].max()
    ]


def _behaviour_columns(table: pd.DataFrame) -> list[str]:
    """What speaks of spending or purchases by its name and has more values than yes and no."""
    behaviour_names = find_purchase_columns(own_numeric_columns(table))
    return [
        name
        for name in behaviour_names
        if table[name].nunique() > BINARY_VALUE_COUNT and not special_category_columns([name])
    ]


def find_allowed_features(table: pd.DataFrame) -> list[str]:
    """Name the columns that can be features."""
    return [name for name in table.columns if not _exclusion_reason(table, name)]


def _reject_unusable(customers: Customers, feature_weights: Mapping[str, float]) -> None:
    table = customers.table
    for name in feature_weights:
        reason = _exclusion_reason(table, name)
        if reason:
            usable_columns = ", ".join(find_allowed_features(table))
            message = f"cluster.features: '{name}' {reason}; there is: {usable_columns or 'no column'}"
            raise UsageProblem(add_remedy(message, customers, [name]))


def _exclusion_reason(table: pd.DataFrame, name: str) -> str:
    """Why a column cannot be a feature; blank where it can."""
    if name not in table:
        is_group = name == columns.PSYCHOGRAPHIC or name in columns.FEATURE_GROUPS
        if is_group:
            return "is a group of which no column is there"
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
        yield f"{message}; leave them out, or give the reason as privacy.special_reason (it is recorded)"
    for name in feature_weights:
        if name in audited_columns:
            yield f"cluster.features: '{name}' is there for audits only (fairness.audit_only); leave it out"


def _find_unused_weights(feature_weights: Mapping[str, float], mentioned_names: set[str]) -> Iterator[str]:
    for name in feature_weights:
        if name not in mentioned_names:
            yield f"cluster.weights: '{name}' is none of the features: {', '.join(sorted(mentioned_names))}"

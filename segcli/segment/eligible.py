"""Which columns may be features: by name or group, never what identifies, is special, or is there for audits only."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from segcli import columns as c
from segcli.config.cluster import ClusterSettings
from segcli.customers.missing import add_remedy
from segcli.errors import ConfigProblems, UsageProblem
from segcli.ingest.behavioural import behavioural
from segcli.ingest.special import describe_special, special
from segcli.model import Customers

MOST_LEVELS = 30  # a text column with more names people or places, and no kinds
YES_NO = 2  # values of a column that counts or sums nothing


def eligible(customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]) -> Mapping[str, float]:
    """The columns that the settings name, in their order, each with its weight.

    A group leaves out what is for audits only; by name that is refused. A column's weight is its own, or its group's.

    Raises:
        ConfigProblems: a feature is of a special category of data and nobody said why, or for audits only, or a weight
            is of no feature.
        UsageProblem: a column does not exist or cannot be a feature.
    """
    table, audited = customers.table, standard_names(customers, audit_only)
    weights: dict[str, float] = {}
    named: set[str] = set()
    for asked, standard in zip(settings.features, standard_names(customers, settings.features), strict=True):
        group = [column for column in group_of(asked, table) if column not in audited]
        for column in group or [standard]:
            weight = settings.weights.get(column, settings.weights.get(asked, 1.0))
            weights.setdefault(column, weight)
            named |= {column, asked}
    _refuse(customers, weights)
    problems = [*_not_allowed(weights, audited, settings), *_unused(settings.weights, named)]
    if problems:
        raise ConfigProblems(problems)
    return weights


def standard_names(customers: Customers, names: Sequence[str]) -> list[str]:
    """Names in the table for names in the table or in the file."""
    theirs = {name: standard for reading in customers.readings for standard, name in reading.columns.items()}
    return [name if name in customers.table else theirs.get(name, name) for name in names]


def group_of(name: str, table: pd.DataFrame) -> list[str]:
    """The columns of a group of features; none if it is no group.

    Where nobody measured orders or revenue, behaviour is also what the file itself counts and sums under its own names.
    """
    if name == c.PSYCHOGRAPHIC:
        return [column for column in map(str, table.columns) if column.startswith(c.ATTITUDE)]
    standard = [column for column in c.FEATURE_GROUPS.get(name, ()) if column in table]
    measured = name != c.BEHAVIOUR or {c.ORDERS, c.REVENUE} & set(standard)
    return standard if measured else [*standard, *_amounts_and_counts(table)]


def unnamed(table: pd.DataFrame) -> list[str]:
    """Columns of numbers that differ, under the file's own names: neither standard columns nor segments."""
    names = [name for name in map(str, table.columns) if name not in c.CUSTOMER_TABLE and not name.endswith(c.SEGMENT)]
    return [
        name for name in names if pd.api.types.is_numeric_dtype(table[name]) and table[name].min() < table[name].max()
    ]


def _amounts_and_counts(table: pd.DataFrame) -> list[str]:
    """What speaks of spending or purchases by its name and has more values than yes and no."""
    named = behavioural(unnamed(table))
    return [name for name in named if table[name].nunique() > YES_NO and not special([name])]


def allowed_features(table: pd.DataFrame) -> list[str]:
    """Name the columns that can be features."""
    return [name for name in table.columns if not _why_not(table, name)]


def _refuse(customers: Customers, named: Mapping[str, float]) -> None:
    table = customers.table
    for name in named:
        why = _why_not(table, name)
        if why:
            usable = ", ".join(allowed_features(table))
            what = f"cluster.features: '{name}' {why}; there is: {usable or 'no column'}"
            raise UsageProblem(add_remedy(what, customers, [name]))


def _why_not(table: pd.DataFrame, name: str) -> str:
    """Why a column cannot be a feature; blank where it can."""
    if name not in table:
        is_group = name == c.PSYCHOGRAPHIC or name in c.FEATURE_GROUPS
        if is_group:
            return "is a group of which no column is there"
        return "is not in the table" if c.is_computed(name) else "is not a column or group of features"
    if c.kind(name) is c.Kind.ID or name == c.CUSTOMER_ID:
        return "identifies customers"
    if pd.api.types.is_numeric_dtype(table[name]):
        return ""
    if pd.api.types.is_datetime64_any_dtype(table[name]):
        return "is a date"
    count = table[name].nunique()
    return f"has {count:,} different texts (at most {MOST_LEVELS})" if count > MOST_LEVELS else ""


def _not_allowed(named: Mapping[str, float], audited: Sequence[str], settings: ClusterSettings) -> Iterator[str]:
    found = special(named)
    if found and not settings.special_reason:
        what = f"cluster.features: special categories of personal data: {describe_special(found)}"
        yield f"{what}; leave them out, or give the reason as privacy.special_reason (it is recorded)"
    for name in named:
        if name in audited:
            yield f"cluster.features: '{name}' is there for audits only (fairness.audit_only); leave it out"


def _unused(weights: Mapping[str, float], named: set[str]) -> Iterator[str]:
    for name in weights:
        if name not in named:
            yield f"cluster.weights: '{name}' is none of the features: {', '.join(sorted(named))}"

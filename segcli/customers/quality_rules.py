"""Quality rules on all customers together, and their anonymity: k-anonymity and l-diversity."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from segcli import columns
from segcli.config.ingest_types import resolve_limit
from segcli.config.privacy import PrivacySettings
from segcli.config.quality import ColumnRule, QualitySettings
from segcli.customers.missing_measures import add_remedy
from segcli.errors import ConfigProblems
from segcli.ingest.input_file import InputFile
from segcli.ingest.quality import find_rule_column
from segcli.message import count_message, join_messages, message
from segcli.model import Customers, QualityCheck

# Rules on all customers together: rejected lines, age of the last order, and number of customers, days and buyers
CONFIDENCE_LEVELS = ("low", "medium", "high")
MAX_ONE_TIME_SHARE = 0.8  # share of customers with one order above which a base is thin


def measure_one_time_share(table: pd.DataFrame) -> float:
    """Return the share of customers with one order among those whose orders are known; 0 if none are."""
    if columns.ORDERS not in table or table[columns.ORDERS].dtype.kind not in "iuf":  # an empty column has text type
        return 0.0
    orders = table[columns.ORDERS].dropna()
    return float((orders <= 1).mean()) if len(orders) else 0.0


def check_missing_columns(rules: Mapping[str, ColumnRule], inputs: Sequence[InputFile]) -> Iterator[QualityCheck]:
    """Yield a failed check for each rule on a column that no input has."""
    for name, rule in rules.items():
        if not any(find_rule_column(name, file.mapping, file.header) for file in inputs):
            yield QualityCheck(
                f"columns.{name}", inputs[0].content.name, False, rule.severity, f"no input has a column '{name}'"
            )


_COUNT_LABELS = {
    "customers": message("customers"),
    "days": message("days"),
    "repeat_buyers": message("repeat buyers"),
}
_LEVEL_LABELS = {"high": message("high"), "medium": message("medium"), "low": message("low")}


def check_customers(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    """Yield a check for each rule; the confidence is a note if no minimum is configured."""
    yield from _check_rejects(customers, rules)
    yield from _check_unreadable_money(customers, rules)
    yield from _check_age(customers, rules)
    yield from _check_confidence(customers, rules)


def _check_rejects(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    for input_report in customers.input_reports:
        if input_report.reconciliation and rules.max_rejects is not None:
            rejected = sum(reason_total.lines for reason_total in input_report.reconciliation.rejected)
            passed = rejected <= resolve_limit(rules.max_rejects, input_report.reconciliation.read)
            what = f"lines rejected: {rejected:,} of {input_report.reconciliation.read:,} (at most {rules.max_rejects})"
            yield QualityCheck("max_rejects", input_report.input.name, passed, "error", what)


def _check_unreadable_money(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    for input_report in customers.input_reports:
        reconciliation = input_report.reconciliation
        if reconciliation and rules.max_unreadable_money is not None:
            average = abs(reconciliation.money_kept) / max(reconciliation.kept, 1)
            unreadable_money = reconciliation.unreadable_money + average * (
                reconciliation.unreadable - reconciliation.unreadable_with_digits
            )
            passed = unreadable_money <= resolve_limit(rules.max_unreadable_money, reconciliation.money_read)
            what = (
                f"unreadable amounts: about {unreadable_money:,.2f} on {reconciliation.unreadable:,} lines, of "
                f"{reconciliation.money_read:,.2f} read (at most {rules.max_unreadable_money})"
            )
            yield QualityCheck("max_unreadable_money", input_report.input.name, passed, "error", what)


def _check_age(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    if rules.max_age_days is None:
        return
    days = int(customers.table[columns.RECENCY_DAYS].min()) if columns.RECENCY_DAYS in customers.table else None
    passed = days is not None and days <= rules.max_age_days
    age_text = "unknown" if days is None else f"{days:,}"
    what = f"days from the last order to the as-of day: {age_text} (at most {rules.max_age_days:,})"
    yield QualityCheck("max_age_days", "customers", passed, "error", what)


def _check_confidence(customers: Customers, rules: QualitySettings) -> Iterator[QualityCheck]:
    """Yield the check of the confidence; its smallest part decides, and unknown parts are ignored."""
    table, sizes = customers.table, rules.confidence
    counts = {"customers": len(table)}
    if (
        {columns.FIRST_ORDER, columns.LAST_ORDER} <= set(table.columns)
        and table[columns.LAST_ORDER].dtype.kind == "M"
        and len(table)
    ):
        counts["days"] = int((table[columns.LAST_ORDER].max() - table[columns.FIRST_ORDER].min()).days)
    if columns.ORDERS in table and table[columns.ORDERS].dtype.kind in "iuf":  # an empty column has text type
        counts["repeat_buyers"] = int((table[columns.ORDERS] > 1).sum())
    smallest_ratio = min(count / getattr(sizes, name) for name, count in counts.items())
    one_time_share = measure_one_time_share(table)
    level = "high" if smallest_ratio >= 1 else "medium" if smallest_ratio >= 1 / 2 else "low"
    level = "low" if one_time_share > MAX_ONE_TIME_SHARE else level
    count_texts: list[str] = [
        message(
            "{label} {number} ({recommended} recommended)",
            label=_COUNT_LABELS[name],
            number=number,
            recommended=getattr(sizes, name),
        )
        for name, number in counts.items()
    ]
    if one_time_share > MAX_ONE_TIME_SHARE:
        count_texts.append(message("{share:.0%} bought once", share=one_time_share))
    what = message("confidence {level}: {counts}", level=_LEVEL_LABELS[level], counts=join_messages(", ", count_texts))
    passed = CONFIDENCE_LEVELS.index(level) >= CONFIDENCE_LEVELS.index(rules.min_confidence)
    severity = "note" if passed else "error"
    yield QualityCheck("min_confidence", "customers", passed, severity, what)


PRIVACY_SECTION = "privacy"


@dataclass(frozen=True)
class Anonymity:
    """k-anonymity and l-diversity of the customers.

    `k` is the size of the smallest group of customers with equal quasi-identifiers (Sweeney 2002). `group_count` is the
    number of such groups, and `unique_customers` the number of groups of one. `l` is the smallest number of distinct
    sensitive values in a group (Machanavajjhala et al. 2007; None if no column is sensitive).
    """

    k: int
    group_count: int
    unique_customers: int
    l: int | None  # noqa: E741 - as the literature calls it


def measure_anonymity(customers: Customers, privacy: PrivacySettings) -> Anonymity | None:
    """Measure k and l over the declared quasi-identifiers; missing values count as a value.

    Returns:
        None if no quasi-identifiers are declared.

    Raises:
        ConfigProblems: a column is missing.
    """
    names = privacy.quasi_identifiers
    if not names or not len(customers.table):
        return None
    table = customers.table
    column_names = [*names, *filter(None, [privacy.sensitive])]
    missing = [name for name in column_names if name not in table]
    if missing:
        available = ", ".join(table.columns)
        problem = f"privacy.quasi_identifiers: no column '{missing[0]}'; available: {available}"
        raise ConfigProblems([add_remedy(problem, customers, missing)])
    groups = _group_alike(table, names)
    sizes = groups.value_counts(sort=False)
    min_distinct = (
        None
        if privacy.sensitive is None
        else int(_sensitive_values(table, privacy.sensitive).groupby(groups).nunique().min())
    )
    return Anonymity(int(sizes.min()), len(sizes), int((sizes == 1).sum()), min_distinct)


def _group_alike(table: pd.DataFrame, column_names: list[str]) -> pd.Series:
    return table.groupby(column_names, sort=False, dropna=False).ngroup()


def _sensitive_values(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name].astype("str").fillna("")


def check_anonymity(customers: Customers, privacy: PrivacySettings) -> Iterator[QualityCheck]:
    """Yield a check on k and one on l if they are declared; k is a note if no minimum is configured."""
    result = measure_anonymity(customers, privacy)
    if result is None:
        return
    names = ", ".join(privacy.quasi_identifiers)
    values = {"k": result.k, "names": names}
    if privacy.k is None:
        what: str = count_message(
            "k = {k}: {count} group with equal {names}",
            "k = {k}: {count} groups with equal {names}",
            result.group_count,
            **values,
        )
    else:
        what = count_message(
            "k = {k} (at least {minimum}): {count} group with equal {names}",
            "k = {k} (at least {minimum}): {count} groups with equal {names}",
            result.group_count,
            minimum=privacy.k,
            **values,
        )
    if result.unique_customers:
        what = message("{groups}, {single} of them with a single customer", groups=what, single=result.unique_customers)
    passed = privacy.k is None or result.k >= privacy.k
    yield QualityCheck("k", "customers", passed, "error" if privacy.k else "note", what, PRIVACY_SECTION)
    if result.l is not None and privacy.l_diversity is not None:
        what = message(
            "l = {l} (at least {minimum}): distinct values of {column} among customers with equal {names}",
            l=result.l,
            minimum=privacy.l_diversity,
            column=privacy.sensitive,
            names=names,
        )
        yield QualityCheck("l_diversity", "customers", result.l >= privacy.l_diversity, "error", what, PRIVACY_SECTION)

"""Whether single people stand out by what is known of them: k-anonymity and l-diversity."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from segcli.config.privacy import PrivacySettings
from segcli.counting import pluralize
from segcli.customers.missing import add_remedy
from segcli.errors import ConfigProblems
from segcli.model import Customers, QualityCheck

PRIVACY_SECTION = "privacy"


@dataclass(frozen=True)
class Anonymity:
    """How many customers at least are alike in the quasi-identifiers, and in how many the sensitive value varies.

    `k` is the size of the smallest group (Sweeney 2002), `unique_customers` are customers in groups of one, `l` the
    fewest different sensitive values in a group (Machanavajjhala et al. 2007; None where no column is sensitive).
    """

    k: int
    group_count: int
    unique_customers: int
    l: int | None  # noqa: E741 - as the literature calls it


def measure_anonymity(customers: Customers, privacy: PrivacySettings) -> Anonymity | None:
    """The k and l over the declared quasi-identifiers; None where none are declared. Missing values are values, too.

    Raises:
        ConfigProblems: a column is not there.
    """
    names = privacy.quasi_identifiers
    if not names or not len(customers.table):
        return None
    table = customers.table
    column_names = [*names, *filter(None, [privacy.sensitive])]
    missing = [name for name in column_names if name not in table]
    if missing:
        available = ", ".join(table.columns)
        problem = f"privacy.quasi_identifiers: no column '{missing[0]}'; there is: {available}"
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
    """A verdict on k and one on l, where they are declared; without a wanted least they are notes."""
    result = measure_anonymity(customers, privacy)
    if result is None:
        return
    names = ", ".join(privacy.quasi_identifiers)
    minimum_text = "" if privacy.k is None else f" (at least {privacy.k})"
    unique_text = f", {result.unique_customers:,} of them one customer alone" if result.unique_customers else ""
    message = f"k = {result.k}{minimum_text}: {pluralize(result.group_count, 'group')} alike in {names}{unique_text}"
    passed = privacy.k is None or result.k >= privacy.k
    yield QualityCheck("k", "customers", passed, "error" if privacy.k else "note", message, PRIVACY_SECTION)
    if result.l is not None and privacy.l_diversity is not None:
        subject = f"different {privacy.sensitive} among customers alike in {names}"
        message = f"l = {result.l} (at least {privacy.l_diversity}): {subject}"
        yield QualityCheck(
            "l_diversity", "customers", result.l >= privacy.l_diversity, "error", message, PRIVACY_SECTION
        )

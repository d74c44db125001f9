"""Whether single people stand out by what is known of them: k-anonymity and l-diversity."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from segcli.config.privacy import PrivacySettings
from segcli.counting import counted
from segcli.customers.missing import add_remedy
from segcli.errors import ConfigProblems
from segcli.model import Customers, Verdict

PRIVACY = "privacy"


@dataclass(frozen=True)
class Anonymity:
    """How many customers at least are alike in the quasi-identifiers, and in how many the sensitive value varies.

    `k` is the size of the smallest group (Sweeney 2002), `alone` are customers in groups of one, `l` the fewest
    different sensitive values in a group (Machanavajjhala et al. 2007; None where no column is sensitive).
    """

    k: int
    groups: int
    alone: int
    l: int | None  # noqa: E741 - as the literature calls it


def anonymity(customers: Customers, settings: PrivacySettings) -> Anonymity | None:
    """The k and l over the declared quasi-identifiers; None where none are declared. Missing values are values, too.

    Raises:
        ConfigProblems: a column is not there.
    """
    names = settings.quasi_identifiers
    if not names or not len(customers.table):
        return None
    table = customers.table
    wanted = [*names, *filter(None, [settings.sensitive])]
    missing = [name for name in wanted if name not in table]
    if missing:
        there = ", ".join(table.columns)
        what = f"privacy.quasi_identifiers: no column '{missing[0]}'; there is: {there}"
        raise ConfigProblems([add_remedy(what, customers, missing)])
    groups = _grouped(table, names)
    sizes = groups.value_counts(sort=False)
    fewest = (
        None if settings.sensitive is None else int(_values(table, settings.sensitive).groupby(groups).nunique().min())
    )
    return Anonymity(int(sizes.min()), len(sizes), int((sizes == 1).sum()), fewest)


def _grouped(table: pd.DataFrame, names: list[str]) -> pd.Series:
    return table.groupby(names, sort=False, dropna=False).ngroup()


def _values(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name].astype("str").fillna("")


def judge(customers: Customers, settings: PrivacySettings) -> Iterator[Verdict]:
    """A verdict on k and one on l, where they are declared; without a wanted least they are notes."""
    found = anonymity(customers, settings)
    if found is None:
        return
    names = ", ".join(settings.quasi_identifiers)
    least = "" if settings.k is None else f" (at least {settings.k})"
    alone = f", {found.alone:,} of them one customer alone" if found.alone else ""
    what = f"k = {found.k}{least}: {counted(found.groups, 'group')} alike in {names}{alone}"
    passed = settings.k is None or found.k >= settings.k
    yield Verdict("k", "customers", passed, "error" if settings.k else "note", what, PRIVACY)
    if found.l is not None and settings.l_diversity is not None:
        of = f"different {settings.sensitive} among customers alike in {names}"
        what = f"l = {found.l} (at least {settings.l_diversity}): {of}"
        yield Verdict("l_diversity", "customers", found.l >= settings.l_diversity, "error", what, PRIVACY)

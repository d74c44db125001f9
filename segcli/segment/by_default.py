"""What customers are clustered by when nobody says: their behaviour, or else the answers they gave."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from segcli import columns as c
from segcli.config.cluster import ClusterSettings
from segcli.ingest.identifying import identifying
from segcli.ingest.special import describe_special, special
from segcli.model import Customers
from segcli.segment.eligible import allowed_features, group_of, standard_names, unnamed

DEFAULT = [c.BEHAVIOUR]
BATTERY = 3  # columns of one scale from which they are answers to one set of questions
ENOUGH = 2  # columns of numbers that tell customers apart well enough without others
MOST_KINDS = 10  # different texts or numbers of a column that is suggested where there are too few numbers
YES_NO = (0, 1)
HIGHEST = 10  # answer of the longest scale in use, from 0 to 10


def by_default(
    customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]
) -> tuple[ClusterSettings, tuple[str, ...]]:
    """The settings with the features that stand in for behaviour where nothing is known of it, and what is to be said.

    Args:
        customers: whose features.
        settings: what is asked for.
        audit_only: columns that are never features.
    """
    if settings.features != DEFAULT:
        return settings, ()
    table, audited = customers.table, standard_names(customers, audit_only)
    known = [name for name in group_of(c.BEHAVIOUR, table) if name not in audited]
    if known:
        return settings, tuple(_told(known))
    battery = [name for name in _battery(table) if name not in audited]
    withheld = [] if settings.special_reason else special(battery)
    answers = [name for name in battery if name not in withheld]
    if not answers:
        return settings, ()
    what = f"nothing is known of behaviour: segments are found by {len(answers)} columns of answers instead"
    left_out = [
        f"{describe_special([name])}: left out, a special category of personal data (privacy.special_reason)"
        for name in withheld
    ]
    return settings.model_copy(update={"features": answers}), (f"{what}; cluster.features names others", *left_out)


def has_default_features(customers: Customers, settings: ClusterSettings, audit_only: Sequence[str]) -> bool:
    """Whether there are features to cluster by: the user's, or behaviour, or a battery of answers."""
    chosen, _ = by_default(customers, settings, audit_only)
    return chosen.features != DEFAULT or bool(group_of(c.BEHAVIOUR, customers.table))


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
    audited = [*standard_names(customers, audit_only), *(name for name, _ in identifying(table))]
    allowed = [name for name in allowed_features(table) if name not in audited and not special([name])]
    measures = [name for name in allowed if pd.api.types.is_numeric_dtype(table[name]) and _is_measure(table[name])]
    own = [name for name in unnamed(table) if name in measures]
    if len(own) >= ENOUGH:
        return own
    return [name for name in allowed if name in measures or 1 < table[name].nunique() <= MOST_KINDS]


def _is_measure(values: pd.Series) -> bool:
    """Whether numbers measure something: more than yes or no, and not one number for each row in turn."""
    steps = np.diff(np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan)))
    return values.nunique() > len(YES_NO) and not (len(steps) > 0 and bool((steps == 1).all()))


def _told(known: Sequence[str]) -> Iterator[str]:
    """What was taken for behaviour by its name, or that there is too little of it."""
    by_name = [name for name in known if name not in c.FEATURE_GROUPS[c.BEHAVIOUR]]
    if by_name:
        yield f"taken for behaviour by their names: {', '.join(by_name)}; cluster.features names others"
    if len(known) == 1:
        yield f"segments are found by {known[0]} alone; cluster.features names more"


def _battery(table: pd.DataFrame) -> list[str]:
    """The largest set of columns that are answers on one scale, such as yes or no, or 1 to 5; the first if several."""
    scales: dict[int, list[str]] = {}
    for name in unnamed(table):
        answers = np.asarray(table[name].dropna().to_numpy(dtype=np.float64))
        if (answers == np.floor(answers)).all() and answers.min() >= 0 and answers.max() <= HIGHEST:
            scales.setdefault(int(answers.max()), []).append(name)
    largest = max(scales.values(), key=len, default=[])
    return largest if len(largest) >= BATTERY else []

"""Joining what is known of customers to what they bought."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from segcli import columns as c
from segcli.counting import counted
from segcli.customers import match
from segcli.model import Customers

KEY = "key"  # how customers are found; no column of any table


def join(customers: Customers, known: Customers, by: match.By = "customer_id", region: str | None = None) -> Customers:
    """Add the columns of `known` to the customers they belong to; the match rate becomes a note of its reading.

    Args:
        customers: whose number and order stay.
        known: its customer_id is what `by` says.
        by: customer ids, or the customers' `email` or `phone` (where there is none: their ids).
        region: country of phone numbers without a country code.
    """
    table, reading = known.table, known.readings[0]
    added = table.drop(columns=[n for n in table.columns if n in customers.table.columns and n != c.CUSTOMER_ID])
    contact = by if by in customers.table else c.CUSTOMER_ID
    keys = match.key(customers.table[contact], by, region)
    added = added.rename(columns={c.CUSTOMER_ID: KEY})
    matched = int((keys.isin(added[KEY]) & (keys != "")).sum())
    if matched < len(customers.table):  # whole numbers stay whole where some are missing
        added = added.astype({name: "Int64" for name in added.columns if added[name].dtype == "int64"})
    merged = customers.table.assign(**{KEY: keys}).merge(added, on=KEY, how="left").drop(columns=KEY)
    found = int(added[KEY].isin(keys).sum())
    note = (
        f"{matched:,} of {len(customers.table):,} customers found in it{'' if by == c.CUSTOMER_ID else f' by {by}'}; "
        f"{counted(len(table) - found, 'of its rows belongs', 'of its rows belong')} to nobody who bought"
    )
    return replace(
        customers,
        table=merged,
        readings=(*customers.readings, replace(reading, notes=(*reading.notes, note, *_shared(keys, by)))),
        warnings=(*customers.warnings, *known.warnings),
        verdicts=(*customers.verdicts, *known.verdicts),
    )


def _shared(keys: pd.Series, by: match.By) -> Iterator[str]:
    """A note on customers who have an address or a number in common: perhaps they are one."""
    several = int(keys[keys != ""].duplicated(keep=False).sum())
    if several and by != c.CUSTOMER_ID:
        yield f"customers who share their {by} with another: {several:,}; they are kept apart"

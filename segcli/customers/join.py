"""Joining what is known of customers to what they bought."""

from dataclasses import replace

from segcli import columns as c
from segcli.model import Customers


def join(customers: Customers, known: Customers) -> Customers:
    """Add the columns of `known` to the customers they belong to; the match rate becomes a note of its reading."""
    table, reading = known.table, known.readings[0]
    added = table.drop(columns=[n for n in table.columns if n in customers.table.columns and n != c.CUSTOMER_ID])
    matched = int(customers.table[c.CUSTOMER_ID].isin(table[c.CUSTOMER_ID]).sum())
    if matched < len(customers.table):  # whole numbers stay whole where some are missing
        added = added.astype({name: "Int64" for name in added.columns if added[name].dtype == "int64"})
    note = (
        f"{matched:,} of {len(customers.table):,} customers found in it; "
        f"{len(table) - matched:,} of its rows belong to nobody who bought"
    )
    return replace(
        customers,
        table=customers.table.merge(added, on=c.CUSTOMER_ID, how="left"),
        readings=(*customers.readings, replace(reading, notes=(*reading.notes, note))),
        warnings=(*customers.warnings, *known.warnings),
    )

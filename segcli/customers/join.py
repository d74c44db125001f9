"""Joining what is known of customers to what they bought."""

from dataclasses import replace

from segcli import columns as c
from segcli.errors import InputProblem
from segcli.model import Customers


def join(customers: Customers, known: Customers, id_case: str) -> Customers:
    """Add the columns of `known` to the customers they belong to; the match rate becomes a note of its reading.

    Raises:
        InputProblem: after the case policy two rows of `known` are one customer.
    """
    table = known.table
    if id_case != "keep":
        ids = table[c.CUSTOMER_ID].str
        table = table.assign(**{c.CUSTOMER_ID: ids.upper() if id_case == "upper" else ids.lower()})
    reading = known.readings[0]
    if not table[c.CUSTOMER_ID].is_unique:
        twice = table[c.CUSTOMER_ID][table[c.CUSTOMER_ID].duplicated()].iloc[0]
        raise InputProblem(f"customer '{twice}' has two rows once case is ignored", source=reading.input.name)
    added = table.drop(columns=[n for n in table.columns if n in customers.table.columns and n != c.CUSTOMER_ID])
    matched = int(customers.table[c.CUSTOMER_ID].isin(table[c.CUSTOMER_ID]).sum())
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

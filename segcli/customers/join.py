"""Joining what is known of customers to what they bought."""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from segcli import columns
from segcli.counting import pluralize
from segcli.customers import match
from segcli.model import Customers

KEY_COLUMN = "key"  # how customers are found; no column of any table


def join_attributes(
    customers: Customers,
    customer_attributes: Customers,
    join_key: match.JoinKey = "customer_id",
    region: str | None = None,
) -> Customers:
    """Add the columns of `customer_attributes` to the customers they belong to.

    The match rate becomes a note of its reading.

    Args:
        customers: whose number and order stay.
        customer_attributes: its customer_id is what `join_key` says.
        join_key: customer ids, or the customers' `email` or `phone` (where there is none: their ids).
        region: country of phone numbers without a country code.
    """
    attributes, input_report = customer_attributes.table, customer_attributes.input_reports[0]
    new_columns = attributes.drop(
        columns=[
            column
            for column in attributes.columns
            if column in customers.table.columns and column != columns.CUSTOMER_ID
        ]
    )
    key_column = join_key if join_key in customers.table else columns.CUSTOMER_ID
    keys = match.normalise_keys(customers.table[key_column], join_key, region)
    new_columns = new_columns.rename(columns={columns.CUSTOMER_ID: KEY_COLUMN})
    matched_count = int((keys.isin(new_columns[KEY_COLUMN]) & (keys != "")).sum())
    if matched_count < len(customers.table):  # whole numbers stay whole where some are missing
        new_columns = new_columns.astype(
            {name: "Int64" for name in new_columns.columns if new_columns[name].dtype == "int64"}
        )
    joined_table = (
        customers.table.assign(**{KEY_COLUMN: keys})
        .merge(new_columns, on=KEY_COLUMN, how="left")
        .drop(columns=KEY_COLUMN)
    )
    joined_rows = int(new_columns[KEY_COLUMN].isin(keys).sum())
    note = (
        f"{matched_count:,} of {len(customers.table):,} customers found in it"
        f"{'' if join_key == columns.CUSTOMER_ID else f' by {join_key}'}; "
        f"{pluralize(len(attributes) - joined_rows, 'of its rows belongs', 'of its rows belong')} to nobody who bought"
    )
    return replace(
        customers,
        table=joined_table,
        input_reports=(
            *customers.input_reports,
            replace(input_report, notes=(*input_report.notes, note, *_note_shared_contacts(keys, join_key))),
        ),
        warnings=(*customers.warnings, *customer_attributes.warnings),
        quality_checks=(*customers.quality_checks, *customer_attributes.quality_checks),
    )


def _note_shared_contacts(keys: pd.Series, join_key: match.JoinKey) -> Iterator[str]:
    """A note on customers who have an address or a number in common: perhaps they are one."""
    sharing_count = int(keys[keys != ""].duplicated(keep=False).sum())
    if sharing_count and join_key != columns.CUSTOMER_ID:
        yield f"customers who share their {join_key} with another: {sharing_count:,}; they are kept apart"

"""Tables that aggregates of rules read: order lines, counted by order or by line, and events."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.events import EVENT_TIME
from segcli.customers.lookups import describe_lines
from segcli.customers.order_history import ORDER_NUMBER, encode_lines
from segcli.model import Customers, LineLookup, Transactions
from segcli.segment.expressions.activity import ActivityRows, ActivityTable
from segcli.segment.expressions.evaluator import RuleTable


def build_rule_table(customers: Customers) -> RuleTable:
    """Return the customer table for rules, with its order lines and events; lines are read if a rule names them."""
    return RuleTable(customers.table, customers.as_of, build_activity_tables(customers))


def build_activity_tables(customers: Customers) -> Mapping[str, ActivityTable]:
    """Return the tables that rules on these customers may name."""
    transactions = customers.transactions
    event_tables = {
        name: ActivityTable(partial(_select_event_rows, customers, name), EVENT_TIME) for name in customers.events
    }
    if transactions is None:
        return event_tables
    return event_tables | {
        name: ActivityTable(
            partial(_load_order_rows, transactions, customers.line_lookups, by_line=name == columns.ORDER_LINES),
            columns.ORDER_DATE,
        )
        for name in (columns.ORDERS, columns.ORDER_LINES)
    }


def _select_event_rows(customers: Customers, name: str) -> ActivityRows:
    rows = customers.events[name]
    return ActivityRows(rows.drop(columns=columns.CUSTOMER_ID), rows[columns.CUSTOMER_ID])


def _load_order_rows(
    transactions: Transactions, line_lookups: tuple[LineLookup, ...], *, by_line: bool
) -> ActivityRows:
    """Return the kept lines; as in the customer table, a returned line is no order and lowers only sums of money."""
    lines = encode_lines(transactions.lines, transactions.collapse)
    money_units = lines[columns.AMOUNT].to_numpy(dtype=np.int64)
    is_net = transactions.returns != "separate"
    refunded_units = lines[columns.REFUNDED].to_numpy(dtype=np.int64) if columns.REFUNDED in lines and is_net else 0
    row_columns: dict[str, pd.Series] = {columns.ORDER_DATE: lines[columns.ORDER_DATE]}
    if transactions.has_money:
        row_columns[columns.AMOUNT] = pd.Series(money_units / transactions.money_scale)
    for name in (columns.QUANTITY, columns.DISCOUNTED):
        if name in lines:
            row_columns[name] = lines[name]
    for name in (columns.ORDER_ID, *columns.LINE_TEXT_COLUMNS):
        if name in lines:
            row_columns[name] = lines[name].cat.set_categories(
                [text for text in lines[name].cat.categories if text != ""]
            )  # a blank text is missing
    row_columns |= describe_lines(pd.DataFrame(row_columns), line_lookups)
    net_amounts = (money_units - refunded_units) / transactions.money_scale
    return ActivityRows(
        pd.DataFrame(row_columns),
        lines[columns.CUSTOMER_ID],
        None if by_line else lines[ORDER_NUMBER].to_numpy(dtype=np.int64),
        lines[columns.IS_RETURN].to_numpy(dtype=bool),
        {columns.AMOUNT: net_amounts} if transactions.has_money and is_net else {},
    )

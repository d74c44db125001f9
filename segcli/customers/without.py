"""Customers without some of them, every line of theirs accounted for."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.counting import pluralize
from segcli.errors import InputProblem
from segcli.model import Customers, InputReport, ReasonTotal, Reconciliation, Transactions


def drop_customers(customers: Customers, is_dropped: npt.NDArray[np.bool_], reason: str, description: str) -> Customers:
    """Leave customers out: their order lines become ignored ones, and a note says how many they are.

    Args:
        customers: of which some go.
        is_dropped: which, shape (n,).
        reason: its code, for the lines.
        description: the same in words, for the note.

    Raises:
        InputProblem: nobody would be left.
    """
    count, main_report = int(is_dropped.sum()), customers.input_reports[0]
    if not count:
        return customers
    if is_dropped.all():
        raise InputProblem(
            f"no customer is left: all {count:,} are {description}",
            source=main_report.input.name,
            remedy="Name another file, or look at what takes them out",
        )
    transactions, note = (
        customers.transactions,
        f"{description}: {pluralize(count, 'customer is left out', 'customers are left out')}",
    )
    if transactions is not None:
        transactions = _drop_lines(
            transactions, customers.table.loc[is_dropped, columns.CUSTOMER_ID].astype("str"), reason
        )
        main_report = replace(main_report, reconciliation=transactions.input_report.reconciliation)
    main_report = replace(main_report, notes=(*main_report.notes, note))
    contacts = None if customers.contacts is None else customers.contacts[~is_dropped].reset_index(drop=True)
    return replace(
        customers,
        table=customers.table[~is_dropped].reset_index(drop=True),
        input_reports=(main_report, *customers.input_reports[1:]),
        transactions=None if transactions is None else replace(transactions, input_report=main_report),
        contacts=contacts,
    )


def _drop_lines(transactions: Transactions, ids: object, reason: str) -> Transactions:
    order_lines = transactions.lines
    is_dropped = order_lines[columns.CUSTOMER_ID].isin(list(ids)).to_numpy()  # type: ignore[call-overload]  # texts of a column
    kept_lines = order_lines[~is_dropped]
    known_ids = kept_lines[
        columns.CUSTOMER_ID
    ].cat.remove_unused_categories()  # who is left out must not count as a customer
    kept_lines = kept_lines.assign(**{columns.CUSTOMER_ID: known_ids}).reset_index(drop=True)
    dropped_lines, money_scale = order_lines[is_dropped], transactions.money_scale
    reason_total = ReasonTotal(reason, len(dropped_lines), int(dropped_lines[columns.AMOUNT].sum()) / money_scale)
    refunded = int(dropped_lines[columns.REFUNDED].sum()) / money_scale if columns.REFUNDED in dropped_lines else 0.0
    returned = dropped_lines[dropped_lines[columns.IS_RETURN]]
    return_total = ReasonTotal("return", len(returned), int(returned[columns.AMOUNT].sum()) / money_scale)
    input_report: InputReport = transactions.input_report
    assert input_report.reconciliation is not None
    return replace(
        transactions,
        load_lines=lambda: kept_lines,
        input_report=replace(
            input_report,
            reconciliation=_move_to_ignored(input_report.reconciliation, reason_total, return_total, refunded),
        ),
    )


def _move_to_ignored(
    reconciliation: Reconciliation, reason_total: ReasonTotal, return_total: ReasonTotal, refunded: float
) -> Reconciliation:
    """The same account with some of the kept lines among the ignored."""
    returns = replace(
        reconciliation.returns,
        lines=reconciliation.returns.lines - return_total.lines,
        money=round(reconciliation.returns.money - return_total.money, 6),
    )
    return replace(
        reconciliation,
        kept=reconciliation.kept - reason_total.lines,
        money_kept=round(reconciliation.money_kept - reason_total.money, 6),
        returns=returns,
        refunded=round(reconciliation.refunded - refunded, 6),
        ignored=(*reconciliation.ignored, reason_total),
    )

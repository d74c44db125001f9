"""Customers without some of them, every line of theirs accounted for."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from segcli import columns as c
from segcli.counting import counted
from segcli.errors import InputProblem
from segcli.model import Customers, Fate, Reading, Reconciliation, Transactions


def without(customers: Customers, gone: npt.NDArray[np.bool_], reason: str, why: str) -> Customers:
    """Leave customers out: their order lines become ignored ones, and a note says how many they are.

    Args:
        customers: of which some go.
        gone: which, shape (n,).
        reason: its code, for the lines.
        why: the same in words, for the note.

    Raises:
        InputProblem: nobody would be left.
    """
    count, main = int(gone.sum()), customers.readings[0]
    if not count:
        return customers
    if gone.all():
        raise InputProblem(
            f"no customer is left: all {count:,} are {why}",
            source=main.input.name,
            remedy="Name another file, or look at what takes them out",
        )
    transactions, noted = (
        customers.transactions,
        f"{why}: {counted(count, 'customer is left out', 'customers are left out')}",
    )
    if transactions is not None:
        transactions = _without_lines(transactions, customers.table.loc[gone, c.CUSTOMER_ID].astype("str"), reason)
        main = replace(main, lines=transactions.reading.lines)
    main = replace(main, notes=(*main.notes, noted))
    contacts = None if customers.contacts is None else customers.contacts[~gone].reset_index(drop=True)
    return replace(
        customers,
        table=customers.table[~gone].reset_index(drop=True),
        readings=(main, *customers.readings[1:]),
        transactions=None if transactions is None else replace(transactions, reading=main),
        contacts=contacts,
    )


def _without_lines(transactions: Transactions, ids: object, reason: str) -> Transactions:
    lines = transactions.lines
    theirs = lines[c.CUSTOMER_ID].isin(list(ids)).to_numpy()  # type: ignore[call-overload]  # texts of a column
    kept = lines[~theirs]
    known = kept[c.CUSTOMER_ID].cat.remove_unused_categories()  # who is left out must not count as a customer
    kept = kept.assign(**{c.CUSTOMER_ID: known}).reset_index(drop=True)
    left, money = lines[theirs], transactions.money_scale
    fate = Fate(reason, len(left), int(left[c.AMOUNT].sum()) / money)
    refunded = int(left[c.REFUNDED].sum()) / money if c.REFUNDED in left else 0.0
    returned = left[left[c.IS_RETURN]]
    back = Fate("return", len(returned), int(returned[c.AMOUNT].sum()) / money)
    reading: Reading = transactions.reading
    assert reading.lines is not None
    return replace(
        transactions, given=lambda: kept, reading=replace(reading, lines=_less(reading.lines, fate, back, refunded))
    )


def _less(lines: Reconciliation, fate: Fate, back: Fate, refunded: float) -> Reconciliation:
    """The same account with some of the kept lines among the ignored."""
    returns = replace(
        lines.returns, lines=lines.returns.lines - back.lines, money=round(lines.returns.money - back.money, 6)
    )
    return replace(
        lines,
        kept=lines.kept - fate.lines,
        money_kept=round(lines.money_kept - fate.money, 6),
        returns=returns,
        refunded=round(lines.refunded - refunded, 6),
        ignored=(*lines.ignored, fate),
    )

"""Whether the pieces of a file say what its head does; else it is read whole."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from segcli.customers.runs import Runs
from segcli.customers.tally import Tally
from segcli.ingest import money
from segcli.ingest.account import Group
from segcli.ingest.date_formats import FORMATS
from segcli.ingest.date_reading import read
from segcli.ingest.doubt import Doubt
from segcli.ingest.per_order import may_repeat_orders
from segcli.ingest.plan import Plan

FEW_UNREADABLE = 0.05  # share of amounts that may be unreadable before the whole file is asked what they mean
_UNREADABLE = ("unreadable_date", "unreadable_amount", "wrong_field_count")


def agree(plan: Plan, runs: Runs, parts: Sequence[Tally]) -> None:
    """Compare what all pieces say with what the head does.

    Raises:
        Doubt: it is another thing, or nobody bought.
    """
    lines = sum(part.account.read.lines for part in parts)
    lost = {name: sum(p.account.left_out.get(name, Group()).lines for p in parts) for name in _UNREADABLE}
    several = frozenset[str]().union(*(part.currencies for part in parts))
    doubtful = (
        not len(runs),
        2 * max((part.highest for part in parts), default=0) * lines >= money.CAPACITY,
        2 * lost["unreadable_date"] > lines or 2 * lost["wrong_field_count"] > lines,
        len(several) > 1 and any(part.currencies for part in parts) and not plan.has_rates,
        _amounts_of_orders(plan, parts, lost["unreadable_amount"] > FEW_UNREADABLE * lines),
        _other_marks(plan, parts),
        _other_formats(plan, parts),
    )
    if any(doubtful):
        raise Doubt


def _amounts_of_orders(plan: Plan, parts: Sequence[Tally], blanks: bool) -> bool:  # noqa: FBT001 - one of three facts
    """Whether amounts may be those of whole orders, which is looked into with all lines at hand."""
    if not may_repeat_orders(plan.file.recognition, plan.source):
        return False
    return blanks or (any(part.alike for part in parts) and not any(part.varied for part in parts))


def _other_marks(plan: Plan, parts: Sequence[Tally]) -> bool:
    """Whether pieces prove another decimal mark, or none at all where one is needed."""
    for place, _ in enumerate(plan.open_marks):
        found = [part.marks[place] for part in parts]
        proven = frozenset[str]().union(*(one.proven for one in found))
        if proven - {plan.source.decimal} or (not proven and any(one.undecided for one in found)):
            return True
    return False


def _other_formats(plan: Plan, parts: Sequence[Tally]) -> bool:
    """Whether another format reads dates that the plan's does not."""
    strange = pd.Series(sorted(frozenset[str]().union(*(part.strange for part in parts))), dtype=object)
    form = plan.source.date_format
    if strange.empty or form is None:
        return False
    unread = strange[np.isnat(read(strange, form, "UTC"))]
    return any(not np.isnat(read(unread, other, "UTC")).all() for other in FORMATS if other != form and len(unread))

"""Tallies of all pieces -> customers: what only the whole decides, from the as-of day to who bought at all."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache, partial
from itertools import accumulate

import numpy as np
import pandas as pd

from segcli.config.ingest import IngestSettings
from segcli.customers import runs as r
from segcli.customers.measures import Facts, Scales, table
from segcli.customers.purchases import Purchases, purchases
from segcli.customers.reduce import given_back, only_returns, places_of
from segcli.customers.runs import Mask, Returned, Runs
from segcli.customers.tally import Tally
from segcli.files.parts import digest
from segcli.ingest import encoding, identity, money
from segcli.ingest.account import Account, Group
from segcli.ingest.date_formats import FORMATS
from segcli.ingest.date_reading import read
from segcli.ingest.doubt import Doubt
from segcli.ingest.encoding import Twice
from segcli.ingest.outliers import Amounts, notes
from segcli.ingest.per_order import may_repeat_orders
from segcli.ingest.plan import Plan
from segcli.ingest.void import unsaid
from segcli.model import Customers, Input, Reading, Transactions

DAY_AFTER = 1
FEW_UNREADABLE = 0.05  # share of amounts that may be unreadable before the whole file is asked what they mean


def settled(
    plan: Plan,
    found: tuple[Runs, Sequence[Tally]],
    settings: IngestSettings,
    as_of: date | None,
    whole: Callable[[], Transactions],
) -> Customers:
    """Add up the pieces, and measure every customer who bought.

    Args:
        plan: by which the pieces were read.
        found: the runs of all pieces, and one tally for each, in the order of the file.
        settings: policies.
        as_of: the day recency is counted to; by default the day after the last order.
        whole: the order lines, for who asks for them.

    Raises:
        Doubt: the file is to be read whole.
    """
    runs, parts = found
    _refuse(plan, runs, parts)
    made = purchases(runs)
    day = as_of or _date(int(made.last.max()) + DAY_AFTER)
    account, returned = _returns(parts, _above(plan, parts), made, day)
    back = given_back(made, returned)
    scales = Scales(money.FINEST, money.FINEST, settings.returns)
    measured = table(Facts(runs.values, made, day, back, scales), settings.measures)
    reading = _reading(plan, parts, account, _said(plan, parts, made, returned))
    lines = Transactions(
        cache(lambda: whole().lines),
        money.FINEST,
        r.MONEY in made.sums,
        day,
        reading,
        settings.collapse,
        settings.returns,
    )
    return Customers(measured, day, (reading,), only_returns(reading), transactions=lines)


def _date(since_1970: int) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + since_1970)


def _refuse(plan: Plan, runs: Runs, parts: Sequence[Tally]) -> None:
    """Doubt where the pieces together say another thing than the head, or nobody bought."""
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


_UNREADABLE = ("unreadable_date", "unreadable_amount", "wrong_field_count")


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


def _above(plan: Plan, parts: Sequence[Tally]) -> list[int]:
    """Physical lines above each piece."""
    return list(accumulate((part.lines for part in parts[:-1]), initial=plan.first_record))


def _returns(parts: Sequence[Tally], above: Sequence[int], made: Purchases, day: date) -> tuple[Account, Returned]:
    """The account of all lines, and the returns of people who bought, up to the day."""
    account = Account.together([(part.account, lines) for part, lines in zip(parts, above, strict=True)])
    returned = Returned.joined([part.returned for part in parts])
    places = np.concatenate([part.return_lines + lines for part, lines in zip(parts, above, strict=True)])
    late = returned.day > (day - date(1970, 1, 1)).days
    alone = ~late & (places_of(made, returned) < 0)
    for reason, gone in (("after_as_of", late), ("return_without_purchase", alone)):
        account = account.without(reason, _group(returned, places, gone), int(returned.refunded[gone].sum()))
    return account, returned.where(~late & ~alone)


def _group(returned: Returned, places: r.Units, rows: Mask) -> Group:
    first = int(places[rows].min()) if rows.any() and len(places) else None  # engines know of no places
    return Group(int(rows.sum()), int(returned.money[rows].sum()), first)


def _said(plan: Plan, parts: Sequence[Tally], made: Purchases, returned: Returned) -> Iterator[str]:
    """What was noticed, in the order in which a whole file says it."""
    above = _above(plan, parts)
    statuses: dict[str, Counter[str]] = {}
    for part in parts:
        for name, counts in part.statuses.items():
            statuses[name] = statuses.get(name, Counter()) + counts
    yield from unsaid(statuses)
    repeated = sum(part.repeated for part in parts)
    if repeated:
        at_least = "" if len(made.customer) == len(made.customer_of_run) else "at least "
        yield f"{at_least}{repeated:,} {identity.REPEATED}"
    amounts = Amounts.together([(part.amounts, place) for place, part in enumerate(parts)])
    best = max(range(len(parts)), key=lambda place: (parts[place].amounts.largest, -place))
    line = parts[best].largest_line
    yield from notes(amounts, money.FINEST, lambda _: None if line is None else line + above[best])
    yield from identity.rewritten(len(frozenset[str]().union(*(part.rewritten for part in parts))))
    lines = np.add.reduceat(made.sums[r.LINES], made.starts)
    np.add.at(lines, places_of(made, returned), 1)
    yield from identity.notes(made.ids, lines, told=plan.tells_ids)


def _reading(plan: Plan, parts: Sequence[Tally], account: Account, said: Iterator[str]) -> Reading:
    file = plan.file
    name = file.content.name
    twice = sum((part.twice.below(lines) for part, lines in zip(parts, _above(plan, parts), strict=True)), Twice())
    return Reading(
        Input(name, file.content.size, cache(partial(digest, name)), account.read.lines),
        "orders",
        f"{file.dialect}  dates {plan.source.date_format}",
        file.recognition.columns,
        account.reconciled(money.FINEST),
        file.preset,
        (*file.dialect.notes, *encoding.twice_note(twice), *said),
    )

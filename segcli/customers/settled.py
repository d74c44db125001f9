"""Tallies of all files -> customers: what only the whole decides, from the as-of day to who bought at all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import NoReturn

import numpy as np
import pandas as pd

from segcli.customers import runs as r
from segcli.customers.asked import Asked
from segcli.customers.measures import Facts, table
from segcli.customers.purchases import Purchases, purchases
from segcli.customers.returns import given_back, only_returns, places_of
from segcli.customers.runs import Mask, Returned, day_number, day_of, joined
from segcli.customers.tallied import Tallied
from segcli.errors import InputProblem
from segcli.files.parts import digest as digest_of
from segcli.ingest import encoding, identity
from segcli.ingest.account import Account, Group
from segcli.ingest.outliers import notes
from segcli.ingest.void import unsaid
from segcli.model import Customers, Input, Reading, Transactions

DAY_AFTER = 1

Kept = Callable[[pd.DataFrame | None, date], pd.DataFrame]


def settled(files: Sequence[Tallied], asked: Asked, kept: Kept) -> Customers:
    """Add up the files, and measure every customer who bought.

    Args:
        files: each with what was bought in it.
        asked: policies, whether customers may be named, and the day recency is counted to; by default the day after
            the last order.
        kept: the kept lines up to a day, for who asks for them, given those that are at hand.

    Raises:
        InputProblem: nobody bought anything.
    """
    settings, scales, there = asked.settings, files[0].scales, files[0].kept
    runs = [joined([file.runs for file in files if file.runs is not None])]
    files = [replace(file, runs=None, kept=None) for file in files]
    made = purchases(runs.pop())  # so that nobody holds them any more
    if not len(made):
        _refuse_nothing_left(files)
    day = asked.as_of or day_of(int(made.last.max()) + DAY_AFTER)
    settled_files = [_returns(file, made, day) for file in files]
    returned = Returned.joined([returns for _, returns in settled_files])
    measured = table(Facts(made, day, given_back(made, returned), scales, settings.returns), settings.measures)
    ids = tuple(identity.notes(made.ids, _lines(made, returned), told=asked.told))
    readings = tuple(
        _readings(files, [account for account, _ in settled_files], made, ids, is_partial=asked.is_partial)
    )
    lines = Transactions(
        cache(lambda: kept(there, day)),
        scales.money,
        r.MONEY in made.sums,
        day,
        readings[0],
        settings.collapse,
        settings.returns,
    )
    warnings = tuple(one for reading in readings for one in only_returns(reading))
    verdicts = tuple(verdict for file in files for verdict in file.verdicts)
    return Customers(measured, day, readings, warnings, verdicts, lines)


def _refuse_nothing_left(files: Sequence[Tallied]) -> NoReturn:
    why = Account.together([(file.account, 0) for file in files]).said() or "all lines are returns"
    raise InputProblem(f"no purchase is left after cleaning ({why})", source=files[0].name, remedy=files[0].file.advice)


def _returns(file: Tallied, made: Purchases, day: date) -> tuple[Account, Returned]:
    """The account of a file's lines, and its returns of people who bought, up to the day."""
    account, returned, places = file.account, file.returned, file.return_lines
    late = returned.day > day_number(day)
    alone = ~late & (places_of(made, returned) < 0)
    for reason, gone in (("after_as_of", late), ("return_without_purchase", alone)):
        account = account.without(reason, _group(returned, places, gone), int(returned.refunded[gone].sum()))
    return account, returned.where(~late & ~alone)


def _group(returned: Returned, places: r.Units, rows: Mask) -> Group:
    first = int(places[rows].min()) if rows.any() and len(places) else None  # engines know of no places
    return Group(int(rows.sum()), int(returned.money[rows].sum()), first)


def _lines(made: Purchases, returned: Returned) -> r.Units:
    """Kept lines of each customer."""
    found = np.add.reduceat(made.sums[r.LINES], made.starts)
    np.add.at(found, places_of(made, returned), 1)
    return found


def _said(file: Tallied, *, exact: bool, is_partial: bool) -> Iterator[str]:
    """What was noticed in a file, in the order in which a file read whole says it."""
    yield from file.notes
    yield from unsaid(file.statuses)
    if file.repeated and is_partial:
        yield from identity.possibly_repeated(file.repeated, file.account.read.lines)
    elif file.repeated:
        yield identity.repeated(file.repeated, exact=exact)
    yield from notes(file.amounts, file.scales.money, lambda _: file.largest_line)
    yield from identity.rewritten(len(file.rewritten))


def _readings(
    files: Sequence[Tallied], accounts: Sequence[Account], made: Purchases, ids: Sequence[str], *, is_partial: bool
) -> Iterator[Reading]:
    """How each file was read; what is said of ids is said of all files, behind the last."""
    together = len(made) == len(made.buyers.places)
    for file, account in zip(files, accounts, strict=True):
        said = _said(file, exact=together or file.is_whole, is_partial=is_partial)
        yield _reading(file, account, (*said, *(ids if file is files[-1] else ())))


def _reading(file: Tallied, account: Account, said: Sequence[str]) -> Reading:
    content, written = file.file.content, file.file.dialect
    digest = cache(partial(digest_of, content.name)) if content.is_head else content.sha256
    return Reading(
        Input(content.name, content.size, digest, account.read.lines),
        "orders",
        f"{written}  dates {file.dates}",
        file.file.recognition.columns,
        account.reconciled(file.scales.money),
        file.file.preset,
        (*written.notes, *encoding.twice_note(file.twice), *said),
        file.rejects,
    )

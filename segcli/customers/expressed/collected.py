"""What an engine added up, all together: the purchases, and one tally of all lines without them."""

from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from segcli import columns as c
from segcli.customers.engines import Session
from segcli.customers.expressed import accounted, names, purchased, said
from segcli.customers.expressed.lines import Typed, refuse, typed
from segcli.customers.expressed.lookups import Frame
from segcli.customers.expressed.planned import Planned
from segcli.customers.runs import Runs
from segcli.customers.tally import Tally
from segcli.ingest import money
from segcli.ingest.account import Account
from segcli.ingest.doubt import Doubt
from segcli.ingest.encoding import Twice
from segcli.ingest.per_order import may_repeat_orders
from segcli.ingest.pieces import MOST_STRANGE


def collected(session: Session, texts: Frame, asked: Planned) -> tuple[Runs, Tally]:
    """Type the lines, add them up, and collect what there is.

    Raises:
        Doubt: the file is to be read whole.
    """
    lines = typed(session, texts, asked)
    counts = accounted.account(session, lines.frame, session.malformed())
    refuse(lines, asked, counts.read.lines)
    highest = accounted.highest(session, lines.frame)
    if 2 * highest * counts.read.lines >= money.CAPACITY:
        raise Doubt  # before an engine adds up what is too large
    runs, alike = purchased.runs(session, lines.frame, asked)
    runs = replace(runs, values=purchased.values(session, lines.frame, runs))
    repeats = alike if may_repeat_orders(asked.plan.file.recognition, asked.plan.source) else (0, 0)
    return runs, replace(_tally(session, lines, asked, counts), highest=highest, alike=repeats[0], varied=repeats[1])


def _tally(session: Session, lines: Typed, asked: Planned, counts: Account) -> Tally:
    """What is said of the lines; no engine knows where in the file they stand, or which repeat another."""
    marks = (said.marks(session, lines.parts, asked, name, lines.others[name]) for name in asked.plan.open_marks)
    return Tally(
        runs=None,
        returned=purchased.returned(session, lines.frame),
        return_lines=np.empty(0, dtype=np.int64),
        account=counts,
        lines=0,
        amounts=accounted.amounts(session, lines.frame),
        largest_line=None,
        highest=0,
        rewritten=_rewritten(lines),
        currencies=accounted.currencies(session, lines.frame, asked),
        statuses=said.counted(session, lines.parts, asked),
        repeated=0,
        alike=0,
        varied=0,
        marks=tuple(marks),
        strange=_strange(lines, asked) if asked.plan.proves_dates else frozenset(),
        twice=Twice(),
    )


def _rewritten(lines: Typed) -> frozenset[str]:
    """Ids that changed by more than plain blanks."""
    others = lines.others[names.CUSTOMER]
    pairs = zip(others.texts.to_pylist(), others.values.to_pylist(), strict=True)
    return frozenset(old for old, new in pairs if old.strip(" \t") != new)


def _strange(lines: Typed, asked: Planned) -> frozenset[str]:
    """Dates that the plan's format does not read; the header once more would be among them."""
    others = lines.others[names.DAY]
    unread = others.texts.filter(pc.is_null(others.values)) if len(others.texts) else others.texts
    found = frozenset(pc.utf8_trim_whitespace(unread).to_pylist()) - {""}
    if len(found) > MOST_STRANGE or asked.plan.file.recognition.columns[c.ORDER_DATE] in found:
        raise Doubt
    return found

"""What an engine added up, all together: the purchases, and one tally of all lines without them."""

from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from segcli.customers.engines import Session
from segcli.customers.expressed import accounted, purchased, said
from segcli.customers.expressed import lines as typed
from segcli.customers.expressed.asked import Asked
from segcli.customers.expressed.lines import Typed, refuse
from segcli.customers.expressed.lookups import Frame
from segcli.customers.runs import Runs
from segcli.customers.tally import Tally
from segcli.ingest import money
from segcli.ingest.doubt import Doubt
from segcli.ingest.encoding import Twice
from segcli.ingest.per_order import may_repeat_orders
from segcli.ingest.pieces import MOST_STRANGE


def collected(session: Session, texts: Frame, asked: Asked) -> tuple[Runs, Tally]:
    """Type the lines, add them up, and collect what there is.

    Raises:
        Doubt: the file is to be read whole.
    """
    lines = typed.typed(session, texts, asked)
    counts = accounted.account(session, lines.frame, session.malformed())
    refuse(lines, asked, counts.read.lines)
    size = accounted.highest(session, lines.frame)
    if 2 * size * counts.read.lines >= money.CAPACITY:
        raise Doubt  # before an engine adds up what is too large
    runs, alike = purchased.runs(session, lines.frame, asked)
    runs = replace(runs, values=purchased.values(session, lines.frame, runs))
    repeats = alike if may_repeat_orders(asked.plan.file.recognition, asked.plan.source) else (0, 0)
    returned = purchased.returned(session, lines.frame)
    amounts = accounted.amounts(session, lines.frame)
    return runs, Tally(
        runs=None,
        returned=returned,
        return_lines=np.empty(0, dtype=np.int64),
        account=counts,
        lines=0,
        amounts=amounts,
        largest_line=None,
        highest=size,
        rewritten=_rewritten(lines),
        currencies=accounted.currencies(session, lines.frame, asked),
        statuses=said.counted(session, lines.parts, asked),
        repeated=0,
        alike=repeats[0],
        varied=repeats[1],
        marks=tuple(
            said.marks(session, lines.parts, asked, name, lines.others[name]) for name in asked.plan.open_marks
        ),
        strange=_strange(lines, asked) if asked.plan.proves_dates else frozenset(),
        twice=Twice(),
    )


def _rewritten(lines: Typed) -> frozenset[str]:
    """Ids that changed by more than plain blanks."""
    others = lines.others[typed.CUSTOMER]
    pairs = zip(others.texts.to_pylist(), others.values.to_pylist(), strict=True)
    return frozenset(old for old, new in pairs if old.strip(" \t") != new)


def _strange(lines: Typed, asked: Asked) -> frozenset[str]:
    """Dates that the plan's format does not read; the header once more would be among them."""
    others = lines.others[typed.DAY]
    unread = others.texts.filter(pc.is_null(others.values)) if len(others.texts) else others.texts
    found = frozenset(pc.utf8_trim_whitespace(unread).to_pylist()) - {""}
    if len(found) > MOST_STRANGE or asked.plan.file.recognition.columns["order_date"] in found:
        raise Doubt
    return found

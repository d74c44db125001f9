"""What columns say as wholes: their decimal marks, and what became of orders."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import narwhals.stable.v2 as nw
import pyarrow.compute as pc

from segcli.customers import runs as r
from segcli.customers.engines import Session
from segcli.customers.expressed.lookups import Frame, Others, table
from segcli.customers.expressed.planned import Planned
from segcli.ingest import numbers
from segcli.ingest.numbers import Marks
from segcli.ingest.void import status_columns

Expr = Any
UNDECIDED = r"\A-?[1-9][0-9]{0,2}[.,][0-9]{3}\z"  # a thousand, or one and a bit
SIGN, STATUS = "sign_", "status_"
NONE, PROVEN, OPEN = range(3)  # whether a plain number has no mark, one that is proven, or one of either kind


def signs(asked: Planned) -> Iterator[Expr]:
    """For columns whose mark the head left open, what each text says of it."""
    for standard in asked.plan.open_marks:
        text = nw.col(asked.field(standard) or "")
        marked = nw.when(text.str.contains("[.,]")).then(nw.lit(PROVEN)).otherwise(nw.lit(NONE))
        sign = nw.when(text.str.contains(UNDECIDED)).then(nw.lit(OPEN)).otherwise(marked)
        yield sign.alias(SIGN + standard)


def statuses(asked: Planned) -> Iterator[Expr]:
    """The columns that say what became of orders, where nobody said which values are void."""
    for name in _status_columns(asked):
        yield nw.col(asked.named(name)).alias(STATUS + asked.named(name))


def marks(session: Session, parts: Frame, asked: Planned, standard: str, others: Others) -> Marks:
    """What a column says of its decimal mark: plain numbers by their signs, other texts one by one."""
    plain = parts.filter(~nw.col(standard).is_null()).select(SIGN + standard).unique()
    kinds = {row[SIGN + standard] for row in table(session.batches(plain)).to_pylist()}
    proven = frozenset({asked.plan.source.decimal or "."} if PROVEN in kinds else ())
    return Marks(proven, OPEN in kinds) | numbers.marks(pc.utf8_trim_whitespace(others.texts))


def counted(session: Session, parts: Frame, asked: Planned) -> dict[str, Counter[str]]:
    """How often each status stands there."""
    return {name: _counted(session, parts, STATUS + asked.named(name)) for name in _status_columns(asked)}


def _counted(session: Session, parts: Frame, column: str) -> Counter[str]:
    rows = table(session.batches(parts.group_by(column).agg(nw.len().alias(r.LINES))))
    found: Counter[str] = Counter()
    for row in rows.to_pylist():
        found[pc.utf8_trim_whitespace(row[column]).as_py()] += row[r.LINES]
    return found


def _status_columns(asked: Planned) -> list[str]:
    return status_columns(asked.plan.file.header) if asked.plan.source.void is None else []

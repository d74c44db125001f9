"""A piece of an order export -> its lines with their fates, by the plan; what contradicts the plan is a doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pyarrow.compute as pc

from segcli import columns as c
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.errors import InputProblem
from segcli.ingest import cells, numbers, quotes
from segcli.ingest.characters import has
from segcli.ingest.dialect import Dialect
from segcli.ingest.doubt import Doubt
from segcli.ingest.encoding import Twice, recoded, twice
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.lines import Lines, Mask
from segcli.ingest.money import Scales
from segcli.ingest.numbers import Marks
from segcli.ingest.per_order import PerOrder
from segcli.ingest.plan import Plan
from segcli.ingest.transactions import judged

MOST_STRANGE = 1000  # texts that are no dates, kept to see at the end whether another format reads them


@dataclass(frozen=True, eq=False)
class Understood:
    """The lines of a piece, their fates, and what the piece says of the columns as wholes.

    `marks` are the decimal marks of columns the head left open; `strange` are texts that are no dates by the plan's
    format; `twice` tells of characters encoded twice; `repeated` counts lines that repeat another, where all were
    compared.
    """

    export: Export
    lines: Lines
    fates: Fates
    marks: tuple[Marks, ...] = ()
    strange: frozenset[str] = frozenset()
    twice: Twice = field(default_factory=Twice)
    repeated: int | None = None


def understood(
    body: bytes, plan: Plan, settings: IngestSettings, as_of: date | None, privacy: PrivacySettings
) -> Understood:
    """Read a piece.

    Raises:
        Doubt: it is not as the plan says.
    """
    export = _export(body, plan)
    try:
        lines, fates = judged(PerOrder(export, _nothing(export)), settings, as_of, privacy, Scales())
    except InputProblem:  # what is wrong with the whole column, the whole file says best
        raise Doubt from None
    return Understood(
        export,
        lines,
        fates,
        _marks(export, plan.open_marks),
        _strange(export, lines) if plan.proves_dates else frozenset(),
        twice(export.cells.dialect.body),
    )


def _nothing(export: Export) -> Mask:
    return np.zeros(export.cells.rows, dtype=bool)


def _export(body: bytes, plan: Plan) -> Export:
    file = plan.file
    written = replace(file.dialect, body=_text(body, file.dialect), skipped_lines=0, headed=False)
    found = cells.piece(written, file.content.name, file.header, plan.wanted)
    return Export(file.content, found, file.recognition, plan.source)


def _text(body: bytes, written: Dialect) -> bytes:
    """A piece as UTF-8 whose quotes obey."""
    try:
        text = recoded(body, written.encoding)
    except UnicodeDecodeError:
        raise Doubt from None
    if b'"' in text and not quotes.obeys(text, written.delimiter):
        raise Doubt
    if b"\r" in text and b"\r" in text.replace(b"\r\n", b""):
        raise Doubt  # lines may end with it, and pieces do not
    return text


def _marks(export: Export, names: Sequence[str]) -> tuple[Marks, ...]:
    return tuple(_marks_of(export, export.recognition.columns[name]) for name in names)


def _marks_of(export: Export, name: str) -> Marks:
    if not has(export.cells.columns[name], "[.,]"):
        return Marks()
    return numbers.marks(export.cells.coded(name).trimmed.texts)


def _strange(export: Export, lines: Lines) -> frozenset[str]:
    """Dates that the plan's format does not read; the header once more would be among them."""
    rows = np.flatnonzero(np.isnat(lines.times))
    texts = export.texts(c.ORDER_DATE)
    assert texts is not None
    found = frozenset(pc.utf8_trim_whitespace(texts.take(rows)).to_pylist()) - {""} if len(rows) else frozenset()
    if len(found) > MOST_STRANGE or export.recognition.columns[c.ORDER_DATE] in found:
        raise Doubt
    return found


def sound(body: bytes, plan: Plan) -> Twice:
    """The characters of a piece that look encoded twice, if its text is as the plan says.

    Raises:
        Doubt: it is not; quotes, line ends or bytes break the rules.
    """
    return twice(_text(body, plan.file.dialect))

"""How the pieces of an order export are read: what its first records prove, and what pieces must not contradict."""

from dataclasses import dataclass

from segcli import columns as c
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.errors import InputProblem
from segcli.ingest import dates, numbers
from segcli.ingest.date_formats import FORMATS
from segcli.ingest.doubt import Doubt
from segcli.ingest.export import Export
from segcli.ingest.opening import Opened
from segcli.ingest.void import status_columns

NUMERIC = (c.AMOUNT, c.QUANTITY, c.UNIT_PRICE, c.REFUNDED, c.DISCOUNT)
TEXT = ("utf-8", "cp1252", "latin-1", "iso-8859-1", "windows-1252", "utf8", "ascii")  # line ends are single bytes


@dataclass(frozen=True)
class Plan:
    """An export whose head is understood; `source` says how every piece is written, `wanted` which columns are read.

    `open_marks` are the columns of numbers whose decimal mark the head does not prove; pieces may. `has_rates` tells
    whether currencies can be converted.
    """

    file: Opened
    source: Source
    wanted: tuple[str, ...]
    open_marks: tuple[str, ...] = ()
    has_rates: bool = False

    @property
    def first_record(self) -> int:
        """Lines above the first record below the header."""
        return self.file.dialect.skipped_lines + self.file.dialect.header_lines

    @property
    def is_quoted(self) -> bool:
        """Whether records, not their header, have quotes, and so may hold line ends."""
        written = self.file.dialect
        return b'"' in b"".join(written.body.splitlines(keepends=True)[written.header_lines :])

    @property
    def proves_dates(self) -> bool:
        """Whether the format was found, not declared."""
        return self.file.source.date_format is None


def needed(file: Opened) -> list[str]:
    """The columns of an order export that are read: the recognised, and those that say what became of an order."""
    return [*file.recognition.columns.values(), *(file.source.void or status_columns(file.header))]


def plan(file: Opened, settings: IngestSettings, privacy: PrivacySettings, *, dated: bool) -> Plan:
    """How to read the pieces.

    Args:
        file: the head of an order export.
        settings: policies.
        privacy: how long orders may be kept.
        dated: whether the as-of day is given.

    Raises:
        Doubt: it is to be read whole.
    """
    _refuse(file, settings, privacy, dated=dated)
    wanted = needed(file)
    try:
        cells = file.cells(wanted)
    except InputProblem:
        raise Doubt from None
    if cells.malformed or not cells.rows:
        raise Doubt
    export = Export(file.content, cells, file.recognition, file.source)
    names = () if file.source.decimal else [name for name in NUMERIC if name in file.recognition.columns]
    marks = {name: numbers.marks(cells.coded(file.recognition.columns[name]).trimmed.texts) for name in names}
    proven = {mark for one in marks.values() for mark in one.proven}
    if len(proven) > 1:
        raise Doubt
    changed = {"date_format": _date_format(export), "decimal": file.source.decimal or (proven.pop() if proven else ".")}
    undecided = tuple(name for name, one in marks.items() if not one.proven)
    source = file.source.model_copy(update=changed)
    return Plan(file, source, tuple(wanted), undecided, bool(settings.rates))


def _refuse(file: Opened, settings: IngestSettings, privacy: PrivacySettings, *, dated: bool) -> None:
    """Doubt where a line is not told by itself, or the file is not plain records of text."""
    source, written = file.source, file.dialect
    needs_all = (
        settings.dedupe == "lines",
        settings.rejects is not None,
        source.amount_per == "order",
        privacy.retention_days is not None and not dated,
        privacy.suppression is not None,
        not {c.CUSTOMER_ID, c.ORDER_DATE} <= set(file.recognition.columns),
    )
    not_plain = (
        written.encoding.lower() not in TEXT,
        source.encoding_errors == "replace",
        source.quote != '"' or source.escape is not None,
        bool(source.skip_footer or source.locale or source.row_ids),
        bool(written.broken_lines),
        b"\r" in written.body.replace(b"\r\n", b""),
    )
    if any(needs_all) or any(not_plain):
        raise Doubt


def _date_format(export: Export) -> str:
    """The one format of the dates."""
    try:
        form = dates.of(export.coded(c.ORDER_DATE), export.source).format
    except ValueError:
        raise Doubt from None
    if export.source.date_format:
        return export.source.date_format
    if form not in FORMATS or (form.endswith("%z") and export.source.timezone is None):
        raise Doubt
    return form

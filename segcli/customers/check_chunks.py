"""Whether the chunks of a file, all together, are as its first records suggest."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from segcli.customers.partial_totals import ChunkTotals
from segcli.ingest import money
from segcli.ingest.account import Group
from segcli.ingest.chunk_schema import ChunkMismatch, ChunkSchema, other_formats
from segcli.ingest.order_totals import NEARLY_ALL
from segcli.ingest.per_order import may_repeat_orders

FEW_UNREADABLE = 0.05  # share of amounts that may be unreadable before all lines are examined together
HALF = 0.5


def check_chunks(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> None:
    """Compare what all chunks show with the schema by which they were read.

    Raises:
        ChunkMismatch: they show something else.
    """
    for mismatch in _mismatches(schema, chunks):
        raise mismatch


def count_unread_dates(chunks: Sequence[ChunkTotals]) -> Mapping[str, int]:
    """Count the lines of each text that no date format of the schema reads."""
    return sum((Counter(chunk.unread_dates) for chunk in chunks), Counter())


def count_dated_lines(chunks: Sequence[ChunkTotals]) -> int:
    """Count the lines whose date is read."""
    return sum(chunk.account.read.lines for chunk in chunks) - sum(count_unread_dates(chunks).values())


def _mismatches(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> Iterator[ChunkMismatch]:
    lines = sum(chunk.account.read.lines for chunk in chunks)
    yield from _other_marks(schema, chunks)
    unread = count_unread_dates(chunks)
    if schema.infers_dates and other_formats(schema.date_formats, unread):
        yield ChunkMismatch(f"dates such as {min(unread)} need another format", is_format=True)
    if _lost(chunks, "unreadable_date") > HALF * lines or _lost(chunks, "wrong_field_count") > HALF * lines:
        yield ChunkMismatch("most lines cannot be read")
    for standard, column in schema.file.recognition.columns.items():
        if sum(chunk.unreadable.get(standard, 0) for chunk in chunks) > HALF * lines:
            yield ChunkMismatch("most values are no numbers", column)
    if sum(chunk.magnitude for chunk in chunks) >= money.CAPACITY:
        yield ChunkMismatch("amounts too large for the finest unit of money")
    currencies = frozenset[str]().union(*(chunk.currencies for chunk in chunks))
    if len(currencies) > 1 and not schema.has_rates:
        yield ChunkMismatch(f"amounts in several currencies ({', '.join(sorted(currencies))})")
    if _may_repeat_amounts(schema, chunks, _lost(chunks, "unreadable_amount") > FEW_UNREADABLE * lines):
        yield ChunkMismatch("amounts may be those of whole orders, which all lines together show")


def _lost(chunks: Sequence[ChunkTotals], reason: str) -> int:
    return sum(chunk.account.left_out.get(reason, Group()).lines for chunk in chunks)


def _may_repeat_amounts(schema: ChunkSchema, chunks: Sequence[ChunkTotals], has_blanks: bool) -> bool:  # noqa: FBT001
    if not may_repeat_orders(schema.file.recognition, schema.source):
        return False
    alike, varied = (sum(getattr(chunk, name) for chunk in chunks) for name in ("alike", "varied"))
    return has_blanks or (alike > 0 and alike >= NEARLY_ALL * (alike + varied))


def _other_marks(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> Iterator[ChunkMismatch]:
    """Yield a mismatch if chunks prove another decimal mark, or none at all where one is needed."""
    for place, standard in enumerate(schema.open_marks):
        marks = [chunk.marks[place] for chunk in chunks]
        proven = frozenset[str]().union(*(mark.proven for mark in marks))
        column = schema.file.recognition.columns[standard]
        if proven - {schema.source.decimal}:
            yield ChunkMismatch(f"decimal mark '{min(proven)}'", column, is_format=True)
        if not proven and any(mark.undecided for mark in marks):
            yield ChunkMismatch("amounts such as 1,234 or 1.234 that prove no decimal mark", column)

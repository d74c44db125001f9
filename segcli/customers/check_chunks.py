"""Whether the chunks of a file, all together, are as its first records suggest."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from segcli.customers.partial_totals import ChunkTotals
from segcli.ingest import money
from segcli.ingest.account import Bucket
from segcli.ingest.chunk_schema import ChunkMismatch, ChunkSchema, find_other_formats
from segcli.ingest.order_totals import MIN_UNIFORM_SHARE
from segcli.ingest.per_order import may_hold_order_totals

MAX_UNREADABLE_SHARE = 0.05  # share of amounts that may be unreadable before all lines are examined together
MOST_LINES = 0.5


def check_chunks(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> None:
    """Compare what all chunks show with the schema by which they were read.

    Raises:
        ChunkMismatch: they show something else.
    """
    for mismatch in _find_mismatches(schema, chunks):
        raise mismatch


def count_unread_dates(chunks: Sequence[ChunkTotals]) -> Mapping[str, int]:
    """Count the lines of each text that no date format of the schema reads."""
    return sum((Counter(chunk.unread_dates) for chunk in chunks), Counter())


def count_dated_lines(chunks: Sequence[ChunkTotals]) -> int:
    """Count the lines whose date is read."""
    return sum(chunk.reconciliation.read.lines for chunk in chunks) - sum(count_unread_dates(chunks).values())


def _find_mismatches(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> Iterator[ChunkMismatch]:
    lines = sum(chunk.reconciliation.read.lines for chunk in chunks)
    yield from _find_decimal_mismatches(schema, chunks)
    unread_dates = count_unread_dates(chunks)
    if schema.has_inferred_dates and find_other_formats(schema.date_formats, unread_dates):
        yield ChunkMismatch(f"dates such as {min(unread_dates)} need another format", is_format=True)
    if (
        _count_rejected(chunks, "unreadable_date") > MOST_LINES * lines
        or _count_rejected(chunks, "wrong_field_count") > MOST_LINES * lines
    ):
        yield ChunkMismatch("most lines cannot be read")
    for column_key, column in schema.input_file.mapping.columns.items():
        if sum(chunk.unreadable_values.get(column_key, 0) for chunk in chunks) > MOST_LINES * lines:
            yield ChunkMismatch("most values are no numbers", column)
    if sum(chunk.magnitude for chunk in chunks) >= money.UNIT_CAPACITY:
        yield ChunkMismatch("amounts too large for the finest unit of money")
    currencies = frozenset[str]().union(*(chunk.currencies for chunk in chunks))
    if len(currencies) > 1 and not schema.has_rates:
        yield ChunkMismatch(f"amounts in several currencies ({', '.join(sorted(currencies))})")
    if _may_repeat_amounts(schema, chunks, _count_rejected(chunks, "unreadable_amount") > MAX_UNREADABLE_SHARE * lines):
        yield ChunkMismatch("amounts may be those of whole orders, which all lines together show")


def _count_rejected(chunks: Sequence[ChunkTotals], reason: str) -> int:
    return sum(chunk.reconciliation.left_out.get(reason, Bucket()).lines for chunk in chunks)


def _may_repeat_amounts(schema: ChunkSchema, chunks: Sequence[ChunkTotals], has_blanks: bool) -> bool:  # noqa: FBT001
    if not may_hold_order_totals(schema.input_file.mapping, schema.source):
        return False
    alike, varied = (sum(getattr(chunk, name) for chunk in chunks) for name in ("alike", "varied"))
    return has_blanks or (alike > 0 and alike >= MIN_UNIFORM_SHARE * (alike + varied))


def _find_decimal_mismatches(schema: ChunkSchema, chunks: Sequence[ChunkTotals]) -> Iterator[ChunkMismatch]:
    """Yield a mismatch if chunks prove another decimal mark, or none at all where one is needed."""
    for position, column_key in enumerate(schema.undecided_columns):
        evidence = [chunk.decimal_evidence[position] for chunk in chunks]
        proven_marks = frozenset[str]().union(*(column_evidence.proven_marks for column_evidence in evidence))
        column = schema.input_file.mapping.columns[column_key]
        if proven_marks - {schema.source.decimal}:
            yield ChunkMismatch(f"decimal mark '{min(proven_marks)}'", column, is_format=True)
        if not proven_marks and any(column_evidence.is_undecided for column_evidence in evidence):
            yield ChunkMismatch("amounts such as 1,234 or 1.234 that prove no decimal mark", column)

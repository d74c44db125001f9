"""Totals of one file, merged from the totals of its chunks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import pandas as pd

from segcli.customers.overlap import LineHashes
from segcli.customers.partial_totals import ChunkTotals
from segcli.ingest.customer_ids import IdChanges
from segcli.ingest.encoding import Mojibake
from segcli.ingest.evidence import PriceEvidence
from segcli.ingest.input_file import InputFile
from segcli.ingest.money import UnitScales
from segcli.ingest.notes import Note
from segcli.ingest.order_id_reuse import OrderIdSample
from segcli.ingest.order_status import LineTypes, ValueTotals
from segcli.ingest.outliers import AmountHistogram, DayCounts
from segcli.ingest.reconciliation import ReconciliationTotals
from segcli.ingest.rejects import UnreadableMoney
from segcli.model import QualityCheck, RejectedLine


@dataclass(frozen=True, eq=False)
class FileTotals:
    """Counts of the lines of one file; the engine stores the runs and returns.

    `date_format` is the format of its dates. `lines_above_chunks` is the number of physical lines above each chunk.
    `kept_lines` are its kept lines if they are in memory anyway. `too_fine` and `magnitude` are as in `ChunkTotals`.
    `is_whole` is true if all lines of the file were compared with each other. `line_hashes` are empty if nothing needs
    them.
    """

    input_file: InputFile
    date_format: str
    reconciliation: ReconciliationTotals
    last_day: int | None
    day_counts: DayCounts
    has_money: bool
    currencies: frozenset[str]
    amounts: AmountHistogram
    largest_line: int
    normalised_ids: frozenset[str]
    id_changes: IdChanges
    statuses: ValueTotals
    line_types: LineTypes
    price_evidence: PriceEvidence
    order_sample: OrderIdSample
    unreadable_money: UnreadableMoney
    repeated_lines: int
    mojibake: Mojibake
    lines_above_chunks: Sequence[int]
    line_hashes: LineHashes
    too_fine: int
    magnitude: int
    notes: tuple[Note, ...] = ()
    rejects: tuple[RejectedLine, ...] = ()
    quality_checks: tuple[QualityCheck, ...] = ()
    scales: UnitScales = field(default_factory=UnitScales)
    kept_lines: pd.DataFrame | None = None
    is_whole: bool = False

    @property
    def file_name(self) -> str:
        """Name of the file."""
        return self.input_file.content.name


def merge_chunks(
    input_file: InputFile, date_format: str, chunks: Sequence[ChunkTotals], *, has_money: bool, lines_before: int = 0
) -> FileTotals:
    """Merge the totals of all chunks of a file.

    Args:
        input_file: the file.
        date_format: the format of its dates.
        chunks: totals of its chunks, in file order.
        has_money: whether lines have amounts.
        lines_before: number of physical lines above the first chunk.
    """
    lines_above = list(accumulate((chunk.physical_lines for chunk in chunks[:-1]), initial=lines_before))
    positioned_chunks = list(zip(chunks, lines_above, strict=True))
    largest_chunk, lines_above_largest = max(positioned_chunks, key=lambda place: (place[0].amounts.largest, -place[1]))
    return FileTotals(
        input_file=input_file,
        date_format=date_format,
        reconciliation=ReconciliationTotals.merge(
            [(chunk.reconciliation, lines_before_chunk) for chunk, lines_before_chunk in positioned_chunks]
        ),
        last_day=max((chunk.last_day for chunk in chunks if chunk.last_day is not None), default=None),
        day_counts=DayCounts.merge(
            [(chunk.day_counts, lines_before_chunk) for chunk, lines_before_chunk in positioned_chunks]
        ),
        has_money=has_money,
        currencies=frozenset[str]().union(*(chunk.currencies for chunk in chunks)),
        amounts=AmountHistogram.merge([(chunk.amounts, 0) for chunk in chunks]),
        largest_line=largest_chunk.largest_line + lines_above_largest,
        normalised_ids=frozenset[str]().union(*(chunk.normalised_ids for chunk in chunks)),
        id_changes=sum((chunk.id_changes for chunk in chunks), IdChanges()),
        statuses=sum((chunk.statuses for chunk in chunks), ValueTotals()),
        line_types=sum((chunk.line_types for chunk in chunks), LineTypes()),
        price_evidence=sum((chunk.price_evidence for chunk in chunks), PriceEvidence()),
        order_sample=OrderIdSample.merge([chunk.order_sample for chunk in chunks]),
        unreadable_money=sum((chunk.unreadable_money for chunk in chunks), UnreadableMoney()),
        repeated_lines=sum(chunk.repeated_lines for chunk in chunks),
        mojibake=sum(
            (chunk.mojibake.shift_lines(lines_before_chunk) for chunk, lines_before_chunk in positioned_chunks),
            Mojibake(),
        ),
        lines_above_chunks=lines_above,
        line_hashes=LineHashes.merge_chunks([chunk.line_hashes for chunk in chunks if chunk.line_hashes is not None]),
        too_fine=sum(chunk.too_fine for chunk in chunks),
        magnitude=sum(chunk.magnitude for chunk in chunks),
    )

"""Totals of one file, merged from those of its chunks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import pandas as pd

from segcli.customers.overlap import LineHashes
from segcli.customers.partial_totals import ChunkTotals
from segcli.ingest.account import Account
from segcli.ingest.customer_ids import IdChanges
from segcli.ingest.date_outliers import DayCounts
from segcli.ingest.encoding import Twice
from segcli.ingest.line_types import LineTypes
from segcli.ingest.money import Scales
from segcli.ingest.notes import Note
from segcli.ingest.opening import Opened
from segcli.ingest.order_keys import OrderSample
from segcli.ingest.outliers import Amounts
from segcli.ingest.price_evidence import PriceEvidence
from segcli.ingest.unreadable import UnreadableMoney
from segcli.ingest.value_totals import ValueTotals
from segcli.model import Reject, Verdict


@dataclass(frozen=True, eq=False)
class FileTotals:
    """Counts of a file's lines; what belongs to customers is stored by the engine.

    `dates` is the format of its dates; `lines_above` are the physical lines above each chunk; `kept` are its kept
    lines, where they are in memory anyway. `finer` and `magnitude` are as in `ChunkTotals`. If it `is_whole`, all its
    lines were compared with each other.
    """

    file: Opened
    dates: str
    account: Account
    last_day: int | None
    days: DayCounts
    has_money: bool
    currencies: frozenset[str]
    amounts: Amounts
    largest_line: int
    rewritten: frozenset[str]
    id_changes: IdChanges
    statuses: ValueTotals
    types: LineTypes
    prices: PriceEvidence
    order_sample: OrderSample
    unreadable: UnreadableMoney
    repeated: int
    twice: Twice
    lines_above: Sequence[int]
    notes: tuple[Note, ...] = ()
    rejects: tuple[Reject, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    scales: Scales = field(default_factory=Scales)
    kept: pd.DataFrame | None = None
    is_whole: bool = False
    line_hashes: LineHashes | None = None
    finer: int = 0
    magnitude: int = 0

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.content.name


def _merge_hashes(chunks: Sequence[ChunkTotals]) -> LineHashes | None:
    hashes = [chunk.line_hashes for chunk in chunks if chunk.line_hashes is not None]
    return LineHashes.merge(hashes) if hashes else None


def merge_chunks(
    file: Opened, dates: str, chunks: Sequence[ChunkTotals], *, has_money: bool, lines_before: int = 0
) -> FileTotals:
    """Merge the totals of all chunks of a file.

    Args:
        file: that was read.
        dates: the format of its dates.
        chunks: in the order of the file.
        has_money: whether lines have amounts.
        lines_before: physical lines above the first chunk.
    """
    above = list(accumulate((chunk.lines for chunk in chunks[:-1]), initial=lines_before))
    places = list(zip(chunks, above, strict=True))
    best, lines_of_best = max(places, key=lambda place: (place[0].amounts.largest, -place[1]))
    return FileTotals(
        file=file,
        dates=dates,
        account=Account.together([(chunk.account, lines) for chunk, lines in places]),
        last_day=max((chunk.last_day for chunk in chunks if chunk.last_day is not None), default=None),
        days=DayCounts.merge([(chunk.days, lines) for chunk, lines in places]),
        has_money=has_money,
        currencies=frozenset[str]().union(*(chunk.currencies for chunk in chunks)),
        amounts=Amounts.together([(chunk.amounts, 0) for chunk in chunks]),
        largest_line=best.largest_line + lines_of_best,
        rewritten=frozenset[str]().union(*(chunk.rewritten for chunk in chunks)),
        id_changes=sum((chunk.id_changes for chunk in chunks), IdChanges()),
        statuses=sum((chunk.statuses for chunk in chunks), ValueTotals()),
        types=sum((chunk.types for chunk in chunks), LineTypes()),
        prices=sum((chunk.prices for chunk in chunks), PriceEvidence()),
        order_sample=OrderSample.merge([chunk.order_sample for chunk in chunks]),
        unreadable=sum((chunk.unreadable_money for chunk in chunks), UnreadableMoney()),
        repeated=sum(chunk.repeated for chunk in chunks),
        twice=sum((chunk.twice.below(lines) for chunk, lines in places), Twice()),
        lines_above=above,
        line_hashes=_merge_hashes(chunks),
        finer=sum(chunk.finer for chunk in chunks),
        magnitude=sum(chunk.magnitude for chunk in chunks),
    )

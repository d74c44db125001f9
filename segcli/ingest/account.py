"""Where lines and money went, counted so that pieces of a file can be added up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from segcli.ingest.money import are_exact_floats
from segcli.ingest.reasons import REASONS
from segcli.model import ReasonTotal, Reconciliation


@dataclass(frozen=True)
class Bucket:
    """So many lines with so much money (in units), and where the first of them stands, if that is known."""

    lines: int = 0
    units: int = 0
    first: int | None = None

    def __add__(self, other: "Bucket") -> "Bucket":
        firsts = [first for first in (self.first, other.first) if first is not None]
        return Bucket(self.lines + other.lines, self.units + other.units, min(firsts, default=None))

    def shift_lines(self, lines_above: int) -> "Bucket":
        """The same where so many lines of the file stand above."""
        return Bucket(self.lines, self.units, None if self.first is None else self.first + lines_above)


@dataclass(frozen=True)
class ReconciliationTotals:
    """All records, those kept, the returns among these, and those left out by reason; money refunded, in units."""

    read: Bucket = Bucket()
    kept: Bucket = Bucket()
    returns: Bucket = Bucket()
    left_out: Mapping[str, Bucket] = field(default_factory=dict)
    refunded: int = 0

    @classmethod
    def merge(cls, chunks: Sequence[tuple["ReconciliationTotals", int]]) -> Self:
        """Of several pieces, each with the number of lines above it."""
        reasons = dict.fromkeys(reason for chunk, _ in chunks for reason in chunk.left_out)
        return cls(
            read=sum((chunk.read for chunk, _ in chunks), Bucket()),
            kept=sum((chunk.kept for chunk, _ in chunks), Bucket()),
            returns=sum((chunk.returns for chunk, _ in chunks), Bucket()),
            left_out={
                reason: sum(
                    (
                        chunk.left_out[reason].shift_lines(lines_above)
                        for chunk, lines_above in chunks
                        if reason in chunk.left_out
                    ),
                    Bucket(),
                )
                for reason in reasons
            },
            refunded=sum(chunk.refunded for chunk, _ in chunks),
        )

    def exclude_returns(self, reason: str, excluded_returns: Bucket, refunded_units: int = 0) -> "ReconciliationTotals":
        """The same where some kept returns are left out after all."""
        if not excluded_returns.lines:
            return self
        decrease = Bucket(-excluded_returns.lines, -excluded_returns.units)
        return ReconciliationTotals(
            self.read,
            self.kept + decrease,
            self.returns + decrease,
            {**self.left_out, reason: self.left_out.get(reason, Bucket()) + excluded_returns},
            self.refunded - refunded_units,
        )

    def to_reconciliation(self, scale: int) -> Reconciliation:
        """In money, of which so many units are 1.00."""
        return Reconciliation(
            read=self.read.lines,
            kept=self.kept.lines,
            money_read=self.read.units / scale,
            money_kept=self.kept.units / scale,
            returns=ReasonTotal("returns", self.returns.lines, self.returns.units / scale),
            refunded=self.refunded / scale,
            ignored=self._reason_totals("ignored", scale),
            rejected=self._reason_totals("rejected", scale),
        )

    def is_exact(self, scale: int) -> bool:
        """Whether floats hold all its money."""
        buckets = (self.read, self.kept, self.returns, *self.left_out.values())
        return are_exact_floats([*(bucket.units for bucket in buckets), self.refunded], scale)

    def format_exclusions(self) -> str:
        """What became of the lines that are left out, such as `no customer id: 2`."""
        return ", ".join(f"{REASONS[reason].short}: {bucket.lines:,}" for reason, bucket in self._sort_exclusions())

    def _sort_exclusions(self) -> list[tuple[str, Bucket]]:
        return [
            (reason, self.left_out[reason])
            for reason in REASONS
            if reason in self.left_out and self.left_out[reason].lines
        ]

    def _reason_totals(self, verdict: str, scale: int) -> tuple[ReasonTotal, ...]:
        return tuple(
            ReasonTotal(reason, bucket.lines, bucket.units / scale, bucket.first)
            for reason, bucket in self._sort_exclusions()
            if REASONS[reason].verdict == verdict
        )

"""Status of each order line: the first reason for exclusion counts, and every line is accounted for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

from segcli.ingest.money import are_exact_floats
from segcli.ingest.reasons import REASONS
from segcli.model import ReasonTotal, Reconciliation


# Totals of lines and money by status, which can be added across chunks
@dataclass(frozen=True)
class Bucket:
    """Number of lines, their money (in units), and the number of the first line, if known."""

    lines: int = 0
    units: int = 0
    first: int | None = None

    def __add__(self, other: "Bucket") -> "Bucket":
        firsts = [first for first in (self.first, other.first) if first is not None]
        return Bucket(self.lines + other.lines, self.units + other.units, min(firsts, default=None))

    def shift_lines(self, lines_above: int) -> "Bucket":
        """Return the same totals with the first line counted within the file; `lines_above` lines precede the chunk."""
        return Bucket(self.lines, self.units, None if self.first is None else self.first + lines_above)


@dataclass(frozen=True)
class ReconciliationTotals:
    """Totals of all records, kept lines, returns among them, and excluded lines by reason; refunded money in units."""

    read: Bucket = Bucket()
    kept: Bucket = Bucket()
    returns: Bucket = Bucket()
    left_out: Mapping[str, Bucket] = field(default_factory=dict)
    refunded: int = 0

    @classmethod
    def merge(cls, chunks: Sequence[tuple["ReconciliationTotals", int]]) -> Self:
        """Merge the totals of chunks, each with the number of lines above it."""
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
        """Return the totals after excluding some of the kept returns."""
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
        """Convert the totals to money; `scale` is the number of units per 1.00."""
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
        """Return whether floats can represent all amounts of money exactly."""
        buckets = (self.read, self.kept, self.returns, *self.left_out.values())
        return are_exact_floats([*(bucket.units for bucket in buckets), self.refunded], scale)

    def format_exclusions(self) -> str:
        """Format the excluded lines by reason, such as `no customer id: 2`."""
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


KEPT_CODE = -1
DAY_REASONS = ("date_outlier", "date_outlier_rejected", "after_as_of", "past_retention")

LineLookup = Callable[[list[int]], list[int]]


class LineStatus:
    """Status of every line of an export."""

    def __init__(self, line_count: int) -> None:
        self._codes = np.full(line_count, KEPT_CODE, dtype=np.int8)
        self._names = list(REASONS)

    def exclude_lines(self, mask: npt.NDArray[np.bool_], reason: str) -> None:
        """Exclude lines for a reason, unless they are already excluded."""
        self._codes[mask & self.kept_mask] = self._names.index(reason)

    @property
    def kept_mask(self) -> npt.NDArray[np.bool_]:
        """Mask of the lines that are not excluded."""
        mask: npt.NDArray[np.bool_] = self._codes == KEPT_CODE
        return mask

    def reason_mask(self, reason: str) -> npt.NDArray[np.bool_]:
        """Return a mask of the lines that are excluded for a reason."""
        has_reason: npt.NDArray[np.bool_] = self._codes == self._names.index(reason)
        return has_reason

    @property
    def usable_mask(self) -> npt.NDArray[np.bool_]:
        """Mask of the lines that are kept, or excluded only because of their day."""
        is_kept = self.kept_mask
        if is_kept.all():
            return is_kept
        by_day = [KEPT_CODE, *(self._names.index(reason) for reason in DAY_REASONS)]
        usable: npt.NDArray[np.bool_] = np.isin(self._codes, by_day)
        return usable

    def list_rejected_rows(self) -> tuple[list[int], list[str]]:
        """Return the rejected rows, ascending, and the reason of each."""
        rejected_codes = [code for code, reason in enumerate(self._names) if REASONS[reason].verdict == "rejected"]
        rows = np.flatnonzero(np.isin(self._codes, rejected_codes))
        return rows.tolist(), [self._names[code] for code in self._codes[rows]]

    def total_reconciliation(
        self,
        units: npt.NDArray[np.int64],
        *,
        returns: npt.NDArray[np.bool_],
        refunded_units: npt.NDArray[np.int64],
        unparsed_records: Mapping[str, Bucket],
        find_lines: LineLookup,
    ) -> ReconciliationTotals:
        """Total lines and money by status.

        Args:
            units: money of each line, in integer units.
            returns: mask of the returns.
            refunded_units: refunded money of each line, in integer units.
            unparsed_records: records that are not among `units`, by reason.
            find_lines: function that returns the physical lines of rows.
        """

        def total_bucket(mask: npt.NDArray[np.bool_], first_line: int | None = None) -> Bucket:
            return Bucket(int(mask.sum()), int(units[mask].sum()), first_line)

        masks_by_reason = {
            self._names[code]: self._codes == code for code in np.unique(self._codes) if code != KEPT_CODE
        }
        first_lines = find_lines([int(mask.argmax()) for mask in masks_by_reason.values()])
        left_out = {
            reason: total_bucket(mask, first_line)
            for (reason, mask), first_line in zip(masks_by_reason.items(), first_lines, strict=True)
        }
        for reason, unparsed_bucket in unparsed_records.items():
            left_out[reason] = left_out.get(reason, Bucket()) + unparsed_bucket
        all_lines = np.ones(len(units), dtype=bool)
        return ReconciliationTotals(
            read=sum(unparsed_records.values(), total_bucket(all_lines)),
            kept=total_bucket(self.kept_mask),
            returns=total_bucket(self.kept_mask & returns),
            left_out=left_out,
            refunded=int(refunded_units[self.kept_mask].sum()),
        )

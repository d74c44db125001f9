"""What becomes of each order line: the first reason to leave it out wins, and none goes uncounted."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from segcli.ingest.account import Bucket, ReconciliationTotals
from segcli.ingest.reasons import REASONS

KEPT_CODE = -1
DAY_REASONS = ("date_outlier", "date_outlier_rejected", "after_as_of", "past_retention")

LineLookup = Callable[[list[int]], list[int]]


class LineStatus:
    """The fate of every line of one export."""

    def __init__(self, line_count: int) -> None:
        self._codes = np.full(line_count, KEPT_CODE, dtype=np.int8)
        self._names = list(REASONS)

    def exclude_lines(self, mask: npt.NDArray[np.bool_], reason: str) -> None:
        """Leave these lines out, unless they are left out already."""
        self._codes[mask & self.kept_mask] = self._names.index(reason)

    @property
    def kept_mask(self) -> npt.NDArray[np.bool_]:
        """The lines nothing was found against."""
        mask: npt.NDArray[np.bool_] = self._codes == KEPT_CODE
        return mask

    def reason_mask(self, reason: str) -> npt.NDArray[np.bool_]:
        """Return which lines are left out for a reason."""
        has_reason: npt.NDArray[np.bool_] = self._codes == self._names.index(reason)
        return has_reason

    @property
    def usable_mask(self) -> npt.NDArray[np.bool_]:
        """The lines that are kept, or left out only because of their day."""
        is_kept = self.kept_mask
        if is_kept.all():
            return is_kept
        by_day = [KEPT_CODE, *(self._names.index(reason) for reason in DAY_REASONS)]
        usable: npt.NDArray[np.bool_] = np.isin(self._codes, by_day)
        return usable

    def list_rejected_rows(self) -> tuple[list[int], list[str]]:
        """Rows that are rejected, ascending, and the reason of each."""
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
        """Count lines and money by fate.

        Args:
            units: money on each line, in whole units.
            returns: which lines are returns.
            refunded_units: money given back for each line, in whole units.
            unparsed_records: records that are not among `units`, by reason.
            find_lines: the physical lines of given rows.
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

"""What becomes of each order line: the first reason to leave it out wins, and none goes uncounted."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from segcli.model import Fate, Reconciliation

# Rejected: the line cannot be used. Ignored: it could be, but a policy or the calendar leaves it out.
REJECTED = {
    "no_customer_id": "no customer id",
    "unreadable_date": "unreadable or missing date",
    "unreadable_amount": "unreadable or missing amount",
    "wrong_field_count": "wrong number of fields",
    "broken_quotes": "quotes that do not close or stand inside a field",
}
IGNORED = {
    "duplicate": "exact repeats",
    "after_as_of": "after the as-of day",
    "return_excluded": "returns",
    "free_line": "free lines",
    "return_without_purchase": "returns of customers without a purchase",
}
REASONS = {**REJECTED, **IGNORED}
KEPT = -1

Where = Callable[[list[int]], list[int]]


class Fates:
    """The fate of every line of one export."""

    def __init__(self, lines: int) -> None:
        self._codes = np.full(lines, KEPT, dtype=np.int8)
        self._names = list(REASONS)

    def mark(self, lines: npt.NDArray[np.bool_], reason: str) -> None:
        """Leave these lines out, unless they are left out already."""
        self._codes[lines & self.kept] = self._names.index(reason)

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """The lines nothing was found against."""
        kept: npt.NDArray[np.bool_] = self._codes == KEPT
        return kept

    def reconcile(
        self,
        units: npt.NDArray[np.int64],
        scale: int,
        *,
        returns: npt.NDArray[np.bool_],
        unread: Mapping[str, tuple[int, int | None]],
        line: Where,
    ) -> Reconciliation:
        """Count lines and money by fate.

        Args:
            units: money on each line, in whole units.
            scale: units in 1.00.
            returns: which lines are returns.
            unread: records that are not among `units`, by reason: how many, and the line of the first.
            line: the physical lines of given rows.
        """

        def fate(reason: str, lines: npt.NDArray[np.bool_], first: int | None = None, beyond: int = 0) -> Fate:
            return Fate(reason, int(lines.sum()) + beyond, int(units[lines].sum()) / scale, first)

        marked = {reason: self._codes == code for code, reason in enumerate(self._names)}
        firsts = {reason: int(lines.argmax()) for reason, lines in marked.items() if lines.any()}
        places = dict(zip(firsts, line(list(firsts.values())), strict=True))
        fates = {}
        for reason, lines in marked.items():
            beyond, first = unread.get(reason, (0, None))
            fates[reason] = fate(reason, lines, places.get(reason, first), beyond)
        return Reconciliation(
            read=len(units) + sum(count for count, _ in unread.values()),
            kept=int(self.kept.sum()),
            money_read=int(units.sum()) / scale,
            money_kept=int(units[self.kept].sum()) / scale,
            returns=fate("returns", self.kept & returns),
            ignored=tuple(fates[r] for r in IGNORED if fates[r].lines),
            rejected=tuple(fates[r] for r in REJECTED if fates[r].lines),
        )

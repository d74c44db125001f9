"""What becomes of each order line: the first reason to leave it out wins, and none goes uncounted."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from segcli.ingest.account import Account, Group
from segcli.ingest.reasons import REASONS

KEPT = -1
BY_DAY = ("date_outlier", "date_outlier_rejected", "after_as_of", "past_retention")

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

    def have_reason(self, reason: str) -> npt.NDArray[np.bool_]:
        """Return which lines are left out for a reason."""
        has_reason: npt.NDArray[np.bool_] = self._codes == self._names.index(reason)
        return has_reason

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """The lines that are kept, or left out only because of their day."""
        kept = self.kept
        if kept.all():
            return kept
        by_day = [KEPT, *(self._names.index(reason) for reason in BY_DAY)]
        usable: npt.NDArray[np.bool_] = np.isin(self._codes, by_day)
        return usable

    def rejected(self) -> tuple[list[int], list[str]]:
        """Rows that are rejected, ascending, and the reason of each."""
        rejecting = [code for code, name in enumerate(self._names) if REASONS[name].verdict == "rejected"]
        rows = np.flatnonzero(np.isin(self._codes, rejecting))
        return rows.tolist(), [self._names[code] for code in self._codes[rows]]

    def account(
        self,
        units: npt.NDArray[np.int64],
        *,
        returns: npt.NDArray[np.bool_],
        refunded: npt.NDArray[np.int64],
        unread: Mapping[str, Group],
        line: Where,
    ) -> Account:
        """Count lines and money by fate.

        Args:
            units: money on each line, in whole units.
            returns: which lines are returns.
            refunded: money given back for each line, in whole units.
            unread: records that are not among `units`, by reason.
            line: the physical lines of given rows.
        """

        def group(lines: npt.NDArray[np.bool_], first: int | None = None) -> Group:
            return Group(int(lines.sum()), int(units[lines].sum()), first)

        marked = {self._names[code]: self._codes == code for code in np.unique(self._codes) if code != KEPT}
        places = line([int(lines.argmax()) for lines in marked.values()])
        left_out = {name: group(lines, at) for (name, lines), at in zip(marked.items(), places, strict=True)}
        for name, lost in unread.items():
            left_out[name] = left_out.get(name, Group()) + lost
        everything = np.ones(len(units), dtype=bool)
        return Account(
            read=sum(unread.values(), group(everything)),
            kept=group(self.kept),
            returns=group(self.kept & returns),
            left_out=left_out,
            refunded=int(refunded[self.kept].sum()),
        )

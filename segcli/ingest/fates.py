"""What becomes of each order line: the first reason to leave it out wins, and none goes uncounted."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from segcli.ingest.reasons import REASONS
from segcli.model import Fate, Reconciliation

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

    def said(self) -> str:
        """What became of the lines that are left out, such as `no customer id: 2`."""
        codes, counts = np.unique(self._codes[~self.kept], return_counts=True)
        return ", ".join(f"{REASONS[self._names[code]].short}: {n:,}" for code, n in zip(codes, counts, strict=True))

    def rejected(self) -> tuple[list[int], list[str]]:
        """Rows that are rejected, ascending, and the reason of each."""
        rejecting = [code for code, name in enumerate(self._names) if REASONS[name].verdict == "rejected"]
        rows = np.flatnonzero(np.isin(self._codes, rejecting))
        return rows.tolist(), [self._names[code] for code in self._codes[rows]]

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
            ignored=_with_verdict(fates, "ignored"),
            rejected=_with_verdict(fates, "rejected"),
        )


def _with_verdict(fates: Mapping[str, Fate], verdict: str) -> tuple[Fate, ...]:
    return tuple(fate for reason, fate in fates.items() if REASONS[reason].verdict == verdict and fate.lines)

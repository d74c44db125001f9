"""One file of an order export, added up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from segcli.customers.runs import Returned, Runs, Units
from segcli.customers.tally import Tally
from segcli.ingest.account import Account
from segcli.ingest.encoding import Twice
from segcli.ingest.money import Scales
from segcli.ingest.opening import Opened
from segcli.ingest.outliers import Amounts
from segcli.model import Reject, Verdict


@dataclass(frozen=True, eq=False)
class Tallied:
    """A file's runs (None once they are joined), and the tallies of its pieces, each with the physical lines above it.

    `dates` is the format of its dates; `notes` is what reading it noticed before its pieces were added up; `rejects`
    are listed where they were asked for; `verdicts` are those of its columns by their rules. `kept` are its lines,
    where they are at hand anyway. Where it `is_whole`, its lines were compared wherever they stand.
    """

    file: Opened
    dates: str
    runs: Runs | None
    parts: tuple[tuple[Tally, int], ...]
    notes: tuple[str, ...] = ()
    rejects: tuple[Reject, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    scales: Scales = field(default_factory=Scales)
    kept: pd.DataFrame | None = None
    is_whole: bool = False

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.content.name

    @cached_property
    def account(self) -> Account:
        """All its lines, before what only all files decide."""
        return Account.together([(part.account, above) for part, above in self.parts])

    @cached_property
    def returned(self) -> Returned:
        """Its returns."""
        return Returned.joined([part.returned for part, _ in self.parts])

    @property
    def return_lines(self) -> Units:
        """Where these stand."""
        return np.concatenate([part.return_lines + above for part, above in self.parts])

    @property
    def amounts(self) -> Amounts:
        """Of its kept lines; their rows are pieces."""
        return Amounts.together([(part.amounts, 0) for part, _ in self.parts])

    @property
    def largest_line(self) -> int | None:
        """Where the first of the largest amounts stands, if that is known."""
        best, above = max(self.parts, key=lambda one: (one[0].amounts.largest, -one[1]))
        return None if best.largest_line is None else best.largest_line + above

    @property
    def statuses(self) -> Mapping[str, Counter[str]]:
        """How often each status stands there."""
        found: dict[str, Counter[str]] = {}
        for part, _ in self.parts:
            for name, counts in part.statuses.items():
                found[name] = found.get(name, Counter()) + counts
        return found

    @property
    def repeated(self) -> int:
        """Lines that repeat another of their purchase."""
        return sum(part.repeated for part, _ in self.parts)

    @property
    def rewritten(self) -> frozenset[str]:
        """Ids that were spelled otherwise."""
        return frozenset[str]().union(*(part.rewritten for part, _ in self.parts))

    @property
    def twice(self) -> Twice:
        """Characters that look encoded twice."""
        return sum((part.twice.below(above) for part, above in self.parts), Twice())

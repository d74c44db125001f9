"""What a report answers besides segments: cohorts, value, a backtest, who moved since; each only if it is asked for.

What cannot be answered is a sentence, which says why. All is as the report's readers may see it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from segcli import columns as c
from segcli.config import Settings
from segcli.errors import SegcliError, UsageProblem
from segcli.evidence.backtest import Backtest
from segcli.evidence.movement import Again
from segcli.model import Customers, Segmentation
from segcli.reports import sparing
from segcli.reports.envelope import records
from segcli.reports.moved import Moved, moved
from segcli.reports.shield import Shield, shield
from segcli.value.clv import Expected, Valued
from segcli.value.cohort import cohorts

MONEY = (c.REVENUE, c.REVENUE_SHARE, "revenue_a_head", "revenue_a_head_low", "revenue_a_head_high")
NO_MONEY = "Revenue is left out for external readers: that of a group may nearly all be one customer's."


@dataclass(frozen=True)
class Ways:
    """How the answers are found, each when it is asked for.

    `again` makes the segmentations of customers at an earlier day, at least those of the columns asked for (None: all);
    `expected` are orders and value; `tested` is a backtest; `previous` are the segmentations of an earlier run.
    """

    again: Again | None = None
    expected: Callable[[], Expected] | None = None
    tested: Callable[[], Backtest] | None = None
    previous: Callable[[], Sequence[Segmentation]] | None = None


@dataclass(frozen=True, eq=False)
class Tested:
    """The summary of a backtest, and of its last fold the segments of each segmentation that may be told."""

    summary: pd.DataFrame
    segments: pd.DataFrame
    notes: Sequence[str]


@dataclass(frozen=True, eq=False)
class Followed:
    """Cohorts by period with what is shown of them."""

    table: pd.DataFrame
    show: str
    withheld: bool
    notes: Sequence[str]


@dataclass(frozen=True)
class Answers:
    """What was found; `why_not` says, by section, why something was not."""

    cohorts: Followed | None = None
    value: Valued | None = None
    backtest: Tested | None = None
    moved: Sequence[Moved] = ()
    why_not: Mapping[str, str] = field(default_factory=dict)

    def parts(self) -> dict[str, Any]:
        """As JSON has it: what there is."""
        found: dict[str, Any] = {}
        if self.cohorts:
            found["cohorts"] = records(self.cohorts.table)
        if self.value:
            several = self.value.segments.items()
            found["clv"] = {
                "totals_expected": dict(self.value.totals),
                "segmentations": [{"column": name, "segments": records(rows)} for name, rows in several],
            }
        if self.backtest:
            found["backtest"] = {
                "summary": records(self.backtest.summary),
                "segments": records(self.backtest.segments),
            }
        if self.moved:
            found["migration"] = [
                {"segmentation": one.name, "psi": one.psi, "flows": records(one.flows)} for one in self.moved
            ]
        return found


@dataclass(frozen=True)
class Asking:
    """Whom the answers are about, and what may be told; `shown` are the segmentations without what is withheld."""

    customers: Customers
    shown: Sequence[Segmentation]
    settings: Settings
    guard: Shield
    ways: Ways

    @property
    def hides_money(self) -> bool:
        """Whether money of groups that were not looked at for dominance is left out."""
        return self.settings.privacy.audience == "external"


def answers(asking: Asking) -> Answers:
    """What the sections ask for."""
    found: dict[str, Any] = {}
    why_not: dict[str, str] = {}
    for section, (name, answer) in _ANSWERS.items():
        if section in asking.settings.report.sections:
            try:
                found[name] = answer(asking)
            except SegcliError as error:
                why_not[section] = f"{str(error).rstrip('.')}."
    return Answers(**found, why_not=why_not)


def _cohorts(asking: Asking) -> Followed:
    wanted, smallest = asking.settings.cohort, asking.guard.smallest
    labelled = {one.column: one.labels for one in asking.shown}
    followed = replace(asking.customers, table=asking.customers.table.assign(**labelled))
    made = cohorts(followed, wanted)
    money = wanted.show in {"revenue", "value"}
    hides = money and (asking.hides_money or wanted.show not in made.table)
    show = "retention" if hides else wanted.show
    notes = [*made.notes, *[NO_MONEY] * (money and asking.hides_money)]
    told = sparing.cohorts(made.table, smallest, show)
    withheld = len(told) < len(made.table) or int(told[show].isna().sum()) > int(made.table[show].isna().sum())
    return Followed(told, show, withheld, notes)


def _value(asking: Asking) -> Valued:
    assert asking.ways.expected, "value needs to know how it is expected"
    settings, shown, found = asking.settings, list(asking.shown), asking.ways.expected()
    if settings.clv.calibration_end:
        earlier = asking.ways.again(found.customers, None) if asking.ways.again else []
        shown = shield(earlier, settings.privacy).over(earlier)
    return found.valued(shown)


def _backtest(asking: Asking) -> Tested:
    assert asking.ways.tested, "a backtest needs to know how segmentations are made"
    made = asking.ways.tested()
    baselines = set(made.summary.loc[made.summary["baseline"], "segmentation"])
    latest = made.segments[(made.segments["fold"] == 1) & ~made.segments["segmentation"].isin(baselines)]
    told = [_spared(rows.reset_index(drop=True), asking) for _, rows in latest.groupby("segmentation", sort=False)]
    notes = [*made.notes, *[NO_MONEY] * asking.hides_money]
    return Tested(made.summary, pd.concat(told, ignore_index=True), notes)


def _spared(rows: pd.DataFrame, asking: Asking) -> pd.DataFrame:
    hidden = asking.guard.names.get(f"{rows['segmentation'].iloc[0]}{c.SEGMENT}", ())
    gone = [place for place, name in enumerate(rows[c.NAME]) if name in hidden]
    told = sparing.rows(rows, asking.guard.smallest, parts=["buyers"], gone=gone)
    return told.drop(columns=[*MONEY, "foretold"], errors="ignore") if asking.hides_money else told


def _moved(asking: Asking) -> list[Moved]:
    if asking.ways.previous is None:
        raise UsageProblem("No earlier result is named (report.previous)")
    before = {one.column: one for one in asking.ways.previous()}
    if not any(one.column in before for one in asking.shown):
        raise UsageProblem("The earlier result has none of these segmentations")
    privacy, major = asking.settings.privacy, asking.settings.compare.major
    return [moved(before[one.column], one, privacy, major) for one in asking.shown if one.column in before]


_ANSWERS: Mapping[str, tuple[str, Callable[[Asking], Any]]] = {
    # section, the answer's name, how it is found
    "cohorts": ("cohorts", _cohorts),
    "clv": ("value", _value),
    "backtest": ("backtest", _backtest),
    "migration": ("moved", _moved),
}

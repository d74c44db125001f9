"""Which segments to work with: knock-outs, attractiveness and our own strength, then a choice within what there is.

Attractiveness and competitiveness as two weighted scores after the GE/McKinsey matrix (Day, Analysis for strategic
market decisions, 1986, ch. 7) and Dolnicar, Grün and Leisch, Market segmentation analysis (2018), steps 2 and 8.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.target import TargetSettings
from segcli.model import Segmentation
from segcli.persona.choosing import Candidate, Limits, choose, why_not
from segcli.persona.contacting import Contacting, contacting
from segcli.persona.criteria import LOW_IS_BEST, Measured, measured
from segcli.persona.weighing import Weighed, first_holds, weigh

THIRDS = (100 / 3, 200 / 3)
# Low, middling, high attractiveness; in each low, middling, high strength.
CELLS = (
    ("withdraw", "manage for earnings", "protect and refocus"),
    ("expand with care or harvest", "manage for earnings", "build selectively"),
    ("build selectively", "invest to build", "protect position"),
)


@dataclass(frozen=True)
class Targets:
    """What was found of each segment, and the chosen ones.

    `table` has one row per segment, the most attractive first, knocked-out ones last: segment, customers, the criteria
    as measured, attractiveness, strength and cell (where known), way, contacts, cost, expected_margin, roi, chosen
    (yes or no) and reason. `parts` tells what each criterion adds. `holds` is by how many points of 100 all weights may
    change with the first segment staying first. `sets` compares the weight sets.
    """

    segmentation: Segmentation
    table: pd.DataFrame
    parts: pd.DataFrame
    chosen: tuple[str, ...]
    holds: float
    sets: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def members(self) -> npt.NDArray[np.bool_]:
        """Who is in a chosen segment, shape (n,)."""
        return np.asarray(self.segmentation.labels.isin(self.chosen), dtype=bool)


@dataclass(frozen=True)
class _Scored:
    """Segments as measured and weighed; `out` says why some are not looked at; scores are 0 where nothing is known."""

    made: Segmentation
    found: Measured
    attractive: Weighed | None
    strong: Weighed | None
    contacts: Sequence[Contacting]
    out: Mapping[str, str]

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        return self.attractive.scores if self.attractive else np.zeros(len(self.made.segments))

    @property
    def ranked(self) -> list[int]:
        """Places of the segments that are looked at, the most attractive first."""
        return [place for place in self.order if self.made.segments[place] not in self.out]

    @property
    def holds(self) -> float:
        """By how much weights may change with the first of them staying first."""
        return first_holds(self.attractive, self.ranked) if self.attractive else 0.0

    @property
    def order(self) -> list[int]:
        """Places of the segments: the most attractive first, those knocked out last."""
        out = np.array([name in self.out for name in self.made.segments])
        return [int(place) for place in np.lexsort((np.arange(len(out)), -self.scores, out))]


def target(
    made: Segmentation, settings: TargetSettings, *, margin: float, words: Sequence[str], most_choices: int
) -> Targets:
    """Score every segment, knock out what falls short, and choose a few.

    Args:
        made: the segmentation.
        settings: criteria, weights, what there is to spend.
        margin: part of revenue that is earned, unless the settings say another.
        words: of consent.
        most_choices: that are tried.
    """
    scored = _scored(made, settings, margin=settings.margin or margin, words=words)
    candidates = [
        _candidate(made.segments[place], float(scored.scores[place]), scored.contacts[place], settings)
        for place in scored.ranked
    ]
    limits = Limits(*settings.bounds, settings.budget, settings.capacity)
    chosen, is_complete = choose(candidates, limits, most_choices)
    picked = [one for one in candidates if one.name in chosen]
    reasons = dict(scored.out) | {
        one.name: "chosen" if one in picked else why_not(one, picked, limits) for one in candidates
    }
    table = _table(scored, chosen, reasons)
    return Targets(
        made,
        table,
        _parts(scored),
        tuple(name for name in table[c.NAME] if name in chosen),
        scored.holds,
        _sets(made, scored.found, settings),
        (*_noticed(scored, chosen, settings), *([] if is_complete else [_note_limit(most_choices)])),
    )


def _scored(made: Segmentation, settings: TargetSettings, *, margin: float, words: Sequence[str]) -> _Scored:
    found = measured(made, settings, words)
    contacts = contacting(made, settings, margin=margin, words=words)
    given = bool(settings.response)  # what people buy anyway says nothing about what contacts earn
    out = {one.segment: _loss(one) for one in contacts if given and one.loses}
    out |= {name: why for place, name in enumerate(made.segments) if (why := _knocked_out(found, place, settings))}
    attractive, strong = weigh(found, settings.weights), weigh(found, settings.competitiveness)
    return _Scored(made, found, attractive, strong, contacts, out)


def _knocked_out(found: Measured, place: int, settings: TargetSettings) -> str:
    """Why a segment is not even looked at; blank where it is."""
    for name, least in settings.knock_outs.items():
        value = found.values[name][place] if name in found.values else None
        if value is None or np.isnan(value):
            continue
        if name in LOW_IS_BEST and value > least:
            return f"knocked out: {name} {value:.3g} is above {least:g}"
        if name not in LOW_IS_BEST and value < least:
            return f"knocked out: {name} {value:.3g} is below {least:g}"
    return ""


def _note_limit(most_choices: int) -> str:
    return f"the best of {most_choices:,} choices; more were not tried (limits.choices), so another may be better"


def _loss(one: Contacting) -> str:
    return f"knocked out: its contacts cost {one.cost:,.2f}, and are expected to earn {one.margin:,.2f}"


def _candidate(name: str, score: float, one: Contacting, settings: TargetSettings) -> Candidate:
    by_margin = settings.objective == "margin" and not np.isnan(one.margin)
    return Candidate(name, one.margin - one.cost if by_margin else score, one.cost, one.contacts)


def _table(scored: _Scored, chosen: Sequence[str], reasons: Mapping[str, str]) -> pd.DataFrame:
    """One row per segment, the most attractive first, those knocked out last."""
    made = scored.made
    rows = pd.DataFrame({c.NAME: made.segments, c.CUSTOMERS: made.profile[c.CUSTOMERS].to_numpy()})
    for name, values in scored.found.values.items():
        if name != "size":
            rows[name] = values
    axes = {"attractiveness": scored.attractive, "strength": scored.strong}
    for name, weighed in axes.items():
        if weighed:
            rows[name] = weighed.scores
    if set(axes) <= set(rows.columns):
        rows["cell"] = [cell(*both) for both in zip(rows["attractiveness"], rows["strength"], strict=True)]
    rows["way"] = [one.way for one in scored.contacts]
    rows["contacts"] = [one.contacts for one in scored.contacts]
    rows["cost"] = [one.cost for one in scored.contacts]
    rows["expected_margin"] = [one.margin for one in scored.contacts]
    rows["roi"] = [one.roi for one in scored.contacts]
    rows["chosen"] = ["yes" if name in chosen else "no" for name in made.segments]
    rows["reason"] = [reasons[name] for name in made.segments]
    return rows.iloc[scored.order].reset_index(drop=True)


def cell(attractiveness: float, strength: float) -> str:
    """The cell of the three by three matrix, scores from 0 to 100.

    >>> cell(90, 90), cell(10, 10), cell(50, 80)
    ('protect position', 'withdraw', 'build selectively')
    """
    return CELLS[int(np.searchsorted(THIRDS, attractiveness, "right"))][int(np.searchsorted(THIRDS, strength, "right"))]


def _parts(scored: _Scored) -> pd.DataFrame:
    columns = [c.NAME, "criterion", "value", "scaled", "weight", "adds"]
    weighed = scored.attractive
    if weighed is None:
        return pd.DataFrame(columns=columns)
    rows = [
        [name, criterion, values[place], weighed.scaled[place, at], weighed.weights[at], weighed.parts[place, at]]
        for place, name in enumerate(scored.made.segments)
        for at, criterion in enumerate(weighed.criteria)
        for values in [scored.found.values[criterion]]
    ]
    return pd.DataFrame(rows, columns=columns)


def _sets(made: Segmentation, found: Measured, settings: TargetSettings) -> pd.DataFrame:
    """Scores and ranks under each set of weights, the settings' own first."""
    rows = []
    for name, weights in {"weights": settings.weights, **settings.weight_sets}.items():
        weighed = weigh(found, weights)
        if weighed:
            ranks = {place: rank for rank, place in enumerate(weighed.order, start=1)}
            rows += [
                [name, segment, float(weighed.scores[place]), ranks[place]]
                for place, segment in enumerate(made.segments)
            ]
    return pd.DataFrame(rows, columns=["set", c.NAME, "attractiveness", "rank"])


def _noticed(scored: _Scored, chosen: Sequence[str], settings: TargetSettings) -> Iterator[str]:
    weighed = scored.attractive
    if weighed is None:
        yield "no criterion is known: rate segments (target.ratings), or give an order export"
        return
    holds = scored.holds
    reach = "any change of the weights" if np.isinf(holds) else f"weight changes of up to +-{holds:.1f} of 100 points"
    yield f"rank 1 holds for {reach}"
    if weighed.unknown:
        yield f"not known, so left out of the score: {', '.join(weighed.unknown)} (target.ratings rates them)"
    strange = sorted({name for of in settings.ratings.values() for name in of} - {*scored.made.segments})
    if strange:
        yield f"rated, but no segment of {scored.made.name}: {', '.join(strange)}"
    for name in weighed.criteria:
        unsure = scored.found.unsure(name, scored.made.segments)
        if unsure:
            yield f"{name} is not known of {', '.join(unsure)}: counted as halfway"
    if scored.strong is None:
        yield "our own strength is not known: rate own_strengths in target.ratings for the second axis"
    if len(chosen) < settings.bounds[0]:
        yield f"only {len(chosen)} of at least {settings.bounds[0]} segments fit knock-outs, budget and capacity"
    returns = sorted((one for one in scored.contacts if one.roi > 0), key=lambda one: -one.roi)
    if returns:
        yield f"by return on what contacts cost: {', '.join(f'{one.segment} {one.roi:,.1f}x' for one in returns)}"
    if not settings.response and any(one.contacts for one in scored.contacts):
        days = settings.period_days
        yield (
            f"expected margin takes as response who bought in the last {days} days: an order of sizes, not an effect; "
            "a holdout measures that"
        )

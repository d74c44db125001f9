"""How customers say they fare: NPS, CSAT, CES, handling time and coded sentiment, for all and for each segment.

Each with the number of answers, a 95 % interval and the response rate. A score of fewer than 30 answers is not shown,
the number of answers below 5 is not told either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.model import Customers
from segcli.segment import intervals

Values = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Scored = tuple[float, float, float]  # a score, and the lower and upper end of its interval

FEWEST = 30  # answers from which a score is shown
SMALLEST = 5  # answers from which their number is told
ALL = "all"
SENTIMENTS: Mapping[str, float] = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}


@dataclass(frozen=True)
class Measure:
    """A measure of experience: the columns it is computed from, the answers among them that count, and its score.

    `shown` is how a score is written for people.
    """

    name: str
    columns: tuple[str, ...]
    valid: Callable[[Values], Mask]
    score: Callable[[Values], Scored]
    shown: str


def on_scale(lowest: int, highest: int) -> Callable[[Values], Mask]:
    """Which answers are whole numbers of a scale."""

    def valid(values: Values) -> Mask:
        with np.errstate(invalid="ignore"):
            counts = (values >= lowest) & (values <= highest) & (values % 1 == 0)
        found: Mask = np.asarray(counts.all(axis=1))
        return found

    return valid


def nps(answers: Values) -> Scored:
    """100 (p - d), promoters 9-10 less detractors 0-6, with variance (p + d - (p - d)^2) / n.

    Reichheld, The one number you need to grow (Harvard Business Review, 2003).
    """
    return _net((answers >= 9).mean(), (answers <= 6).mean(), len(answers))  # noqa: PLR2004 - the definition


def _net(over: float, under: float, count: int) -> Scored:
    net = float(over - under)
    half = intervals.Z * float(np.sqrt((over + under - net**2) / count))
    return 100 * net, 100 * max(net - half, -1.0), 100 * min(net + half, 1.0)


def csat(answers: Values) -> Scored:
    """Per cent of answers 4 and 5 of 5, with Wilson's interval."""
    happy = int((answers >= 4).sum())  # noqa: PLR2004 - the definition
    low, high = intervals.wilson(happy, len(answers))
    return 100 * happy / len(answers), 100 * low, 100 * high


def ces(answers: Values) -> Scored:
    """Mean of answers from 1 to 7."""
    return float(answers.mean()), *intervals.mean(answers.ravel())


def sentiment(codes: Values) -> Scored:
    """100 (share positive - share negative), as for NPS."""
    return _net((codes > 0).mean(), (codes < 0).mean(), len(codes))


def aht(answers: Values) -> Scored:
    """Average handling time of a contact: (talk + hold + wrap) / contacts, in seconds."""
    seconds, contacts = answers[:, :-1].sum(axis=1), answers[:, -1]
    return float(seconds.sum() / contacts.sum()), *intervals.ratio(seconds, contacts)


def _handled(values: Values) -> Mask:
    found: Mask = (values[:, :-1] >= 0).all(axis=1) & (values[:, -1] > 0)
    return found


MEASURES = (
    Measure("NPS", (c.NPS,), on_scale(0, 10), nps, "{:.0f}"),
    Measure("CSAT", (c.CSAT,), on_scale(1, 5), csat, "{:.0f}%"),
    Measure("CES", (c.CES,), on_scale(1, 7), ces, "{:.2f}"),
    Measure("sentiment", (c.SENTIMENT,), on_scale(-1, 1), sentiment, "{:+.0f}"),
    Measure("AHT", (c.TALK_SECONDS, c.HOLD_SECONDS, c.WRAP_SECONDS, c.CONTACTS), _handled, aht, "{:.0f} s"),
)


def answers(customers: Customers, measure: Measure) -> Values | None:
    """The columns of a measure, shape (customers, columns), NaN where there is no answer; nothing if one is missing."""
    if not set(measure.columns) <= set(customers.table.columns):
        return None
    found = np.column_stack([_numbers(customers.table[name]) for name in measure.columns])
    if c.CONTACTS in measure.columns:
        found[found[:, -1] == 0] = np.nan  # without a contact there was nothing to handle
    return found


def _numbers(values: pd.Series) -> Values:
    """Numbers; coded words of sentiment as -1, 0 and 1."""
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    coded = values.astype("str").str.strip().str.casefold().map(dict(SENTIMENTS))
    return np.asarray(coded.to_numpy(dtype=np.float64), dtype=np.float64)


def by_segment(
    customers: Customers, names: Sequence[str], labels: pd.Series, only: str | None = None, fewest: int = FEWEST
) -> pd.DataFrame:
    """Every measure that the table has, for all customers and for each segment.

    Args:
        customers: with the columns of at least one measure.
        names: of the segments, in the order shown.
        labels: the segment of each customer.
        only: one measure.
        fewest: answers from which a score is shown.

    Returns:
        measure, segment, customers, answers, response_rate, score, low, high (NaN where too few answered), note (why
        not, if so).
    """
    rows = []
    for measure in MEASURES:
        values = answers(customers, measure) if only in (None, measure.name) else None
        if values is not None:
            counted = measure.valid(values)
            listed = groups(names, labels)
            rows += [[measure.name, name, *_row(measure, values, group, counted, fewest)] for name, group in listed]
    columns = ["measure", c.NAME, c.CUSTOMERS, "answers", "response_rate", "score", "low", "high", "note"]
    return pd.DataFrame(rows, columns=columns)


def groups(names: Sequence[str], labels: pd.Series) -> list[tuple[str, Mask]]:
    """All customers, then those of each segment."""
    return [(ALL, np.ones(len(labels), dtype=bool)), *((name, (labels == name).to_numpy()) for name in names)]


def _row(measure: Measure, values: Values, group: Mask, counted: Mask, fewest: int) -> list[object]:
    size, given = int(group.sum()), values[group & counted]
    count, hidden = len(given), [np.nan] * 3
    if 0 < count < min(SMALLEST, fewest):
        return [size, np.nan, np.nan, *hidden, f"fewer than {SMALLEST} answers"]
    rate = count / size if size else np.nan
    if count < fewest:
        return [size, count, rate, *hidden, f"fewer than {fewest} answers"]
    return [size, count, rate, *measure.score(given), ""]

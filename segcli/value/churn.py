"""Who will buy in the next period? A model learns from one period, is tested on the next, and then foretells.

Three days matter, a period apart: customers as they were at the first, with what they did up to the second, train the
model; customers at the second, with what they did up to the third, test it; then it is trained on these as well, and
foretells for the third. Nothing of a customer after a day is known at it. Probabilities are calibrated (Platt 1999).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.churn import ChurnSettings
from segcli.cores import one_thread_each
from segcli.counting import counted
from segcli.customers.history import earlier
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.feature import log
from segcli.value.lift import deciles_of, scored
from segcli.value.outcomes import outcomes

FEWEST = 50  # customers who bought, and who did not, in each period
FOLDS = 5
FEATURES = (
    *(c.RECENCY_DAYS, c.TENURE_DAYS, c.ORDERS, c.REVENUE, c.AVERAGE_ORDER_VALUE, c.LARGEST_ORDER, c.REFUNDS),
    *(c.MEAN_DAYS_BETWEEN_ORDERS, c.CV_DAYS_BETWEEN_ORDERS, c.LAST_GAP_DAYS, c.DISTINCT_PRODUCTS),
    *(c.DISTINCT_CATEGORIES, c.DISCOUNT_SHARE),
)
OVERDUE = "recency in own gaps"

Values = npt.NDArray[np.float64]
Known = tuple[Values, npt.NDArray[np.bool_], Values]


@dataclass(frozen=True, eq=False)
class Churn:
    """`next_period` is each customer's probability to buy in the next period, shape (n,), in the order of the table.

    `scores`: of the model and of RFM ranks, in the test period, auc, brier and lift of the top tenth; `deciles`: by
    tenth of customers, most likely first, probability foretold, share who bought, and that by RFM ranks.
    """

    model: str
    next_period: Values
    scores: pd.DataFrame
    deciles: pd.DataFrame
    notes: tuple[str, ...]


def churn(everybody: Customers, settings: ChurnSettings, seed: int) -> Churn:
    """Train, test, foretell.

    Raises:
        InputProblem: the input is no order export, or too few bought, or did not, in a period.
    """
    if everybody.as_of is None or everybody.transactions is None:
        raise InputProblem(
            "holds no single orders",
            source=everybody.readings[0].input.name,
            remedy="Give an order export, not a customer table",
        )
    last, period = everybody.as_of - timedelta(days=1), timedelta(days=settings.period_days)
    with one_thread_each():  # sums that are split over threads differ in their last bits
        train, test = (_known(everybody, last - period * back, settings) for back in (2, 1))
        name = _chosen(train, settings, seed)
        foretold = _fitted(name, train, seed).predict_proba(test[0])[:, 1]
        final = _fitted(name, test, seed)
        ahead = final.predict_proba(_features(everybody))[:, 1]
    scores = pd.DataFrame(
        [{"score": name, **scored(foretold, test[1])}, {"score": "rfm ranks", **scored(_as_shares(test[2]), test[1])}]
    )
    scores.loc[1, "brier"] = np.nan  # ranks are no probabilities
    deciles = deciles_of(foretold, test[1], test[2])
    return Churn(name, np.round(ahead, 6), scores, deciles, tuple(_notes(name, scores, train, test, settings, last)))


def _known(everybody: Customers, day: date, settings: ChurnSettings) -> Known:
    """Customers at a day: their features, whether they bought in the period after it, and their RFM ranks."""
    then = earlier(everybody, day + timedelta(days=1))
    bought = outcomes(everybody, then.table[c.CUSTOMER_ID], day, settings.period_days).bought
    events, others = int(bought.sum()), int((~bought).sum())
    if min(events, others) < FEWEST:
        raise InputProblem(
            f"in the {settings.period_days} days after {day.isoformat()} {counted(events, 'customer')} bought and "
            f"{others:,} did not; a model needs {FEWEST} of both",
            source=everybody.readings[0].input.name,
            remedy="Set churn.period_days to more or fewer days",
        )
    return _features(then), bought, rfm_ranks(then)


def _features(customers: Customers) -> Values:
    """Shape (n, features), NaN where not known; recency also in units of a customer's own gaps."""
    table = customers.table
    found = {name: table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in FEATURES if name in table}
    gap = found[c.MEAN_DAYS_BETWEEN_ORDERS]
    found[OVERDUE] = np.divide(found[c.RECENCY_DAYS], gap, out=np.full(len(table), np.nan), where=gap > 0)
    return np.column_stack(list(found.values()))


def rfm_ranks(customers: Customers) -> Values:
    """The sum of the ranks of recency, orders and revenue, the best customer highest."""
    table = customers.table
    ranks = table[c.ORDERS].rank() - table[c.RECENCY_DAYS].rank()
    if c.REVENUE in table:
        ranks += table[c.REVENUE].rank()
    return np.asarray(ranks, dtype=np.float64)


def _as_shares(ranks: Values) -> Values:
    found: Values = (ranks - ranks.min()) / max(float(np.ptp(ranks)), 1.0)
    return found


def _fitted(name: str, known: Known, seed: int) -> Any:  # noqa: ANN401 - scikit-learn has no types
    """A calibrated model, fitted."""
    from sklearn.calibration import CalibratedClassifierCV

    model = CalibratedClassifierCV(_model(name, seed), method="sigmoid", cv=_folds())
    return model.fit(known[0], known[1])


def _folds() -> Any:  # noqa: ANN401 - as above
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(FOLDS, shuffle=True, random_state=0)


def _model(name: str, seed: int) -> Any:  # noqa: ANN401 - as above
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    if name == "boosting":
        return HistGradientBoostingClassifier(max_depth=3, learning_rate=0.05, max_iter=150, random_state=seed)
    logarithms = FunctionTransformer(log)
    return make_pipeline(
        logarithms, SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression(max_iter=2000)
    )


def _chosen(train: Known, settings: ChurnSettings, seed: int) -> str:
    """The model that foretells better what it has not seen of the training period."""
    from sklearn.metrics import log_loss
    from sklearn.model_selection import cross_val_predict

    if settings.model != "auto":
        return settings.model
    losses = {}
    for name in ("logistic", "boosting"):
        told = cross_val_predict(_model(name, seed), train[0], train[1], cv=_folds(), method="predict_proba")
        losses[name] = log_loss(train[1], told[:, 1])
    return min(losses, key=lambda name: (losses[name], name))


def _notes(  # noqa: PLR0913, PLR0917 - all of it is told
    name: str, scores: pd.DataFrame, train: Known, test: Known, settings: ChurnSettings, last: date
) -> Iterator[str]:
    model, ranks = scores.to_dict("records")
    yield (
        f"{name} regression" * (name == "logistic")
        + "gradient boosting" * (name == "boosting")
        + f", trained on {len(train[1]):,} customers, tested on {len(test[1]):,} in the {settings.period_days} days to "
        f"{last.isoformat()}: AUC {model['auc']:.2f} (RFM ranks {ranks['auc']:.2f}), Brier {model['brier']:.3f}, "
        f"top tenth {model['lift_top_tenth']:.1f}x (RFM ranks {ranks['lift_top_tenth']:.1f}x)"
    )
    base = float(test[1].mean())
    if model["brier"] >= base * (1 - base):
        yield "it foretells no better than the mean of all; do not use its probabilities"

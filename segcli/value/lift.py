"""How well probabilities foretell: area under the ROC curve, Brier score, lift by tenth of customers."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c

DECILES = 10

Values = npt.NDArray[np.float64]


def scored(foretold: Values, bought: npt.NDArray[np.bool_]) -> dict[str, float]:
    """AUC, Brier score (1950) and lift of the top tenth."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    top = np.argsort(-foretold, kind="stable")[: max(len(foretold) // DECILES, 1)]
    return {
        "auc": float(roc_auc_score(bought, foretold)),
        "brier": float(brier_score_loss(bought, foretold)),
        "lift_top_tenth": float(bought[top].mean() / bought.mean()),
    }


def deciles_of(foretold: Values, bought: npt.NDArray[np.bool_], ranks: Values) -> pd.DataFrame:
    """By tenth of customers, most likely first: probability foretold, share who bought, and that by ranks."""
    parts = np.array_split(np.argsort(-foretold, kind="stable"), DECILES)
    by_ranks = np.array_split(np.argsort(-ranks, kind="stable"), DECILES)
    rows = [
        {
            "decile": number,
            c.CUSTOMERS: len(part),
            "foretold": float(foretold[part].mean()),
            "bought": float(bought[part].mean()),
            "lift": float(bought[part].mean() / bought.mean()),
            "bought_by_rfm": float(bought[other].mean()),
        }
        for number, (part, other) in enumerate(zip(parts, by_ranks, strict=True), 1)
    ]
    return pd.DataFrame(rows)

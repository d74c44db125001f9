"""How well probabilities foretell: area under the ROC curve, Brier score, lift by tenth of customers."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns

DECILE_COUNT = 10

FloatArray = npt.NDArray[np.float64]


def classification_metrics(probabilities: FloatArray, has_bought: npt.NDArray[np.bool_]) -> dict[str, float]:
    """AUC, Brier score (1950) and lift of the top tenth."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    top_tenth = np.argsort(-probabilities, kind="stable")[: max(len(probabilities) // DECILE_COUNT, 1)]
    return {
        "auc": float(roc_auc_score(has_bought, probabilities)),
        "brier": float(brier_score_loss(has_bought, probabilities)),
        "lift_top_tenth": float(has_bought[top_tenth].mean() / has_bought.mean()),
    }


def lift_by_decile(
    probabilities: FloatArray, has_bought: npt.NDArray[np.bool_], rfm_scores: FloatArray
) -> pd.DataFrame:
    """By tenth of customers, most likely first: probability foretold, share who bought, and that by ranks."""
    probability_deciles = np.array_split(np.argsort(-probabilities, kind="stable"), DECILE_COUNT)
    rank_deciles = np.array_split(np.argsort(-rfm_scores, kind="stable"), DECILE_COUNT)
    rows = [
        {
            "decile": decile,
            columns.CUSTOMERS: len(likely_rows),
            "foretold": float(probabilities[likely_rows].mean()),
            "bought": float(has_bought[likely_rows].mean()),
            "lift": float(has_bought[likely_rows].mean() / has_bought.mean()),
            "bought_by_rfm": float(has_bought[ranked_rows].mean()),
        }
        for decile, (likely_rows, ranked_rows) in enumerate(zip(probability_deciles, rank_deciles, strict=True), 1)
    ]
    return pd.DataFrame(rows)

"""Audits by a column that segments are never made of: counted by hand, and masked where few people would show."""

import numpy as np
import pytest

from segcli.config.fairness import FairnessSettings
from segcli.errors import ConfigProblems
from segcli.evaluation.fairness_audit import audit_fairness, mask_small_groups
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

GENDER = ["f"] * 40 + ["m"] * 60
MADE = read_segmentation(
    from_columns(
        {
            "orders": [1] * 40 + [9] * 60,
            "income": ["low"] * 40 + ["high"] * 60,
            "gender": GENDER,
            "x_segment": ["a"] * 30 + ["b"] * 10 + ["a"] * 15 + ["b"] * 45,
        }
    ),
    "x_segment",
)


def test_make_up_and_selection_by_hand() -> None:
    """Of b are 10 of 40 women and 45 of 60 men: 0.25 / 0.75; of a 30 of 45 are women, who are 0.4 of all."""
    settings = FairnessSettings(audit_only=["gender"])
    (one,) = audit_fairness([MADE], settings, 5, (MADE.labels == "b").to_numpy())
    assert one.selection is not None
    assert one.selection.ratio == pytest.approx(1 / 3)
    assert not one.has_passed
    assert "ratio of selection rates 0.33 is too low (at least 0.8)" in one.notes[-1]
    balances = one.balance_tables["x_segment"].set_index("segment")["balance"]
    assert balances["a"] == pytest.approx(min(0.4 / (30 / 45), (15 / 45) / 0.6))


def test_nobody_chosen_is_no_selection() -> None:
    (one,) = audit_fairness([MADE], FairnessSettings(audit_only=["gender"]), 5, None)
    assert one.selection is None
    assert one.has_passed


def test_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigProblems, match=r"fairness\.audit_only: no column 'shoe'"):
        audit_fairness([MADE], FairnessSettings(audit_only=["shoe"]), 5, None)


def test_numbers_of_a_few_people_are_masked() -> None:
    labels = np.array(["a"] * 3 + ["b"] * 37 + ["a"] * 40 + ["b"] * 20)
    few = read_segmentation(
        from_columns({"orders": [1] * 100, "gender": GENDER, "x_segment": labels.tolist()}), "x_segment"
    )
    (one,) = audit_fairness([few], FairnessSettings(audit_only=["gender"]), 5, labels == "a")
    hidden = mask_small_groups(one, 5)
    assert one.balance_tables["x_segment"].set_index("segment").loc["a", "balance"] == pytest.approx((3 / 43) / 0.4)
    assert np.isnan(hidden.balance_tables["x_segment"].set_index("segment").loc["a", "balance"])
    assert hidden.selection is not None
    rates = hidden.selection.table.set_index("group")
    assert np.isnan(rates.loc["f", "chosen"])
    assert rates.loc["m", "chosen"] == 40

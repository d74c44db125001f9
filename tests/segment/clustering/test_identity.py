"""Names follow segments from one model to the next, and rules give names of their own; by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from segcli.config.cluster import Named
from segcli.errors import ConfigProblems
from segcli.segment.clustering import cluster_names
from tests.oracles.tables import table

CUSTOMERS = table(orders=list(range(10)))


def kept(monkeypatch: pytest.MonkeyPatch, names: list[str], now: str, before: str) -> tuple[list[str], list[str]]:
    """Customers one by one: the number of their segment now, and the letter of the one before."""
    was = SimpleNamespace(labels=pd.Series(list(before), dtype="str"))
    monkeypatch.setattr(cluster_names, "assign_to_clusters", lambda *_: was)
    labels = np.array([int(number) for number in now])
    return cluster_names.match_previous(names, labels, CUSTOMERS, {"segments": sorted(set(before))})


def test_a_segment_keeps_its_name_while_half_of_both_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """B has 3 of 4 in common, C 2 of 3; then B and C have just half."""
    names = ["x", "y", "z"]
    told = "3 of 3 segments of the previous model remain, with {} of customers"
    assert kept(monkeypatch, names, "0000111222", "AAAABBBBCC") == (["A", "B", "C"], [told.format("90%")])
    assert kept(monkeypatch, names, "0000111122", "AAAABBCCCC") == (["A", "B", "C"], [told.format("80%")])


def test_new_and_vanished_segments_are_told_and_no_name_is_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """B falls into three thirds, none of which is B; a new segment that would be called A is not A."""
    assert kept(monkeypatch, ["x", "A", "y", "z"], "0000112233", "AAAABBBBBB") == (
        ["A", "A (new)", "y", "z"],
        [
            "1 of 2 segments of the previous model remain, with 40% of customers",
            "new: A (new), y, z",
            "vanished: B",
        ],
    )


def test_without_a_previous_model_names_are_as_found() -> None:
    assert cluster_names.match_previous(["x"], np.zeros(10, dtype=np.int64), CUSTOMERS, None) == (["x"], [])


def test_a_rule_names_the_segment_of_which_at_least_half_meet_it() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    half = Named(segment="Half", when="orders in [0, 1]")
    last = Named(segment="Last", when="orders >= 8")
    assert cluster_names.apply_name_rules(["x", "y", "z"], labels, CUSTOMERS, [half, last]) == ["Half", "y", "Last"]
    with pytest.raises(ConfigProblems, match=r"names\.1 \(Half\): the best-matching segment already has a name"):
        cluster_names.apply_name_rules(
            ["x", "y", "z"], labels, CUSTOMERS, [last.model_copy(update={"when": "orders < 4"}), half]
        )
    with pytest.raises(ConfigProblems, match=r"names\.0 \(Few\): .* matches it with 25% of its customers"):
        cluster_names.apply_name_rules(["x", "y", "z"], labels, CUSTOMERS, [Named(segment="Few", when="orders == 0")])

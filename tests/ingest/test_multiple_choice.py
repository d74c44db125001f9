"""Cells with several answers are told from places, names, amounts and sentences with commas."""

from collections.abc import Callable

import pandas as pd
import pytest

from segcli.config.cluster import ClusterSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.multiple_choice import find_choices, read_choice
from segcli.segment import models
from segcli.segment.clustering import pipeline
from segcli.segment.clustering.assignment import assign_to_clusters


@pytest.mark.parametrize(
    ("cells", "choices"),
    [
        (["Price, Quality", "Quality", "Price, Service", "Service", "Price"], ["Price", "Quality", "Service"]),
        (["Price;Quality;", "Quality;", "Price;Service;", "Service;Quality;"], ["Price", "Quality", "Service"]),
        (["['a', 'b']", "['b']", "['a', 'c']", "['c']"], ["a", "b", "c"]),
        (
            ["Skiing, snowboarding, Hiking", "Hiking", "Skiing, snowboarding", "Museums, Hiking", "Museums"],
            ["Hiking", "Museums", "Skiing, snowboarding"],
        ),
        (["Price, Quality", "Quality", None, "Price, Service", "Service"], ["Price", "Quality", "Service"]),
        (["Austin, TX", "Dallas, TX", "Boston, MA", "Salem, MA"], []),
        (["Yes, always", "Yes, sometimes", "No, never", "No"], []),
        (["Doe, John", "Roe, Jane", "Poe"], []),
        (["$30,001 to $60,000", "$1 to $30,000"], []),
        (["red", "green", "blue", "red"], []),
        (["a, b", "a, b", "c"], []),
    ],
)
def test_choices_recur_in_cells_of_different_length(cells: list[str | None], choices: list[str]) -> None:
    found = find_choices(pd.Series([*cells, *cells], dtype="str"))
    assert found == choices
    for choice in found:
        marks = read_choice(pd.Series(cells, dtype="str"), choice).tolist()
        assert marks == [int(cell is not None and choice in cell) for cell in cells]


def test_words_of_a_respondents_own_are_no_choice() -> None:
    cells = ["Price, Quality", "Quality", "Price, Service", "Service", "Price"] * 4
    assert find_choices(pd.Series([*cells, "Quality, my own words"])) == ["Price", "Quality", "Service"]


def test_a_model_knows_choices_that_nobody_in_a_later_file_made(file_of: Callable[..., str]) -> None:
    cells = ["Price, Quality", "Quality", "Price, Service", "Service", "Price", "Quality, Service"]
    text = "".join(f'c{row:02},"{cells[row % 6]}"\n' for row in range(60))
    first = load_customers(IngestSettings(transactions=Source(path=file_of(f"customer_id,why\n{text}"))))
    found = pipeline.cluster_customers(first, ClusterSettings(k=2, pairs=0), 1)
    assert {feature["name"] for feature in found.method["features"]} == {"why: Price", "why: Quality", "why: Service"}
    later = load_customers(IngestSettings(transactions=Source(path=file_of("customer_id,why\nx,Quality\ny,Quality\n"))))
    labels = assign_to_clusters(later, models.model_fields(found)).labels.tolist()
    assert labels == [found.labels[1]] * 2

"""Survey weights are named in a note and are no features; other weights are columns like others."""

from collections.abc import Callable

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.survey_weights import find_weight_columns
from segcli.segment.clustering.column_roles import find_column_roles


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("Weight", [0.5, 1.5, 1.2], True), ("Gewichtungsfaktor", [0.9, 1.1], True), ("权重", [0.0, 2.0], True),
        ("weight", [61.5, 80.2], False), ("weight", [1.0, 1.0], False), ("weight", [-1.0, 3.0], False),
        ("net weight", [0.9, 1.1], False), ("weight", ["low", "high"], False),
    ],
)  # fmt: skip
def test_weights_are_known_by_name_and_mean(name: str, values: list[object], expected: bool) -> None:  # noqa: FBT001
    assert find_weight_columns(pd.DataFrame({name: values})) == [name] * expected


def test_a_note_names_the_weights_and_they_are_no_features(file_of: Callable[..., str]) -> None:
    rows = "".join(f"r{number},{number % 5 + 1},{0.7 + 0.6 * (number % 2)}\n" for number in range(40))
    path = file_of(f"customer id,I like it,sample weight\n{rows}")
    customers = load_customers(IngestSettings(transactions=Source(path=path)))
    note = "column 'sample weight' looks like survey weights; segcli does not apply them: each row counts once"
    assert note in customers.input_reports[0].notes
    assert find_column_roles(customers.table, [], allow_special=False).reasons["sample weight"] == "survey weights"

"""Who customers are: households, classes, and what the file itself says."""

import numpy as np
import pandas as pd
import pytest

from tests.segment.bases.conftest import customers, decided, labels, texts


@pytest.mark.base("household_size")
def test_a_household_is_counted_or_put_together() -> None:
    assert labels("household_size", customers(household_size=[1, 4, 5, 9, 0, None])) == [
        *("1", "4", "5 and more", "5 and more", "unknown", "unknown")
    ]
    table = customers(
        marital_status=texts("Married", "single", "Widow", None),
        children=pd.Series([2, 0, None, 1], dtype="Int64"),
    )
    assert labels("household_size", table) == ["4", "1", "unknown", "unknown"]


@pytest.mark.base("social_class")
def test_occupations_are_mapped_and_unknown_ones_reported() -> None:
    made = decided(
        "social_class", customers(occupation=texts("Manager", "clerk", "electrician", "retired", "wizard", None))
    )
    assert list(made.labels) == ["AB", "C1", "C2", "DE", "unknown", "unknown"]
    assert made.segments == ["AB", "C1", "C2", "DE", "unknown"]
    assert made.warnings == ("not in the class map: wizard (1 customer); counted as unknown",)
    own = labels("social_class", customers(occupation=texts("wizard", "Elf")), classes={"magic": ["Wizard", "elf"]})
    assert own == ["magic", "magic"]


@pytest.mark.base("gender", "os", "device", "payment", "channel", "country", "region", "education", "occupation")
@pytest.mark.parametrize(
    ("base", "column"),
    [
        ("gender", "gender"),
        ("os", "top_os"),
        ("device", "top_device"),
        ("payment", "top_payment"),
        ("channel", "top_channel"),
        ("country", "country"),
        ("region", "region"),
        ("education", "education"),
        ("occupation", "occupation"),
    ],
)
def test_the_files_own_values_are_segments_and_stay_in_their_column(base: str, column: str) -> None:
    """60 + 38 of 100 known stand for themselves, 1 + 1 are below 2 % and merged."""
    values = texts(*["a"] * 60, *["b"] * 38, "c", "d", None)
    made = decided(base, customers(**{column: values}))
    assert made.profile.set_index("segment")["customers"].to_dict() == {"a": 60, "b": 38, "other": 2, "unknown": 1}
    assert made.column == f"{base}_segment"
    assert made.table[column].tolist()[:100] == values.tolist()[:100]


@pytest.mark.base("multi_device")
def test_one_device_or_several() -> None:
    assert labels("multi_device", customers(distinct_devices=[1, 2, 5, 0])) == [
        *("one device", "several devices", "several devices", "unknown")
    ]


@pytest.mark.base("price_behaviour")
def test_price_behaviour_at_its_boundaries() -> None:
    found = labels("price_behaviour", customers(discount_share=[0.0, 0.0999, 0.1, 0.4999, 0.5, 1.0, np.nan]))
    assert found == ["full price"] * 2 + ["now and then on discount"] * 2 + ["mostly on discount"] * 2 + ["unknown"]


@pytest.mark.base("decile")
def test_the_best_tenth_is_d1_and_equal_values_share_the_better_part() -> None:
    revenue = [float(n) for n in range(1, 101)]
    made = decided("decile", customers(revenue=revenue))
    assert made.profile["customers"].tolist() == [10] * 10
    assert list(made.labels[:10]) == ["D10"] * 10
    assert list(made.labels[90:]) == ["D1"] * 10
    assert made.notes == ("D1: 19% of revenue",)  # (91 + ... + 100) / 5050
    assert labels("decile", customers(revenue=[5.0] * 9 + [1.0, np.nan]), parts=2) == ["D1"] * 9 + ["D2", "unknown"]


@pytest.mark.base("language", "transport", "media")
@pytest.mark.parametrize(
    ("base", "header", "values", "expected"),
    [
        ("language", "Korrespondenzsprache", ["de-AT", "DE", "Deutsch", None], ["de", "de", "Deutsch", "unknown"]),
        ("language", "locale", ["pt_BR", "zh-Hans-CN", "fil", ""], ["pt", "zh", "fil", "unknown"]),
        ("transport", "Mode of transport", ["car", "bike", "car", None], ["car", "bike", "car", "unknown"]),
        ("media", "социальная сеть", ["VK", "VK", "OK", None], ["VK", "VK", "OK", "unknown"]),
    ],
)
def test_columns_of_the_file_by_common_names(
    base: str, header: str, values: list[str | None], expected: list[str]
) -> None:
    assert labels(base, customers(**{header: texts(*values)})) == expected
    assert labels(base, customers(mine=texts(*values)), column="Mine") == expected
    assert decided(base, customers(**{base: texts(*values)})).table[base].tolist()[:2] == values[:2]

"""The most frequent value per customer, against counting."""

from collections import Counter

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.customers.dominant import dominant


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["", "a", "b", "B", "ä"])), min_size=1, max_size=40))
def test_the_value_on_most_lines_wins_blanks_do_not_count_and_ties_go_to_the_first(
    lines: list[tuple[int, str]],
) -> None:
    found = dominant(pd.Series([v for _, v in lines], dtype="category"), pd.Series([who for who, _ in lines]))
    expected = {}
    for customer in sorted({who for who, _ in lines}):
        counted = Counter(value for who, value in lines if who == customer and value)
        if counted:
            expected[customer] = min(counted, key=lambda value: (-counted[value], value))
    assert found.to_dict() == expected

"""Values of a customer's lines, against counting."""

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.customers import order_runs
from segcli.customers.metrics import count_distinct_values, find_modes
from segcli.customers.order_runs import LineColumns, group_consecutive
from segcli.customers.orders import merge_runs_into_orders

line = st.tuples(st.integers(0, 4), st.sampled_from(["", "a", "b", "B", "ä"]))


@settings(max_examples=30, deadline=None)
@given(lines=st.lists(line, min_size=1, max_size=40))
def test_the_value_on_most_lines_wins_blanks_do_not_count_and_ties_go_to_the_first(
    lines: list[tuple[int, str]],
) -> None:
    who, values = [str(one) for one, _ in lines], [value for _, value in lines]
    starts = np.flatnonzero([True, *(a != b for a, b in itertools.pairwise(who))])
    column = pa.array(values, pa.string())
    columns = LineColumns(pa.array(who), None, np.zeros(len(who), np.int32), {}, {"channel": column})
    runs = group_consecutive(columns, starts)
    counts, orders = runs.value_counts["channel"], merge_runs_into_orders(runs)
    counted = {one: Counter(v for w, v in zip(who, values, strict=True) if w == one and v) for one in sorted(set(who))}
    assert count_distinct_values(counts, orders).tolist() == [len(values) for values in counted.values()]
    best = [min(found, key=lambda v: (-found[v], v), default=None) for found in counted.values()]
    assert [one or None for one in find_modes(counts, orders).fillna("")] == best
    assert int(runs.sums[order_runs.LINES_SUM].sum()) == len(lines)

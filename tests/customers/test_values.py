"""Values of a customer's lines, against counting."""

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.customers import runs as r
from segcli.customers.purchases import purchases
from segcli.customers.runs import Bought, collapsed
from segcli.customers.values import distinct, dominant
from segcli.ingest.coded import coded

line = st.tuples(st.integers(0, 4), st.sampled_from(["", "a", "b", "B", "ä"]))


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(line, min_size=1, max_size=40))
def test_the_value_on_most_lines_wins_blanks_do_not_count_and_ties_go_to_the_first(
    lines: list[tuple[int, str]],
) -> None:
    who, values = [str(one) for one, _ in lines], [value for _, value in lines]
    new = np.array([True, *(a != b for a, b in itertools.pairwise(who))])
    column = coded(pa.chunked_array([values], pa.string()))
    runs = collapsed(Bought(pa.array(who), None, np.zeros(len(who), np.int32), {}, {"channel": column}), new)
    pairs, made = runs.values["channel"], purchases(runs)
    counted = {one: Counter(v for w, v in zip(who, values, strict=True) if w == one and v) for one in sorted(set(who))}
    assert distinct(pairs, made).tolist() == [len(counts) for counts in counted.values()]
    best = [min(counts, key=lambda v: (-counts[v], v), default=None) for counts in counted.values()]
    assert [one or None for one in dominant(pairs, made).fillna("")] == best
    assert int(runs.sums[r.LINES].sum()) == len(lines)

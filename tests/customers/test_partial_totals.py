"""Totals of chunks, by the pure functions alone: any division, order and merging of lines gives the same customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers.aggregation import AggregationOptions, CustomerPartition, aggregate_partition, concat_parts
from segcli.customers.file_totals import FileTotals, merge_chunks
from segcli.customers.order_runs import (
    PARTITION_COUNT,
    OrderRuns,
    ReturnLines,
    date_of_day_number,
    day_number,
    decode_place,
    encode_place,
    merge_returns,
    merge_runs,
    partition_runs,
    sort_returns,
    unify_texts,
)
from segcli.customers.partial_totals import ChunkTotals, aggregate_chunk
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_store import merge_packed, pack_partitions, runs_to_tables
from segcli.ingest.chunk_parsing import ChunkSchema, infer_chunk_schema
from segcli.ingest.input_file import open_input
from segcli.ingest.money import UnitScales
from segcli.io.read import FileContent
from tests.customers.test_order_history import START, exports, policies, text_of
from tests.oracles.reduction import Policies

LATER = START + timedelta(days=60)  # than all drawn lines
Pair = tuple[OrderRuns, ReturnLines]
Records = list[dict[str, str]]


@dataclass(frozen=True)
class Export:
    """Drawn lines, and how all chunks of them are read."""

    lines: list[str]
    schema: ChunkSchema
    request: ReadRequest

    def aggregate(self, lines: Sequence[str], chunk: int = 0) -> ChunkTotals:
        """Aggregate lines as one chunk."""
        return aggregate_chunk("".join(lines).encode(), self.schema, self.request, (0, chunk))

    def customers(self, runs: OrderRuns, returns: ReturnLines) -> CustomerPartition:
        """Aggregate runs and returns to customers."""
        day = self.request.as_of or LATER
        return aggregate_partition(
            runs, returns, AggregationOptions(day, UnitScales(), self.request.settings.returns, ())
        )


def export_of(records: Records, wanted: Policies) -> Export:
    """Prepare drawn records to be read in chunks."""
    policies = {"returns": wanted.returns, "free_lines": wanted.free_lines, "collapse": wanted.collapse}
    return prepare(text_of(records), wanted.as_of, **policies)


def prepare(text: str, as_of: date | None = None, **chosen: Any) -> Export:
    """Prepare a text to be read in chunks; its header names the columns."""
    columns = {name: name for name in text.partition("\n")[0].split(",")}
    source = Source(path="drawn.csv", columns=columns, date_format="%Y-%m-%d %H:%M:%S")
    settings = IngestSettings(transactions=source, **chosen)
    file = open_input(source, FileContent("drawn.csv", text.encode(), len(text), "", is_head=True))
    schema = infer_chunk_schema(file, settings, PrivacySettings(), has_as_of=as_of is not None)
    return Export(text.splitlines(keepends=True)[1:], schema, ReadRequest(settings, PrivacySettings(), as_of))


def pair_of(totals: ChunkTotals) -> Pair:
    assert totals.runs is not None
    assert totals.returns is not None
    return totals.runs, totals.returns


def merge(pairs: Sequence[Pair]) -> Pair:
    return merge_runs([runs for runs, _ in pairs]), merge_returns([returns for _, returns in pairs])


def agree(one: CustomerPartition, other: CustomerPartition) -> None:
    """The same customers to the last bit, lines of each, and returns that are left out."""
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert one.line_counts.tolist() == other.line_counts.tolist()
    assert left_out(one) == left_out(other)


def left_out(part: CustomerPartition) -> list[tuple[int, str, int, int, int]]:
    """Sum returns that are left out by file and reason; where the first stands depends on how lines are divided."""
    sums: dict[tuple[int, str], Any] = {}
    for entry in part.excluded_returns:
        values = np.array([entry.lines, entry.money, entry.refunded])
        sums[entry.file, entry.reason] = sums.get((entry.file, entry.reason), 0) + values
    return sorted((*key, *values.tolist()) for key, values in sums.items())


def chunks_of(export: Export, lines: list[str], cuts: list[int]) -> list[ChunkTotals]:
    """Aggregate lines divided at some places."""
    places = sorted({0, len(lines), *(cut % (len(lines) + 1) for cut in cuts)})
    return [export.aggregate(lines[i:j], n) for n, (i, j) in enumerate(pairwise(places))]


@settings(max_examples=25, deadline=None)
@given(records=exports, wanted=policies, cuts=st.lists(st.integers(0, 40), max_size=6), data=st.data())
def test_any_division_and_order_of_lines_gives_the_same_customers(
    records: Records, wanted: Policies, cuts: list[int], data: st.DataObject
) -> None:
    export = export_of(records, wanted)
    whole = export.customers(*pair_of(export.aggregate(export.lines)))
    chunks = chunks_of(export, export.lines, cuts)
    shuffled = chunks_of(export, data.draw(st.permutations(export.lines)), cuts)
    for some in (chunks, shuffled, data.draw(st.permutations(chunks))):
        agree(export.customers(*merge([pair_of(totals) for totals in some])), whole)


@settings(max_examples=20, deadline=None)
@given(records=exports, wanted=policies, cuts=st.lists(st.integers(0, 40), min_size=2, max_size=6), data=st.data())
def test_merging_is_associative_and_commutative(
    records: Records, wanted: Policies, cuts: list[int], data: st.DataObject
) -> None:
    export = export_of(records, wanted)
    pairs = [pair_of(totals) for totals in chunks_of(export, export.lines, cuts)]
    whole = export.customers(*merge(pairs))
    while len(pairs) > 1:  # in a drawn tree of merges, each with its sides in a drawn order
        first, second = data.draw(st.permutations(range(len(pairs))))[:2]
        merged = merge([pairs[first], pairs[second]])
        pairs = [merged, *(pair for place, pair in enumerate(pairs) if place not in {first, second})]
    agree(export.customers(*pairs[0]), whole)


@settings(max_examples=20, deadline=None)
@given(records=exports, wanted=policies, cuts=st.lists(st.integers(0, 40), max_size=6), data=st.data())
def test_partitions_of_customers_join_to_the_same_customers(
    records: Records, wanted: Policies, cuts: list[int], data: st.DataObject
) -> None:
    """Slices in memory, and slices packed as bytes that arrive in any order."""
    export = export_of(records, wanted)
    pairs = [pair_of(totals) for totals in chunks_of(export, export.lines, cuts)]
    whole = export.customers(*merge(pairs))
    if not len(merge(pairs)[0]):
        return
    blocks = unify_texts([runs for runs, _ in pairs])
    edges = sorted({0, PARTITION_COUNT, *data.draw(st.lists(st.integers(0, PARTITION_COUNT), max_size=4))})
    sliced = [
        merge(
            [
                (runs.slice_partitions(i, j), returns.slice_partitions(i, j))
                for runs, (_, returns) in zip(blocks, pairs, strict=True)
            ]
        )
        for i, j in pairwise(edges)
    ]
    agree(concat_parts([export.customers(*pair) for pair in sliced]), whole)
    packed = [part for n, pair in enumerate(pairs) for part in pack_partitions(*pair, (0, n))]
    groups: dict[int, list[Any]] = {}
    for part in data.draw(st.permutations(packed)):
        groups.setdefault(part.partition % 3, []).append(part)
    agree(concat_parts([export.customers(*merge_packed(group)) for group in groups.values()]), whole)


@settings(max_examples=20, deadline=None)
@given(records=exports, wanted=policies, cuts=st.lists(st.integers(0, 40), max_size=6))
def test_counts_of_chunks_add_up_to_those_of_the_file(records: Records, wanted: Policies, cuts: list[int]) -> None:
    export = export_of(records, wanted)

    def total(chunks: Sequence[ChunkTotals]) -> FileTotals:
        return merge_chunks(export.schema.input_file, "", chunks, has_money=True, lines_before=1)

    whole, merged = total([export.aggregate(export.lines)]), total(chunks_of(export, export.lines, cuts))
    for name in ("reconciliation", "last_day", "normalised_ids", "statuses", "too_fine"):
        assert getattr(merged, name) == getattr(whole, name), name
    for name in ("days", "lines", "earliest_line", "latest_line"):
        assert np.array_equal(getattr(merged.day_counts, name), getattr(whole.day_counts, name)), name
    assert merged.amounts.counts.tolist() == whole.amounts.counts.tolist()
    largest = max(whole.amounts.largest, 0)  # of sales; a chunk without kept lines has 0
    assert max(merged.amounts.largest, 0) == largest
    assert merged.largest_line == whole.largest_line or not largest
    assert merged.repeated_lines <= whole.repeated_lines
    assert merged.magnitude >= whole.magnitude  # both are upper bounds of sums


@settings(max_examples=10, deadline=None)
@given(records=exports, wanted=policies)
def test_what_is_divided_and_packed_is_what_it_was(records: Records, wanted: Policies) -> None:
    export = export_of(records, wanted)
    runs, returns = pair_of(export.aggregate(export.lines))
    back_runs, back_returns = (
        merge_packed(pack_partitions(runs, returns, (0, 0))) if len(runs) + len(returns) else (runs, returns)
    )
    agree(export.customers(back_runs, back_returns), export.customers(runs, returns))
    divided = partition_runs(back_runs)
    assert divided.customer.equals(runs.customer)
    assert divided.partition_bounds.tolist() == runs.partition_bounds.tolist()
    columns = (back_returns.customer, back_returns.day, back_returns.money, back_returns.refunded, back_returns.place)
    assert sort_returns(*columns).partition_bounds.tolist() == returns.partition_bounds.tolist()


LINES = st.lists(
    st.tuples(st.sampled_from(["tea", "cup"]), st.integers(1, 2), st.integers(1, 2)), min_size=1, max_size=20
)


@settings(max_examples=30, deadline=None)
@given(
    orders=st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(["1", "2", ""]), LINES), min_size=1, max_size=6)
)
def test_repeated_lines_of_consecutive_lines_of_an_order_are_counted(
    orders: list[tuple[str, str, list[tuple[str, int, int]]]],
) -> None:
    """In short and in long orders; a line without an order id is an order of its own."""
    records, expected = [], 0
    seen: set[tuple[str, int, int]] = set()
    last_order = None
    for customer, order, lines in orders:
        for line in lines:
            if (customer, order) != last_order or not order:
                seen = set()
            expected += line in seen
            seen.add(line)
            last_order = (customer, order)
            names = ("customer_id", "order_id", "order_date", "product", "unit_price", "quantity")
            texts = (customer, order, "2026-01-01 10:00:00", *map(str, line))
            records.append(dict(zip(names, texts, strict=True)))
    export = export_of(records, Policies())
    assert export.aggregate(export.lines).repeated_lines == expected


BY_HAND = """customer_id,order_id,order_date,product,unit_price,quantity,refunded
A,1,2026-01-01 10:00:00,tea,2.00,3,
A,1,2026-01-02 10:00:00,cup,1.50,2,0.50
B,2,2026-01-04 10:00:00,tea,4.00,1,
B,2,2026-01-04 10:00:00,tea,4.00,-2,
,3,2026-01-09 10:00:00,tea,9.00,1,
B,4,2026-01-03 10:00:00,tea,4.00,1,
"""


@pytest.mark.parametrize(
    ("measures", "sums"),
    [
        ([], {"lines", "money", "refunded", "items"}),
        (["items"], {"lines", "money", "refunded", "items"}),
        (["revenue"], {"lines", "money", "refunded"}),
    ],
)
def test_totals_of_a_chunk_by_hand(measures: list[str], sums: set[str]) -> None:
    """The line without a customer is left out, and the return is apart from the purchases of its order."""
    export = prepare(BY_HAND, measures=measures)
    totals = export.aggregate(export.lines)
    runs, returns = pair_of(totals)
    scale = UnitScales().money
    expected = {"lines": [2, 1, 1], "money": [9, 4, 4], "refunded": [0.5, 0, 0], "items": [5, 1, 1]}
    assert runs.customer.to_pylist() == ["A", "B", "B"]
    assert runs.order is not None
    assert runs.order.to_pylist() == ["1", "2", "4"]
    assert {name: (column / (1 if name == "lines" else scale)).tolist() for name, column in runs.sums.items()} == {
        name: expected[name] for name in sums
    }
    assert [date_of_day_number(int(day)).day for day in runs.first_day] == [1, 4, 3]
    assert [date_of_day_number(int(day)).day for day in runs.last_day] == [2, 4, 3]
    assert (returns.customer.to_pylist(), (returns.money / scale).tolist()) == (["B"], [-8])
    assert date_of_day_number(int(returns.day[0])) == date(2026, 1, 4)
    assert decode_place(int(returns.place[0])) == (0, 0, 4)
    assert [date_of_day_number(int(day)).day for day in totals.day_counts.days] == [1, 2, 3, 4]
    assert totals.day_counts.lines.tolist() == [1, 1, 1, 2]
    assert (totals.day_counts.earliest_line, totals.day_counts.latest_line) == (1, 3)
    assert totals.last_day == day_number(date(2026, 1, 4))
    assert (totals.physical_lines, totals.largest_line) == (6, 1)
    assert totals.magnitude / scale == 6 + 3 + 4 + 8 + 9 + 4 + 0.5


PLACES = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, (1 << 20) - 1), st.integers(0, (1 << 28) - 1)), min_size=1
)


@given(places=PLACES)
def test_places_sort_by_file_chunk_and_line(places: list[tuple[int, int, int]]) -> None:
    encoded = [encode_place(file, chunk) + line for file, chunk, line in places]
    assert [decode_place(place) for place in sorted(encoded)] == sorted(places)


def test_the_memory_of_runs_includes_their_texts() -> None:
    short, long = (prepare(BY_HAND.replace("\nA,", f"\n{name},")) for name in ("A", "A" * 500))
    (short_runs, _), (long_runs, _) = (pair_of(export.aggregate(export.lines)) for export in (short, long))
    assert long_runs.nbytes - short_runs.nbytes == 499, "two lines of one run"


def test_of_equal_amounts_the_first_line_is_the_largest() -> None:
    export = prepare(BY_HAND)
    parts = [export.lines[2:4], export.lines[4:5], export.lines[5:]]
    chunks = [export.aggregate(lines, place) for place, lines in enumerate(parts)]
    merged = merge_chunks(export.schema.input_file, "", chunks, has_money=True, lines_before=1)
    assert merged.amounts.largest == 4 * UnitScales().money
    assert merged.largest_line == 2, "below the header"
    assert merged.lines_above_chunks == [1, 3, 4]


def test_a_chunk_is_aggregated_alike_each_time() -> None:
    record = {"customer_id": "A", "order_id": "1", "order_date": "2026-01-01 10:00:00", "unit_price": "1.00"}
    export = export_of([record] * 3, Policies())
    one, other = export.aggregate(export.lines), export.aggregate(export.lines)
    assert one.reconciliation == other.reconciliation
    assert runs_to_tables(*pair_of(one)) == runs_to_tables(*pair_of(other))

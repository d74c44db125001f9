"""Order ids that start again count once per customer and day; files without order ids name both counts."""

import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest import order_id_reuse
from segcli.ingest.order_id_reuse import OrderIdSample, sample_order_ids
from segcli.io import chunk_reader
from segcli.model import Customers


def customers(path: str, *, collapse: str = "order", **more: object) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=path, **more), collapse=collapse))  # type: ignore[arg-type]


@pytest.fixture(params=["in chunks", "whole"])
def _read_so(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (
        ("LARGE_FILE_BYTES", 1 if request.param == "in chunks" else 1 << 30),
        ("CHUNK_BYTES", 900),
        ("HEAD_BYTES", 900),
    ):
        monkeypatch.setattr(chunk_reader, name, size)


def tills(*, receipts_a_day: int, customers: int) -> tuple[str, int]:
    """An export of a till whose receipts start at 1 every day, in two lines each, and its number of receipts."""
    rows, seen = ["Receipt No,Customer,Date,Total"], set()
    chance = random.Random(7)  # noqa: S311
    for day in range(1, 29):
        for receipt in range(1, receipts_a_day + 1):
            customer = f"C{chance.randrange(customers)}"
            rows += [f"{receipt},{customer},2026-01-{day:02},{price}" for price in ("5.00", "7.50")]
            seen.add((receipt, customer, day))
    return "\n".join([*rows, ""]), len(seen)


@pytest.mark.bad_input(115)
@pytest.mark.usefixtures("_read_so")
@pytest.mark.parametrize(("receipts_a_day", "buyers"), [(3, 5), (12, 4), (2, 30)])
def test_receipts_that_start_again_are_orders_of_their_day(
    file_of: Callable[..., str], receipts_a_day: int, buyers: int
) -> None:
    text, orders = tills(receipts_a_day=receipts_a_day, customers=buyers)
    path = file_of(text)
    found = customers(path)
    assert found.table["orders"].sum() == orders
    assert found.table["revenue"].sum() == 28 * receipts_a_day * 12.5
    assert any("reused order ids" in note for note in found.input_reports[0].notes)
    assert found.transactions is not None
    assert found.transactions.lines["order_id"].nunique() == orders
    as_given = customers(path, order_ids="unique")
    assert as_given.table["orders"].sum() < orders
    assert not any("order ids" in note for note in as_given.input_reports[0].notes)


@pytest.mark.usefixtures("_read_so")
def test_order_totals_of_receipts_that_start_again_count_once_each(file_of: Callable[..., str]) -> None:
    text, _ = tills(receipts_a_day=3, customers=5)
    head, *rows = text.splitlines()
    total = [row.rpartition(",")[0] + f",{20 + number // 2}.00" for number, row in enumerate(rows)]
    found = customers(
        file_of("\n".join([head.replace("Total", "Receipt Sum"), *total, ""])), columns={"amount": "Receipt Sum"}
    )
    assert found.table["revenue"].sum() == sum(20 + number // 2 for number in range(0, len(rows), 2))


@pytest.mark.usefixtures("_read_so")
def test_ids_that_name_one_order_bring_no_note(file_of: Callable[..., str]) -> None:
    rows = [f"{order},C{order % 7},2026-01-{order % 28 + 1:02},9.00" for order in range(80) for _ in range(2)]
    rows.append("80,C1,2026-01-05,1.00")
    rows.append("80,C2,2026-01-09,1.00")  # one of 81 is a slip
    assert not any(
        "order id" in note
        for note in customers(file_of("\n".join(["order_id,customer_id,order_date,amount", *rows, ""])))
        .input_reports[0]
        .notes
    )


@pytest.mark.usefixtures("_read_so")
def test_without_order_ids_both_counts_are_named(file_of: Callable[..., str]) -> None:
    rows = [f"C{n % 5},2026-01-{n % 20 + 1:02},{n}.00" for n in range(1, 61) for _ in range(2)]
    path = file_of("\n".join(["customer_id,order_date,amount", *rows, ""]))
    baskets = int(customers(path, collapse="day").table["orders"].sum())
    found = customers(path)
    assert found.table["orders"].sum() == 120
    assert any(
        f"each of 120 lines counts as an order; hint: --set ingest.collapse=day counts {baskets} baskets" in note
        for note in found.input_reports[0].notes
    )


@pytest.mark.parametrize("seed", range(5))
def test_samples_of_chunks_add_up_to_that_of_the_file(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    import pyarrow as pa

    monkeypatch.setattr(order_id_reuse, "MAX_SAMPLED_ORDERS", 40)
    chance = np.random.default_rng(seed)
    order = pa.array([f"o{n}" for n in chance.integers(0, 300 if seed else 20, 2000)])
    customer = pa.array([f"c{n}" for n in chance.integers(0, 9, 2000)])
    days = chance.integers(0, 50, 2000).astype(np.int32)
    whole = OrderIdSample.merge([sample_order_ids(order, customer, days)])
    cuts = [0, *sorted(chance.integers(0, 2000, 6).tolist()), 2000]
    parts = [sample_order_ids(order[a:b], customer[a:b], days[a:b]) for a, b in pairwise(cuts)]
    merged = OrderIdSample.merge([OrderIdSample.merge(parts[:3]), *parts[3:]])
    assert merged.to_json() == whole.to_json() == OrderIdSample.from_json(whole.to_json()).to_json()
    assert 0 < len(whole.orders) <= 40

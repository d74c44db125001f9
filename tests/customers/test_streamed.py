"""Exports read in pieces, against the same exports read whole; and whatever the order and the packing of lines."""

import bz2
import gzip
import lzma
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers, read_orders
from segcli.errors import InputProblem
from segcli.io import chunk_reader
from segcli.model import Customers
from tests.customers.test_order_history import exports, policies, text_of
from tests.oracles.reduction import Policies

Read = Callable[..., Customers]
DATES = {"date_format": "%Y-%m-%d %H:%M:%S"}


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Files of any size are read in small pieces; each that was is counted."""
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1)
    monkeypatch.setattr(chunk_reader, "CHUNK_BYTES", 200)
    monkeypatch.setattr(chunk_reader, "HEAD_BYTES", 400)
    return counted(monkeypatch)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    done: list[int] = []
    merge = read_orders._merge_chunk_totals
    monkeypatch.setattr(
        read_orders, "_merge_chunk_totals", lambda schema, chunks: done.append(len(chunks)) or merge(schema, chunks)
    )
    return done


def customers(path: str, policy: Policies | None = None, **more: Any) -> Customers | str:
    """Who is in a file, or why that cannot be said."""
    asked = policy or Policies()
    chosen = {"returns": asked.returns, "free_lines": asked.free_lines, "collapse": asked.collapse}
    try:
        return load_customers(IngestSettings(transactions=Source(path=path, **more), **chosen), asked.as_of)  # type: ignore[arg-type]
    except InputProblem as error:
        return str(error)


def agree(one: Customers | str, other: Customers | str) -> None:
    """The same customers, lines and warnings, to the last bit; or the same complaint."""
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    mine, theirs = one.input_reports[0], other.input_reports[0]
    assert (mine.reconciliation, mine.columns, mine.dialect) == (theirs.reconciliation, theirs.columns, theirs.dialect)
    assert mine.input.to_dict() == theirs.input.to_dict()
    assert (one.as_of, one.warnings) == (other.as_of, other.warnings)


@settings(max_examples=30, deadline=None)
@given(records=exports, wanted=policies)
def test_pieces_add_up_to_the_whole(
    file_of: Callable[..., str], records: list[dict[str, str]], wanted: Policies
) -> None:
    path = file_of(text_of(records * 3))
    whole = customers(path, wanted, **DATES)
    with pytest.MonkeyPatch.context() as patched:
        for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 150), ("HEAD_BYTES", 300)):
            patched.setattr(chunk_reader, name, size)
        agree(customers(path, wanted, **DATES), whole)


def shop(lines: int, seed: int = 1) -> list[str]:
    """Order lines of a made shop: with returns, blanks, quotes and letters of all kinds; a header first."""
    chance = random.Random(seed)  # noqa: S311
    rows = []
    for order in range(lines // 3):
        who, day = (
            chance.choice(["A", "Bé", "0007", "C-1", "x" * 20, ""]),
            f"2025-{order % 12 + 1:02}-{order % 27 + 1:02}",
        )
        for _ in range(chance.randint(1, 5)):
            what = chance.choice(["tea", '"rum, old"', "", "äpfel"])
            quantity = chance.choice([1, 2, 3, -1])
            rows.append(f"{who},o{order},{day},{quantity},{chance.randint(0, 5000) / 100},{what}")
    return ["customer_id,order_id,order_date,quantity,unit_price,category", *rows]


def written(folder: Path, rows: list[str], name: str = "orders.csv") -> str:
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda body: bytes(pa.compress(body, "zstd", asbytes=True)),
}


@pytest.mark.parametrize("packer", PACKERS)
def test_packed_or_not_it_is_the_same(tmp_path: Path, in_pieces: list[int], packer: str) -> None:
    plain = Path(written(tmp_path, shop(200)))
    packed = tmp_path / f"orders.csv.{packer}"
    packed.write_bytes(PACKERS[packer](plain.read_bytes()))
    one, other = customers(str(plain)), customers(str(packed))
    assert isinstance(one, Customers)
    assert isinstance(other, Customers)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert len(in_pieces) == 2
    assert min(in_pieces) > 10


@pytest.mark.parametrize("seed", range(4))
def test_scattered_lines_change_nothing(tmp_path: Path, in_pieces: list[int], seed: int) -> None:
    header, *rows = shop(150)
    random.Random(seed).shuffle(shuffled := list(rows))  # noqa: S311
    one = customers(written(tmp_path, [header, *rows]))
    other = customers(written(tmp_path, [header, *shuffled]))
    assert isinstance(one, Customers)
    assert isinstance(other, Customers)
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    assert len(in_pieces) == 2


@pytest.mark.parametrize("size", [60, 333, 5000])
def test_the_size_of_pieces_changes_nothing(
    tmp_path: Path, in_pieces: list[int], monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = written(tmp_path, shop(200))
    one = customers(path)
    monkeypatch.setattr(chunk_reader, "CHUNK_BYTES", size)
    agree(customers(path), one)
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1 << 30)
    agree(customers(path), one)
    assert len(in_pieces) == 2


@pytest.mark.parametrize(
    "late",
    [
        "A,o1,03/04/2026,1,2.50,tea",  # another format of dates
        'A,o1,2026-03-04,1,2.50,12" tea',  # a quote inside a field
        "A,o1,2026-03-04,1,2.50,tea,rum",  # a field too many
        "A,o1,2026-03-04,1,1e5,tea",  # no number in an order export
        "A,o1,2026-03-04,1,0x10,tea",  # no number
        "A,o1,2026-02-30,1,2.50,tea",  # no day
        "A,o1,2026-03-04,1,1000000000000000,tea",  # more than sums of millionths can hold
        "A,o1,2026-03-04,-1,1000000000000000,tea",
        "A,o1,2026-03-04,,2.50,tea",
        "customer_id,order_id,order_date,quantity,unit_price,category",
        "",
    ],
)
def test_what_comes_late_is_judged_as_in_the_whole_file(
    tmp_path: Path, in_pieces: list[int], monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    other_orders = [row.replace(",o", ",p") for row in shop(30, seed=2)[1:]]
    path = written(tmp_path, [*shop(100), late, *other_orders])
    in_parts = customers(path)
    assert len(in_pieces) <= 1
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", 1 << 30)
    agree(in_parts, customers(path))


@pytest.mark.parametrize("name", ["cdnow/cdnow_master.csv", "online_retail/online_retail.csv.gz"])
def test_real_exports_in_pieces(name: str, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = customers(str(shared_data / name))
    for part, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 1 << 18)):
        monkeypatch.setattr(chunk_reader, part, size)
    done = counted(monkeypatch)
    agree(customers(str(shared_data / name)), whole)
    assert isinstance(whole, Customers)
    assert len(done) == 1


def test_only_wanted_measures_are_worked_out(tmp_path: Path, in_pieces: list[int]) -> None:
    path = written(tmp_path, shop(100))
    found = load_customers(
        IngestSettings(transactions=Source(path=path), measures=["orders", "revenue", "top_category"])
    )
    everything = load_customers(IngestSettings(transactions=Source(path=path)))
    assert list(found.table) == ["customer_id", "orders", "revenue", "top_category"]
    pd.testing.assert_frame_equal(found.table, everything.table[list(found.table)])
    assert len(in_pieces) == 2


@pytest.mark.parametrize("large", [1, 1 << 30])
@pytest.mark.parametrize("cuts", [[50], [7, 120, 121]])
def test_an_export_in_several_files_is_the_one_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: int, cuts: list[int]
) -> None:
    """Orders whose lines are in two files, returns without their purchase, in pieces or whole."""
    header, *rows = shop(150)
    folder = tmp_path / "parts"
    folder.mkdir()
    for place, (start, end) in enumerate(pairwise([0, *cuts, len(rows)])):
        written(folder, [header, *rows[start:end]], f"part-{place}.csv")
    (folder / ".hidden.csv").write_text("nothing", encoding="utf-8")
    one = customers(written(tmp_path, [header, *rows]))
    for name, size in (("LARGE_FILE_BYTES", large), ("CHUNK_BYTES", 200), ("HEAD_BYTES", 400)):
        monkeypatch.setattr(chunk_reader, name, size)
    assert isinstance(one, Customers)
    for path in (str(folder), str(folder / "part-?.csv")):
        other = customers(path)
        assert isinstance(other, Customers)
        pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
        assert [Path(reading.input.name).name for reading in other.input_reports] == sorted(
            p.name for p in folder.glob("part-*")
        )
        assert one.warnings == other.warnings or len(other.warnings) > 1
        assert account(one) == account(other)
        assert purchased(one) == purchased(other)


def account(found: Customers) -> tuple[float, ...]:
    """Lines and money of all readings: read, kept, left out, refunded."""
    lines = [reading.reconciliation for reading in found.input_reports if reading.reconciliation is not None]
    left_out = [fate for one in lines for fate in (*one.ignored, *one.rejected)]
    sums = (
        sum(one.read for one in lines),
        sum(one.kept for one in lines),
        sum(one.returns.lines for one in lines),
        sum(fate.lines for fate in left_out),
        sum(one.money_read for one in lines),
        sum(one.money_kept for one in lines),
        sum(fate.money for fate in left_out),
    )
    return tuple(round(one, 6) for one in sums)


def purchased(found: Customers) -> list[tuple[object, ...]]:
    """Every kept line, as the lines themselves are asked for."""
    assert found.transactions is not None
    lines = found.transactions.lines
    names = ["customer_id", "order_id", "order_date", "is_return", "category"]
    texts = lines[names].astype("str").assign(money=lines["amount"] / found.transactions.money_scale)
    return sorted(texts.itertuples(index=False, name=None))


def test_files_of_other_columns_or_of_customers_are_no_parts(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    written(folder, ["customer_id,order_date,amount", "a,2026-01-01,5.00"], "a.csv")
    written(folder, ["customer_id,order_date", "a,2026-01-02"], "b.csv")
    assert "columns differ from" in str(customers(str(folder)))
    assert "amount" in str(customers(str(folder)))
    written(folder, ["customer_id,age", "a,31"], "b.csv")
    assert "one row per customer" in str(customers(str(folder)))


def test_no_file_is_said(tmp_path: Path) -> None:
    assert "no matching file" in str(customers(str(tmp_path / "*.csv")))
    (tmp_path / "empty").mkdir()
    assert "no file that ends in .csv" in str(customers(str(tmp_path / "empty")))

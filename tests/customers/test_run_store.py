"""Totals that do not fit into memory wait in temporary files; the customers are the same."""

import re
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers, run_store
from segcli.errors import EnvironmentProblem, InputProblem
from segcli.io import chunk_reader
from segcli.io.table_spill import TableSpill
from segcli.model import Customers
from tests.customers.test_order_history import exports, policies, text_of
from tests.customers.test_streamed import agree, shop, written
from tests.oracles.reduction import Policies

TINY, MEMORY = "8KB", "64KB"


@pytest.fixture
def spills(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """Read files of any size in small chunks; return the sizes of the tables that are written to temporary files."""
    for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 2000), ("HEAD_BYTES", 1000)):
        monkeypatch.setattr(chunk_reader, name, size)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return count_spills(monkeypatch)


def count_spills(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sizes: list[int] = []
    write = TableSpill.write_tables

    def note(spill: TableSpill, owner: int, group: int, tables: Any) -> None:
        sizes.append(sum(table.nbytes for table in tables.values()))
        write(spill, owner, group, tables)

    monkeypatch.setattr(TableSpill, "write_tables", note)
    return sizes


def customers(path: Path | str, memory: str | None = None, policy: Policies | None = None, **more: Any) -> Customers:
    chosen = policy or Policies()
    return load_customers(
        IngestSettings(
            transactions=Source(path=str(path)),
            memory=memory,
            returns=chosen.returns,  # type: ignore[arg-type]
            free_lines=chosen.free_lines,  # type: ignore[arg-type]
            collapse=chosen.collapse,  # type: ignore[arg-type]
            **more,
        ),
        chosen.as_of,
    )


def many_customers(lines: int, seed: int = 1) -> list[str]:
    """Order lines of a shop with customers in all partitions."""
    header, *rows = shop(lines, seed)
    fields = (row.split(",", 2) for row in rows)
    return [header, *(f"{who and who + str(int(order[1:]) % 97)},{order},{rest}" for who, order, rest in fields)]


@pytest.mark.parametrize("memory", [TINY, MEMORY])
@pytest.mark.parametrize("policy", [Policies(), Policies(returns="separate", collapse="day")], ids=["order", "day"])
def test_spilled_totals_give_the_same_customers(
    tmp_path: Path, spills: list[int], memory: str, policy: Policies
) -> None:
    path = written(tmp_path, many_customers(3000))
    in_memory = customers(path, None, policy)
    assert not spills
    spilled = customers(path, memory, policy)
    assert len(spills) >= 2 * run_store.PARTITION_COUNT  # written twice or more often
    agree(spilled, in_memory)
    assert spilled.input_reports[0].notes == in_memory.input_reports[0].notes
    assert not list((tmp_path / "temporary").iterdir())


def test_spilled_totals_of_several_files(tmp_path: Path, spills: list[int]) -> None:
    """An order has lines in two files, and one file is read twice, since its last line has another decimal mark."""
    header, *rows = many_customers(600)
    folder = tmp_path / "parts"
    folder.mkdir()
    for place, (start, end) in enumerate(pairwise([0, 400, 401, len(rows)])):
        written(folder, [header, *rows[start:end]], f"part-{place}.csv")
    written(folder, [header, *many_customers(300, seed=3)[1:], "A,o9,2025-01-01 10:30:00,1,2.50,tea"], "part-3.csv")
    in_memory, spilled = customers(folder), customers(folder, TINY)
    assert spills
    agree(spilled, in_memory)
    assert any("dates also use the format" in note for note in spilled.input_reports[3].notes)


def test_a_state_of_spilled_totals(tmp_path: Path, spills: list[int]) -> None:
    path = written(tmp_path, many_customers(1500))
    in_memory = customers(path)
    for _ in range(2):
        agree(customers(path, TINY, state=str(tmp_path / "state")), in_memory)
    assert spills


@settings(max_examples=10, deadline=None)
@given(records=exports, wanted=policies)
def test_spilled_totals_of_drawn_exports(
    file_of: Callable[..., str], records: list[dict[str, str]], wanted: Policies
) -> None:
    path = file_of(text_of([{**records[0], "quantity": "1", "customer_id": "A"}, *records]))
    with pytest.MonkeyPatch.context() as patched:
        for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 300), ("HEAD_BYTES", 300)):
            patched.setattr(chunk_reader, name, size)
        try:
            in_memory = customers(path, None, wanted)
        except InputProblem as refusal:
            with pytest.raises(InputProblem, match=re.escape(str(refusal))):
                customers(path, TINY, wanted)
            return
        agree(customers(path, TINY, wanted), in_memory)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, spills: list[int]) -> None:
    path = written(tmp_path, many_customers(300))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        with pytest.raises(EnvironmentProblem, match="nowhere: cannot be written"):
            customers(path, TINY)
    assert spills

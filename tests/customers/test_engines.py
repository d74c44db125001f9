"""Spark gives what this machine gives, to the last bit: the same customers, account of lines, notes, and refusals."""

import gzip
import io
import os
import pickle
import random
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from pyarrow import csv, parquet

from segcli.cli import _run_arguments
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.config.quality import QualitySettings
from segcli.customers import engines, load_customers, read_orders
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.customers.read_request import ReadRequest
from segcli.errors import InputProblem, UsageProblem
from segcli.ingest.chunk_parsing import ChunkMismatch, infer_chunk_schema
from segcli.ingest.input_file import open_input
from segcli.io import chunk_reader
from segcli.model import Customers
from tests.customers.test_order_history import exports, policies, text_of
from tests.customers.test_streamed import agree, shop, written
from tests.ingest.test_bad_inputs import CASES, Case
from tests.oracles.reduction import Policies

pytestmark = pytest.mark.filterwarnings("ignore")  # pyspark warns of newer packages than it was tested with

needs_spark = pytest.mark.skipif(
    not engines.is_installed("spark") or shutil.which("java") is None, reason="needs pyspark and Java"
)
SMALL = {"spark.sql.shuffle.partitions": "2", "spark.driver.memory": "512m"}
DATES = {"date_format": "%Y-%m-%d %H:%M:%S"}


@pytest.fixture(scope="module")
def session() -> Iterator[None]:
    """One Spark session for all tests, since starting one takes longer than they do."""
    from segcli.customers.engines.spark import open_session

    with open_session("local[2]", **SMALL):
        yield


def customers(path: str, engine: str, as_of: date | None = None, **more: Any) -> Customers | str:
    """Read a file with an engine; return the customers, or the message of the refusal."""
    own = {name: more.pop(name) for name in list(more) if name in IngestSettings.model_fields}
    privacy = PrivacyOptions(PrivacySettings(**more.pop("privacy", {})))
    rules = QualitySettings(**more.pop("quality", {}))
    chosen = IngestSettings(transactions=Source(path=path, **more), engine=engine, **own)
    try:
        return load_customers(chosen, as_of, quality_settings=rules, privacy=privacy)
    except (InputProblem, UsageProblem) as error:
        return str(error)


def compare(path: str, as_of: date | None = None, piece: int = 500, head: int = 400, **more: Any) -> Customers | str:
    """Read a file whole, in chunks, and in chunks on Spark; return what all three give."""
    whole = customers(path, "local", as_of, **more)
    found = compare_chunked(path, as_of, piece, head, **more)
    agree(whole, found)
    return found


def compare_chunked(path: str, as_of: date | None, piece: int, head: int, **more: Any) -> Customers | str:
    """Read a file in chunks, here and on Spark; return what both give."""
    with pytest.MonkeyPatch.context() as patched:
        for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", piece), ("HEAD_BYTES", head)):
            patched.setattr(chunk_reader, name, size)
        chunked, on_spark = (customers(path, engine, as_of, **more) for engine in ("local", "spark"))
    agree(chunked, on_spark)
    if isinstance(chunked, Customers) and isinstance(on_spark, Customers):
        notes, notes_on_spark = ([reading.notes for reading in one.input_reports] for one in (chunked, on_spark))
        assert notes == notes_on_spark
    return on_spark


ODD = [
    "customer_id,order_id,order_date,quantity,unit_price,category,status,currency",
    ' A ,o1,2025-01-31,1,"1,234.50",tea,paid,EUR',
    "A, o1 ,2025-01-31,2,.5,tea ,PAID,eur",
    "A,o1,2025-01-30 ,1,5.,rum,paid,EUR",
    "\u200bB,,2025-02-01,1,$7.25,\u00a0rum,paid,EUR",
    "B,,2025-02-01,1,7.25,rum,Cancelled,EUR",
    "B,o2,2025-02-30,1,7.25,rum,paid,EUR",
    "Jose\u0301,o3,2025-03-01,(2),7.25,rum,paid,EUR",
    "Jos\u00e9,o3,2025-03-02,3,0.0000005,rum,paid,EUR",
    "Jos\u00e9,o4,2025-03-02,1,0.0000015,rum,paid,EUR",
    "Jos\u00e9,o5,2025-03-02,1,n/a,rum,paid,EUR",
    "C 1,o6,2025-03-02,-1,9.99,,paid,EUR",
    "guest,o7,2025-03-02,1,9.99,x,paid,EUR",
    ",o8,2025-03-02,1,9.99,x,paid,EUR",
    "",
    "C 1,o9,2025-03-05,1,0,x,paid,EUR",
    "C 1,o9,2025-03-05,1,1,x,paid,EUR,too many",
    "C 1,o9",
    "C 1,o9,2025-03-05,1,-4,x,paid,EUR",
    '"C 1",o9,2025-03-05,1,3,"two\nlines, ""quoted""",paid,',
]
POLICIES: list[dict[str, Any]] = [
    {},
    {"exclude_ids": ["guest"], "void": {"status": ["cancelled"]}, "id_case": "upper"},
    {"free_lines": "exclude", "returns": "exclude", "rates": {"EUR": 1.1, "USD": 0.9}},
    {"returns": "separate", "collapse": "day", "as_of": date(2025, 3, 2), "id_case": "lower"},
]


def compare_odd_export(folder: Path, policy: dict[str, Any]) -> None:
    """Cells of all kinds, in chunks of a few lines; the first records have the fields of the header."""
    assert isinstance(compare(written(folder, ODD), head=300, **policy), Customers)


def compare_drawn_exports(folder: Path) -> None:
    @settings(max_examples=8, deadline=None)
    @given(records=exports, wanted=policies)
    def compare_drawn(records: list[dict[str, str]], wanted: Policies) -> None:
        chosen = {"returns": wanted.returns, "free_lines": wanted.free_lines, "collapse": wanted.collapse}
        compare(written(folder, text_of(records).splitlines()), wanted.as_of, **chosen, **DATES)

    compare_drawn()


def compare_folder(folder: Path) -> None:
    """Several files: plain, with quotes, packed, and Parquet; the lines of an order are in several."""
    header, *rows = shop(400)
    random.Random(5).shuffle(rows)  # noqa: S311
    parts = folder / "parts"
    parts.mkdir()
    (parts / "_SUCCESS").touch()
    for place in range(4):
        written(parts, [header, *rows[place::4]], f"part-{place}.csv")
    (parts / "part-1.csv.gz").write_bytes(gzip.compress((parts / "part-1.csv").read_bytes()))
    texts = csv.ConvertOptions(column_types=dict.fromkeys(header.split(","), pa.string()))
    parquet.write_table(csv.read_csv(parts / "part-2.csv", convert_options=texts), parts / "part-2.parquet")
    for name in ("part-1.csv", "part-2.csv"):
        (parts / name).unlink()
    one, several = customers(written(folder, [header, *rows]), "local"), compare(str(parts))
    assert isinstance(one, Customers)
    assert isinstance(several, Customers)
    assert one.table.equals(several.table)
    compare(f"{parts}/part-*.csv*", as_of=date(2025, 9, 1))


REPLANNED = {
    "a decimal comma": "K1;1;01.02.2025;3,25",
    "another way to write the same day": "K1;1;01.02.2025 10:30:00;3",
    "another encoding": "Ä;1;01.02.2025;3",
}


def compare_replanned(folder: Path, late: str) -> None:
    """What only later records show makes the driver read all chunks again, with another schema."""
    rows = [f"K{n % 7};{n:03};{n % 27 + 1:02}.0{n % 9 + 1}.2025;{n}" for n in range(100)]
    path = folder / "orders.csv"
    lines = ["Kundennummer;Bestellnummer;Bestelldatum;Betrag", *rows[:70], late, *rows[70:], ""]
    path.write_bytes("\n".join(lines).encode("cp1252"))
    with pytest.MonkeyPatch.context() as patched:
        schemas: list[Any] = []
        merge = read_orders._merge_chunk_totals
        patched.setattr(
            read_orders, "_merge_chunk_totals", lambda schema, chunks: schemas.append(schema) or merge(schema, chunks)
        )
        found = compare(str(path))
    assert isinstance(found, Customers)
    assert len(schemas) == 2  # of the local engine and of Spark
    assert schemas[0].notes == schemas[1].notes
    assert schemas[0].notes or schemas[0].input_file.dialect.notes


READ_WHOLE = {
    "another order of day and month": "A,o1,03/04/2026,1,2.50,tea",
    "the header again": "customer_id,order_id,order_date,quantity,unit_price,category",
    "a quote inside a field": 'A,o1,2026-03-04,1,2.50,12" tea',
    "an amount too large": f"A,o1,2026-03-04,1,{10**15},tea",
}


def compare_read_whole(folder: Path, late: str) -> None:
    """A chunk that no schema reads makes the driver read the whole file; the first mismatch of the file is named."""
    path = written(folder, [*shop(100), late, *shop(30, seed=2)[1:], 'A,o1,2026-03-04,1,12"34,tea'])
    found = compare(path)
    if isinstance(found, Customers):
        assert any(note.startswith("file read as a whole") for note in found.input_reports[0].notes)


ALL_LINES: list[dict[str, Any]] = [
    {"rejects": "rejects.csv"},
    {"dedupe": "lines"},
    {"amount_per": "order"},
    {"encoding_errors": "replace"},
    {"locale": "en"},
    {"privacy": {"retention": "90 days"}},
    {"quality": {"columns": {"category": {"allowed": ["tea", "rum, old", "äpfel", ""]}}}},
]


def compare_all_lines(folder: Path, policy: dict[str, Any]) -> None:
    """The driver reads a file whole where a setting needs all its lines at once."""
    found = compare(written(folder, shop(90)), **policy)
    assert isinstance(found, Customers), found
    assert any("needs the whole file" in note for note in found.input_reports[0].notes)


def compare_suppressed(folder: Path) -> None:
    path = written(folder, ["customer_id", "A", "0007"], "list.csv")
    found = compare(written(folder, shop(90)), privacy={"suppression": path})
    assert isinstance(found, Customers)
    assert "A" not in set(found.table["customer_id"])


def compare_state(folder: Path) -> None:
    """A state that one engine wrote serves the other; new files are added to it."""
    header, *rows = shop(240)
    nights = folder / "nights"
    nights.mkdir()
    for night, engine in enumerate(("spark", "local", "spark")):
        written(nights, [header, *rows[night::3]], f"night-{night}.csv")
        agree(customers(str(nights), engine, state=str(folder / "state")), customers(str(nights), "local"))


def compare_standard_input(folder: Path) -> None:
    body = Path(written(folder, shop(90))).read_bytes()
    found = []
    for engine in ("local", "spark"):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(body)))
            found.append(customers("-", engine))
    agree(*found)
    assert isinstance(found[1], Customers)


def compare_damaged(folder: Path) -> None:
    """A packed file that an executor cannot unpack is refused as on this machine."""
    text = "\n".join(shop(3000)).encode()
    path = folder / "orders.csv.gz"
    path.write_bytes(gzip.compress(text)[:-2000])
    refusal = compare_chunked(str(path), None, 1 << 14, 400)
    assert isinstance(refusal, str)
    assert refusal.startswith(f"{path}: ")


def compare_changed(folder: Path) -> None:
    """A file that changes while executors read it is refused."""
    path = written(folder, shop(90))
    calls = 0
    real = os.fstat

    def change(handle: int) -> os.stat_result:
        nonlocal calls
        found = real(handle)
        if stat.S_ISREG(found.st_mode) and found.st_ino == Path(path).stat().st_ino:
            calls += 1
            os.utime(path, ns=(calls, calls))
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fstat", change)
        assert "changed while segcli was reading it" in str(customers(path, "spark"))


Check = Callable[[Path], None]
CHECKS: dict[str, Check] = {
    **{f"odd export, policy {n}": partial(compare_odd_export, policy=policy) for n, policy in enumerate(POLICIES)},
    "drawn exports": compare_drawn_exports,
    "folder of files": compare_folder,
    **{f"replanned: {name}": partial(compare_replanned, late=late) for name, late in REPLANNED.items()},
    **{f"read whole: {name}": partial(compare_read_whole, late=late) for name, late in READ_WHOLE.items()},
    **{f"all lines: {next(iter(policy))}": partial(compare_all_lines, policy=policy) for policy in ALL_LINES},
    "suppression list": compare_suppressed,
    "state": compare_state,
    "standard input": compare_standard_input,
    "damaged file": compare_damaged,
    "changed file": compare_changed,
}


@needs_spark
@pytest.mark.long
@pytest.mark.usefixtures("session")
def test_spark_gives_what_this_machine_gives(subtests: pytest.Subtests, tmp_path: Path) -> None:
    """One test, so that the suite starts one Spark."""
    for number, (name, check) in enumerate(CHECKS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        with subtests.test(name):
            check(folder)


LONG_FIELD = 42  # refused among the first records of a file that is read whole
REAL = ["cdnow/cdnow_master.csv", "online_retail/online_retail.csv.gz"]


@needs_spark
@pytest.mark.slow
@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("name", REAL)
def test_real_exports_on_spark(name: str, shared_data: Path) -> None:
    path = str(shared_data / name)
    agree(customers(path, "local"), customers(path, "spark"))


@dataclass(frozen=True)
class Answer:
    """What a command gives: its exit code, its table, and what it prints to standard error."""

    code: int
    table: bytes
    messages: list[str]


def answer(case: Case, engine: str, capfd: pytest.CaptureFixture[str]) -> Answer:
    """Run the command of a case with an engine."""
    Path("out.csv").write_bytes(b"yesterday\n")
    code = _run_arguments([*case.line.split(" "), "-o", "out.csv", "--engine", engine])
    messages = [line for line in capfd.readouterr().err.splitlines() if " WARN " not in line]  # those are of Java
    return Answer(code, Path("out.csv").read_bytes(), messages)


@needs_spark
@pytest.mark.slow
@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("large", [1, chunk_reader.LARGE_FILE_BYTES], ids=["chunks", "whole"])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_input_gets_the_same_answer_on_spark(
    case: Case, large: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(chunk_reader, "LARGE_FILE_BYTES", large)
    Path(case.name).write_bytes(case.body if isinstance(case.body, bytes) else case.body.encode())
    here, on_spark = (answer(case, engine, capfd) for engine in ("local", "spark"))
    assert on_spark == here
    assert here.code == case.code or (case.number == LONG_FIELD and large == 1)


def split_failure(path: str, span: tuple[int, int] | None) -> Exception:
    """Return what a split of a file that an executor cannot read gives."""
    from segcli.customers.engines import spark

    folder = Path(path).parent
    source = Source(path=written(folder, shop(30), "readable.csv"))
    chosen = IngestSettings(transactions=source)
    head = open_input(source, chunk_reader.read_head(str(source.path)))
    schema = infer_chunk_schema(head, chosen, PrivacySettings(), has_as_of=False)
    ((failure, packed),) = spark._total_split(path, schema, ReadRequest(chosen, PrivacySettings()), 0, (0, span))
    assert isinstance(failure, Exception)
    assert not packed
    return pickle.loads(pickle.dumps(failure))  # noqa: S301 - as Spark sends it


@pytest.mark.parametrize("span", [(70, 90), None])
def test_a_file_that_an_executor_does_not_find_is_refused_by_name(tmp_path: Path, span: tuple[int, int] | None) -> None:
    failure = split_failure(str(tmp_path / "elsewhere.csv"), span)
    assert isinstance(failure, InputProblem)
    assert "elsewhere.csv: cannot be read on an executor (No such file or directory)" in str(failure)


def test_a_file_that_is_shorter_on_an_executor_is_refused(tmp_path: Path) -> None:
    failure = split_failure(written(tmp_path, ["short"]), (70, 90))
    assert "orders.csv: not the same file on all machines" in str(failure)


def test_a_mismatch_on_an_executor_keeps_its_facts(tmp_path: Path) -> None:
    path = Path(written(tmp_path, shop(30)))
    path.write_bytes(body := b"A,o1,2025-01-01,1,2.50,tea\n\xff,o1,2025-01-01,1,2.50,tea\n")
    failure = split_failure(str(path), (0, len(body)))
    assert isinstance(failure, ChunkMismatch)
    assert (failure.line, failure.encoding) == (2, "cp1252")


def test_an_engine_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "is_installed", lambda _: False)
    assert "pip install 'segcli[spark]'" in str(customers(written(tmp_path, shop(30)), "spark"))


@pytest.mark.parametrize("name", ["auto", "pandas", "duckdb"])
def test_former_names_of_engines_mean_this_machine(name: str) -> None:
    assert IngestSettings(engine=name).engine == engines.LOCAL_ENGINE


@pytest.mark.parametrize("name", engines.engine_names())
def test_each_engine_offers_what_an_engine_must(name: str) -> None:
    engine = engines.load_engine(name)
    assert isinstance(engine.NEEDS, str)
    assert callable(engine.open_engine)
    assert IngestSettings(engine=name).engine == name

"""Engines between a file and its customers, against segcli's own reading of the same file, and an independent one."""

import gzip
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import choosing, engines, read
from segcli.errors import InputProblem, UsageProblem
from segcli.files import stream
from segcli.model import Customers
from tests.customers.test_reduce import exports, policies, text_of
from tests.customers.test_streamed import shop, written
from tests.oracles import reduction as oracle
from tests.oracles.reduction import Policies

pytestmark = pytest.mark.filterwarnings("ignore")  # engines warn of what is newer than they are

DATES = {"date_format": "%Y-%m-%d %H:%M:%S"}


def can_spark() -> bool:
    return engines.is_installed("spark") and shutil.which("java") is not None


needs_spark = pytest.mark.skipif(not can_spark(), reason="needs pyspark and Java")


@pytest.fixture(scope="module")
def one_spark() -> Iterator[None]:
    """A session of Spark that tests share, since starting one takes longer than they do."""
    from segcli.customers.engines import spark

    small = {"shuffle.partitions": "2", "codegen.wholeStage": "false", "codegen.factoryMode": "NO_CODEGEN"}
    with spark.running("local[2]", **{f"spark.sql.{name}": value for name, value in small.items()}):
        yield


def customers(path: str, engine: str, policy: Policies | None = None, **more: Any) -> Customers | str:
    """Who is in a file, or why that cannot be said."""
    asked = policy or Policies()
    chosen = {"returns": asked.returns, "free_lines": asked.free_lines, "collapse": asked.collapse, "engine": engine}
    own = {name: more.pop(name) for name in list(more) if name in IngestSettings.model_fields}
    chosen["spark_master"] = "local[2]"
    try:
        return read(IngestSettings(transactions=Source(path=path, **more), **chosen, **own), asked.as_of)
    except (InputProblem, UsageProblem) as error:
        return str(error)


def agree(one: Customers | str, other: Customers | str) -> None:
    """The same customers to the last bit, and the same account of lines; lines themselves no engine tells."""
    assert isinstance(one, Customers), one
    assert isinstance(other, Customers), other
    pd.testing.assert_frame_equal(one.table, other.table, check_exact=True)
    mine, theirs = one.readings[0], other.readings[0]
    assert unplaced(mine.lines) == unplaced(theirs.lines)
    assert (mine.columns, mine.dialect, mine.input.rows) == (theirs.columns, theirs.dialect, theirs.input.rows)
    assert (one.as_of, one.warnings) == (other.as_of, other.warnings)


def unplaced(lines: Any) -> Any:
    facts = vars(lines).copy()
    for verdict in ("ignored", "rejected"):
        facts[verdict] = [(fate.reason, fate.lines, fate.money) for fate in facts[verdict]]
    return facts


@settings(max_examples=25, deadline=None)
@given(records=exports, wanted=policies)
def test_drawn_exports(file_of: Callable[..., str], records: list[dict[str, str]], wanted: Policies) -> None:
    path = file_of(text_of(records))
    found, other = customers(path, "pandas", wanted, **DATES), customers(path, "duckdb", wanted, **DATES)
    if isinstance(found, str):
        assert isinstance(other, str)
        return
    agree(found, other)
    facts = oracle.reduce(oracle.rows_of(text_of(records)), wanted)
    assert isinstance(other, Customers)
    table = other.table.set_index("customer_id")
    assert {who: one.orders for who, one in facts.items()} == table["orders"].to_dict()
    assert {who: pytest.approx(float(one.revenue), abs=1e-9) for who, one in facts.items()} == table[
        "revenue"
    ].to_dict()


@pytest.mark.parametrize("collapse", ["order", "day"])
def test_a_shop(tmp_path: Path, collapse: str) -> None:
    path = written(tmp_path, shop(600))
    asked = Policies(collapse=collapse)
    agree(customers(path, "pandas", asked), customers(path, "duckdb", asked))


REAL = ["cdnow/cdnow_master.csv", "online_retail/online_retail.csv.gz"]


@pytest.mark.parametrize("name", REAL)
def test_real_exports(name: str, shared_data: Path) -> None:
    path = str(shared_data / name)
    agree(customers(path, "pandas"), customers(path, "duckdb"))


@needs_spark
@pytest.mark.slow
@pytest.mark.usefixtures("one_spark")
@pytest.mark.parametrize("name", REAL)
def test_real_exports_by_spark(name: str, shared_data: Path) -> None:
    path = str(shared_data / name)
    agree(customers(path, "pandas"), customers(path, "spark"))


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


POLICIES = [
    {},
    {"exclude_ids": ["guest"], "void": {"status": ["cancelled"]}, "id_case": "upper"},
    {"free_lines": "exclude", "returns": "exclude", "rates": {"EUR": 1.1, "USD": 0.9}},
    {"returns": "separate", "collapse": "day", "as_of": "2025-03-02", "id_case": "lower"},
]


def odd_agrees(folder: Path, engine: str, more: dict[str, Any]) -> None:
    path = written(folder, ODD)
    day = pd.Timestamp(more["as_of"]).date() if "as_of" in more else None
    named = {name: more[name] for name in ("returns", "free_lines", "collapse") if name in more}
    rest = {name: value for name, value in more.items() if name not in {*named, "as_of"}}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stream, "HEAD", 300)  # records of another width are not among the first
        one, other = (customers(path, name, Policies(**named, as_of=day), **rest) for name in ("pandas", engine))
    agree(one, other)


def parts_agree(folder: Path, engine: str) -> None:
    header, *rows = shop(400)
    one = customers(written(folder, [header, *rows]), "pandas")
    random.Random(5).shuffle(rows)  # noqa: S311
    parts = folder / "parts"
    parts.mkdir()
    (parts / "_SUCCESS").touch()
    for place in range(3):
        text = "\n".join([header, *rows[place::3]]) + "\n"
        (parts / f"part-{place}.csv.gz").write_bytes(gzip.compress(text.encode()))
    agree(one, customers(str(parts) if engine == "duckdb" else f"{parts}/part-*.csv.gz", engine))


@pytest.mark.parametrize("more", POLICIES)
def test_what_is_oddly_written(tmp_path: Path, more: dict[str, Any]) -> None:
    odd_agrees(tmp_path, "duckdb", more)


def test_scattered_lines_in_several_packed_files(tmp_path: Path) -> None:
    parts_agree(tmp_path, "duckdb")


@needs_spark
@pytest.mark.long
@pytest.mark.usefixtures("one_spark")
def test_spark_agrees(tmp_path: Path) -> None:
    """One test, so that the suite starts one Spark."""
    odd_agrees(tmp_path, "spark", POLICIES[1])
    parts_agree(tmp_path, "spark")


@pytest.mark.parametrize("decimal", [",", "."])
def test_decimal_marks_and_other_delimiters(tmp_path: Path, decimal: str) -> None:
    rows = [f"K{n % 7};{n:03};{n % 27 + 1:02}.0{n % 9 + 1}.2025;{n}{decimal}{n % 100:02}" for n in range(200)]
    path = written(tmp_path, ["Kundennummer;Bestellnummer;Bestelldatum;Betrag", *rows])
    agree(customers(path, "pandas"), customers(path, "duckdb"))


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"dedupe": "lines"}, "ingest.dedupe"),
        ({"rejects": "lost.csv"}, "ingest.rejects"),
        ({"amount_per": "order"}, "amount_per"),
        ({"encoding": "cp1252"}, "encoding cp1252"),
    ],
)
def test_what_an_engine_cannot_do_is_said(tmp_path: Path, more: dict[str, Any], named: str) -> None:
    said = customers(written(tmp_path, shop(30)), "duckdb", **more)
    assert isinstance(said, str)
    assert named in said
    assert "--engine pandas can" in said


def test_standard_input_is_refused() -> None:
    assert "standard input" in str(customers("-", "duckdb"))


def test_an_engine_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "is_installed", lambda _: False)
    assert "pip install 'segcli[duckdb]'" in str(customers(written(tmp_path, shop(30)), "duckdb"))


def test_too_little_memory_chooses_duckdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, shop(300))
    one = customers(path, "auto")
    monkeypatch.setattr(stream, "LARGE", 1)
    monkeypatch.setattr(choosing, "free", lambda: 1000)
    other = customers(path, "auto")
    agree(one, other)
    assert isinstance(other, Customers)
    assert any(note.startswith("engine duckdb") for note in other.readings[0].notes)


@pytest.mark.parametrize("name", engines.names())
def test_each_engine_offers_what_an_engine_must(name: str) -> None:
    engine = engines.load(name)
    assert engine.TITLE
    assert engine.NEEDS
    assert callable(engine.session)
    annotation = IngestSettings.model_fields["engine"].annotation
    assert name in annotation.__args__  # type: ignore[union-attr]

"""The comparison with peers runs from end to end, and refuses to time work that is not the same."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are not here, as in a source archive")

PACKAGES = {"duckdb": "duckdb", "polars": "polars", "pandas": "pandas"}
REALISTIC = sorted(script for peer in PACKAGES for script in BENCHMARKS.glob(f"peers/{peer}_realistic_*.py"))
KNOWN = """customer_id,recency_days,orders,revenue,r_score,f_score,m_score
A,1,3,30.3,5,5,4
B,9,1,30.3,1,1,4
C,5,2,7.0,3,3,1
"""
AVERAGES = """customer_id,revenue,average_order_value,cv_days_between_orders,country,m_score
A,30.3,10.100001,0.5,Germany,5
B,12.0,0.0,,,1
"""


@pytest.fixture
def agreement(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("agreement")


@pytest.fixture(scope="module")
def realistic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    export = tmp_path_factory.mktemp("realistic") / "orders.csv"
    script = str(BENCHMARKS / "order_lines.py")
    # More returns than by default, so that a small file has customers with returns only.
    traits = ["--lines", "20000", "--kind", "realistic", "--return-share", "0.1"]
    subprocess.run([sys.executable, script, *traits, "--out", str(export)], check=True, timeout=60)
    return export


@pytest.fixture(scope="module")
def references(realistic: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        agreement, contestants = (importlib.import_module(name) for name in ("agreement", "contestants"))
    tables = {}
    for work in contestants.WORKS:
        ((row, command),) = contestants.segcli_command(work, realistic, realistic.parent).items()
        subprocess.run(command, cwd=BENCHMARKS.parent, check=True, timeout=60)
        tables[work] = agreement.read_result(contestants.result_path(realistic.parent, row))
    return tables


def test_peers_run_and_the_file_keeps_the_text_around_the_section(tmp_path: Path) -> None:
    written = tmp_path / "RESULTS.md"
    written.write_text(
        "# Before\n\n<!-- peers.py plain rfm: begin -->\nold\n<!-- peers.py plain rfm: end -->\n\nAfter.\n"
    )
    sizes = ["--lines", "2000", "--runs", "1", "--peers", "pandas,parse", "--date", "2026-01-02"]
    command = [sys.executable, str(BENCHMARKS / "peers.py"), *sizes, "--write", str(written)]
    subprocess.run(command, check=True, timeout=60)
    text = written.read_text()
    assert text.startswith("# Before\n\n<!-- peers.py plain rfm: begin -->\n2026-01-02; ")
    assert text.endswith("<!-- peers.py plain rfm: end -->\n\nAfter.\n")
    assert "old" not in text
    ours = "| segcli, three measures"
    for row in (f"{ours} |", "| pandas |", "| parse |", f"{ours} / pandas |", f"{ours} / parse |"):
        assert text.count(row) == 1
    assert "Results agree on " in text
    assert "| cores busy |" in text


def test_a_peer_without_a_script_for_the_work_is_left_out() -> None:
    work = ["--kind", "plain", "--work", "all", "--lines", "2000", "--runs", "1", "--peers", "pandas"]
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "peers.py"), *work], check=True, timeout=60, capture_output=True, text=True
    )
    assert "pandas: left out, no script for plain all." in done.stdout
    assert done.stdout.count("| segcli, all measures |") == 1


@pytest.mark.parametrize("script", REALISTIC, ids=[script.stem for script in REALISTIC])
def test_every_peer_computes_what_segcli_does_on_a_realistic_file(
    agreement: Any, references: dict[str, Any], realistic: Path, tmp_path: Path, script: Path
) -> None:
    peer, _, work = script.stem.split("_")[:3]
    pytest.importorskip(PACKAGES[peer])
    result = tmp_path / "peer.csv"
    subprocess.run([sys.executable, str(script), str(realistic), str(result)], check=True, timeout=60)
    assert agreement.check_agreement(script.stem, agreement.read_result(result), references[work]) == 0
    assert references[work].shape[1] == {"rfm": 7, "all": 21}[work]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("C,5,2,7.0", "D,5,2,7.0"), r"other customers \(2\): \['C', 'D'\]"),
        (("A,1,3", "A,2,3"), r"differ in recency_days of 1 customers: A 2 \(segcli: 1\)"),
        (("C,5,2,7.0", "C,5,2,7.001"), r"differ in revenue of 1 customers: C 7.001 \(segcli: 7.0\)"),
        (("7.0,3,3,1", "7.0,3,3,2"), r"differ in m_score of 1 customers: C 2 \(segcli: 1\)"),
        (("revenue", "sales"), r"other columns: revenue, sales"),
    ],
)
def test_different_work_is_not_timed(agreement: Any, tmp_path: Path, change: tuple[str, str], message: str) -> None:
    ours, theirs = read_both(agreement, tmp_path, KNOWN, change)
    assert agreement.check_agreement("a copy", ours, ours) == 0
    with pytest.raises(agreement.Disagreement, match=message):
        agreement.check_agreement("peer", theirs, ours)


@pytest.mark.parametrize(
    "change",
    [
        ("10.100001", "10.100003"),
        ("0.5,Germany", ",Germany"),
        ("0.5,Germany", "0.5,France"),
        ("B,12.0,0.0,,", "B,12.0,0.0,0.0,"),
        ("B,12.0,0.0,,", "B,12.0,0.0,,Germany"),
    ],
)
def test_averages_texts_and_missing_values_are_compared(
    agreement: Any, tmp_path: Path, change: tuple[str, str]
) -> None:
    ours, theirs = read_both(agreement, tmp_path, AVERAGES, change)
    assert agreement.check_agreement("a copy", ours, ours) == 0
    with pytest.raises(agreement.Disagreement):
        agreement.check_agreement("peer", theirs, ours)


def test_averages_may_differ_in_the_rounding_of_their_last_decimal(agreement: Any, tmp_path: Path) -> None:
    ours, theirs = read_both(agreement, tmp_path, AVERAGES, ("10.100001", "10.100002"))
    assert agreement.check_agreement("peer", theirs, ours) == 0


def test_an_m_score_may_move_where_sums_are_equal_but_for_their_last_digit(agreement: Any, tmp_path: Path) -> None:
    ours, theirs = read_both(agreement, tmp_path, KNOWN, ("B,9,1,30.3,1,1,4", "B,9,1,30.300000000000004,1,1,5"))
    assert agreement.check_agreement("peer", theirs, ours) == 1


def read_both(agreement: Any, folder: Path, text: str, change: tuple[str, str]) -> tuple[Any, Any]:
    assert change[0] in text
    (folder / "ours.csv").write_text(text)
    (folder / "theirs.csv").write_text(text.replace(*change))
    return agreement.read_result(folder / "ours.csv"), agreement.read_result(folder / "theirs.csv")

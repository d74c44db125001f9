"""The comparison with peers runs from end to end, and refuses to time work that is not the same."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are not here, as in a source archive")

KNOWN = """customer_id,recency_days,orders,revenue,r_score,f_score,m_score
A,1,3,30.3,5,5,4
B,9,1,30.3,1,1,4
C,5,2,7.0,3,3,1
"""


@pytest.fixture
def agreement(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    import agreement

    return agreement


def test_the_tables_come_out_and_a_file_keeps_what_surrounds_them(tmp_path: Path) -> None:
    written = tmp_path / "RESULTS.md"
    written.write_text("# Before\n\n<!-- peers.py rfm: begin -->\nold\n<!-- peers.py rfm: end -->\n\nAfter.\n")
    sizes = ["--lines", "2000", "--runs", "1", "--peers", "pandas,parse", "--date", "2026-01-02"]
    command = [sys.executable, str(BENCHMARKS / "peers.py"), *sizes, "--write", str(written)]
    subprocess.run(command, check=True, timeout=60)
    text = written.read_text()
    assert text.startswith("# Before\n\n<!-- peers.py rfm: begin -->\n2026-01-02; ")
    assert text.endswith("<!-- peers.py rfm: end -->\n\nAfter.\n")
    assert "old" not in text
    for row in ("| segcli |", "| pandas |", "| parse |", "| segcli / pandas |", "| segcli / parse |"):
        assert text.count(row) == 1
    assert "Results agree on " in text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("C,5,2,7.0", "D,5,2,7.0"), r"other customers \(2\): \['C', 'D'\]"),
        (("A,1,3", "A,2,3"), r"differ in recency_days of 1 customers: A 2 \(segcli: 1\)"),
        (("C,5,2,7.0", "C,5,2,7.001"), r"differ in revenue of 1 customers: C 7.001 \(segcli: 7.0\)"),
        (("7.0,3,3,1", "7.0,3,3,2"), r"differ in m_score of 1 customers: C 2 \(segcli: 1\)"),
    ],
)
def test_work_that_is_not_the_same_is_not_compared(
    agreement: Any, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    (tmp_path / "ours.csv").write_text(KNOWN)
    (tmp_path / "theirs.csv").write_text(KNOWN.replace(*change))
    ours, theirs = (agreement.read(tmp_path / name) for name in ("ours.csv", "theirs.csv"))
    assert agreement.check("a copy", ours, ours) == 0
    with pytest.raises(agreement.Disagreement, match=told):
        agreement.check("peer", theirs, ours)


def test_an_m_score_may_move_where_sums_are_equal_but_for_their_last_digit(agreement: Any, tmp_path: Path) -> None:
    (tmp_path / "ours.csv").write_text(KNOWN)
    (tmp_path / "theirs.csv").write_text(KNOWN.replace("B,9,1,30.3,1,1,4", "B,9,1,30.300000000000004,1,1,5"))
    ours, theirs = (agreement.read(tmp_path / name) for name in ("ours.csv", "theirs.csv"))
    assert agreement.check("peer", theirs, ours) == 1

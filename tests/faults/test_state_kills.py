"""Runs that keep a state and are killed: the next run gives the result of reading everything, byte for byte.

`pytest -m slow tests/faults/test_state_kills.py` kills 100 times.
"""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

CONFIG = "ingest: {transactions: {path: orders}}\nrfm: {bins: 5}\n"


def lines(part: int) -> str:
    """Order lines of one file; orders have lines in two files."""
    rows = (
        f"C{n % 400},{n // 3 + part * 300},2026-{n % 12 + 1:02}-{n % 28 + 1:02},{(n + part) % 97}.50"
        for n in range(1500)
    )
    return "\n".join(["customer_id,order_id,order_date,amount", *rows, ""])


def run(folder: Path, out: str, *state: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "segcli", "run", "shop.yaml", "-q", "-o", out, *state]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ended(process: "subprocess.Popen[bytes]") -> None:
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()


def results(folder: Path) -> dict[str, bytes]:
    """The files of a run, but for run.json, which says how long it took."""
    return {
        path.name: path.read_bytes() for path in folder.glob("*.*") if path.name not in {"run.json", ".segcli-lock"}
    }


def killed(folder: Path, wanted: int, parts: int) -> None:
    """Kill so many runs at random moments, files being added one by one, and compare after each."""
    (folder / "shop.yaml").write_text(CONFIG)
    orders = folder / "orders"
    orders.mkdir()
    whole = []
    for part in range(parts):
        (orders / f"part-{part}.csv").write_text(lines(part))
        begun = time.monotonic()
        ended(run(folder, "afresh"))
        last, found = time.monotonic() - begun, results(folder / "afresh")
        whole.append(found)
    chance, hits = random.Random(20261124), 0  # noqa: S311 - moments, not secrets
    while hits < wanted:
        shutil.rmtree(folder / "state", ignore_errors=True)
        for path in orders.iterdir():
            path.unlink()
        for part in range(parts):
            (orders / f"part-{part}.csv").write_text(lines(part))
            process = run(folder, "kept", "--state", "state")
            time.sleep(chance.uniform(0.4, 1.0) * last)
            hits += process.poll() is None
            process.kill()
            process.communicate()
            if chance.random() < 0.5 or part == parts - 1:
                ended(run(folder, "kept", "--state", "state"))
                assert results(folder / "kept") == whole[part], f"after kill {hits}"
                assert not list((folder / "state").glob("*.segcli-part"))
            if hits >= wanted:
                break


@pytest.mark.long
def test_a_killed_run_with_a_state_is_made_good_by_the_next(tmp_path: Path) -> None:
    killed(tmp_path, 2, parts=2)


@pytest.mark.slow
def test_a_hundred_killed_runs_with_a_state_are_made_good(tmp_path: Path) -> None:
    killed(tmp_path, 100, parts=6)

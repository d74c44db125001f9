"""`--state` and a suppression list together: the files of a run without a state, byte for byte, run after run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

CONFIG = """version: 1
output: out
ingest: {transactions: {path: "nights/*.csv"}}
rfm: {bins: 3}
persona: {}
cohort: {}
report: {}
privacy: {suppression: objected.csv}
"""


def nights(folder: Path, count: int) -> None:
    (folder / "nights").mkdir(exist_ok=True)
    for night in range(count):
        rows = [f"K{n:02},n{night}-{n},2026-0{1 + night}-{1 + n:02},{10 + n * night}.50" for n in range(25)]
        (folder / "nights" / f"{night}.csv").write_text("\n".join(["Kunde,Beleg,Datum,Betrag", *rows]) + "\n")


def results(folder: Path) -> dict[str, bytes]:
    """The files of a run, and what its run.json has besides times and the command."""
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in {"run.json", ".segcli-lock"}}
    facts = json.loads((folder / "run.json").read_text())
    kept = {name: facts[name] for name in ("inputs", "warnings", "outputs", "as_of")}
    return found | {"run.json": json.dumps(kept).encode()}


def test_results_are_those_of_a_run_without_a_state(folder: Path, segcli: Callable[..., Any]) -> None:
    (folder / "shop.yaml").write_text(CONFIG)
    options = (
        "--map",
        "customer_id=Kunde",
        "--map",
        "order_id=Beleg",
        "--map",
        "order_date=Datum",
        "--map",
        "amount=Betrag",
    )
    lists = ("customer_id\n", "customer_id\nK03\n", "customer_id\nK03\nK07\n", "customer_id\nK07\n")
    (folder / "objected.csv").write_text(lists[0])
    nights(folder, 2)
    before = CONFIG.replace("privacy: {suppression: objected.csv}\n", "")
    (folder / "before.yaml").write_text(before)
    assert segcli("run", "before.yaml", "--state", "state", *options, "-q").returncode == 0
    assert any(b"K03" in path.read_bytes() for path in (folder / "state").rglob("*") if path.is_file())
    for number, listed in enumerate(lists[1:]):
        (folder / "objected.csv").write_text(listed)
        nights(folder, 2 + number)
        for output, state in (("out", ("--state", "state")), ("fresh", ())):
            made = segcli("run", "shop.yaml", *state, *options, "-o", output)
            assert made.returncode == 0, made.stderr
            assert ("stores nothing in state" in made.stderr) == bool(state)
        assert results(folder / "out") == results(folder / "fresh")
        told = (folder / "out" / "customers.csv").read_text()
        assert [name in told for name in ("K03", "K07")] == [f"{name}\n" not in listed for name in ("K03", "K07")]
        stored = [path for path in (folder / "state").rglob("*") if path.is_file()]
        assert not any(b"K0" in path.read_bytes() for path in stored), stored

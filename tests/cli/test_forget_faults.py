"""Forgetting refuses what it cannot do before it changes a file, and loses nothing when several do it at once."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.io import lock

HEADER = "customer_id,order_id,order_date,amount,email\n"
CONFIG = """version: 1
output: out
ingest: {transactions: {path: orders.csv}}
rfm: {bins: 3}
report: {formats: [md, html, json]}
persona: {traits: 3}
"""


@pytest.fixture
def shop(folder: Path, segcli: Callable[..., Any]) -> Path:
    """A run of customers whose ids are small numbers."""
    rows = "".join(f"{n % 30},{n},2026-01-{1 + n % 28:02},{n}.50,u{n % 30}@example.org\n" for n in range(1, 200))
    (folder / "orders.csv").write_text(HEADER + rows)
    (folder / "shop.yaml").write_text(CONFIG)
    assert segcli("run", "shop.yaml", "-q", "--state", "state").returncode == 0
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".segcli-lock"}


@pytest.mark.parametrize("name", ["", "  ", "\u00a0", "-", "n/a", "None", "\u200b"])
def test_a_name_of_nobody_is_refused(name: str, shop: Path, segcli: Callable[..., Any]) -> None:
    before = contents(shop)
    for arguments in ([name, "out"], ["4", "out", "--also", name]):
        made = segcli("forget", *arguments, "--set", "privacy.suppression=list.csv")
        assert made.returncode == 2, made.stderr
        assert "is not a person" in made.stderr
    assert contents(shop) == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 3),
        (b"\xff\xfe\x00", 3),
        (b'customer_id,email\n"4,\n', 3),
        (b"customer_id,email\nn/a,none\n", 3),
        (b"customer_id\nM\xfcller\n", 3),
        (b"segment,note\nbest,x\n", 3),
        (b"email\nx@example.org\n", 2),
        ("customer_id\nx\n".encode("utf-16"), 2),
    ],
)
def test_a_list_that_cannot_be_used_changes_nothing(
    body: bytes, code: int, shop: Path, segcli: Callable[..., Any]
) -> None:
    (shop / "list.csv").write_bytes(body)
    before = contents(shop)
    made = segcli("forget", "4", "out", "--set", "privacy.suppression=list.csv")
    assert made.returncode == code, made.stderr
    assert "list.csv" in made.stderr
    assert contents(shop) == before


@pytest.mark.parametrize("path", ["missing/list.csv", "out"])
def test_a_list_that_cannot_be_written_changes_nothing(path: str, shop: Path, segcli: Callable[..., Any]) -> None:
    before = contents(shop)
    made = segcli("forget", "4", "out", "--set", f"privacy.suppression={path}")
    assert made.returncode in {2, 5}, made.stderr
    assert contents(shop) == before


def test_several_at_once_lose_no_entry_of_the_list(shop: Path, segcli: Callable[..., Any]) -> None:
    command = [*segcli("explain").args[:-1], "forget"]
    (shop / "list.csv").write_bytes(b"\xef\xbb\xbfcustomer_id;email\r\n29;")
    wanted = list(range(1, 13))
    for number in wanted:
        (shop / f"results-{number}").mkdir()
    started = [
        subprocess.Popen(
            [*command, str(number), f"results-{number}", "-q", "--set", "privacy.suppression=list.csv"],
            cwd=shop,
            env={"PATH": "/usr/bin:/bin", "HOME": str(shop), "LC_ALL": "C.UTF-8"},
            stdout=subprocess.DEVNULL,
        )
        for number in wanted
    ]
    assert [process.wait(timeout=120) for process in started] == [0] * len(wanted)
    first, second, *rest = (shop / "list.csv").read_bytes().split(b"\r\n")
    assert (first, second) == (b"\xef\xbb\xbfcustomer_id;email", b"29;")
    assert sorted(rest) == sorted([b"", *(f"{number};".encode() for number in wanted)])
    made = segcli("forget", "5", "results-5", "--set", "privacy.suppression=list.csv")
    assert made.returncode == 0
    assert len((shop / "list.csv").read_bytes().split(b"\r\n")) == len(rest) + 2, "listed once"


def test_small_numbers_elsewhere_stay(shop: Path, segcli: Callable[..., Any]) -> None:
    before = contents(shop / "out")
    made = segcli("forget", "4", "out", "-q", "-f", "csv")
    assert made.returncode == 0, made.stderr
    after = contents(shop / "out")
    changed = {path.name for path in after if before[path] != after[path]}
    assert changed == {"customers.csv", "run.json"}
    old, new = (found[shop / "out" / "customers.csv"].splitlines() for found in (before, after))
    assert new == [line for line in old if not line.startswith(b"4,")]
    outputs = json.loads(after[shop / "out" / "run.json"])["outputs"]
    assert all(
        hashlib.sha256(after[shop / "out" / output["name"]]).hexdigest() == output["sha256"] for output in outputs
    )


@pytest.mark.parametrize("where", [("out", "--set", "ingest.state=state"), (".",)])
def test_states_forget_too(where: tuple[str, ...], shop: Path, segcli: Callable[..., Any]) -> None:
    (shop / "orders.csv").rename(shop.parent / "orders.csv")
    assert any(b"u4@example.org" in path.read_bytes() or path.name == "runs" for path in (shop / "state").rglob("*/*"))
    nobody = segcli("forget", "77", *where)
    assert nobody.returncode == 0
    assert "state/" not in nobody.stderr
    tried = segcli("forget", "4", *where, "-n")
    assert "would     state/" in tried.stderr
    made = segcli("forget", "4", *where)
    assert made.returncode == 0, made.stderr
    assert "forgot    state/" in made.stderr
    assert not [path for path in (shop / "state").iterdir() if path.is_dir()]


def test_what_a_killed_run_left_is_removed_and_named(shop: Path, segcli: Callable[..., Any]) -> None:
    (shop / "out" / "run.json").unlink()
    (shop / "out" / ".customers.csv.x.segcli-part").write_text("customer_id\n4\n")
    made = segcli("forget", "4", "out")
    assert made.returncode == 0, made.stderr
    assert "out: its run has not finished (no run.json)" in made.stderr
    assert not list((shop / "out").glob(".*segcli-part"))


def test_a_run_at_work_below_the_folder_is_not_disturbed(shop: Path, segcli: Callable[..., Any]) -> None:
    before = contents(shop / "out")
    with lock.lock_directory(shop / "out"):
        made = segcli("forget", "4", ".")
    assert made.returncode == 6, made.stderr
    assert contents(shop / "out") == before

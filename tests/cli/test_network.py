"""No command calls the network. `pytest -m slow -n 0 tests/cli/test_network.py` traces the system calls of each."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STRACE = shutil.which("strace")
REACHES = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg|bind)\(.*\bAF_INET6?\b")
CONFIG = """version: 1
output: out
ingest: {transactions: {path: orders.csv}}
rfm: {bins: 3}
rules: [{name: tier, segments: [{segment: high, when: orders >= 3}]}]
cluster: {features: [orders, revenue], k: 2, pairs: 4}
persona: {}
target: {of: rfm, choose: 1-2}
plan: {of: rfm}
cohort: {}
clv: {}
backtest: {period_days: 30}
export: [{to: plain, of: rfm}, {to: sql, of: rfm}]
report: {}
"""
COMMANDS = (
    "init orders.csv -o new.yaml",
    "check orders.csv",
    "ingest orders.csv -o customers.csv",
    "rfm customers.csv -o scored.csv --save-model rfm.json",
    "cluster -c shop.yaml -o clusters.csv",
    "persona scored.csv",
    "report scored.csv -o report.html",
    "run shop.yaml",
    "rules -c shop.yaml",
    "clv orders.csv",
    "cohort orders.csv",
    "backtest orders.csv",
    "compare scored.csv scored.csv",
    "assign customers.csv --model rfm.json",
    "target scored.csv",
    "plan scored.csv",
    "export scored.csv --to plain",
    "forget C001 out",
    "explain unreadable_date",
    "config show",
    "demo",
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    rows = [
        f"C{n:03},{n}-{o},2026-{1 + (n + 2 * o) % 6:02}-{1 + n % 28:02},{10 + n * o}.50"
        for n in range(200)
        for o in range(1 + n % 5)
    ]
    (folder / "orders.csv").write_text("\n".join(["customer_id,order_id,order_date,amount", *rows]) + "\n")
    (folder / "shop.yaml").write_text(CONFIG)
    return folder


def test_the_pattern_finds_calls_of_the_network() -> None:
    for call in (
        '7 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = 0',
        '7 sendto(3, "x", 1, 0, {sa_family=AF_INET6, sin6_port=htons(53)}, 28) = 1',
    ):
        assert REACHES.search(call)
    assert not REACHES.search('7 connect(3, {sa_family=AF_UNIX, sun_path="/run/nscd"}, 110) = -1 ENOENT')


@pytest.mark.slow
@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
def test_no_command_calls_the_network(shop: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(shop), "LC_ALL": "C.UTF-8"}
    lines = 0
    for command in COMMANDS:
        calls = shop / "calls.txt"
        traced = [str(STRACE), "-f", "-qq", "-e", "trace=network,execve", "-o", str(calls)]
        made = subprocess.run(
            [*traced, sys.executable, "-m", "segcli", *command.split()],
            cwd=shop,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert made.returncode in {0, 4}, (command, made.stderr)
        seen = calls.read_text(errors="replace").splitlines()
        assert any("execve(" in line for line in seen), command  # the trace has worked
        found = [line for line in seen if REACHES.search(line)]
        assert not found, (command, found)
        lines += len([line for line in seen if "execve(" not in line])
    print(f"{len(COMMANDS)} commands, {lines} network system calls, none of AF_INET or AF_INET6")  # noqa: T201

"""Whole processes measured in turn: wall seconds, CPU seconds and peak memory, and their medians as a table."""

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

# A child's peak memory is never reported below what its parent had when it forked: so a small parent forks it.
LAUNCHER = """
import os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - started
print(f"\\n{status} {wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss / 1024}", file=sys.stderr)
"""


class Cost(NamedTuple):
    """What one process took: wall seconds, CPU seconds (user and system), peak memory in MB."""

    wall: float
    cpu: float
    memory: float


class Failed(SystemExit):
    """A measured command that did not end well: its exit code and what it said."""

    def __init__(self, command: Sequence[str], status: int, said: str) -> None:
        super().__init__(f"{' '.join(command)} failed: {said}")
        self.status = os.waitstatus_to_exitcode(status)
        self.said = said.strip()


def measured(command: Sequence[str]) -> Cost:
    """The cost of one process, run in the repository's folder so that `-m segcli` is the code beside this file."""
    launched = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
    done = subprocess.run(launched, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    *said, told = done.stderr.splitlines()
    status, *cost = told.split()
    if int(status):
        raise Failed(command, int(status), "\n".join(said))
    return Cost(*map(float, cost))


def in_turn(commands: dict[str, list[str]], runs: int) -> dict[str, Cost]:
    """Median costs of RUNS runs of each command; they alternate, so that a slow minute of the machine hits all."""
    costs: dict[str, list[Cost]] = {what: [] for what in commands}
    for _ in range(runs):
        for what, command in commands.items():
            costs[what].append(measured(command))
    return {what: Cost(*map(statistics.median, zip(*rows, strict=True))) for what, rows in costs.items()}


def table(costs: dict[str, Cost]) -> str:
    """A Markdown table, one row per command."""
    rows = [f"| {what} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.memory:,.0f} |" for what, cost in costs.items()]
    return "\n".join(["| | wall s | CPU s | peak MB |", "| --- | ---: | ---: | ---: |", *rows])


def ratios(ours: Cost, theirs: Cost) -> Cost:
    """How many times as much the first took."""
    return Cost(*(our / their for our, their in zip(ours, theirs, strict=True)))


def compare(commands: dict[str, list[str]], runs: int) -> None:
    """Run two commands in turn and print a table of medians, with the ratio of the first to the second."""
    costs = in_turn(commands, runs)
    ours, theirs = costs.values()
    print(table(costs))
    print("| ratio | " + " | ".join(f"{ratio:.2f}" for ratio in ratios(ours, theirs)) + " |")

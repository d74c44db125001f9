"""Measure whole processes in turn: wall seconds, CPU seconds and peak memory, and their medians as a table."""

import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

# The system never reports a child's peak memory below that of its parent when it forked, so a small parent forks it.
LAUNCHER = """
import os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - started
print(f"\\n{status} {wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss / 1024}", file=sys.stderr)
"""


class Cost(NamedTuple):
    """What one process takes: wall seconds, CPU seconds (user and system), peak memory in MB."""

    wall: float
    cpu: float
    memory: float

    @property
    def cores(self) -> float:
        """Cores that were busy on average."""
        return self.cpu / self.wall


class CommandError(SystemExit):
    """A measured command that failed."""


def measure(command: Sequence[str]) -> Cost:
    """Measure one process, run in the folder of the repository so that `-m segcli` is the code beside this file.

    Raises:
        CommandError: it failed.
    """
    launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
    done = subprocess.run(launcher, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    *messages, last_line = done.stderr.splitlines()
    status, *cost = last_line.split()
    if int(status):
        raise CommandError(f"{' '.join(command)} failed: {chr(10).join(messages)}")
    return Cost(*map(float, cost))


def measure_in_turn(commands: dict[str, list[str]], runs: int) -> dict[str, Cost]:
    """Return median costs of each command; commands alternate, so that a slow minute of the machine affects all."""
    costs: dict[str, list[Cost]] = {row: [] for row in commands}
    for _ in range(runs):
        for row, command in commands.items():
            costs[row].append(measure(command))
    return {row: Cost(*map(statistics.median, zip(*rows, strict=True))) for row, rows in costs.items()}


def format_costs(costs: dict[str, Cost]) -> str:
    """Return a Markdown table, one row per command."""
    rows = [
        f"| {row} | {cost.wall:.2f} | {cost.cpu:.2f} | {cost.cores:.2f} | {cost.memory:,.0f} |"
        for row, cost in costs.items()
    ]
    return "\n".join(["| | wall s | CPU s | cores busy | peak MB |", "| --- | ---: | ---: | ---: | ---: |", *rows])


def ratios(ours: Cost, theirs: Cost) -> Cost:
    """Return the ratios of one cost to another."""
    return Cost(*(our / their for our, their in zip(ours, theirs, strict=True)))


def compare(commands: dict[str, list[str]], runs: int) -> None:
    """Run two commands in turn and print a table of medians, with the ratio of the first to the second."""
    costs = measure_in_turn(commands, runs)
    print(format_costs(costs))
    ratio = ratios(*costs.values())
    print(f"| ratio | {ratio.wall:.2f} | {ratio.cpu:.2f} | {ratio.cores:.2f} | {ratio.memory:.2f} |")

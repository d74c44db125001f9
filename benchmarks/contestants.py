"""The commands that do the same work: segcli's, and the scripts of benchmarks/peers for each installed peer."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from measuring import ROOT


class Work(NamedTuple):
    """What is timed: the name of segcli's row, and segcli's arguments for it."""

    row: str
    arguments: tuple[str, ...]


SCORING = ("--ties", "same-bin")  # as the peers score
WORKS = {
    "rfm": Work("segcli, three measures", ("rfm", "--set", "ingest.measures=[recency_days,orders,revenue]", *SCORING)),
    "all": Work("segcli, all measures", ("rfm", "--set", "ingest.measures=all", *SCORING)),
}
KINDS = ("plain", "realistic")
PACKAGES = {"duckdb": "duckdb", "polars": "polars", "pandas": "pandas", "parse": "pyarrow"}
PARSE_ONLY = ("parse",)  # peers without a result to compare


def segcli_command(work: str, export: Path, folder: Path) -> dict[str, list[str]]:
    """Return segcli's command by its row, run as users run it."""
    row, arguments = WORKS[work]
    return {row: [sys.executable, "-m", "segcli", *arguments, str(export), "-q", "-o", str(result_path(folder, row))]}


def peer_scripts(peer: str, kind: str, work: str) -> dict[str, Path]:
    """Return a peer's scripts by row; they are named PEER_KIND_WORK.py, or PEER_KIND_WORK_VARIANT.py."""
    prefix = f"{peer}_{kind}_{work}"
    scripts = {}
    for script in sorted((ROOT / "benchmarks" / "peers").glob(f"{prefix}*.py")):
        variant = script.stem.removeprefix(prefix).replace("_", " ")
        scripts[f"{peer},{variant}" if variant else peer] = script
    return scripts


def peer_commands(scripts: Mapping[str, Path], python: str, export: Path, folder: Path) -> dict[str, list[str]]:
    """Return the commands of scripts by row."""
    return {row: [python, str(script), str(export), str(result_path(folder, row))] for row, script in scripts.items()}


def peer_name(row: str) -> str:
    """Return the peer of a row, such as duckdb for `duckdb, orders first`."""
    return row.partition(",")[0]


def result_path(folder: Path, row: str) -> Path:
    """Return the file that a row's command writes."""
    return folder / f"{row.replace(', ', '_').replace(' ', '_')}.csv"

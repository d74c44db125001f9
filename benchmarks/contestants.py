"""The commands that do the same work: segcli's, and the scripts of benchmarks/peers of the peers that are installed."""

import sys
from collections.abc import Iterable
from pathlib import Path

from measuring import ROOT

# The rows of segcli and their arguments. The first must run; another is left out if segcli refuses it.
SEGCLI = {
    "segcli": ["rfm"],
    "segcli, three measures": ["rfm", "--set", "ingest.measures=[recency_days,orders,revenue]"],
}
PACKAGES = {"duckdb": "duckdb", "polars": "polars", "pandas": "pandas", "parse": "pyarrow"}
WORK = ("rfm",)  # a script of peers/ is named PEER_WORK.py, a variant of it PEER_WORK_VARIANT.py
LIMITS = ("parse",)  # they write nothing that could be compared


def segcli(export: Path, folder: Path) -> dict[str, list[str]]:
    """By row: segcli run as users run it."""
    return {
        row: [sys.executable, "-m", "segcli", *arguments, str(export), "-q", "-o", str(result(folder, row))]
        for row, arguments in SEGCLI.items()
    }


def scripts(peers: Iterable[str], work: str, python: str, export: Path, folder: Path) -> dict[str, list[str]]:
    """By row: the scripts of the peers, all variants."""
    found = {}
    for peer in peers:
        for script in sorted((ROOT / "benchmarks" / "peers").glob(f"{peer}_{work}*.py")):
            variant = script.stem.removeprefix(f"{peer}_{work}").replace("_", " ")
            row = f"{peer},{variant}" if variant else peer
            found[row] = [python, str(script), str(export), str(result(folder, row))]
    return found


def peer(row: str) -> str:
    """Whose row it is, such as duckdb for `duckdb, orders first`."""
    return row.partition(",")[0]


def result(folder: Path, row: str) -> Path:
    """The file that a row's command writes."""
    return folder / f"{row.replace(', ', '_').replace(' ', '_')}.csv"

"""Where a run of segcli spends its time: `python benchmarks/phases.py ORDERS.csv`, three measures, in one process.

Phases follow each other, so that what is left over is what none of them covers: settings, the head of the file, notes.
"""

import argparse
import importlib
import sys
import tempfile
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from section import Section

if TYPE_CHECKING:
    from collections.abc import Callable

PHASES = {
    "chunks: parsed, typed, aggregated, on all cores": "segcli.customers.read_orders:_aggregate_file",
    "customers: aggregated by partition, on all cores, and sorted": "segcli.customers.read_orders:finalise_customers",
    "scores and segments": "segcli.segment.rfm:segment_by_rfm",
    "rows written": "segcli.cli.output:write_result",
}


def timed(spent: dict[str, float], phase: str, place: str) -> None:
    """Let a function tell how long it takes."""
    module, _, name = place.partition(":")
    room = importlib.import_module(module)
    work: Callable[..., Any] = getattr(room, name)

    @wraps(work)
    def measured(*given: object, **named: object) -> object:
        begun = time.perf_counter()
        try:
            return work(*given, **named)
        finally:
            spent[phase] = spent.get(phase, 0.0) + time.perf_counter() - begun

    setattr(room, name, measured)


def main(given: argparse.Namespace) -> None:
    """Import, run, and tell."""
    begun = time.perf_counter()
    spent: dict[str, float] = {}
    for phase, place in PHASES.items():
        timed(spent, phase, place)
    import segcli.cli

    started = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "scored.csv")
        measures = "ingest.measures=[recency_days,orders,revenue]"
        sys.argv = ["segcli", "rfm", "--set", measures, given.export, "-q", "-o", out]
        begun = time.perf_counter()
        try:
            segcli.cli.main()
        except SystemExit as end:
            if end.code:
                raise
        whole = time.perf_counter() - begun
    rows = [("imports: pandas, pyarrow, segcli", started), *spent.items()]
    rows.append(("the rest: settings, the head of the file, totals", whole - sum(spent.values())))
    total = started + whole
    lines = [f"| {phase} | {seconds:.2f} | {seconds / total:.0%} |" for phase, seconds in rows]
    section = Section("phases.py", given.write)
    size = Path(given.export).stat().st_size / 1e6
    section.add(f"{size:,.0f} MB in {total:.2f} s:\n\n| | s | share |\n| --- | ---: | ---: |\n" + "\n".join(lines))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the section into this Markdown file")
    main(parser.parse_args())

"""Time order lines to scored customers: segcli and its peers on the same export, whole processes, in turn.

    python benchmarks/peers.py --kind realistic --work all --lines 5000000 --runs 3

Makes the export (seeded), runs every command once and checks that the results agree, then times the commands in turn
and writes medians and ratios as Markdown. --lines may be repeated, which adds a table of how segcli scales. Peers may
be installed for another Python than segcli is (--python).
"""

import argparse
import contextlib
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import contestants
import machine
import targets
from measuring import Cost, format_costs, measure_in_turn
from order_lines import write_cached_export
from rehearsal import rehearse
from section import Section


def parse_arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--kind", choices=contestants.KINDS, default="plain", help="kind of the export (default: plain)")
    add("--work", choices=contestants.WORKS, default="rfm", help="three measures, or all (default: rfm)")
    add("--lines", type=int, action="append", help="size of the export; may be repeated (default: 1000000)")
    add("--runs", type=int, default=3, help="timed runs of each command (default: 3)")
    add("--peers", type=parse_peers, default=list(contestants.PACKAGES), help="such as duckdb,polars (default: all)")
    add("--repeat", type=int, default=1, help="repeat everything, to see how much the ratios vary (default: 1)")
    add("--write", type=Path, metavar="FILE", help="put the section into this Markdown file; default: print it")
    add("--section", default="", help="name of the section in the file (default: kind and work)")
    add("--keep", type=Path, metavar="FOLDER", help="keep exports and results here, and reuse exports")
    add("--date", default="", help="day of the run, for the line on the machine")
    add("--python", default=sys.executable, help="the Python that has the peers (default: this one)")
    return parser.parse_args()


def parse_peers(text: str) -> list[str]:
    """Return the names of peers."""
    names = text.split(",")
    if unknown := set(names) - set(contestants.PACKAGES):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}; known: {', '.join(contestants.PACKAGES)}")
    return names


def main(options: argparse.Namespace) -> None:
    """Run everything, and write each table as soon as it is complete."""
    section = Section(f"peers.py {options.section or f'{options.kind} {options.work}'}", options.write)
    versions = machine.versions(options.python, sorted(set(contestants.PACKAGES.values())))
    missing = missing_peers(options, versions)
    section.add(describe_setting(options, versions, missing))
    options.peers = [name for name in options.peers if name not in missing]
    for turn in range(1, options.repeat + 1):
        if options.repeat > 1:
            section.add(f"Time {turn} of {options.repeat}:")
        by_row: dict[str, dict[int, Cost]] = defaultdict(dict)
        for lines in options.lines or [1_000_000]:
            for row, cost in time_size(options, lines, section).items():
                by_row[row][lines] = cost
        row = contestants.WORKS[options.work].row
        if len(by_row[row]) > 1:
            section.add(targets.format_scaling(row, by_row[row]))


def missing_peers(options: argparse.Namespace, versions: dict[str, str]) -> dict[str, str]:
    """Return the peers that cannot run, and why."""
    missing = {}
    for name in options.peers:
        if contestants.PACKAGES[name] not in versions:
            missing[name] = "not installed"
        elif not contestants.peer_scripts(name, options.kind, options.work):
            missing[name] = f"no script for {options.kind} {options.work}"
    return missing


def describe_setting(options: argparse.Namespace, versions: dict[str, str], missing: dict[str, str]) -> str:
    """Return a line on the day, the machine and the versions, and one on each peer that cannot run."""
    segcli_versions = machine.versions(sys.executable, ["pandas", "pyarrow", "numpy"])
    segcli, peers = (
        ", ".join(f"{name} {version}" for name, version in found.items()) for found in (segcli_versions, versions)
    )
    setting = [options.date, machine.described(), f"segcli with {segcli}", f"peers with {peers}"]
    notes = [f"{name}: left out, {reason}." for name, reason in missing.items()]
    return "\n\n".join(["; ".join(filter(None, setting)) + ".", *notes])


def time_size(options: argparse.Namespace, lines: int, section: Section) -> dict[str, Cost]:
    """Return medians of one size, after checking that the results agree."""
    kind, work = options.kind, options.work
    with open_folder(options.keep) as folder:
        export = write_cached_export(folder, lines, kind)
        scripts = {
            row: script for peer in options.peers for row, script in contestants.peer_scripts(peer, kind, work).items()
        }
        peers = contestants.peer_commands(scripts, options.python, export, folder)
        commands, notes = rehearse(contestants.segcli_command(work, export, folder), peers, folder)
        costs = measure_in_turn(commands, options.runs)
        megabytes = export.stat().st_size / 1e6
    section.add(f"{lines:,} {kind} lines, {megabytes:,.0f} MB, medians of {options.runs} runs each, in turn:")
    section.add(format_costs(costs))
    section.add(targets.format_ratios(costs, kind, lines))
    section.add("\n".join(f"- {note}" for note in notes))
    return costs


@contextlib.contextmanager
def open_folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder to keep, or a temporary one."""
    if keep is None:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
    else:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()


if __name__ == "__main__":
    main(parse_arguments())

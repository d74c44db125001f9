"""Order lines to scored customers: segcli and its peers on the same export, whole processes, in turn.

    python benchmarks/peers.py --lines 5000000 --runs 3

Makes the export (seeded), runs every command once and checks that the results agree, then times them in turn and
writes medians and ratios as Markdown. --lines may be given several times; a table of how segcli scales is added then.
Peers may be installed for another Python than segcli is (--python).
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
import measuring
import targets
from order_lines import write_cached_export
from rehearsal import rehearse
from section import Section


def asked() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--lines", type=int, action="append", help="size of the export; may be repeated (default: 1000000)")
    add("--runs", type=int, default=3, help="timed runs of each command (default: 3)")
    add("--peers", type=named, default=list(contestants.PACKAGES), help="such as duckdb,polars (default: all)")
    add("--work", choices=contestants.WORK, default="rfm", help="what is done (default: rfm)")
    add("--repeat", type=int, default=1, help="do it all so often, to see how much the ratios move (default: 1)")
    add("--write", type=Path, metavar="FILE", help="put the section into this Markdown file; default: print it")
    add("--section", default="", help="name of the section in the file (default: the work)")
    add("--keep", type=Path, metavar="FOLDER", help="keep exports and results here, and reuse exports")
    add("--date", default="", help="the day of the run, for the line on the machine")
    add("--python", default=sys.executable, help="the Python that has the peers (default: this one)")
    return parser.parse_args()


def named(text: str) -> list[str]:
    """Peers by name."""
    names = text.split(",")
    if unknown := set(names) - set(contestants.PACKAGES):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}; known: {', '.join(contestants.PACKAGES)}")
    return names


def main(given: argparse.Namespace) -> None:
    """Run it all, and write each table when it is known."""
    section = Section(f"peers.py {given.section or given.work}", given.write)
    theirs = machine.versions(given.python, sorted(set(contestants.PACKAGES.values())))
    section.add(setting(given, theirs))
    given.peers = [name for name in given.peers if installed(name, theirs)]
    for turn in range(1, given.repeat + 1):
        if given.repeat > 1:
            section.add(f"Time {turn} of {given.repeat}:")
        by_row: dict[str, dict[int, measuring.Cost]] = defaultdict(dict)
        for lines in given.lines or [1_000_000]:
            for row, cost in one_size(given, lines, section).items():
                by_row[row][lines] = cost
        for row in contestants.SEGCLI:
            if len(by_row[row]) > 1:
                section.add(targets.scaling(row, by_row[row]))


def setting(given: argparse.Namespace, theirs: dict[str, str]) -> str:
    """A line on the day, the machine and the versions, and one on each peer that is not there."""
    ours = machine.versions(sys.executable, ["pandas", "pyarrow", "numpy"])
    listed = [", ".join(f"{name} {version}" for name, version in found.items()) for found in (ours, theirs)]
    told = [given.date, machine.described(), f"segcli with {listed[0]}", f"peers with {listed[1]}"]
    missing = [f"{name}: left out, it is not installed." for name in given.peers if not installed(name, theirs)]
    return "\n\n".join(["; ".join(filter(None, told)) + ".", *missing])


def installed(name: str, versions: dict[str, str]) -> bool:
    """Whether the package of a peer is among those found."""
    return contestants.PACKAGES[name] in versions


def one_size(given: argparse.Namespace, lines: int, section: Section) -> dict[str, measuring.Cost]:
    """Medians of one size, after the results were found to agree."""
    with workplace(given.keep) as folder:
        path = write_cached_export(folder, lines)
        scripts = contestants.scripts(given.peers, given.work, given.python, path, folder)
        commands, notes = rehearse(contestants.segcli(path, folder), scripts, folder)
        costs = measuring.in_turn(commands, given.runs)
        megabytes = path.stat().st_size / 1e6
    section.add(f"{lines:,} lines, {megabytes:,.0f} MB, medians of {given.runs} runs each, in turn:")
    section.add(measuring.table(costs))
    section.add(targets.beside(costs, lines))
    section.add("\n".join(f"- {note}" for note in notes))
    return costs


@contextlib.contextmanager
def workplace(keep: Path | None) -> Iterator[Path]:
    """The folder to keep, or one for the time being."""
    if keep is None:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
    else:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()


if __name__ == "__main__":
    main(asked())

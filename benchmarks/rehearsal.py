"""Run each command once before any is timed, check its result, and keep the fastest variant of each peer.

This also brings the export into the file cache of the system, so that the first timed run has no handicap.
"""

from collections import defaultdict
from pathlib import Path

from agreement import check_agreement, read_result
from contestants import PARSE_ONLY, peer_name, result_path
from measuring import measure, measure_in_turn


def rehearse(
    segcli: dict[str, list[str]], peers: dict[str, list[str]], folder: Path
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the commands to time, and notes on the agreement and on the variants."""
    for command in (*segcli.values(), *peers.values()):
        measure(command)
    notes = check_results([*segcli, *peers], folder)
    variants: dict[str, list[str]] = defaultdict(list)
    for row in peers:
        variants[peer_name(row)].append(row)
    for rows in variants.values():
        if len(rows) > 1:
            notes.append(sort_by_speed(rows, peers))
    return segcli | {rows[0]: peers[rows[0]] for rows in variants.values()}, notes


def sort_by_speed(rows: list[str], commands: dict[str, list[str]]) -> str:
    """Put a peer's fastest variant first, and return a note with the time of each.

    The run before does not count: the first variant's brought the peer's package into memory for the others.
    """
    costs = measure_in_turn({row: commands[row] for row in rows}, 2)
    rows.sort(key=lambda row: costs[row].wall)
    return "Variants, the fastest is timed: " + "; ".join(f"{row}: {costs[row].wall:.2f} s" for row in rows) + "."


def check_results(rows: list[str], folder: Path) -> list[str]:
    """Compare all results with the first row's, which is segcli's, and return notes.

    Raises:
        Disagreement: one differs.
    """
    first, *others = [row for row in rows if peer_name(row) not in PARSE_ONLY]
    reference = read_result(result_path(folder, first))
    moved = {row: check_agreement(row, read_result(result_path(folder, row)), reference) for row in others}
    notes = [
        f"Results agree on {len(reference):,} customers, {reference.shape[1]} columns: {'; '.join([first, *others])}."
    ]
    return notes + [
        f"{row}: {count:,} customers have another M score, by the last digit of a float sum, where revenues are equal."
        for row, count in moved.items()
        if count
    ]

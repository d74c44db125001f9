"""Each command run once before any is timed: its result is checked, and each peer keeps its fastest variant.

It also brings the export into the system's file cache, so that the first timed run has no handicap.
"""

from collections import defaultdict
from pathlib import Path

import agreement
from contestants import LIMITS, peer, result
from measuring import Failed, in_turn, measured

REFUSED = 2  # segcli's exit code for a setting that it does not know


def rehearse(
    segcli: dict[str, list[str]], scripts: dict[str, list[str]], folder: Path
) -> tuple[dict[str, list[str]], list[str]]:
    """The commands to time, and notes on what was left out, chosen and found."""
    ours, notes = accepted(segcli)
    for command in scripts.values():
        measured(command)
    notes += checked([*ours, *scripts], folder)
    variants: dict[str, list[str]] = defaultdict(list)
    for row in scripts:
        variants[peer(row)].append(row)
    for rows in variants.values():
        if len(rows) > 1:
            notes.append(sort(rows, scripts))
    return ours | {rows[0]: scripts[rows[0]] for rows in variants.values()}, notes


def sort(rows: list[str], scripts: dict[str, list[str]]) -> str:
    """Put a peer's fastest variant first, and tell the time of each.

    The run before does not count: the first variant's brought the peer's package into memory for the others.
    """
    costs = in_turn({row: scripts[row] for row in rows}, 2)
    rows.sort(key=lambda row: costs[row].wall)
    return "Variants, the fastest is timed: " + "; ".join(f"{row}: {costs[row].wall:.2f} s" for row in rows) + "."


def accepted(segcli: dict[str, list[str]]) -> tuple[dict[str, list[str]], list[str]]:
    """The rows of segcli that run, and notes on those it refuses."""
    found: dict[str, list[str]] = {}
    notes: list[str] = []
    for row, command in segcli.items():
        try:
            measured(command)
        except Failed as failed:
            if failed.status != REFUSED or not found:
                raise
            notes.append(f"{row}: left out; {failed.said}")
        else:
            found[row] = command
    return found, notes


def checked(rows: list[str], folder: Path) -> list[str]:
    """Stop if a result differs from the first row's; notes on M scores that differ by the last digits of sums."""
    first, *others = [row for row in rows if peer(row) not in LIMITS]
    ours = agreement.read(result(folder, first))
    moved = {row: agreement.check(row, agreement.read(result(folder, row)), ours) for row in others}
    notes = [f"Results agree on {len(ours):,} customers: {'; '.join([first, *others])}."]
    return notes + [
        f"{row}: another M score, by the last digit of a sum of floats, where revenues are equal; customers: {count:,}."
        for row, count in moved.items()
        if count
    ]

"""What was handed to a destination, reconciled with the segments."""

from collections.abc import Iterator
from typing import Any

from segcli import columns as c
from segcli.counting import counted
from segcli.exporters.handing import Handed
from segcli.reports import tables
from segcli.reports.envelope import records
from segcli.reports.result import Result


def of_handed(made: Handed) -> Result:
    """`export`: the file's rows; for people, how many of each segment are in it and why the others are not."""

    def envelope() -> dict[str, Any]:
        return {
            "schema": "segcli.export/1",
            "destination": made.destination,
            "audience": made.name,
            "counts": records(made.counts),
            "left_out": dict(made.exported.left_out),
            "people": records(made.exported.table),
            "notes": list(made.notes),
        }

    return Result(made.exported.table, envelope, (tables.found(made.counts), *tables.notes(made.notes)))


def said(made: Handed) -> Iterator[str]:
    """The account of people in a line, and what is worth saying."""
    total = made.counts[made.counts[c.NAME] == "all"].iloc[0]
    fates = " + ".join(f"{total[name]:,} {name}" for name in made.counts.columns[2:])
    yield f"{made.destination}: {counted(total[c.CUSTOMERS], 'customer')} = {fates}"
    if made.exported.left_out:
        reasons = ", ".join(f"{count:,} {why}" for why, count in made.exported.left_out.items())
        yield f"not reachable: {reasons}"
    yield from made.notes

"""What was handed to a destination, reconciled with the segments."""

from collections.abc import Iterator
from typing import Any

from segcli import columns
from segcli.counting import pluralize
from segcli.exporters.handing import ExportResult
from segcli.reports import tables
from segcli.reports.envelope import to_records
from segcli.reports.result import Result


def build_export_result(export: ExportResult) -> Result:
    """`export`: the file's rows; for people, how many of each segment are in it and why the others are not."""

    def build_export_envelope() -> dict[str, Any]:
        return {
            "schema": "segcli.export/1",
            "destination": export.destination,
            "audience": export.audience_name,
            "counts": to_records(export.status_counts),
            "left_out": dict(export.destination_file.exclusion_counts),
            "people": to_records(export.destination_file.table),
            "notes": list(export.notes),
        }

    return Result(
        export.destination_file.table,
        build_export_envelope,
        (tables.build_table(export.status_counts), *tables.build_note_blocks(export.notes)),
    )


def describe_export(export: ExportResult) -> Iterator[str]:
    """The account of people in a line, and what is worth saying."""
    totals = export.status_counts[export.status_counts[columns.SEGMENT_NAME] == "all"].iloc[0]
    outcome_counts = " + ".join(f"{totals[name]:,} {name}" for name in export.status_counts.columns[2:])
    yield f"{export.destination}: {pluralize(totals[columns.CUSTOMERS], 'customer')} = {outcome_counts}"
    if export.destination_file.exclusion_counts:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in export.destination_file.exclusion_counts.items())
        yield f"not reachable: {reasons}"
    yield from export.notes

"""The rejected lines as a file, and the limit on their number."""

from typing import TYPE_CHECKING

from segcli.cli.options import Asked
from segcli.cli.streams import Talk
from segcli.errors import InputProblem

if TYPE_CHECKING:
    from segcli.config.ingest import IngestSettings
    from segcli.model import Customers

HEADER = ("line", "byte_offset", "reason", "column", "raw")


def save(customers: "Customers", settings: "IngestSettings", asked: Asked, talk: Talk) -> None:
    """Write the rejected lines, where they were asked for."""
    if settings.rejects is None:
        return
    import pandas as pd

    from segcli.cli import show
    from segcli.reports.result import Result

    rows = [[getattr(reject, name) for name in HEADER] for reading in customers.readings for reject in reading.rejects]
    table = pd.DataFrame(rows, columns=list(HEADER)).astype({"byte_offset": "Int64"})
    show.save(settings.rejects, show.render_csv(Result(table, dict, ()), talk), asked, talk)


def gate(customers: "Customers", settings: "IngestSettings") -> None:
    """Stop before any output is written, if more lines were rejected than the settings allow.

    Raises:
        InputProblem: with the count and the limit.
    """
    from segcli.config.ingest import allowed

    for reading in customers.readings:
        rejected = sum(fate.lines for fate in reading.lines.rejected) if reading.lines else 0
        if settings.max_rejects is not None and rejected > allowed(settings.max_rejects, reading.input.rows):
            raise InputProblem(
                f"{rejected:,} of {reading.input.rows:,} lines rejected ({rejected / reading.input.rows:.1%}); "
                f"the limit is {settings.max_rejects}",
                source=reading.input.name,
                remedy="See them with --rejects FILE",
            )

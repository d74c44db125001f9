"""The rejected lines as a file, and the limit on their number."""

from typing import TYPE_CHECKING

from segcli.cli.options import CommonOptions
from segcli.cli.streams import Console
from segcli.errors import InputProblem

if TYPE_CHECKING:
    from segcli.config.ingest import IngestSettings
    from segcli.model import Customers

REJECT_COLUMNS = ("line", "byte_offset", "reason", "column", "raw")


def save_rejects(
    customers: "Customers", settings: "IngestSettings", common_options: CommonOptions, console: Console
) -> None:
    """Write the rejected lines, where they were asked for."""
    if settings.rejects is None:
        return
    import pandas as pd

    from segcli.cli import show
    from segcli.reports.result import Result

    reject_rows = [
        [getattr(reject, name) for name in REJECT_COLUMNS]
        for input_report in customers.input_reports
        for reject in input_report.rejects
    ]
    reject_table = pd.DataFrame(reject_rows, columns=list(REJECT_COLUMNS)).astype({"byte_offset": "Int64"})
    show.save_file(settings.rejects, show.render_csv(Result(reject_table, dict, ()), console), common_options, console)


def check_reject_limit(customers: "Customers", settings: "IngestSettings") -> None:
    """Stop before any output is written, if more lines were rejected than the settings allow.

    Raises:
        InputProblem: with the count and the limit.
    """
    from segcli.config.ingest import lines_allowed

    for input_report in customers.input_reports:
        rejected_lines = (
            sum(reason_total.lines for reason_total in input_report.reconciliation.rejected)
            if input_report.reconciliation
            else 0
        )
        if settings.max_rejects is not None and rejected_lines > lines_allowed(
            settings.max_rejects, input_report.input.rows
        ):
            raise InputProblem(
                f"{rejected_lines:,} of {input_report.input.rows:,} lines "
                f"rejected ({rejected_lines / input_report.input.rows:.1%}); "
                f"the limit is {settings.max_rejects}",
                source=input_report.input.name,
                remedy="See them with --rejects FILE",
            )

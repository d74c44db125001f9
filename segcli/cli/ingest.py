"""segcli ingest: exports in, one row per customer out."""

from typing import Annotated

from typer import Argument

from segcli.cli import source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

Inputs = Annotated[
    list[str] | None,
    Argument(help="An order export, then files of one row per customer to join to it.", metavar="INPUT..."),
]


def command(inputs: Inputs = None, *, asked: Asked) -> None:
    """Turn exports into one row per customer.

    Files of one row per customer that follow the order export are joined to it by customer id.
    """
    with Talk(asked) as talk:
        first, extra = (inputs[0], inputs[1:]) if inputs else (None, [])
        found = source.read(first, asked, talk, extra=extra)
        from segcli.cli.show import show
        from segcli.reports.results import of_customers

        show(of_customers(found.customers), asked, talk)
        found.gate()

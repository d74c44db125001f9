"""segcli ingest: exports in, one row per customer out."""

from typing import Annotated

from typer import Argument, Option

from segcli.cli import source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

Inputs = Annotated[
    list[str] | None,
    Argument(help="Order export, then files of one row per customer to join to it.", metavar="INPUT"),
]
Pseudonymise = Annotated[
    bool,
    Option(
        "--pseudonymise",
        help="Write pseudonyms made with a key instead of customer ids, e-mail addresses and phone numbers.",
    ),
]
KeyFile = Annotated[
    str | None,
    Option(
        "--key-file",
        help="File of the secret key of pseudonyms and holdouts, outside the output; made on first use.",
        metavar="FILE",
    ),
]
DropPii = Annotated[bool, Option("--drop-pii", help="Leave out columns that identify people, by name or values.")]
PSEUDONYMOUS = ("customer_id", "email", "phone")


def command(
    inputs: Inputs = None,
    pseudonymise: Pseudonymise = False,
    key_file: KeyFile = None,
    drop_pii: DropPii = False,
    *,
    asked: Asked,
) -> None:
    """Turn an order export into a table of one row per customer.

    Files of one row per customer that follow the order export are joined to it by customer id.
    Next: segcli rfm, rules or cluster, to make segments of the table.
    """
    flags = {
        "privacy.pseudonymise": list(PSEUDONYMOUS) if pseudonymise else None,
        "privacy.key_file": key_file,
        "privacy.drop_pii": drop_pii or None,
    }
    with Talk(asked) as talk:
        first, extra = (inputs[0], inputs[1:]) if inputs else (None, [])
        found = source.read(first, asked, talk, flags, extra=extra)
        from segcli.cli.show import show
        from segcli.reports.results import of_customers

        show(of_customers(found.customers), asked, talk)
        found.gate()

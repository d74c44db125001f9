"""Command `segcli ingest`: aggregate exports into one row per customer."""

from typing import Annotated

from typer import Argument, Option

from segcli.cli import inputs
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

InputsArgument = Annotated[
    list[str] | None,
    Argument(help="Order export, then files of one row per customer to join to it.", metavar="INPUT"),
]
PseudonymiseOption = Annotated[
    bool,
    Option(
        "--pseudonymise",
        help="Write pseudonyms made with a key instead of customer ids, e-mail addresses and phone numbers.",
    ),
]
KeyFileOption = Annotated[
    str | None,
    Option(
        "--key-file",
        help="File of the secret key of pseudonyms and holdouts, outside the output; made on first use.",
        metavar="FILE",
    ),
]
DropPiiOption = Annotated[bool, Option("--drop-pii", help="Leave out columns that identify people, by name or values.")]
PSEUDONYM_COLUMNS = ("customer_id", "email", "phone")


def command(
    files: InputsArgument = None,
    pseudonymise: PseudonymiseOption = False,
    key_file: KeyFileOption = None,
    drop_pii: DropPiiOption = False,
    *,
    common_options: CommonOptions,
) -> None:
    """Turn an order export into a table of one row per customer.

    Files of one row per customer that follow the order export are joined to it by customer id.
    Next: segcli rfm, rules or cluster, to make segments of the table.
    """
    flags = {
        "privacy.pseudonymise": list(PSEUDONYM_COLUMNS) if pseudonymise else None,
        "privacy.key_file": key_file,
        "privacy.drop_pii": drop_pii or None,
    }
    with Console(common_options) as console:
        orders_path, extra_paths = (files[0], files[1:]) if files else (None, [])
        command_input = inputs.read_input(orders_path, common_options, console, flags, extra_paths=extra_paths)
        from segcli.cli.output import write_result
        from segcli.reports.results import build_customers_result

        write_result(build_customers_result(command_input.customers), common_options, console)
        command_input.check_quality()

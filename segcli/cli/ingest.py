"""Command `segcli ingest`: aggregate exports into one row per customer."""

from typing import Annotated

from typer import Argument, Option

from segcli.cli import inputs
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

InputsArgument = Annotated[
    list[str] | None,
    Argument(help="Order export, then customer files (one row per customer) to join to it.", metavar="INPUT"),
]
PseudonymiseOption = Annotated[
    bool,
    Option(
        "--pseudonymise",
        help="Replace customer ids, e-mail addresses and phone numbers by keyed pseudonyms.",
    ),
]
KeyFileOption = Annotated[
    str | None,
    Option(
        "--key-file",
        help="File with your secret key for pseudonyms and holdout groups. It must be outside the output folder. "
        "segcli "
        "creates it on first use.",
        metavar="FILE",
    ),
]
DropPiiOption = Annotated[bool, Option("--drop-pii", help="Drop columns that identify people, by name or by values.")]
PSEUDONYM_COLUMNS = ("customer_id", "email", "phone")

EXAMPLES = (
    "segcli ingest orders.csv -o table.csv",
    "segcli ingest orders.csv customers.csv | segcli rfm",
)


def command(
    files: InputsArgument = None,
    pseudonymise: PseudonymiseOption = False,
    key_file: KeyFileOption = None,
    drop_pii: DropPiiOption = False,
    *,
    common_options: CommonOptions,
) -> None:
    """Aggregate an order export into one row per customer.

    Customer files after the order export are joined to it by customer id. Next: segcli rfm, rules or cluster, to
    segment the table.
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

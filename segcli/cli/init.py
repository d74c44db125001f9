"""Command `segcli init`: write a config to start from."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from segcli.cli.options import CommonOptions
from segcli.cli.terminal import NEXT_LABEL, Console, write_stdout
from segcli.formatting import escape_unprintable
from segcli.location import is_address, relative_path
from segcli.message import message

if TYPE_CHECKING:
    from segcli.config import Settings
    from segcli.config.ingest import IngestSettings
    from segcli.config.starter import SourceDescription
    from segcli.errors import InputProblem
    from segcli.ingest.input_file import InputFile
    from segcli.model import Customers

ORDER_COLUMNS = {"order_id", "amount", "unit_price", "quantity", "product"}  # an order export has at least one of these

OrdersArgument = Annotated[str, Argument(help="Order export.", metavar="ORDERS")]
CustomersOption = Annotated[
    str | None, Option("--customers", help="Customer file: attributes, one row per customer.", metavar="FILE")
]
ResponsesOption = Annotated[
    str | None, Option("--responses", help="Survey file: answers, one row per respondent.", metavar="FILE")
]

EXAMPLES = (
    "segcli init orders.csv -o segments.yaml",
    "segcli init orders.csv --customers customers.csv --responses responses.csv",
)


def command(
    orders: OrdersArgument,
    customers: CustomersOption = None,
    responses: ResponsesOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Write a starter config with the detected columns.

    The config lists all settings with their defaults and descriptions. Next: segcli check CONFIG, then segcli run
    CONFIG.
    """
    with Console(common_options) as console:
        from segcli.cli.command_settings import collect_given_values, resolve_settings
        from segcli.cli.discovered_config import announce_config
        from segcli.cli.inputs import ORDERS_PATH_KEY, check_output
        from segcli.cli.output import save_file
        from segcli.cli.remote_inputs import fetch_inputs
        from segcli.config.loader import make_paths_relative
        from segcli.config.starter import render_starter_config

        given_options = {"transactions": orders, "customers": customers, "responses": responses}
        path_by_name = {name: path for name, path in given_options.items() if path is not None}
        writes_file = common_options.output not in (None, "-")
        if writes_file:
            check_output(str(common_options.output), list(path_by_name.values()), force=common_options.force)
        loaded_config = resolve_settings(common_options, {ORDERS_PATH_KEY: orders})
        announce_config(loaded_config, console)
        settings = loaded_config.settings
        fetch_inputs(loaded_config, console)
        path_by_name["transactions"] = settings.ingest.transactions.path or orders  # of an address: its name
        descriptions = {
            name: _describe_file(name, path, settings.ingest, common_options, console)
            for name, path in path_by_name.items()
        }
        features: list[str] = []
        if not descriptions["transactions"].is_orders:
            customer_table = _read_table(descriptions["transactions"], settings)
            features = _choose_features(customer_table, orders, settings, console)
            descriptions["transactions"] = _check_scores(
                descriptions["transactions"], customer_table, settings, console
            )
        given_options = collect_given_values(common_options, {"cluster.features": features or None})
        name = Path(str(common_options.output)).stem if writes_file else "segments"
        text = render_starter_config(
            descriptions, name, make_paths_relative(given_options, _config_folder(common_options.output))
        )
        if writes_file:
            save_file(str(common_options.output), text, common_options, console)
        else:
            write_stdout(text)
        if writes_file:
            console.log(NEXT_LABEL, f"segcli run {shlex.quote(str(common_options.output))}")
        else:
            console.log(
                NEXT_LABEL,
                message(
                    "{command} saves it as a config",
                    command=f"segcli {shlex.join([*sys.argv[1:], '-o', 'segments.yaml'])}",
                ),
            )


def _describe_file(
    name: str, path: str, ingest_settings: "IngestSettings", common_options: CommonOptions, console: Console
) -> "SourceDescription":
    """Describe how segcli read one file.

    Flags apply to the orders, settings to their own source.
    """
    from segcli.config.ingest import Source
    from segcli.config.starter import SourceDescription
    from segcli.ingest.input_file import open_input

    is_orders = name == "transactions"
    declared_source: Source = getattr(ingest_settings, name) or Source()
    own_source = declared_source.model_copy(update={"path": path})
    input_file = open_input(own_source, may_hold_orders=is_orders)
    if is_orders and input_file.is_orders and input_file.key_column is None:
        if ORDER_COLUMNS & set(input_file.mapping.columns):
            raise _make_id_problem(input_file, name)
        own_source = own_source.model_copy(update={"row_ids": True})  # dated rows that are no orders
        input_file = open_input(own_source)
    console.log("read", f"{path}  {input_file.dialect}")
    if input_file.preset:
        console.log("preset", input_file.preset)
    recognition = input_file.mapping
    has_row_ids = (
        is_orders and not input_file.is_orders and (input_file.source.row_ids or input_file.key_column is None)
    )
    if has_row_ids and not declared_source.row_ids:
        console.log("warning", message("no column recognised as customer_id; each row counts as a customer (row_ids)"))
    elif input_file.key_column is None:
        raise _make_id_problem(input_file, name)
    columns = {standard: name for standard, name in recognition.columns.items() if name in input_file.header}
    return SourceDescription(
        _relative_path(path, common_options.output),
        columns,
        recognition.match_reasons,
        _describe_other_columns(input_file),
        input_file.source.preset or "",
        has_row_ids,
        input_file.is_orders,
    )


def _make_id_problem(input_file: "InputFile", source_name: str) -> "InputProblem":
    """Return the error for a file that no run could read, because nothing identifies its customers."""
    from segcli.errors import InputProblem

    flags = (
        ("--map", "customer_id=NAME")
        if source_name == "transactions"
        else ("--set", f"ingest.{source_name}.columns={{customer_id: NAME}}")
    )
    return InputProblem(
        f"no column recognised as customer_id; available: {', '.join(input_file.header)}",
        source=input_file.content.name,
        line=1,
        remedy=input_file.advice or shlex.join(["segcli", *sys.argv[1:], *flags]),
    )


def _read_table(description: "SourceDescription", settings: "Settings") -> "Customers":
    """Read a customer table as the new config will read it."""
    from segcli import customers

    orders_source = settings.ingest.transactions.model_copy(update={"row_ids": description.has_row_ids})
    return customers.load_customers(settings.ingest.model_copy(update={"transactions": orders_source}))


def _choose_features(customer_table: "Customers", path: str, settings: "Settings", console: Console) -> list[str]:
    """Choose clustering features for a customer table without columns of behaviour.

    Returns:
        Names of columns; empty if the default features are available.

    Raises:
        InputProblem: no column can be a feature.
    """
    from segcli.errors import InputProblem
    from segcli.segment.clustering.feature_selection import default_features

    selection = default_features(customer_table, settings.cluster, settings.fairness.audit_only)
    for note in (*selection.notes, *selection.describe_columns()):
        console.log("note", note)
    if not selection.is_usable:
        command_line = shlex.join(["segcli", *sys.argv[1:], "--map", "order_date=NAME"])
        raise InputProblem(
            "no column to segment customers by",
            source=path,
            line=1,
            remedy=f"if these are orders, map their date: {command_line}",
        )
    return [] if selection.settings.features == settings.cluster.features else selection.settings.features


def _check_scores(
    description: "SourceDescription", customer_table: "Customers", settings: "Settings", console: Console
) -> "SourceDescription":
    """Return the description with RFM off if a measure is not known for every customer, and print the reason."""
    from dataclasses import replace

    from segcli.config.starter import has_rfm_columns
    from segcli.errors import InputProblem
    from segcli.segment.rfm_dimensions import read_dimensions

    if not has_rfm_columns(description.columns):
        return description
    try:
        read_dimensions(customer_table, settings.rfm.monetary)
    except InputProblem as problem:
        console.log("note", f"no RFM scores: {problem}")
        return replace(description, is_scorable=False)
    return description


def _describe_other_columns(input_file: "InputFile") -> str:
    """Return a note on how unrecognised columns are used."""
    used_columns = {*input_file.mapping.columns.values(), *(input_file.source.void or ())}
    names = [name for name in input_file.header if name not in used_columns]
    verb = "not read" if input_file.is_orders else "kept under their own names"
    return escape_unprintable(f"{verb}: {', '.join(names)}") if names else ""


def _relative_path(path: str, config_path: str | None) -> str:
    """Return the path relative to the folder of the config."""
    return path if path == "-" or is_address(path) else relative_path(path, _config_folder(config_path))


def _config_folder(config_path: str | None) -> str:
    """Return the folder of the new config, or the working folder if it goes to standard output."""
    return str(Path(config_path).parent) if config_path and config_path != "-" else "."

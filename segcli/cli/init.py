"""segcli init: a configuration to start from."""

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from segcli.cli.options import Asked
from segcli.cli.streams import NEXT, Talk, write
from segcli.reports.safe import printable

if TYPE_CHECKING:
    from segcli.config.ingest import Source
    from segcli.config.starter import Described
    from segcli.ingest.opening import Opened

Orders = Annotated[str, Argument(help="Order export.", metavar="ORDERS")]
CustomersFile = Annotated[
    str | None, Option("--customers", help="File of one row per customer: who they are.", metavar="FILE")
]
ResponsesFile = Annotated[
    str | None, Option("--responses", help="File of one row per answering customer: survey answers.", metavar="FILE")
]


def command(orders: Orders, customers: CustomersFile = None, responses: ResponsesFile = None, *, asked: Asked) -> None:
    """Write a config to start from: columns found, settings shown.

    Every setting stands in it, at its default and with its meaning. Next: segcli check CONFIG, then segcli run CONFIG.
    """
    with Talk(asked) as talk:
        from segcli.cli.settings import resolve
        from segcli.cli.show import save
        from segcli.cli.source import PATH, check_output
        from segcli.config.starter import starter

        given = {"transactions": orders, "customers": customers, "responses": responses}
        files = {name: path for name, path in given.items() if path is not None}
        to_file = asked.output not in (None, "-")
        if to_file:
            check_output(str(asked.output), list(files.values()))
        source = resolve(asked, {PATH: orders}).settings.ingest.transactions
        described = {name: _described(name, path, source, asked, talk) for name, path in files.items()}
        text = starter(described, Path(str(asked.output)).stem if to_file else "segments")
        if to_file:
            save(str(asked.output), text, asked, talk)
        else:
            write(text)
        if to_file:
            talk.say(NEXT, f"segcli run {shlex.quote(str(asked.output))}")
        else:
            talk.say(NEXT, f"segcli {shlex.join([*sys.argv[1:], '-o', 'segments.yaml'])} keeps it, to be run")


def _described(name: str, path: str, source: "Source", asked: Asked, talk: Talk) -> "Described":
    """One file as it was recognised; what is declared on the command line is about the orders."""
    from segcli.config.starter import Described
    from segcli.ingest.opening import opened

    is_orders = name == "transactions"
    own = source if is_orders else source.model_copy(update={"path": path, "columns": {}})
    found = opened(own, may_hold_orders=is_orders)
    talk.say("read", f"{path}  {found.dialect}")
    if found.preset:
        talk.say("preset", found.preset)
    recognised = found.recognition
    numbered = is_orders and not found.is_orders and (own.row_ids or found.known_by is None)
    if found.known_by is None:
        what = "each row is taken for a customer (row_ids)" if numbered else "a run needs one: add it under columns"
        talk.say("warning", f"no column recognised as customer_id; {what}")
    columns = {standard: name for standard, name in recognised.columns.items() if name in found.header}
    return Described(
        _from(path, asked.output), columns, recognised.why, _others(found), found.source.preset or "", numbered
    )


def _others(found: "Opened") -> str:
    """What becomes of the columns that were not recognised."""
    used = {*found.recognition.columns.values(), *(found.source.void or ())}
    names = [name for name in found.header if name not in used]
    verb = "not read" if found.is_orders else "kept under their own names"
    return printable(f"{verb}: {', '.join(names)}") if names else ""


def _from(path: str, config: str | None) -> str:
    """The path as the config file will say it: relative to the config."""
    folder = Path(config).parent if config and config != "-" else Path()
    return os.path.relpath(path, folder)

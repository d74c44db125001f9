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
    from segcli.config import Settings
    from segcli.config.ingest import IngestSettings
    from segcli.config.starter import Described
    from segcli.ingest.opening import Opened

ORDER_COLUMNS = {"order_id", "amount", "unit_price", "quantity", "product"}  # of which an order export has some

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
        from segcli.cli.discovered import announce
        from segcli.cli.settings import given_values, resolve
        from segcli.cli.show import save
        from segcli.cli.source import PATH, check_output
        from segcli.config.load import relative_to
        from segcli.config.starter import starter

        given = {"transactions": orders, "customers": customers, "responses": responses}
        files = {name: path for name, path in given.items() if path is not None}
        to_file = asked.output not in (None, "-")
        if to_file:
            check_output(str(asked.output), list(files.values()), force=asked.force)
        loaded = resolve(asked, {PATH: orders})
        announce(loaded, talk)
        settings = loaded.settings
        described = {name: _described(name, path, settings.ingest, asked, talk) for name, path in files.items()}
        features = _features(described["transactions"], orders, settings, talk)
        given = given_values(asked, {"cluster.features": features or None})
        name = Path(str(asked.output)).stem if to_file else "segments"
        text = starter(described, name, relative_to(given, _folder(asked.output)))
        if to_file:
            save(str(asked.output), text, asked, talk)
        else:
            write(text)
        if to_file:
            talk.say(NEXT, f"segcli run {shlex.quote(str(asked.output))}")
        else:
            talk.say(NEXT, f"segcli {shlex.join([*sys.argv[1:], '-o', 'segments.yaml'])} keeps it, to be run")


def _described(name: str, path: str, ingest: "IngestSettings", asked: Asked, talk: Talk) -> "Described":
    """Describe one file as it was recognised; flags are about the orders, settings about their own source."""
    from segcli.config.ingest import Source
    from segcli.config.starter import Described
    from segcli.ingest.opening import opened

    is_orders = name == "transactions"
    declared: Source = getattr(ingest, name) or Source()
    own = declared.model_copy(update={"path": path})
    found = opened(own, may_hold_orders=is_orders)
    if is_orders and found.is_orders and found.known_by is None and not ORDER_COLUMNS & set(found.recognition.columns):
        found = opened(own.model_copy(update={"row_ids": True}))  # dated answers of people without an id
    talk.say("read", f"{path}  {found.dialect}")
    if found.preset:
        talk.say("preset", found.preset)
    recognised = found.recognition
    numbered = is_orders and not found.is_orders and (found.source.row_ids or found.known_by is None)
    if found.known_by is None or (numbered and not own.row_ids):
        what = "each row is taken for a customer (row_ids)" if numbered else "a run needs one: add it under columns"
        talk.say("warning", f"no column recognised as customer_id; {what}")
    columns = {standard: name for standard, name in recognised.columns.items() if name in found.header}
    return Described(
        _from(path, asked.output),
        columns,
        recognised.why,
        _others(found),
        found.source.preset or "",
        numbered,
        found.is_orders,
    )


def _features(described: "Described", path: str, settings: "Settings", talk: Talk) -> list[str]:
    """Choose columns to cluster a customer table by where nothing is known of behaviour.

    Raises:
        InputProblem: the table cannot be read, or no column of it can be a feature.
    """
    from segcli import customers
    from segcli.errors import InputProblem
    from segcli.segment.by_default import has_default_features, suggest_features

    if described.is_orders:
        return []
    source = settings.ingest.transactions.model_copy(update={"row_ids": described.numbered})
    table = customers.read(settings.ingest.model_copy(update={"transactions": source}))
    audited = settings.fairness.audit_only
    if has_default_features(table, settings.cluster, audited):
        return []
    features = suggest_features(table, audited)
    if not features:
        command = shlex.join(["segcli", *sys.argv[1:], "--map", "order_date=NAME"])
        raise InputProblem(
            "no column that customers can be segmented by",
            source=path,
            line=1,
            remedy=f"If these are orders, name their date: {command}",
        )
    talk.say("note", f"no column of behaviour recognised; cluster.features is set to {', '.join(features)}")
    return features


def _others(found: "Opened") -> str:
    """What becomes of the columns that were not recognised."""
    used = {*found.recognition.columns.values(), *(found.source.void or ())}
    names = [name for name in found.header if name not in used]
    verb = "not read" if found.is_orders else "kept under their own names"
    return printable(f"{verb}: {', '.join(names)}") if names else ""


def _from(path: str, config: str | None) -> str:
    """The path as the config file will say it: relative to the config."""
    return path if path == "-" else os.path.relpath(path, _folder(config))


def _folder(config: str | None) -> str:
    """The folder of the config that is written; the working folder where it goes to standard output."""
    return str(Path(config).parent) if config and config != "-" else "."

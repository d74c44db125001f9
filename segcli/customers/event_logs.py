"""Refuse logs of events as orders: campaign sends, visits and tickets have customers and times, but no purchases."""

import shlex
from collections.abc import Iterator
from dataclasses import replace

from segcli import columns
from segcli.customers.event_files import sample_columns
from segcli.customers.event_kinds import DESCRIPTIONS, find_kind_evidence, list_role_words
from segcli.errors import InputProblem
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.event_presets import choose_event_preset
from segcli.ingest.input_file import InputFile
from segcli.model import Customers, EventLogEvidence

KINDS_WITH_NUMBERS = ("tickets", "reviews", "subscriptions")  # their ids have the same names as those of receipts
ORDER_EVIDENCE = (columns.AMOUNT, columns.UNIT_PRICE, columns.QUANTITY, columns.PRODUCT)
KINDS_WITH_PURCHASES = ("campaigns", "web")  # their exports may be of purchases, which then have money


def refuse_event_log(input_file: InputFile) -> None:
    """Reject a file of orders that looks like a log of events, unless the user names its order date.

    Raises:
        InputProblem: says which log the file looks like, and which setting reads it.
    """
    evidence = _find_preset(input_file)
    if evidence is None and input_file.is_orders and not set(ORDER_EVIDENCE) & set(input_file.mapping.columns):
        evidence = _find_evidence(input_file)
    if evidence is not None and columns.ORDER_DATE not in input_file.requested_source.columns:
        raise describe_event_log(input_file.content.name, evidence)


def note_event_log(customers: Customers, input_file: InputFile) -> Customers:
    """Return customers of a table whose report says which log of events the table looks like, if any.

    A log with one row per customer looks like a table of customers, so it is refused only when a command needs orders.
    """
    evidence = find_event_log(input_file)
    if evidence is None:
        return customers
    first_report, *other_reports = customers.input_reports
    return replace(customers, input_reports=(replace(first_report, event_log=evidence), *other_reports))


def find_event_log(input_file: InputFile) -> EventLogEvidence | None:
    """Return which log of events a table that has no orders looks like; None if it looks like none."""
    evidence = None if input_file.is_segcli_output else _find_evidence(input_file)
    return evidence if evidence is not None and evidence.time_column else None


def describe_event_log(file_name: str, evidence: EventLogEvidence) -> InputProblem:
    """Return the error for a log of events in place of orders."""
    kind, path = evidence.kind, shlex.quote(file_name)
    insist = f"; if each row is an order, use --map order_date={shlex.quote(evidence.time_column)}"
    return InputProblem(
        f"looks like {DESCRIPTIONS[kind]} ({evidence.reason}), not like orders",
        source=file_name,
        line=1,
        remedy=f"give the orders as input, and this file with --set ingest.events.{kind}.path={path}"
        f"{insist if evidence.time_column else ''}",
    )


def _find_preset(input_file: InputFile) -> EventLogEvidence | None:
    if input_file.preset or input_file.is_segcli_output:
        return None
    preset = choose_event_preset(None, input_file.header, input_file.content.name)
    money_columns = {columns.AMOUNT, columns.UNIT_PRICE} & set(input_file.mapping.columns)
    if preset is None or (money_columns and preset[1].kind in KINDS_WITH_PURCHASES):
        return None
    time_column = preset[1].map_columns(input_file.header).get("time", "")
    return EventLogEvidence(preset[1].kind, f"{preset[1].title}, by the header", time_column)


def _find_evidence(input_file: InputFile) -> EventLogEvidence | None:
    """Return the kind that the columns and values of a file show, if it is not an export of orders by a preset."""
    return None if input_file.preset else next(_iterate_evidence(input_file), None)


def _iterate_evidence(input_file: InputFile) -> Iterator[EventLogEvidence]:
    mapping, names = input_file.mapping.columns, {normalise_name(name): name for name in input_file.header}
    time_names = (names[word] for word in list_role_words("time") if word in names)
    time_column = mapping.get(columns.ORDER_DATE) or next(time_names, "")
    for kind, reason in find_kind_evidence(sample_columns(input_file)):
        if columns.ORDER_ID not in mapping or kind in KINDS_WITH_NUMBERS:
            yield EventLogEvidence(kind, reason, time_column)

"""Refuse logs of events as orders: campaign sends, visits and tickets have customers and times, but no purchases."""

import shlex
from collections.abc import Iterator

from segcli import columns
from segcli.customers.event_files import sample_columns
from segcli.customers.event_kinds import DESCRIPTIONS, find_kind_evidence
from segcli.errors import InputProblem
from segcli.ingest.event_presets import choose_event_preset
from segcli.ingest.input_file import InputFile

KINDS_WITH_NUMBERS = ("tickets", "reviews", "subscriptions")  # their ids have the same names as those of receipts
ORDER_EVIDENCE = (columns.AMOUNT, columns.UNIT_PRICE, columns.QUANTITY, columns.PRODUCT)


def refuse_event_log(input_file: InputFile) -> None:
    """Reject a file of orders that looks like a log of events, unless the user names its order date.

    Raises:
        InputProblem: says which log the file looks like, and which setting reads it.
    """
    mapping, requested_columns = input_file.mapping.columns, input_file.requested_source.columns
    if input_file.preset or input_file.is_segcli_output or columns.ORDER_DATE in requested_columns:
        return
    for kind, evidence in _list_evidence(input_file):
        path, date_column = shlex.quote(input_file.content.name), mapping.get(columns.ORDER_DATE)
        insist = f"; if each row is an order, use --map order_date={shlex.quote(date_column)}" if date_column else ""
        raise InputProblem(
            f"looks like {DESCRIPTIONS[kind]} ({evidence}), not like orders",
            source=input_file.content.name,
            line=1,
            remedy=f"give the orders as input, and this file with --set ingest.events.{kind}.path={path}{insist}",
        )


def _list_evidence(input_file: InputFile) -> Iterator[tuple[str, str]]:
    """Yield the kinds that the file can be: the one of a preset, or those that its columns and values show."""
    preset = choose_event_preset(None, input_file.header, input_file.content.name)
    if preset is not None:
        yield preset[1].kind, f"{preset[1].title}, by the header"
        return
    mapping = input_file.mapping.columns
    if set(ORDER_EVIDENCE) & set(mapping):
        return
    for kind, evidence in find_kind_evidence(sample_columns(input_file)):
        if columns.ORDER_ID not in mapping or kind in KINDS_WITH_NUMBERS:
            yield kind, evidence

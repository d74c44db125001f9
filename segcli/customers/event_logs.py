"""Refuse logs of events as orders: campaign sends, visits and tickets have customers and times, but no purchases."""

import shlex
from collections.abc import Iterator

from segcli import columns
from segcli.customers.event_files import list_role_words
from segcli.errors import InputProblem
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.input_file import InputFile
from segcli.ingest.locales import LANGUAGES, load_language

TICKETS = "tickets"
DESCRIPTIONS = {
    "campaigns": "a log of campaign sends",
    "web": "a log of visits or app events",
    TICKETS: "a list of support tickets",
}
SAMPLE_ROWS = 500
ORDER_EVIDENCE = (columns.AMOUNT, columns.UNIT_PRICE, columns.QUANTITY, columns.PRODUCT)


def refuse_event_log(input_file: InputFile) -> None:
    """Reject a file of orders that looks like a log of events, unless the user names its order date.

    Raises:
        InputProblem: says which log the file looks like, and which setting reads it.
    """
    mapping, requested_columns = input_file.mapping.columns, input_file.requested_source.columns
    if input_file.preset or columns.ORDER_DATE in requested_columns or set(ORDER_EVIDENCE) & set(mapping):
        return
    for table_name, evidence in _find_evidence(input_file):
        if columns.ORDER_ID in mapping and table_name != TICKETS:
            continue  # the number of a ticket has the same names as that of a receipt
        path, date_column = shlex.quote(input_file.content.name), shlex.quote(mapping[columns.ORDER_DATE])
        raise InputProblem(
            f"looks like {DESCRIPTIONS[table_name]} ({evidence}), not like orders",
            source=input_file.content.name,
            line=1,
            remedy=f"give the orders as input, and this file with --set ingest.events.{table_name}.path={path}; "
            f"if each row is an order, use --map order_date={date_column}",
        )


def _find_evidence(input_file: InputFile) -> Iterator[tuple[str, str]]:
    """Yield each kind of log that the file looks like, with the column or value that shows it."""
    names = {normalise_name(name): name for name in input_file.header}
    type_column = next((names[word] for word in list_role_words("type") if word in names), None)
    values = _list_values(input_file, type_column) if type_column else {}
    for language in LANGUAGES:
        for table_name, words in load_language(language).get("event_logs", {}).items():
            for word in words.get("values", ()):
                if normalise_name(word) in values:
                    yield table_name, f"column '{type_column}' with {values[normalise_name(word)]}"
            for word in words.get("columns", ()):
                if normalise_name(word) in names:
                    yield table_name, f"column '{names[normalise_name(word)]}'"


def _list_values(input_file: InputFile, name: str) -> dict[str, str]:
    texts = input_file.read_table([name]).columns[name].slice(0, SAMPLE_ROWS).to_pylist()
    return {normalise_name(text): text for text in texts if text}

"""Possible values of options for tab completion, listed from plug-in folders without any data library."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from typer import Context

from segcli import plugins

Completions = Iterable[str | tuple[str, str]]
DESTINATIONS_PACKAGE = "segcli.exporters.destinations"
INPUT_PARAMETERS = ("input", "files", "orders")  # parameters with input paths


def complete_words(*words: str) -> Callable[[], list[str]]:
    """Return a completion of fixed words."""
    return lambda: list(words)


def complete_plugins(package: str, suffix: str = ".py", *more_names: str) -> Callable[[], list[str]]:
    """Return a completion of the plug-ins of a folder."""
    return lambda: [*plugins.list_plugin_files(package, suffix), *plugins.list_external_plugins(package), *more_names]


def list_destinations() -> list[str]:
    """Return the names of built-in export destinations."""
    return [*plugins.list_dashed_plugins(DESTINATIONS_PACKAGE), "sql", "dbt"]


def complete_destinations() -> list[str]:
    """Return the names of all export destinations."""
    return [*list_destinations(), *plugins.list_external_plugins(DESTINATIONS_PACKAGE)]


def complete_list(list_names: Callable[[], list[str]]) -> Callable[[str], list[str]]:
    """Return a completion of comma-separated names.

    Complete names stay; the last one can become any name that is not in the list yet.
    """

    def complete_last(incomplete: str) -> list[str]:
        earlier_names, comma, _ = incomplete.rpartition(",")
        used_names = earlier_names.split(",")
        return [f"{earlier_names}{comma}{name}" for name in list_names() if name not in used_names]

    return complete_last


def list_features() -> list[str]:
    """Return the groups of columns and the columns that segcli computes."""
    from segcli import columns

    return [*columns.FEATURE_GROUPS, *columns.MEASURES]


def list_explain_topics() -> Completions:
    """Return the topics of `segcli explain` with their summaries."""
    from segcli.cli.explain import list_topics

    return [(topic.name.casefold().replace(" ", "-"), topic.summary) for topic in list_topics()]


def complete_settings(incomplete: str) -> Completions:
    """Yield settings with an equals sign, or after it the values of the setting if there are few."""
    from segcli.config.reference import iterate_options, list_choices

    name, equals, _ = incomplete.partition("=")
    for key, field in iterate_options():
        if not equals:
            yield f"{key}=", field.description or ""
        elif key == name:
            yield from (f"{key}={word}" for word in list_choices(field))


def complete_column_mapping(context: Context, incomplete: str) -> Iterator[str]:
    """Yield standard columns with an equals sign, or after it the columns of the input file."""
    from segcli import columns

    name, equals, _ = incomplete.partition("=")
    if equals:
        yield from (f"{name}={column}" for column in _read_header(context.params))
    else:
        yield from (f"{column}=" for column in (*columns.TRANSACTION_COLUMNS, *columns.ATTRIBUTE_COLUMNS))


def _read_header(parameters: dict[str, Any]) -> list[str]:
    """Return the columns of the first input file, from its first lines; none if it cannot be read."""
    from segcli.config.ingest import Source
    from segcli.errors import SegcliError
    from segcli.ingest import dialect
    from segcli.io.paths import read_first_head

    input_values = [parameters[name] for name in INPUT_PARAMETERS if parameters.get(name)]
    paths = [
        path
        for input_value in input_values
        for path in ([input_value] if isinstance(input_value, str) else input_value)
    ]
    try:
        records = dialect.detect_dialect(read_first_head(paths[0]), Source()).read_first_records(1) if paths else []
    except (OSError, SegcliError, ValueError):
        return []
    return records[0] if records else []

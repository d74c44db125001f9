"""What an option's value may be, for completion: listed from the plug-in folders, without any data library."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from typer import Context

from segcli import plugins

Offered = Iterable[str | tuple[str, str]]
FILES = ("input", "inputs", "orders")  # parameters that name what is read


def of(*words: str) -> Callable[[], list[str]]:
    """These words."""
    return lambda: list(words)


def files_of(package: str, suffix: str = ".py", *more: str) -> Callable[[], list[str]]:
    """The plug-ins of a folder."""
    return lambda: [*plugins.listed(package, suffix), *more]


def destinations() -> list[str]:
    """Where `export` writes for, named as users name them."""
    return [*plugins.dashed("segcli.exporters.destinations"), "sql"]


def several(one: Callable[[], list[str]]) -> Callable[[str], list[str]]:
    """Names with commas between them: what is complete stays, the last may be any that is not there yet."""

    def complete(incomplete: str) -> list[str]:
        before, comma, _ = incomplete.rpartition(",")
        used = before.split(",")
        return [f"{before}{comma}{name}" for name in one() if name not in used]

    return complete


def features() -> list[str]:
    """Groups of columns, and the columns that segcli measures itself."""
    from segcli import columns

    return [*columns.FEATURE_GROUPS, *columns.MEASURES]


def codes() -> Offered:
    """What `explain` knows."""
    from segcli.cli.explaining import topics

    return [(one.name.casefold().replace(" ", "-"), one.short) for one in topics()]


def settings(incomplete: str) -> Offered:
    """Settings, with an equals sign; behind it the values that a setting has, where they are few."""
    from segcli.config.reference import options, words_of

    name, equals, _ = incomplete.partition("=")
    for key, field in options():
        if not equals:
            yield f"{key}=", field.description or ""
        elif key == name:
            yield from (f"{key}={word}" for word in words_of(field))


def mapped(context: Context, incomplete: str) -> Iterator[str]:
    """Standard columns, with an equals sign; behind it the columns of the file on the command line."""
    from segcli import columns

    name, equals, _ = incomplete.partition("=")
    if equals:
        yield from (f"{name}={column}" for column in _header(context.params))
    else:
        yield from (f"{column}=" for column in (*columns.TRANSACTIONS, *columns.ATTRIBUTES))


def _header(given: dict[str, Any]) -> list[str]:
    """The columns of the first of the files that are given, from the lines at its top; none if it cannot be read."""
    from segcli.config.ingest import Source
    from segcli.errors import SegcliError
    from segcli.files.parts import head_of
    from segcli.ingest import dialect

    named = [given[name] for name in FILES if given.get(name)]
    paths = [path for one in named for path in ([one] if isinstance(one, str) else one)]
    try:
        records = dialect.detect(head_of(paths[0]), Source()).first_records(1) if paths else []
    except (OSError, SegcliError, ValueError):
        return []
    return records[0] if records else []

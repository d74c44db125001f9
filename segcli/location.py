"""Paths of inputs: files, tables inside files such as `book.xlsx?sheet=May`, and addresses such as s3://shop/orders.csv.

An address may hold a password or a token. So settings, messages and results only have its name, in which dots replace
them; this module keeps the address itself, and the path of the copy that was fetched from it.
"""

import os
import re
import shlex
from pathlib import Path

YAML_SUFFIXES = (".yaml", ".yml")  # of configs, segments and segment maps, never of exports
_LOCATION_PATTERN = re.compile(
    r"(?P<scheme>sqlite:|duckdb:)?(?P<file>.+?)(?:\?(?:table|sheet|file)=(?P<table>.+))?", re.DOTALL
)
_ADDRESS_PATTERN = re.compile(
    r"(?P<scheme>(?!sqlite:|duckdb:)[a-z][a-z0-9+.-]+)://(?P<user>(?!\.{3}@)[^/?#\s]*@)?(?P<place>[^?#\s]*)"
    r"(?P<query>\?(?!\.{3})[^#\s]*)?(?:#(?!(?:table|sheet|file)=)\S*)?",
    re.IGNORECASE,
)
_TABLE_FRAGMENT = re.compile(r"(?:table|sheet|file)=(?P<table>.+)", re.DOTALL)
_addresses: dict[str, str] = {}  # by name
_copies: dict[str, Path] = {}  # by name


def split_location(path: str) -> tuple[str, str, str]:
    """Return the scheme, the path of the file and the name of the table in it; scheme and table may be blank.

    An existing file with such a name is only a file.

    >>> split_location("sqlite:shop.db?table=orders")
    ('sqlite:', 'shop.db', 'orders')
    >>> split_location("orders-?.csv")
    ('', 'orders-?.csv', '')
    >>> split_location("https://example.com/book.xlsx#sheet=May")
    ('', 'https://example.com/book.xlsx', 'May')
    """
    if is_address(path):
        file, _, fragment = path.partition("#")
        match = _TABLE_FRAGMENT.fullmatch(fragment)
        return "", file, match["table"] if match else ""
    match = _LOCATION_PATTERN.fullmatch(path)
    if match is None or not (match["scheme"] or match["table"]) or _exists(path):
        return "", path, ""
    return match["scheme"] or "", match["file"], match["table"] or ""


def locate_file(path: str) -> Path:
    """Return the path of the file that holds a table; for an address, that of its copy."""
    file = split_location(path)[1]
    return _copies.get(file) or Path(file)


def is_address(path: str) -> bool:
    """Return whether a path is an address such as https://example.com/orders.csv, or the name of one.

    >>> [is_address(path) for path in ("s3://shop/orders.csv", "sqlite://shop.db", "C:/shop/orders.csv")]
    [True, False, False]
    """
    return _ADDRESS_PATTERN.match(path) is not None


def name_address(address: str) -> str:
    """Remember an address, and return its name, with the table that it names.

    >>> name_address("https://user:password@example.com/book.xlsx?token=secret#sheet=May")
    'https://...@example.com/book.xlsx?...#sheet=May'
    """
    if is_named_address(address):
        return address
    target, _, fragment = address.partition("#")
    name, number = hide_secrets(target), 1
    while _addresses.setdefault(name, target) != target:
        number += 1
        name = f"{hide_secrets(target)}({number})"
    return f"{name}#{fragment}" if _TABLE_FRAGMENT.fullmatch(fragment) else name


def is_named_address(path: str) -> bool:
    """Return whether a path is the name of an address, with or without a table in it."""
    return split_location(path)[1] in _addresses


def find_address(name: str) -> str:
    """Return the address with this name."""
    return _addresses[name]


def hide_secrets(text: str) -> str:
    """Return a text in which dots replace the user and the query of each address.

    >>> hide_secrets("--set x=s3://shop/a.csv?versionId=1 -q")
    '--set x=s3://shop/a.csv?... -q'
    """
    return _ADDRESS_PATTERN.sub(_hide_parts, text)


def _hide_parts(match: re.Match[str]) -> str:
    user, query = ("..." + match["user"][-1:] if match["user"] else ""), "?..." if match["query"] else ""
    return f"{match['scheme']}://{user}{match['place']}{query}"


def list_copies() -> list[str]:
    """Return the names of the addresses that were fetched."""
    return list(_copies)


def forget_copies() -> None:
    """Forget all copies, so that the next reader fetches the files again."""
    _copies.clear()


def record_copy(name: str, path: Path) -> None:
    """Remember the path of the copy of an address."""
    _copies[name] = path


def find_table_name(path: str) -> str:
    """Return the name of the table in a file that the user chose; blank if none."""
    return split_location(path)[2]


def change_file(path: str, file_path: str) -> str:
    """Return a path with another file, but the same scheme and table."""
    scheme, old_path, table = split_location(path)
    if is_address(path):
        return f"{file_path}?table={table}" if table else file_path
    return scheme + file_path + path[len(scheme) + len(old_path) :]


def relative_path(path: str, folder: str) -> str:
    """Return a path relative to a folder; unchanged if it is on another drive."""
    try:
        return os.path.relpath(path, folder)
    except ValueError:
        return path


def name_table(path: str, kind: str, table: str) -> str:
    """Return the path of a table, sheet or file in a file, as a word for a shell.

    >>> print(name_table("book.xlsx", "sheet", "May 2026"), name_table("s3://shop/book.xlsx", "sheet", "May"))
    'book.xlsx?sheet=May 2026' 's3://shop/book.xlsx#sheet=May'
    """
    return shlex.quote(f"{path}{'#' if is_address(path) else '?'}{kind}={table}")


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False

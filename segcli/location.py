"""Paths of tables inside files: `sqlite:shop.db?table=orders`, `book.xlsx?sheet=May`, `exports.zip?file=orders.csv`."""

import re
from pathlib import Path

YAML_SUFFIXES = (".yaml", ".yml")  # of configs, segments and segment maps, never of exports
_LOCATION_PATTERN = re.compile(
    r"(?P<scheme>sqlite:|duckdb:)?(?P<file>.+?)(?:\?(?:table|sheet|file)=(?P<table>.+))?", re.DOTALL
)


def split_location(path: str) -> tuple[str, str, str]:
    """Return the scheme, the path of the file and the name of the table in it; scheme and table may be blank.

    An existing file with such a name is only a file.

    >>> split_location("sqlite:shop.db?table=orders")
    ('sqlite:', 'shop.db', 'orders')
    >>> split_location("orders-?.csv")
    ('', 'orders-?.csv', '')
    """
    match = _LOCATION_PATTERN.fullmatch(path)
    if match is None or not (match["scheme"] or match["table"]) or _exists(path):
        return "", path, ""
    return match["scheme"] or "", match["file"], match["table"] or ""


def locate_file(path: str) -> Path:
    """Return the path of the file that holds a table."""
    return Path(split_location(path)[1])


def find_table_name(path: str) -> str:
    """Return the name of the table in a file that the user chose; blank if none."""
    return split_location(path)[2]


def change_file(path: str, file_path: str) -> str:
    """Return a path with another file, but the same scheme and table."""
    scheme, old_path, _ = split_location(path)
    return scheme + file_path + path[len(scheme) + len(old_path) :]


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False

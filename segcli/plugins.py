"""Find and load plug-ins: a plug-in is a file in a folder, and its file name is its user-facing name."""

from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from types import ModuleType

ENGLISH_CODE = "en"


def list_plugin_files(package: str, suffix: str = ".py") -> list[str]:
    """List the plug-ins of a package without importing it, for packages that are slow to import."""
    root, *below = package.split(".")
    return _public_names((file.name for file in files(root).joinpath(*below).iterdir()), suffix)


def list_plugins(package: str, suffix: str = ".py") -> list[str]:
    """List the plug-ins of a package, in alphabetical order."""
    return _public_names((file.name for file in files(package).iterdir()), suffix)


def list_language_codes() -> list[str]:
    """List the languages of results: English, and those with a compiled catalogue."""
    return sorted([ENGLISH_CODE, *list_plugin_files("segcli.i18n", ".mo")])


def list_dashed_plugins(package: str) -> list[str]:
    """List the plug-ins of a package, with dashes instead of underscores."""
    return [name.replace("_", "-") for name in list_plugin_files(package)]


def join_words(names: Iterable[str]) -> str:
    """Join names into a list for a help text.

    >>> join_words(["csv", "json", "md"])
    'csv, json or md'
    """
    *first, last = names
    return f"{', '.join(first)} or {last}"


def _public_names(file_names: Iterable[str], suffix: str) -> list[str]:
    return sorted(
        name.removesuffix(suffix) for name in file_names if name.endswith(suffix) and not name.startswith("_")
    )


def load_plugin(package: str, name: str) -> ModuleType:
    """Load a plug-in by name; the name must be in `list_plugins`."""
    return import_module(f"{package}.{name}")

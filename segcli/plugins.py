"""Plug-ins are files: a folder lists what there is, a file's name is its name for users."""

from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from types import ModuleType


def list_plugin_files(package: str, suffix: str = ".py") -> list[str]:
    """The same as `list_plugins`, for packages that are costly to import: none is."""
    root, *below = package.split(".")
    return _public_names((file.name for file in files(root).joinpath(*below).iterdir()), suffix)


def list_plugins(package: str, suffix: str = ".py") -> list[str]:
    """The plug-ins of a package, in alphabetical order."""
    return _public_names((file.name for file in files(package).iterdir()), suffix)


def list_dashed_plugins(package: str) -> list[str]:
    """The same with dashes where files have underscores."""
    return [name.replace("_", "-") for name in list_plugin_files(package)]


def join_words(names: Iterable[str]) -> str:
    """Names as a help text lists them.

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
    """The plug-in of this name, which must be one of `list_plugins`."""
    return import_module(f"{package}.{name}")

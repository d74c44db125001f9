"""Plug-ins are files: a folder lists what there is, a file's name is its name for users."""

from collections.abc import Iterable
from importlib import import_module
from importlib.resources import files
from types import ModuleType


def listed(package: str, suffix: str = ".py") -> list[str]:
    """The same as `names`, for packages that are costly to import: none is."""
    root, *below = package.split(".")
    return _among((file.name for file in files(root).joinpath(*below).iterdir()), suffix)


def names(package: str, suffix: str = ".py") -> list[str]:
    """The plug-ins of a package, in alphabetical order."""
    return _among((file.name for file in files(package).iterdir()), suffix)


def dashed(package: str) -> list[str]:
    """The same with dashes where files have underscores."""
    return [name.replace("_", "-") for name in listed(package)]


def told(known: Iterable[str]) -> str:
    """Names as a help text lists them.

    >>> told(["csv", "json", "md"])
    'csv, json or md'
    """
    *first, last = known
    return f"{', '.join(first)} or {last}"


def _among(found: Iterable[str], suffix: str) -> list[str]:
    return sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix) and not name.startswith("_"))


def module(package: str, name: str) -> ModuleType:
    """The plug-in of this name, which must be one of `names`."""
    return import_module(f"{package}.{name}")

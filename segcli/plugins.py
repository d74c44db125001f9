"""Plug-ins are files: a folder lists what there is, a file's name is its name for users."""

from importlib import import_module
from importlib.resources import files
from types import ModuleType


def names(package: str, suffix: str = ".py") -> list[str]:
    """The plug-ins of a package, in alphabetical order."""
    found = (file.name for file in files(package).iterdir())
    return sorted(name.removesuffix(suffix) for name in found if name.endswith(suffix) and not name.startswith("_"))


def module(package: str, name: str) -> ModuleType:
    """The plug-in of this name, which must be one of `names`."""
    return import_module(f"{package}.{name}")

"""Find and load plug-ins: a plug-in is a file in a folder, and its file name is its user-facing name.

Bases, methods, destinations and presets may also come from other packages, which name them as entry points. A built-in
plug-in has precedence. The code of another package runs only when its plug-in is used; a preset, when a file is read.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

from segcli.errors import EnvironmentProblem

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENGLISH_CODE = "en"
# Entry points of other packages, and the names that a module of each kind must define
ENTRY_POINT_GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "segcli.segment.bases": "segcli.bases",
        "segcli.segment.methods": "segcli.methods",
        "segcli.exporters.destinations": "segcli.destinations",
        "segcli.ingest.presets": "segcli.presets",
    }
)
REQUIRED_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "segcli.segment.bases": ("SOURCE", "NEEDS", "ADDS", "Options", "assign_segments"),
        "segcli.segment.methods": ("fit", "margins"),
        "segcli.exporters.destinations": (
            "TITLE",
            "SOURCE",
            "REQUIRED_CONTACTS",
            "IS_AD_AUDIENCE",
            "LIMITS",
            "export",
        ),
    }
)


def list_plugin_files(package: str, suffix: str = ".py") -> list[str]:
    """List the plug-ins of a package without importing it, for packages that are slow to import."""
    root, *below = package.split(".")
    return _public_names((file.name for file in files(root).joinpath(*below).iterdir()), suffix)


def list_plugins(package: str, suffix: str = ".py") -> list[str]:
    """List the plug-ins of a package and those that other packages add to it, in alphabetical order."""
    return sorted({*list_plugin_files(package, suffix), *list_external_plugins(package)})


def list_external_plugins(package: str) -> list[str]:
    """List the plug-ins that other packages add to a package of segcli, in alphabetical order."""
    return sorted(_find_entry_points(package))


def list_language_codes() -> list[str]:
    """List the languages of results: English, and those with a compiled catalogue."""
    return sorted([ENGLISH_CODE, *list_plugin_files("segcli.i18n", ".mo")])


def list_dashed_plugins(package: str) -> list[str]:
    """List the built-in plug-ins of a package, with dashes instead of underscores."""
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


def load_plugin(package: str, name: str, suffix: str = ".py") -> ModuleType:
    """Load a plug-in by name; the name must be in `list_plugins`.

    For a preset of another package, this is the package that holds its file.

    Raises:
        EnvironmentProblem: a plug-in of another package cannot be used, or two packages have this name.
    """
    if name in list_plugin_files(package, suffix):
        return import_module(f"{package}.{name}")
    return _load_external_plugin(package, name)


def _load_external_plugin(package: str, name: str) -> ModuleType:
    """Load a plug-in of another package, and check that it has the names of its kind."""
    entry_points = _find_entry_points(package)[name]
    owners = sorted({entry_point.dist.name for entry_point in entry_points if entry_point.dist})
    if len(owners) > 1:
        problem = f"plug-in {name}: {' and '.join(owners)} have this name"
        raise EnvironmentProblem(f"{problem}; hint: pip uninstall {owners[-1]}")
    title = f"plug-in {name} of package {owners[0]}"
    try:
        module: ModuleType = entry_points[0].load()
    except Exception as error:
        problem = f"{title} cannot be loaded ({type(error).__name__}: {error})"
        raise EnvironmentProblem(f"{problem}; hint: pip install --upgrade {owners[0]}") from error
    missing_names = [required for required in REQUIRED_NAMES.get(package, ()) if not hasattr(module, required)]
    if missing_names:
        problem = f"{title} does not define {', '.join(missing_names)}"
        raise EnvironmentProblem(f"{problem}; hint: pip install --upgrade {owners[0]}")
    return module


@cache
def _find_entry_points(package: str) -> "Mapping[str, list[EntryPoint]]":
    """Return the entry points of other packages for a package of segcli, by the name that a file would have."""
    group = ENTRY_POINT_GROUPS.get(package)
    if group is None or not _has_entry_points():
        return {}
    from importlib.metadata import entry_points

    found: dict[str, list[EntryPoint]] = {}
    for entry_point in entry_points(group=group):
        name = entry_point.name if group == "segcli.presets" else entry_point.name.replace("-", "_")
        found.setdefault(name, []).append(entry_point)
    return found


@cache
def _has_entry_points() -> bool:
    """Return whether any package has plug-ins for segcli; reading all metadata would take ten times as long."""
    return any(_mentions_segcli(folder) for folder in sys.path)


def _mentions_segcli(folder: str) -> bool:
    try:
        with os.scandir(folder or ".") as entries:
            names = [entry.path for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return False
    return any(b"[segcli." in _read_bytes(os.path.join(name, "entry_points.txt")) for name in names)  # noqa: PTH118 - pathlib is slow to import


def _read_bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib is slow to import
            return file.read()
    except OSError:
        return b""

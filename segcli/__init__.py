"""segcli: customer segmentation from exports, on the command line and in Python (see docs/api.md)."""

from typing import TYPE_CHECKING

__version__ = "0.2.0"

if TYPE_CHECKING:
    from segcli.api import Run, cluster, personas, read, report, rfm, rules, run
    from segcli.errors import SegcliError
    from segcli.model import Customers, Persona, Segmentation

__all__ = [
    "Customers",
    "Persona",
    "Run",
    "SegcliError",
    "Segmentation",
    "cluster",
    "personas",
    "read",
    "report",
    "rfm",
    "rules",
    "run",
]


def __getattr__(name: str) -> object:
    """Import the Python interface on first use, because the command line does without it."""
    if name not in __all__:
        raise AttributeError(f"module 'segcli' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module("segcli.api"), name)


def __dir__() -> list[str]:
    """List the Python interface, so that notebooks can complete its names."""
    return sorted({*globals(), *__all__})

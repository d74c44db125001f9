"""Import of modules that only some operating systems have."""

import importlib
from typing import Any


def import_if_available(name: str) -> Any:  # noqa: ANN401 - a module, or None
    """Return a module of the standard library; None on a system that lacks it."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None

"""Load settings: merge YAML files and overrides into one frozen settings tree, or report every problem together.

Importing this package loads only pydantic and PyYAML.
"""

from segcli.config.loader import (
    Layer,
    LoadedSettings,
    build_dotted_layer,
    build_override_layer,
    load_settings,
    parse_yaml_layer,
)
from segcli.config.settings import Settings

__all__ = [
    "Layer",
    "LoadedSettings",
    "Settings",
    "build_dotted_layer",
    "build_override_layer",
    "load_settings",
    "parse_yaml_layer",
]

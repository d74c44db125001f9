"""Words -> settings: YAML and overrides become one frozen tree, or every problem at once.

Importing this package loads pydantic and PyYAML, and nothing heavier.
"""

from segcli.config.load import (
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

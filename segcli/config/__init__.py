"""Words -> settings: YAML and overrides become one frozen tree, or every problem at once.

Importing this package loads pydantic and PyYAML, and nothing heavier.
"""

from segcli.config.load import Layer, Loaded, load, nested_layer, set_layer, yaml_layer
from segcli.config.settings import Settings

__all__ = ["Layer", "Loaded", "Settings", "load", "nested_layer", "set_layer", "yaml_layer"]

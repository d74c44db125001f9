"""Formats of `segcli check` for CI systems, one module each, with the interface of `segcli.reports.formats`."""

from typing import cast

from segcli import plugins
from segcli.reports import formats

CHECK_FORMATS = tuple(plugins.list_plugin_files(__name__))


def load_check_format(format_name: str) -> formats.OutputFormat:
    """Return a format of findings, or one of all results."""
    if format_name in CHECK_FORMATS:
        return cast("formats.OutputFormat", plugins.load_plugin(__name__, format_name))
    return formats.load_format(format_name)

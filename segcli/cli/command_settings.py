"""From the command line to validated settings; the only module that reads the clock, for `today` as the as-of day."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli import discovered_config, terminal
from segcli.cli.options import CommonOptions
from segcli.errors import ConfigProblems, InputProblem, UsageProblem
from segcli.location import YAML_SUFFIXES

if TYPE_CHECKING:
    from segcli.config import Layer, LoadedSettings

LOCAL_CONFIG = "segcli.yaml"
VARIABLE_PREFIX = "SEGCLI_"
TAB_NAMES = ("tab", "\\t")


def resolve_settings(common_options: CommonOptions, flags: Mapping[str, Any] | None = None) -> "LoadedSettings":
    """Return the effective settings: defaults < user file < ./segcli.yaml < --config < environment < --set < flags.

    Raises:
        ConfigProblems: lists every problem of every layer.
    """
    from segcli import config

    user_file, has_local_config = _find_user_config(), _has_discovered_config(common_options)
    layers = (
        [load_file_layer(user_file)]
        if user_file and user_file != common_options.config and Path(user_file).is_file()
        else []
    )
    layers += [load_file_layer(LOCAL_CONFIG, is_trusted=False)] if has_local_config else []
    layers += [load_file_layer(common_options.config)] if common_options.config else []
    environment = sorted(
        (variable, variable_value)
        for variable, variable_value in os.environ.items()
        if variable.startswith(VARIABLE_PREFIX)
    )
    layers += [
        config.build_override_layer([(_variable_to_setting(key), value)], f"${key}") for key, value in environment
    ]
    layers += _build_option_layers(common_options, flags)
    loaded_config = replace(load_layers(layers), discovered_path=f"./{LOCAL_CONFIG}" if has_local_config else "")
    discovered_config.check_written_paths(loaded_config)
    terminal.set_language(loaded_config.settings.language)
    terminal.withhold_identities(loaded_config.settings.privacy.hides_identities)
    return loaded_config


def collect_given_values(common_options: CommonOptions, flags: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Merge the settings given on the command line: those of --config, then --set, then flags.

    Args:
        common_options: the shared options.
        flags: more settings by their dotted names.

    Returns:
        The settings, nested as in a config, with paths relative to the working folder.
    """
    from segcli.config.loader import merge_values

    layers = [load_file_layer(common_options.config)] if common_options.config else []
    return merge_values([*layers, *_build_option_layers(common_options, flags)])


def _build_option_layers(common_options: CommonOptions, flags: Mapping[str, Any] | None) -> "list[Layer]":
    """Return the layers of --set and of flags, which override all others."""
    from segcli import config

    given_flags = {**_collect_common_flags(common_options), **(flags or {})}
    return [
        config.build_override_layer([_split_pair(text, "--set") for text in common_options.overrides or []], "--set"),
        config.build_dotted_layer(
            [(setting, value) for setting, value in given_flags.items() if value is not None], "command line"
        ),
    ]


def _has_discovered_config(common_options: CommonOptions) -> bool:
    """Return whether the working folder has a config that the user did not name."""
    if not Path(LOCAL_CONFIG).is_file():
        return False
    return not (
        common_options.config
        and Path(common_options.config).exists()
        and Path(common_options.config).samefile(LOCAL_CONFIG)
    )


def load_file_layer(path: str, *, is_trusted: bool = True) -> "Layer":
    """Load a config file as a layer; paths in it are relative to the file."""
    from segcli import config
    from segcli.io import read

    try:
        text = read.read_text(path)
    except InputProblem as error:
        raise ConfigProblems([str(error)]) from None
    return config.parse_yaml_layer(text, path, str(Path(path).parent), is_trusted=is_trusted)


def load_layers(layers: "Sequence[Layer]") -> "LoadedSettings":
    """Validate the merged layers, with the segments of their folders of segment files.

    Raises:
        ConfigProblems: for every problem, with its location and the accepted values.
    """
    from segcli import config
    from segcli.config.segment_files import expand_segment_folders

    return config.load_settings([expand_segment_folders(layer, _read_segment_folder) for layer in layers])


def _read_segment_folder(folder: str) -> list[tuple[str, str]]:
    """Return the paths and texts of the segment files in a folder and its subfolders.

    Raises:
        ConfigProblems: it is no folder with such files, or a file cannot be read.
    """
    from segcli.io import read

    paths = sorted(str(path) for path in Path(folder).rglob("*") if path.suffix in YAML_SUFFIXES and path.is_file())
    if not paths:
        problem = "no segment file (.yaml or .yml) in this folder" if Path(folder).is_dir() else "not a folder"
        raise ConfigProblems([f"{folder}: {problem}; hint: name a folder of YAML files, one segment each"])
    try:
        return [(path, read.read_text(path)) for path in paths]
    except InputProblem as error:
        raise ConfigProblems([str(error)]) from None


def parse_as_of(as_of: str | None) -> date | None:
    """Return the day that `as_of` means; `today` is the UTC day, independent of the machine's time zone."""
    if as_of is None:
        return None
    if not as_of.startswith("today"):
        return date.fromisoformat(as_of)
    return datetime.now(UTC).date() - timedelta(days=int(as_of.partition("-")[2] or 0))


def _find_user_config() -> str | None:
    config_home = os.environ.get("XDG_CONFIG_HOME") or (
        str(Path("~").expanduser() / ".config") if "HOME" in os.environ else ""
    )
    return str(Path(config_home) / "segcli" / "config.yaml") if config_home else None


def _variable_to_setting(variable: str) -> str:
    """Return the setting of an environment variable, such as rfm.bins for SEGCLI_RFM__BINS."""
    return variable.removeprefix(VARIABLE_PREFIX).lower().replace("__", ".")


def _split_pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageProblem(f"{option} {text}: must be KEY=VALUE")
    return key, value


def _collect_common_flags(common_options: CommonOptions) -> dict[str, Any]:
    source_prefix = "ingest.transactions."
    column_mapping = dict(_split_pair(text, "--map") for text in common_options.mapping or [])
    return {
        "as_of": common_options.as_of,
        "language": common_options.language,
        "seed": common_options.seed,
        "quality.fail_on": common_options.fail_on,
        "ingest.engine": common_options.engine,
        "ingest.rejects": common_options.rejects,
        "ingest.max_rejects": _parse_number_or_text(common_options.max_rejects),
        f"{source_prefix}encoding": common_options.encoding,
        f"{source_prefix}delimiter": "\t" if common_options.delimiter in TAB_NAMES else common_options.delimiter,
        f"{source_prefix}decimal": common_options.decimal,
        f"{source_prefix}date_format": common_options.date_format,
        f"{source_prefix}locale": common_options.locale,
        f"{source_prefix}header": False if common_options.no_header else None,
        f"{source_prefix}skip_rows": common_options.skip_rows,
        f"{source_prefix}skip_footer": common_options.skip_footer,
        f"{source_prefix}preset": common_options.preset,
        **{f"{source_prefix}columns.{standard}": name for standard, name in column_mapping.items()},
    }


def _parse_number_or_text(option_text: str | None) -> int | str | None:
    return int(option_text) if option_text and option_text.isdecimal() else option_text

"""From the command line to checked settings; the one place where the clock is asked, if the settings say `today`."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli import discovered, streams
from segcli.cli.options import Asked
from segcli.errors import ConfigProblems, InputProblem, UsageProblem

if TYPE_CHECKING:
    from segcli.config import Layer, Loaded

LOCAL = "segcli.yaml"
PREFIX = "SEGCLI_"
TABS = ("tab", "\\t")


def resolve(asked: Asked, flags: Mapping[str, Any] | None = None) -> "Loaded":
    """Settings in force: defaults < user file < ./segcli.yaml < --config < environment < --set < flags.

    Raises:
        ConfigProblems: every problem of every layer.
    """
    from segcli import config

    user_file, is_found = _user_file(), _is_discovered(asked)
    layers = [file_layer(user_file)] if user_file and user_file != asked.config and Path(user_file).is_file() else []
    layers += [file_layer(LOCAL, is_trusted=False)] if is_found else []
    layers += [file_layer(asked.config)] if asked.config else []
    environment = sorted((k, v) for k, v in os.environ.items() if k.startswith(PREFIX))
    layers += [config.set_layer([(_dotted(key), value)], f"${key}") for key, value in environment]
    layers += _option_layers(asked, flags)
    loaded = replace(config.load(layers), discovered=f"./{LOCAL}" if is_found else "")
    discovered.check_written(loaded)
    streams.speak(loaded.settings.language)
    streams.withhold_identities(loaded.settings.privacy.secret)
    return loaded


def given_values(asked: Asked, flags: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Merge the settings given on the command line: those of --config, then --set, then flags.

    Args:
        asked: the shared options.
        flags: further settings by their dotted names.

    Returns:
        The settings, nested as in a config, with paths relative to the working folder.
    """
    from segcli.config.load import merge_values

    layers = [file_layer(asked.config)] if asked.config else []
    return merge_values([*layers, *_option_layers(asked, flags)])


def _option_layers(asked: Asked, flags: Mapping[str, Any] | None) -> "list[Layer]":
    """Return the settings of --set and of flags, which win over all others."""
    from segcli import config

    given = {**_shared_flags(asked), **(flags or {})}
    return [
        config.set_layer([_pair(text, "--set") for text in asked.overrides or []], "--set"),
        config.nested_layer([(k, v) for k, v in given.items() if v is not None], "command line"),
    ]


def _is_discovered(asked: Asked) -> bool:
    """Whether there is a config in the working folder that the user did not name."""
    if not Path(LOCAL).is_file():
        return False
    return not (asked.config and Path(asked.config).exists() and Path(asked.config).samefile(LOCAL))


def file_layer(path: str, *, is_trusted: bool = True) -> "Layer":
    """A settings file; paths in it are relative to it."""
    from segcli import config
    from segcli.files import read

    try:
        text = read.text(path)
    except InputProblem as error:
        raise ConfigProblems([str(error)]) from None
    return config.yaml_layer(text, path, str(Path(path).parent), is_trusted=is_trusted)


def day(as_of: str | None) -> date | None:
    """The day that `as_of` means; `today` is the UTC day, so that a machine's time zone changes nothing."""
    if as_of is None:
        return None
    if not as_of.startswith("today"):
        return date.fromisoformat(as_of)
    return datetime.now(UTC).date() - timedelta(days=int(as_of.partition("-")[2] or 0))


def _user_file() -> str | None:
    home = os.environ.get("XDG_CONFIG_HOME") or (
        str(Path("~").expanduser() / ".config") if "HOME" in os.environ else ""
    )
    return str(Path(home) / "segcli" / "config.yaml") if home else None


def _dotted(variable: str) -> str:
    """SEGCLI_RFM__BINS is rfm.bins."""
    return variable.removeprefix(PREFIX).lower().replace("__", ".")


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageProblem(f"{option} {text}: must be KEY=VALUE")
    return key, value


def _shared_flags(asked: Asked) -> dict[str, Any]:
    source = "ingest.transactions."
    mapped = dict(_pair(text, "--map") for text in asked.mapping or [])
    return {
        "as_of": asked.as_of,
        "language": asked.language,
        "seed": asked.seed,
        "quality.fail_on": asked.fail_on,
        "ingest.engine": asked.engine,
        "ingest.rejects": asked.rejects,
        "ingest.max_rejects": _number_or_text(asked.max_rejects),
        f"{source}encoding": asked.encoding,
        f"{source}delimiter": "\t" if asked.delimiter in TABS else asked.delimiter,
        f"{source}decimal": asked.decimal,
        f"{source}date_format": asked.date_format,
        f"{source}locale": asked.locale,
        f"{source}header": False if asked.no_header else None,
        f"{source}skip_rows": asked.skip_rows,
        f"{source}skip_footer": asked.skip_footer,
        f"{source}preset": asked.preset,
        **{f"{source}columns.{standard}": name for standard, name in mapped.items()},
    }


def _number_or_text(value: str | None) -> int | str | None:
    return int(value) if value and value.isdecimal() else value

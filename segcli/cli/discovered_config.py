"""Checks of a config that segcli finds by itself: it may be untrusted, so it may write only below its own folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.terminal import Console
from segcli.errors import ConfigProblems
from segcli.io import overwrite_guard

if TYPE_CHECKING:
    from segcli.config import LoadedSettings

SettingKey = tuple[str, ...]
WRITTEN_SETTINGS: Sequence[SettingKey] = (
    ("output",),
    ("history", "folder"),
    ("ingest", "rejects"),
    ("ingest", "state"),
    ("privacy", "key_file"),
)
SUPPRESSION_SETTING: SettingKey = ("privacy", "suppression")


def announce_config(loaded_config: "LoadedSettings", console: Console) -> None:
    """Print the path of the discovered config, if there is one."""
    if loaded_config.discovered_path:
        console.log(
            "settings", f"{loaded_config.discovered_path}  found in this folder", path=loaded_config.discovered_path
        )


def check_written_paths(
    loaded_config: "LoadedSettings", written_settings: Sequence[SettingKey] = WRITTEN_SETTINGS
) -> None:
    """Reject settings of a discovered config that would write outside its folder or replace files of others.

    Args:
        loaded_config: all settings.
        written_settings: settings that name files or folders to write.

    Raises:
        ConfigProblems: lists every such setting.
    """
    problems = [problem for key in written_settings for problem in _find_path_problems(loaded_config, key)]
    if problems:
        raise ConfigProblems(problems)


def _find_path_problems(loaded_config: "LoadedSettings", key: SettingKey) -> list[str]:
    source = loaded_config.layers_by_key.get(key)
    if source is None or source.is_trusted:
        return []
    value = loaded_config.settings
    for name in key:
        value = getattr(value, name)
    path = str(value) if value else ""
    if not path or (key[-1] == "key_file" and Path(path).exists()):  # an existing key file is only read
        return []
    name = ".".join(key)
    if not Path(path).resolve().is_relative_to(Path(loaded_config.discovered_path).parent.resolve()):
        problem = f"{path} is outside the folder of this auto-detected config"
    elif not _REPLACE_CHECKS.get(name, _allow_any_path)(path):
        problem = f"{path} exists and was not written by segcli; an auto-detected config must not replace it"
    else:
        return []
    return [
        (
            f"{source.find_place(key)}: {name}: {problem}. "
            f"If you trust the config, pass it: --config {loaded_config.discovered_path}"
        )
    ]


def _allow_any_path(_path: str) -> bool:
    return True


_REPLACE_CHECKS: dict[str, Callable[[str], bool]] = {
    "output": overwrite_guard.is_own_folder,
    "ingest.rejects": overwrite_guard.is_rejects_file,
    "ingest.state": overwrite_guard.is_own_folder,
}

"""A config that segcli finds by itself, which may come from a stranger: it may write only below its own folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.streams import Talk
from segcli.errors import ConfigProblems
from segcli.files import overwrite

if TYPE_CHECKING:
    from segcli.config import Loaded

Setting = tuple[str, ...]
WRITTEN: Sequence[Setting] = (
    ("output",),
    ("ingest", "rejects"),
    ("ingest", "state"),
    ("privacy", "key_file"),
)
SUPPRESSION: Setting = ("privacy", "suppression")


def announce(loaded: "Loaded", talk: Talk) -> None:
    """Name the config that was found, where there is one."""
    if loaded.discovered:
        talk.say("settings", f"{loaded.discovered}  found in this folder", path=loaded.discovered)


def check_written(loaded: "Loaded", written: Sequence[Setting] = WRITTEN) -> None:
    """Refuse settings of a discovered config that would write outside its folder or replace somebody's files.

    Args:
        loaded: all settings.
        written: those whose files or folders are written.

    Raises:
        ConfigProblems: with every such setting.
    """
    problems = [problem for key in written for problem in _problems(loaded, key)]
    if problems:
        raise ConfigProblems(problems)


def _problems(loaded: "Loaded", key: Setting) -> list[str]:
    source = loaded.sources.get(key)
    if source is None or source.is_trusted:
        return []
    value = loaded.settings
    for name in key:
        value = getattr(value, name)
    path = str(value) if value else ""
    if not path or (key[-1] == "key_file" and Path(path).exists()):  # which is then only read
        return []
    name = ".".join(key)
    if not Path(path).resolve().is_relative_to(Path(loaded.discovered).parent.resolve()):
        what = f"{path} is outside the folder of this config, which segcli found by itself"
    elif not _REPLACEABLE.get(name, _may_be_anything)(path):
        what = f"{path} exists and segcli did not write it; a config that segcli found by itself may not replace it"
    else:
        return []
    return [f"{source.place(key)}: {name}: {what}. If you trust the config, name it: --config {loaded.discovered}"]


def _may_be_anything(_path: str) -> bool:
    return True


_REPLACEABLE: dict[str, Callable[[str], bool]] = {
    "output": overwrite.is_own_folder,
    "ingest.rejects": overwrite.is_rejects,
    "ingest.state": overwrite.is_own_folder,
}

"""The key of pseudonyms and holdouts, where the settings need one."""

from typing import TYPE_CHECKING

from segcli.cli.streams import Talk
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from segcli.config import Settings
    from segcli.files.key import Key


def needed(settings: "Settings", talk: Talk, *, dry: bool) -> "Key | None":
    """The key if results need pseudonyms, or if there is one that may have made those of the input."""
    from pathlib import Path

    path = settings.privacy.key_file
    if path is None or not (settings.privacy.pseudonymise or Path(path).exists()):
        return None
    return _key(path, talk, dry=dry)


def holdout(settings: "Settings", talk: Talk, *, dry: bool) -> "Key":
    """The key by which holdouts are drawn.

    Raises:
        UsageProblem: the settings name none.
    """
    if settings.privacy.key_file is None:
        raise UsageProblem("a holdout is drawn by a key; name its file: --set privacy.key_file=~/.config/segcli/key")
    return _key(settings.privacy.key_file, talk, dry=dry)


def _key(path: str, talk: Talk, *, dry: bool) -> "Key":
    from pathlib import Path

    from segcli.files import key

    if dry and not Path(path).exists():
        talk.say("would", f"make a key in {path}")
        return key.Key(bytes(key.BYTES))  # nothing is written that it would be the key of
    found, made = key.load_or_make(path)
    if made:
        talk.say("key", f"{found.id} made in {path}; keep it, apart from the results", id=found.id)
    return found


def refuse_inside(settings: "Settings", folder: str) -> None:
    """Refuse a key that lies in the folder of the results it protects.

    Raises:
        UsageProblem: it does.
    """
    from segcli.files import key

    if settings.privacy.key_file is not None:
        key.refuse_inside(settings.privacy.key_file, folder)


def facts(settings: "Settings") -> "Mapping[str, object]":
    """What run.json says of how people are protected: which key, never the key."""
    from pathlib import Path

    from segcli.files import key

    privacy, path = settings.privacy, settings.privacy.key_file
    used = path is not None and Path(path).exists()
    return {
        "audience": privacy.audience,
        "smallest_group": privacy.smallest,
        "pseudonyms": list(privacy.pseudonymise),
        "key_id": key.load(str(path)).id if used else None,
    }


def command_line(settings: "Settings", arguments: "Sequence[str]") -> list[str]:
    """Return the arguments for run.json, without the ids to exclude if results are pseudonymised."""
    if not settings.privacy.secret:
        return list(arguments)
    return [f"{text.partition('=')[0]}=(withheld)" if "exclude_ids" in text else text for text in arguments]


def without_ids(settings: "Settings") -> "Mapping[str, object]":
    """The settings in force; where ids may not be told, without those that they name."""
    effective = dict(settings.effective())
    if settings.privacy.secret and settings.ingest.exclude_ids:
        effective["ingest"] = {**effective["ingest"], "exclude_ids": [f"({len(settings.ingest.exclude_ids)} withheld)"]}
    return effective

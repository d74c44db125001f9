"""The key of pseudonyms and holdouts, where the settings need one."""

from typing import TYPE_CHECKING

from segcli.cli.streams import Console
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from segcli.config import Settings
    from segcli.files.key import PseudonymKey


def load_pseudonym_key(settings: "Settings", console: Console, *, is_dry_run: bool) -> "PseudonymKey | None":
    """The key if results need pseudonyms, or if there is one that may have made those of the input."""
    from pathlib import Path

    path = settings.privacy.key_file
    if path is None or not (settings.privacy.pseudonymise or Path(path).exists()):
        return None
    return _load_or_make_key(path, console, is_dry_run=is_dry_run)


def load_holdout_key(settings: "Settings", console: Console, *, is_dry_run: bool) -> "PseudonymKey":
    """The key by which holdouts are drawn.

    Raises:
        UsageProblem: the settings name none.
    """
    if settings.privacy.key_file is None:
        raise UsageProblem("a holdout is drawn by a key; name its file: --set privacy.key_file=~/.config/segcli/key")
    return _load_or_make_key(settings.privacy.key_file, console, is_dry_run=is_dry_run)


def _load_or_make_key(path: str, console: Console, *, is_dry_run: bool) -> "PseudonymKey":
    from pathlib import Path

    from segcli.files import key

    if is_dry_run and not Path(path).exists():
        console.log("would", f"make a key in {path}")
        return key.PseudonymKey(bytes(key.KEY_BYTES))  # nothing is written that it would be the key of
    loaded_key, is_new = key.load_or_create_key(path)
    if is_new:
        console.log("key", f"{loaded_key.key_id} made in {path}; keep it, apart from the results", id=loaded_key.key_id)
    return loaded_key


def refuse_key_inside(settings: "Settings", folder: str) -> None:
    """Refuse a key that lies in the folder of the results it protects.

    Raises:
        UsageProblem: it does.
    """
    from segcli.files import key

    if settings.privacy.key_file is not None:
        key.refuse_key_inside(settings.privacy.key_file, folder)


def describe_privacy(settings: "Settings") -> "Mapping[str, object]":
    """What run.json says of how people are protected: which key, never the key."""
    from pathlib import Path

    from segcli.files import key

    privacy, path = settings.privacy, settings.privacy.key_file
    has_key = path is not None and Path(path).exists()
    return {
        "audience": privacy.audience,
        "smallest_group": privacy.smallest_group,
        "pseudonyms": list(privacy.pseudonymise),
        "key_id": key.load_key(str(path)).key_id if has_key else None,
    }


def mask_command_line(settings: "Settings", arguments: "Sequence[str]") -> list[str]:
    """Return the arguments for run.json, without the ids to exclude if results are pseudonymised."""
    if not settings.privacy.hides_identities:
        return list(arguments)
    return [
        f"{argument.partition('=')[0]}=(withheld)" if "exclude_ids" in argument else argument for argument in arguments
    ]


def mask_settings(settings: "Settings") -> "Mapping[str, object]":
    """The settings in force; where ids may not be told, without those that they name."""
    effective = dict(settings.dump_values())
    if settings.privacy.hides_identities and settings.ingest.exclude_ids:
        effective["ingest"] = {**effective["ingest"], "exclude_ids": [f"({len(settings.ingest.exclude_ids)} withheld)"]}
    return effective

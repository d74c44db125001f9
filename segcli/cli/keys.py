"""The secret key of pseudonyms and holdouts, and privacy facts for run.json."""

from typing import TYPE_CHECKING

from segcli.cli.terminal import Console
from segcli.errors import UsageProblem
from segcli.location import hide_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from segcli.config import Settings
    from segcli.io.secret_key import PseudonymKey


def load_pseudonym_key(settings: "Settings", console: Console, *, is_dry_run: bool) -> "PseudonymKey | None":
    """Return the key if results need pseudonyms, or if an existing key may have made those of the input."""
    from pathlib import Path

    path = settings.privacy.key_file
    if path is None or not (settings.privacy.pseudonymise or Path(path).exists()):
        return None
    return _load_or_make_key(path, console, is_dry_run=is_dry_run)


def load_holdout_key(settings: "Settings", console: Console, *, is_dry_run: bool) -> "PseudonymKey":
    """Return the key for drawing holdouts.

    Raises:
        UsageProblem: the settings name no key file.
    """
    if settings.privacy.key_file is None:
        raise UsageProblem("a holdout needs a key; set its file: --set privacy.key_file=~/.config/segcli/key")
    return _load_or_make_key(settings.privacy.key_file, console, is_dry_run=is_dry_run)


def _load_or_make_key(path: str, console: Console, *, is_dry_run: bool) -> "PseudonymKey":
    from pathlib import Path

    from segcli.io import secret_key

    if is_dry_run and not Path(path).exists():
        console.log("would", f"create a key in {path}")
        return secret_key.PseudonymKey(bytes(secret_key.KEY_BYTES))  # a placeholder: a dry run writes nothing with it
    loaded_key, is_new = secret_key.load_or_create_key(path)
    if is_new:
        console.log(
            "key",
            (f"{loaded_key.key_id} created in {path}; store it separately from the results"),
            id=loaded_key.key_id,
        )
    return loaded_key


def refuse_key_inside(settings: "Settings", folder: str) -> None:
    """Reject a key file inside the folder of the results it protects.

    Raises:
        UsageProblem: the key file is inside.
    """
    from segcli.io import secret_key

    if settings.privacy.key_file is not None:
        secret_key.refuse_key_inside(settings.privacy.key_file, folder)


def describe_privacy(settings: "Settings") -> "Mapping[str, object]":
    """Return the privacy facts for run.json, with the id of the key but never the key."""
    from pathlib import Path

    from segcli.io import secret_key

    privacy, path = settings.privacy, settings.privacy.key_file
    has_key = path is not None and Path(path).exists()
    return {
        "audience": privacy.audience,
        "smallest_group": privacy.smallest_group,
        "pseudonyms": list(privacy.pseudonymise),
        "key_id": secret_key.load_key(str(path)).key_id if has_key else None,
    }


def mask_command_line(settings: "Settings", arguments: "Sequence[str]") -> list[str]:
    """Return the arguments for run.json, without secrets in addresses, and without excluded ids if ids are hidden."""
    arguments = [hide_secrets(argument) for argument in arguments]
    if not settings.privacy.hides_identities:
        return arguments
    return [
        f"{argument.partition('=')[0]}=(withheld)" if "exclude_ids" in argument else argument for argument in arguments
    ]


def mask_settings(settings: "Settings") -> "Mapping[str, object]":
    """Return the effective settings, without the ids in them if ids must be hidden."""
    effective = dict(settings.dump_values())
    if settings.privacy.hides_identities and settings.ingest.exclude_ids:
        effective["ingest"] = {**effective["ingest"], "exclude_ids": [f"({len(settings.ingest.exclude_ids)} withheld)"]}
    return effective

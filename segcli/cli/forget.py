"""segcli forget: take a person out of the results of earlier runs, and keep them out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from segcli.cli.options import Asked
from segcli.cli.streams import Talk
from segcli.counting import counted
from segcli.errors import InputProblem, UsageProblem

if TYPE_CHECKING:
    from segcli.config import Settings
    from segcli.files.forgetting import Trace
    from segcli.reports.result import Result

Id = Annotated[str, Argument(help="Customer id, pseudonym or e-mail address of the person.", metavar="ID")]
Folder = Annotated[
    str | None, Argument(help="Folder with the results of runs; default: the config's output.", metavar="FOLDER")
]
Also = Annotated[
    list[str] | None, Option("--also", help="Further id or address of the same person; may be repeated.", metavar="ID")
]


def command(id: Id, folder: Folder = None, also: Also = None, *, asked: Asked) -> None:
    """Remove a person from results, and from later runs.

    Rows of tables go, other mentions become (forgotten); the person is put on the suppression list
    (privacy.suppression). -n only lists where the person is found.
    """
    from segcli.cli import discovered
    from segcli.cli.settings import resolve

    with Talk(asked) as talk:
        loaded = resolve(asked)
        discovered.announce(loaded, talk)
        discovered.check_written(loaded, [discovered.SUPPRESSION])
        settings = loaded.settings
        place = Path(folder or settings.output or "")
        if not (folder or settings.output):
            raise UsageProblem("no folder: name the one with the results, or a config with output")
        if not place.is_dir():
            raise InputProblem(
                "there is no such folder", source=str(place), remedy="Name the one with the results of runs"
            )
        from segcli.files import forgetting, lock

        with lock.held(place):
            found = forgetting.traces(place, _known_as([id, *(also or [])], settings))
            if not asked.dry_run:
                forgetting.forget(found)
        _say(found, talk, dry=asked.dry_run)
        listed = settings.privacy.suppression
        if listed is not None and not asked.dry_run:
            _suppress(listed, [id, *(also or [])])
            talk.say("listed", f"in {listed}: no command will look at this person again")
        elif listed is None:
            talk.say("note", "no suppression list (privacy.suppression): the next run finds them in the exports again")
        _show(found, asked, talk)


def _known_as(names: list[str], settings: "Settings") -> list[str]:
    """Return what results may call a person: the names as given and as results spell them, digests, pseudonyms.

    Ad systems get digests of addresses; pseudonyms are known where there is a key.
    """
    import hashlib

    from segcli.files import key
    from segcli.ingest.customer_ids import respell

    names = [*names, *(respell(name, settings.ingest) for name in names)]
    key_file = settings.privacy.key_file
    addresses = [name.strip().lower() for name in names if "@" in name]
    forms = [*names, *addresses]
    known = [*forms, *(hashlib.sha256(one.encode()).hexdigest() for one in addresses)]
    if key_file is not None and Path(key_file).exists():
        secret = key.load(key_file)
        known += [secret.pseudonym(one) for one in forms if not key.is_pseudonym(one)]
    return list(dict.fromkeys(known))


def _say(found: "list[Trace]", talk: Talk, *, dry: bool) -> None:
    verb = "would" if dry else "forgot"
    for one in found:
        talk.say(
            verb,
            f"{one.path}: {counted(one.rows, 'row')}, {counted(one.mentions, 'other mention')}",
            path=str(one.path),
        )
    if not found:
        talk.say(verb, "nothing: no file names this person")


def _suppress(path: str, names: list[str]) -> None:
    """The list with these people at its end; made with the columns customer_id and email where there is none."""
    import csv
    import io

    from segcli.files.write import write

    text = Path(path).read_text(encoding="utf-8") if Path(path).exists() else "customer_id,email\n"
    header = next(csv.reader([text.splitlines()[0]]))
    by = {"email" if "@" in name else "customer_id" for name in names}
    if not by <= set(header):
        raise UsageProblem(f"{path}: has no column {' or '.join(sorted(by))}; add the person yourself")
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writerows({"email" if "@" in name else "customer_id": name} for name in names)
    write(path, (text if text.endswith("\n") else f"{text}\n").encode() + out.getvalue().encode())


def _show(found: "list[Trace]", asked: Asked, talk: Talk) -> None:
    from segcli.cli.show import show

    show(_result(found), asked, talk)


def _result(found: "list[Trace]") -> "Result":
    import pandas as pd

    from segcli.reports import tables
    from segcli.reports.envelope import records
    from segcli.reports.result import Result

    rows = pd.DataFrame(
        [[str(one.path), one.rows, one.mentions] for one in found], columns=["file", "rows", "mentions"]
    )
    return Result(rows, lambda: {"schema": "segcli.forget/1", "files": records(rows)}, (tables.found(rows),))

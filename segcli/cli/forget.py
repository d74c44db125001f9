"""segcli forget: take a person out of the results of earlier runs, and keep them out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from segcli.cli.options import Asked
from segcli.cli.streams import Talk
from segcli.counting import counted
from segcli.errors import GateFailed, InputProblem, UsageProblem

if TYPE_CHECKING:
    from segcli.config import Settings
    from segcli.files.erasure import Trace
    from segcli.files.person import Person
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

    segcli removes their rows from tables and JSON, replaces other mentions with (forgotten), checks every file
    again, and puts the person on the suppression list (privacy.suppression). Files that it does not rewrite, such as
    Markdown and HTML, are named, and the exit code is 4. -n only lists where the person is found.
    """
    from segcli.cli import discovered
    from segcli.cli.settings import resolve

    with Talk(asked) as talk:
        loaded = resolve(asked)
        discovered.announce(loaded, talk)
        discovered.check_written(loaded, [discovered.SUPPRESSION])
        settings = loaded.settings
        place = _results_folder(folder, settings)
        names, listed = [id, *(also or [])], settings.privacy.suppression
        _refuse_nobody(names, settings)
        if listed is not None:
            _check_list(listed, names, settings)  # refused before anything is written
        left = _erase(place, names, settings, asked, talk)
        if listed is None:
            talk.say("note", "no suppression list (privacy.suppression): the next run finds them in the exports again")
        elif not asked.dry_run:
            _suppress(listed, names, settings)
            talk.say("listed", f"in {listed}: no command will look at this person again")
        if left and not asked.dry_run:
            more = f" (and {len(left) - 1:,} more)" if len(left) > 1 else ""
            raise GateFailed(
                f"{left[0].path}: still names this person ({left[0].place}){more}. "
                "Delete the file, or write it again with segcli run"
            )


def _results_folder(folder: str | None, settings: "Settings") -> Path:
    if not (folder or settings.output):
        raise UsageProblem("no folder: name the one with the results, or a config with output")
    place = Path(folder or settings.output or "")
    if not place.is_dir():
        raise InputProblem("there is no such folder", source=str(place), remedy="Name the one with the results of runs")
    return place


def _erase(place: Path, names: list[str], settings: "Settings", asked: Asked, talk: Talk) -> "list[Trace]":
    """Erase the person from a folder, print what was done, and return the files that still name them."""
    from segcli.exporters.person_forms import contact_forms, person_forms
    from segcli.files import erasure, key, lock, manifest, write

    key_file = settings.privacy.key_file
    secret = key.load(key_file) if key_file is not None and Path(key_file).exists() else None
    kept = [Path(path) for path in (settings.privacy.suppression, key_file) if path is not None]
    person = person_forms(names, settings.ingest, secret)
    with lock.lock_below(place) as folders:
        for one in folders:
            if manifest.is_incomplete(one):
                talk.say("note", f"{one}: its run has not finished (no {manifest.NAME}); segcli run writes it again")
            if not asked.dry_run:
                write.sweep(one)
        found, person = erasure.find_with_contacts(
            place, person, lambda text: contact_forms(text, settings.ingest, secret), kept
        )
        entries = _erase_from_states(place, person, settings, asked, talk)
        found = [trace for trace in found if trace.path.parent not in entries]
        left = [trace for trace in found if trace.body is None]
        if not asked.dry_run:
            erasure.erase(found)
            left = [_with_place(trace) for trace in erasure.find_person(place, person, kept)]
    _say(found, talk, dry=asked.dry_run)
    for trace in left:
        talk.say("left", f"{trace.path}: names this person ({trace.place})", path=str(trace.path))
    if found and not asked.dry_run and any(place.rglob(manifest.NAME)):
        talk.say("note", "reports and personas were computed with this person: segcli run computes them again without")
    _show([trace for trace in found if trace.body is not None], asked, talk)
    return left


def _with_place(trace: "Trace") -> "Trace":
    from dataclasses import replace

    place = f"{counted(trace.rows, 'row')}, {counted(trace.mentions, 'other mention')}"
    return trace if trace.place else replace(trace, place=place)


def _say(found: "list[Trace]", talk: Talk, *, dry: bool) -> None:
    verb = "would" if dry else "forgot"
    for one in found:
        if one.body is not None:
            talk.say(
                verb,
                f"{one.path}: {counted(one.rows, 'row')}, {counted(one.mentions, 'other mention')}",
                path=str(one.path),
            )
    if not found:
        talk.say(verb, "nothing: no file names this person")


def _erase_from_states(place: Path, person: "Person", settings: "Settings", asked: Asked, talk: Talk) -> list[Path]:
    """Remove the entries of states that hold the person and return them; the next run reads their files again."""
    from contextlib import ExitStack

    from segcli.customers.state import entries_of
    from segcli.files import lock
    from segcli.files.bundle import remove

    elsewhere = settings.ingest.state and Path(settings.ingest.state)
    states = [place]
    with ExitStack() as stack:
        if elsewhere and elsewhere.is_dir() and not elsewhere.resolve().is_relative_to(place.resolve()):
            stack.enter_context(lock.held(elsewhere))
            states.append(elsewhere)
        entries = [entry for state in states for entry in entries_of(state, person)]
        for entry in entries:
            if not asked.dry_run:
                remove(entry)
            verb = "would" if asked.dry_run else "forgot"
            talk.say(verb, f"{entry}: the totals of a file; the next run reads that file again", path=str(entry))
    return entries


def _refuse_nobody(names: list[str], settings: "Settings") -> None:
    """Refuse a name that is blank or means that there is none, such as n/a.

    Raises:
        UsageProblem: a name names nobody.
    """
    from segcli.customers.suppression_list import identities_of

    for name in names:
        if not identities_of(name, settings.ingest):
            raise UsageProblem(f"'{name}' names nobody; give a customer id, an e-mail address or a phone number")


def _check_list(path: str, names: list[str], settings: "Settings") -> None:
    """Refuse a list that could not be read, written or extended."""
    from segcli.files import lock, write

    write.check(path)
    with lock.wait_for_turn(Path(path).resolve().parent):
        _build_list(path, names, settings)


def _suppress(path: str, names: list[str], settings: "Settings") -> None:
    """Add people to the list, one process after the other."""
    from segcli.files import lock, write

    with lock.wait_for_turn(Path(path).resolve().parent):
        write.write(path, _build_list(path, names, settings))


def _build_list(path: str, names: list[str], settings: "Settings") -> bytes:
    """Return the list with these people at its end; a new list has the columns customer_id and email.

    Raises:
        UsageProblem: the list has no column for one of them, or is not UTF-8.
        InputProblem: the list cannot be read.
    """
    from segcli.customers.suppression_list import identities_of, identity_columns, load_suppression_list
    from segcli.files.erasure import quote_cell
    from segcli.files.read import read

    body, known = b"customer_id,email\n", dict[str, object]()
    if Path(path).exists():
        body = read(path).body
        people = load_suppression_list(path, settings.ingest)
        known = {f"{kind} {form}": True for kind, forms in people.identities.items() for form in forms}
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageProblem(f"{path}: is not UTF-8; save it as UTF-8, so that people can be added") from None
    delimiter, header, places = identity_columns(text)
    new = [n for n in names if any(f"{kind} {form}" not in known for kind, form in identities_of(n, settings.ingest))]
    kinds = {name: _kind(name) for name in new}
    missing = sorted({kind for kind in kinds.values() if kind not in places})
    if missing:
        raise UsageProblem(f"{path}: has no column {' or '.join(missing)}; add the person yourself")
    end = "\r\n" if "\r\n" in text else "\n"
    rows = (
        delimiter.join(quote_cell(name, delimiter) if place == places[kind] else "" for place in range(len(header)))
        for name, kind in kinds.items()
    )
    return (body if text.endswith("\n") else body + end.encode()) + "".join(f"{row}{end}" for row in rows).encode()


def _kind(name: str) -> str:
    from segcli.customers.suppression_list import kind_of

    kind = kind_of(name, "customer_id")
    return kind if kind in {"email", "phone"} else "customer_id"


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

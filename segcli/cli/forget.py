"""Command `segcli forget`: delete a person from earlier results and exclude them from later runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console
from segcli.errors import GateFailure, InputProblem, UsageProblem
from segcli.formatting import pluralize

if TYPE_CHECKING:
    from segcli.config import Settings
    from segcli.io.erasure import PersonTrace
    from segcli.io.person import Person
    from segcli.reports.blocks import Result

PersonArgument = Annotated[str, Argument(help="Customer id, pseudonym or e-mail address of the person.", metavar="ID")]
ResultsFolderArgument = Annotated[
    str | None,
    Argument(help="Folder with the results of your runs. Default: the output folder in your config.", metavar="FOLDER"),
]
AlsoOption = Annotated[
    list[str] | None, Option("--also", help="Another id or address of the same person. Repeatable.", metavar="ID")
]

EXAMPLES = (
    "segcli forget C-00005 results --dry-run",
    "segcli forget C-00005 results --also ann@example.com",
)


def command(
    id: PersonArgument, folder: ResultsFolderArgument = None, also: AlsoOption = None, *, common_options: CommonOptions
) -> None:
    """Delete a customer's data from earlier results.

    segcli removes the person's rows from tables and JSON, replaces other mentions with (forgotten), checks all files
    again, and adds the person to the suppression list (privacy.suppression), so that later runs exclude them. It does
    not rewrite some files, such as Markdown and HTML. segcli lists these and exits with code 4. With -n, it only lists
    the files that mention the person.
    """
    from segcli.cli import discovered_config
    from segcli.cli.command_settings import resolve_settings

    with Console(common_options) as console:
        loaded_config = resolve_settings(common_options)
        discovered_config.announce_config(loaded_config, console)
        discovered_config.check_written_paths(loaded_config, [discovered_config.SUPPRESSION_SETTING])
        settings = loaded_config.settings
        results_folder = _find_results_folder(folder, settings)
        person_names, list_path = [id, *(also or [])], settings.privacy.suppression
        _check_person_names(person_names, settings)
        if list_path is not None:
            _check_suppression_list(list_path, person_names, settings)  # rejects a bad list before anything is written
        remaining_traces = _erase_person(results_folder, person_names, settings, common_options, console)
        if list_path is None:
            console.log(
                "note",
                ("no suppression list (privacy.suppression): the next run reads this person from the exports again"),
            )
        elif not common_options.dry_run:
            _extend_suppression_list(list_path, person_names, settings)
            console.log("listed", f"in {list_path}: segcli ignores this person from now on")
        if remaining_traces and not common_options.dry_run:
            more_text = f" (and {len(remaining_traces) - 1:,} more)" if len(remaining_traces) > 1 else ""
            raise GateFailure(
                f"{remaining_traces[0].path}: still contains this person ({remaining_traces[0].place}){more_text}. "
                "Delete the file, or rewrite it with segcli run"
            )


def _find_results_folder(folder: str | None, settings: "Settings") -> Path:
    if not (folder or settings.output):
        raise UsageProblem("no folder; pass the results folder, or a config with output")
    results_folder = Path(folder or settings.output or "")
    if not results_folder.is_dir():
        raise InputProblem(
            "folder not found", source=str(results_folder), remedy="pass the folder with the results of runs"
        )
    return results_folder


def _erase_person(
    results_folder: Path, person_names: list[str], settings: "Settings", common_options: CommonOptions, console: Console
) -> "list[PersonTrace]":
    """Erase the person from a folder, log the changes, and return the traces that remain."""
    from segcli.exporters.person_forms import list_contact_forms, list_person_forms
    from segcli.io import erasure, lock, manifest, secret_key, write

    key_path = settings.privacy.key_file
    pseudonym_key = secret_key.load_key(key_path) if key_path is not None and Path(key_path).exists() else None
    kept_paths = [Path(path) for path in (settings.privacy.suppression, key_path) if path is not None]
    person = list_person_forms(person_names, settings.ingest, pseudonym_key)
    with lock.lock_directory_tree(results_folder) as folders:
        for folder in folders:
            if manifest.is_incomplete(folder):
                console.log(
                    "note",
                    f"{folder}: its run has not finished (no {manifest.MANIFEST_FILE}); segcli run rewrites it",
                )
            if not common_options.dry_run:
                write.remove_temporary_files(folder)
        traces, person = erasure.find_person_and_contacts(
            results_folder, person, lambda text: list_contact_forms(text, settings.ingest, pseudonym_key), kept_paths
        )
        entries = _erase_cache_entries(results_folder, person, settings, common_options, console)
        traces = [trace for trace in traces if trace.path.parent not in entries]
        remaining_traces = [trace for trace in traces if trace.body is None]
        if not common_options.dry_run:
            erasure.erase_person(traces)
            remaining_traces = [_add_place(trace) for trace in erasure.find_person(results_folder, person, kept_paths)]
    _log_traces(traces, console, is_dry_run=common_options.dry_run)
    for trace in remaining_traces:
        console.log("left", f"{trace.path}: contains this person ({trace.place})", path=str(trace.path))
    if traces and not common_options.dry_run and any(results_folder.rglob(manifest.MANIFEST_FILE)):
        console.log("note", "reports and personas still include this person: segcli run computes them again")
    _show_traces([trace for trace in traces if trace.body is not None], common_options, console)
    return remaining_traces


def _add_place(trace: "PersonTrace") -> "PersonTrace":
    from dataclasses import replace

    mention_counts = f"{pluralize(trace.rows, 'row')}, {pluralize(trace.mentions, 'other mention')}"
    return trace if trace.place else replace(trace, place=mention_counts)


def _log_traces(traces: "list[PersonTrace]", console: Console, *, is_dry_run: bool) -> None:
    verb = "would" if is_dry_run else "forgot"
    for trace in traces:
        if trace.body is not None:
            console.log(
                verb,
                f"{trace.path}: {pluralize(trace.rows, 'row')}, {pluralize(trace.mentions, 'other mention')}",
                path=str(trace.path),
            )
    if not traces:
        console.log(verb, "nothing: no file contains this person")


def _erase_cache_entries(
    results_folder: Path, person: "Person", settings: "Settings", common_options: CommonOptions, console: Console
) -> list[Path]:
    """Remove the state entries that contain the person and return them; the next run reads their files again."""
    from contextlib import ExitStack

    from segcli.customers.cache import find_person_entries
    from segcli.io import lock
    from segcli.io.atomic_directory import remove_directory

    separate_folder = settings.ingest.state and Path(settings.ingest.state)
    cache_folders = [results_folder]
    with ExitStack() as stack:
        if (
            separate_folder
            and separate_folder.is_dir()
            and not separate_folder.resolve().is_relative_to(results_folder.resolve())
        ):
            stack.enter_context(lock.lock_directory(separate_folder))
            cache_folders.append(separate_folder)
        cache_entries = [
            cache_entry for cache_folder in cache_folders for cache_entry in find_person_entries(cache_folder, person)
        ]
        for cache_entry in cache_entries:
            if not common_options.dry_run:
                remove_directory(cache_entry)
            verb = "would" if common_options.dry_run else "forgot"
            console.log(
                verb,
                (f"{cache_entry}: cached totals of a file; the next run reads that file again"),
                path=str(cache_entry),
            )
    return cache_entries


def _check_person_names(person_names: list[str], settings: "Settings") -> None:
    """Reject names that are blank or mean a missing value, such as n/a.

    Raises:
        UsageProblem: a name identifies nobody.
    """
    from segcli.customers.suppression_list import normalise_identity

    for name in person_names:
        if not normalise_identity(name, settings.ingest):
            raise UsageProblem(f"'{name}' is not a person; pass a customer id, an e-mail address or a phone number")


def _check_suppression_list(list_path: str, person_names: list[str], settings: "Settings") -> None:
    """Reject a suppression list that cannot be read, written or extended."""
    from segcli.io import lock, write

    write.check_writable(list_path)
    with lock.wait_for_directory(Path(list_path).resolve().parent):
        _build_suppression_list(list_path, person_names, settings)


def _extend_suppression_list(list_path: str, person_names: list[str], settings: "Settings") -> None:
    """Add people to the suppression list; a lock keeps other processes out."""
    from segcli.io import lock, write

    with lock.wait_for_directory(Path(list_path).resolve().parent):
        write.write_file(list_path, _build_suppression_list(list_path, person_names, settings))


def _build_suppression_list(list_path: str, person_names: list[str], settings: "Settings") -> bytes:
    """Return the suppression list with these people appended; a new list has the columns customer_id and email.

    Raises:
        UsageProblem: the list has no column for one of them, or is not UTF-8.
        InputProblem: the list cannot be read.
    """
    from segcli.customers.suppression_list import find_identity_columns, load_suppression_list, normalise_identity
    from segcli.io.erasure import quote_cell
    from segcli.io.read import read_file

    body, known_forms = b"customer_id,email\n", dict[str, object]()
    if Path(list_path).exists():
        body = read_file(list_path).body
        suppression_list = load_suppression_list(list_path, settings.ingest)
        known_forms = {f"{kind} {form}": True for kind, forms in suppression_list.identities.items() for form in forms}
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageProblem(f"{list_path}: is not UTF-8; save it as UTF-8 to add people") from None
    delimiter, header, column_positions = find_identity_columns(text)
    new_names = [
        person_name
        for person_name in person_names
        if any(f"{kind} {form}" not in known_forms for kind, form in normalise_identity(person_name, settings.ingest))
    ]
    kind_by_name = {name: _find_identity_kind(name) for name in new_names}
    missing = sorted({kind for kind in kind_by_name.values() if kind not in column_positions})
    if missing:
        raise UsageProblem(f"{list_path}: has no column {' or '.join(missing)}; add the person yourself")
    line_end = "\r\n" if "\r\n" in text else "\n"
    rows = (
        delimiter.join(
            quote_cell(name, delimiter) if position == column_positions[kind] else "" for position in range(len(header))
        )
        for name, kind in kind_by_name.items()
    )
    return (body if text.endswith("\n") else body + line_end.encode()) + "".join(
        f"{row}{line_end}" for row in rows
    ).encode()


def _find_identity_kind(name: str) -> str:
    from segcli.customers.suppression_list import classify_identity

    kind = classify_identity(name, "customer_id")
    return kind if kind in {"email", "phone"} else "customer_id"


def _show_traces(traces: "list[PersonTrace]", common_options: CommonOptions, console: Console) -> None:
    from segcli.cli.output import write_result

    write_result(_build_result(traces), common_options, console)


def _build_result(traces: "list[PersonTrace]") -> "Result":
    import pandas as pd

    from segcli.reports import tables
    from segcli.reports.blocks import Result
    from segcli.reports.envelope import to_records

    trace_rows = pd.DataFrame(
        [[str(trace.path), trace.rows, trace.mentions] for trace in traces], columns=["file", "rows", "mentions"]
    )
    return Result(
        trace_rows,
        lambda: {"schema": "segcli.forget/1", "files": to_records(trace_rows)},
        (tables.build_table(trace_rows),),
    )

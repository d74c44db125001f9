"""Where a command's customers come from."""

import gc
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli import discovered, gates, keys, rejects
from segcli.cli.options import Asked
from segcli.cli.progress import step
from segcli.cli.settings import day, resolve
from segcli.cli.streams import Talk, format_name, is_terminal
from segcli.cli.told import tell
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from segcli.config import Loaded, Settings
    from segcli.model import Customers, Segmentation

    Needs = Callable[[Loaded], Sequence[str] | None]

PATH = "ingest.transactions.path"
STDIN = "-"
COLLECT_AFTER = 50_000  # objects; by default 700, and then a run spends a twentieth of its time on collections
SETTINGS = (".yaml", ".yml")  # suffixes that no export has


@dataclass(frozen=True)
class Sourced:
    """Settings in force and the customers they lead to."""

    loaded: "Loaded"
    customers: "Customers"

    @property
    def settings(self) -> "Settings":
        """The settings tree."""
        return self.loaded.settings

    def gate(self) -> None:
        """Once all output is written: exit code 4 where a quality rule does not hold."""
        gates.check(self.customers, self.settings)


def read(
    source: str | None,
    asked: Asked,
    talk: Talk,
    flags: Mapping[str, Any] | None = None,
    *,
    extra: Sequence[str] = (),
    extra_inputs: Sequence[str] = (),
    also: str | Sequence[str] | None = None,
    first: "Callable[[Loaded], object] | None" = None,
    contacts: bool = False,
    any_suffix: bool = False,
    measures: "Needs | None" = None,
) -> Sourced:
    """Check settings and outputs (-o and `also`), then read the input: INPUT, or a pipe, or what the settings name.

    `extra` are further files of one row per customer; `extra_inputs` are read elsewhere, and may be no output;
    `contacts` says that addresses are needed; with `any_suffix` the name of -o says nothing of its format;
    `measures` returns those that the command uses (default: all).
    """
    if source is not None and source.lower().endswith(SETTINGS):
        raise UsageProblem(
            f"{source}: is named like settings; give them with -c, or do what they say: segcli run {source}"
        )
    loaded = resolve(asked, {PATH: source, **(flags or {})})
    if source is None and _reads_stdin(loaded.settings):
        loaded = resolve(asked, {PATH: STDIN, **(flags or {})})
    discovered.announce(loaded, talk)
    if first:
        first(loaded)  # what can be wrong with the settings alone is said before anything is read
    more = [also] if also is None or isinstance(also, str) else also
    if not any_suffix:
        format_name(asked, document=False)  # an unknown suffix is said before anything is read
    outputs = [str(path) for path in (asked.output, *more) if path not in (None, STDIN)]
    check_distinct([*outputs, *filter(None, [loaded.settings.ingest.rejects, loaded.settings.privacy.key_file])])
    for path in outputs:
        check_output(path, [*inputs(loaded.settings, asked), *extra, *extra_inputs], force=asked.force)
    needed = measures(loaded) if measures else None
    return Sourced(loaded, read_loaded(loaded, asked, talk, extra=extra, contacts=contacts, needed=needed))


def check_output(path: str, read_too: Sequence[str], *, force: bool) -> None:
    """Refuse an output that could not be written, is also read, or replaces no output, before anything is read."""
    from segcli.files import overwrite, write

    write.check(path, read_too)
    overwrite.refuse_other_kind(path, force=force)


def check_distinct(paths: Sequence[str]) -> None:
    """Refuse one file for two outputs."""
    from segcli.files import write

    write.check_distinct(paths)


def inputs(settings: "Settings", asked: Asked) -> list[str]:
    """The files that are read: sources, tables that rules look things up in, and the settings file itself."""
    from segcli.files.parts import parts

    ingest = settings.ingest
    sources = (ingest.customers, ingest.responses, ingest.contacts)
    main = [] if ingest.transactions.path is None else parts(ingest.transactions.path)
    paths = [
        *main,
        *(s.path for s in sources if s is not None),
        settings.privacy.suppression,
        settings.privacy.key_file,
        *([table_of(settings.report.previous)] if settings.report.previous else []),
    ]
    return [path for path in (*paths, *(one.table for one in settings.rules), asked.config) if path is not None]


def read_loaded(
    loaded: "Loaded",
    asked: Asked,
    talk: Talk,
    *,
    extra: Sequence[str] = (),
    contacts: bool = False,
    needed: Sequence[str] | None = None,
) -> "Customers":
    """Read the input that the settings name, and say how it was understood; the rejects file may be no input."""
    from segcli import customers
    from segcli.customers.measures import select_measures
    from segcli.customers.private import Privacy
    from segcli.files import manifest

    settings = loaded.settings
    manifest.refuse_incomplete(settings.ingest.transactions.path or STDIN)
    if settings.ingest.rejects:
        check_output(settings.ingest.rejects, [*inputs(settings, asked), *extra], force=asked.force)
    changed: dict[str, Any] = {"measures": select_measures(settings.ingest, settings.privacy, needed)}
    ingest = settings.ingest.model_copy(update=changed | ({"state": None} if asked.dry_run else {}))
    privacy = Privacy(settings.privacy, keys.needed(settings, talk, dry=asked.dry_run), contacts)
    if ingest.state and settings.privacy.suppression:
        talk.say("note", f"suppression list: all files are read again, and nothing is stored in {ingest.state}")
    gc.freeze()  # what is imported by now stays; collections need not look at it
    gc.set_threshold(COLLECT_AFTER)
    gc.enable()
    with step("reading", asked):
        found = customers.read(ingest, day(settings.as_of), extra, settings.quality, privacy)
    tell(found, talk, as_of_given=settings.as_of is not None, verbose=asked.verbose)
    gates.tell(found, talk)
    rejects.save(found, settings.ingest, asked, talk)
    rejects.gate(found, settings.ingest)
    return found


def table_of(name: str) -> str:
    """The customer table of a run's folder, or the table itself."""
    return str(Path(name) / "customers.csv") if Path(name).is_dir() else name


def before(path: str, settings: "Settings", talk: Talk) -> "Customers":
    """An earlier table, with ids as results have them."""
    from segcli.config.ingest import IngestSettings, Source
    from segcli.customers import read
    from segcli.customers.private import Privacy
    from segcli.files import manifest

    manifest.refuse_incomplete(path)
    privacy = Privacy(settings.privacy, keys.needed(settings, talk, dry=True), may_lack_identities=True)
    own = {name: getattr(settings.ingest, name) for name in ("id_case", "id_apostrophes", "id_decimals")}
    return read(IngestSettings(transactions=Source(path=path), **own), privacy=privacy)


def segmentations_of(path: str, settings: "Settings", talk: Talk) -> "list[Segmentation]":
    """The segmentations that an earlier table holds."""
    from segcli.segment.read_back import read_back, segment_columns

    found = before(path, settings, talk)
    return [read_back(found, column) for column in segment_columns(found)]


def _reads_stdin(settings: "Settings") -> bool:
    """Whether standard input is the input, when none is named on the command line.

    Where the settings name one, a pipe wins only if something comes through it: cron gives its jobs an empty pipe.
    """
    ingest = settings.ingest
    if ingest.transactions.path or ingest.customers:
        return _is_piped() and bool(sys.stdin.buffer.peek(1))  # type: ignore[union-attr]  # it is a BufferedReader
    return not is_terminal(sys.stdin)


def _is_piped() -> bool:
    """Whether standard input is a pipe or a file, not a terminal or /dev/null."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)

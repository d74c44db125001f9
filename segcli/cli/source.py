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
from segcli.cli.options import CommonOptions
from segcli.cli.progress import show_progress
from segcli.cli.settings import parse_as_of, resolve_settings
from segcli.cli.streams import Console, is_terminal, select_format
from segcli.cli.told import print_input_summary
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from segcli.config import LoadedSettings, Settings
    from segcli.model import Customers, Segmentation

    MeasureSelector = Callable[[LoadedSettings], Sequence[str] | None]

ORDERS_PATH_KEY = "ingest.transactions.path"
STDIN_PATH = "-"
GC_THRESHOLD = 50_000  # objects; by default 700, and then a run spends a twentieth of its time on collections
CONFIG_SUFFIXES = (".yaml", ".yml")  # suffixes that no export has


@dataclass(frozen=True)
class CommandInput:
    """Settings in force and the customers they lead to."""

    loaded_config: "LoadedSettings"
    customers: "Customers"

    @property
    def settings(self) -> "Settings":
        """The settings tree."""
        return self.loaded_config.settings

    def check_quality(self) -> None:
        """Once all output is written: exit code 4 where a quality rule does not hold."""
        gates.check_quality(self.customers, self.settings)


def read_input(
    input_path: str | None,
    common_options: CommonOptions,
    console: Console,
    flags: Mapping[str, Any] | None = None,
    *,
    extra_paths: Sequence[str] = (),
    extra_inputs: Sequence[str] = (),
    extra_outputs: str | Sequence[str] | None = None,
    check_settings: "Callable[[LoadedSettings], object] | None" = None,
    needs_contacts: bool = False,
    allows_any_suffix: bool = False,
    list_measures: "MeasureSelector | None" = None,
) -> CommandInput:
    """Check settings and outputs (-o and `extra_outputs`), then read INPUT, or a pipe, or what the settings name.

    `extra_paths` are further files of one row per customer; `extra_inputs` are read elsewhere, and may be no output;
    `needs_contacts` says that addresses are needed; with `allows_any_suffix` the name of -o says nothing of its format;
    `list_measures` returns those that the command uses (default: all).
    """
    if input_path is not None and input_path.lower().endswith(CONFIG_SUFFIXES):
        raise UsageProblem(
            f"{input_path}: is named like settings; give them with -c, or do what they say: segcli run {input_path}"
        )
    loaded_config = resolve_settings(common_options, {ORDERS_PATH_KEY: input_path, **(flags or {})})
    if input_path is None and _reads_stdin(loaded_config.settings):
        loaded_config = resolve_settings(common_options, {ORDERS_PATH_KEY: STDIN_PATH, **(flags or {})})
    discovered.announce_config(loaded_config, console)
    if check_settings:
        check_settings(loaded_config)  # what can be wrong with the settings alone is said before anything is read
    more_outputs = [extra_outputs] if extra_outputs is None or isinstance(extra_outputs, str) else extra_outputs
    if not allows_any_suffix:
        select_format(common_options, is_document=False)  # an unknown suffix is said before anything is read
    outputs = [str(path) for path in (common_options.output, *more_outputs) if path not in (None, STDIN_PATH)]
    check_distinct_paths(
        [*outputs, *filter(None, [loaded_config.settings.ingest.rejects, loaded_config.settings.privacy.key_file])]
    )
    for path in outputs:
        check_output(
            path,
            [*list_input_paths(loaded_config.settings, common_options), *extra_paths, *extra_inputs],
            force=common_options.force,
        )
    measures = list_measures(loaded_config) if list_measures else None
    return CommandInput(
        loaded_config,
        read_customers(
            loaded_config,
            common_options,
            console,
            extra_paths=extra_paths,
            needs_contacts=needs_contacts,
            measures=measures,
        ),
    )


def check_output(path: str, input_paths: Sequence[str], *, force: bool) -> None:
    """Refuse an output that could not be written, is also read, or replaces no output, before anything is read."""
    from segcli.files import overwrite, write

    write.check_writable(path, input_paths)
    overwrite.refuse_foreign_file(path, force=force)


def check_distinct_paths(paths: Sequence[str]) -> None:
    """Refuse one file for two outputs."""
    from segcli.files import write

    write.check_distinct_outputs(paths)


def list_input_paths(settings: "Settings", common_options: CommonOptions) -> list[str]:
    """The files that are read: sources, tables that rules look things up in, and the settings file itself."""
    from segcli.files.parts import expand_path

    ingest_settings = settings.ingest
    sources = (ingest_settings.customers, ingest_settings.responses, ingest_settings.contacts)
    order_paths = [] if ingest_settings.transactions.path is None else expand_path(ingest_settings.transactions.path)
    paths = [
        *order_paths,
        *(source.path for source in sources if source is not None),
        settings.privacy.suppression,
        settings.privacy.key_file,
        *([find_customer_table(settings.report.previous)] if settings.report.previous else []),
    ]
    return [
        path
        for path in (*paths, *(rule_settings.table for rule_settings in settings.rules), common_options.config)
        if path is not None
    ]


def read_customers(
    loaded_config: "LoadedSettings",
    common_options: CommonOptions,
    console: Console,
    *,
    extra_paths: Sequence[str] = (),
    needs_contacts: bool = False,
    measures: Sequence[str] | None = None,
) -> "Customers":
    """Read the input that the settings name, and say how it was understood; the rejects file may be no input."""
    from segcli import customers
    from segcli.customers.measures import select_measures
    from segcli.customers.private import PrivacyOptions
    from segcli.files import manifest

    settings = loaded_config.settings
    manifest.refuse_incomplete(settings.ingest.transactions.path or STDIN_PATH)
    if settings.ingest.rejects:
        check_output(
            settings.ingest.rejects,
            [*list_input_paths(settings, common_options), *extra_paths],
            force=common_options.force,
        )
    changes: dict[str, Any] = {"measures": select_measures(settings.ingest, settings.privacy, measures)}
    ingest_settings = settings.ingest.model_copy(update=changes | ({"state": None} if common_options.dry_run else {}))
    privacy = PrivacyOptions(
        settings.privacy, keys.load_pseudonym_key(settings, console, is_dry_run=common_options.dry_run), needs_contacts
    )
    if ingest_settings.state and settings.privacy.suppression:
        console.log(
            "note", f"suppression list: all files are read again, and nothing is stored in {ingest_settings.state}"
        )
    gc.freeze()  # what is imported by now stays; collections need not look at it
    gc.set_threshold(GC_THRESHOLD)
    gc.enable()
    with show_progress("reading", common_options):
        loaded_customers = customers.load_customers(
            ingest_settings, parse_as_of(settings.as_of), extra_paths, settings.quality, privacy
        )
    print_input_summary(
        loaded_customers, console, is_as_of_given=settings.as_of is not None, verbose=common_options.verbose
    )
    gates.log_failures(loaded_customers, console)
    rejects.save_rejects(loaded_customers, settings.ingest, common_options, console)
    rejects.check_reject_limit(loaded_customers, settings.ingest)
    return loaded_customers


def find_customer_table(table_or_run: str) -> str:
    """The customer table of a run's folder, or the table itself."""
    return str(Path(table_or_run) / "customers.csv") if Path(table_or_run).is_dir() else table_or_run


def read_earlier_customers(path: str, settings: "Settings", console: Console) -> "Customers":
    """An earlier table, with ids as results have them."""
    from segcli.config.ingest import IngestSettings, Source
    from segcli.customers import load_customers
    from segcli.customers.private import PrivacyOptions
    from segcli.files import manifest

    manifest.refuse_incomplete(path)
    privacy = PrivacyOptions(
        settings.privacy, keys.load_pseudonym_key(settings, console, is_dry_run=True), may_lack_identities=True
    )
    id_settings = {name: getattr(settings.ingest, name) for name in ("id_case", "id_apostrophes", "id_decimals")}
    return load_customers(IngestSettings(transactions=Source(path=path), **id_settings), privacy=privacy)


def read_earlier_segmentations(path: str, settings: "Settings", console: Console) -> "list[Segmentation]":
    """The segmentations that an earlier table holds."""
    from segcli.segment.read_back import read_segmentation, segment_columns

    earlier_customers = read_earlier_customers(path, settings, console)
    return [read_segmentation(earlier_customers, column) for column in segment_columns(earlier_customers)]


def _reads_stdin(settings: "Settings") -> bool:
    """Whether standard input is the input, when none is named on the command line.

    Where the settings name one, a pipe wins only if something comes through it: cron gives its jobs an empty pipe.
    """
    ingest_settings = settings.ingest
    if ingest_settings.transactions.path or ingest_settings.customers:
        return _is_piped() and bool(sys.stdin.buffer.peek(1))  # type: ignore[union-attr]  # it is a BufferedReader
    return not is_terminal(sys.stdin)


def _is_piped() -> bool:
    """Whether standard input is a pipe or a file, not a terminal or /dev/null."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)

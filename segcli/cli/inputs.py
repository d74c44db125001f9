"""Read and check the input of a command."""

import gc
import os
import stat
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli import discovered_config, gates, keys, remote_inputs
from segcli.cli.command_settings import parse_as_of, resolve_settings
from segcli.cli.messages import print_input_summary
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console, is_terminal, select_format, show_progress
from segcli.errors import InputProblem, UsageProblem
from segcli.location import YAML_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from segcli.config import LoadedSettings, Settings
    from segcli.config.ingest import IngestSettings
    from segcli.model import Customers, QualityCheck, Segmentation

    MeasureSelector = Callable[[LoadedSettings], Sequence[str] | None]


# Rejected lines
REJECT_COLUMNS = ("line", "byte_offset", "reason", "column", "raw")


def save_rejects(
    customers: "Customers", settings: "IngestSettings", common_options: CommonOptions, console: Console
) -> None:
    """Write the rejected lines if `ingest.rejects` is set."""
    if settings.rejects is None:
        return
    import pandas as pd

    from segcli.cli import output
    from segcli.reports.blocks import Result

    reject_rows = [
        [getattr(reject, name) for name in REJECT_COLUMNS]
        for input_report in customers.input_reports
        for reject in input_report.rejects
    ]
    reject_table = pd.DataFrame(reject_rows, columns=list(REJECT_COLUMNS)).astype({"byte_offset": "Int64"})
    output.save_file(
        settings.rejects, output.render_csv(Result(reject_table, dict, ()), console), common_options, console
    )


def check_reject_limit(customers: "Customers", settings: "IngestSettings") -> None:
    """Fail before any output is written if the settings do not allow that many rejected lines.

    Raises:
        InputProblem: states the count and the limit.
    """
    from segcli.config.ingest_types import resolve_limit

    for input_report in customers.input_reports:
        rejected_lines = (
            sum(reason_total.lines for reason_total in input_report.reconciliation.rejected)
            if input_report.reconciliation
            else 0
        )
        if settings.max_rejects is not None and rejected_lines > resolve_limit(
            settings.max_rejects, input_report.input.rows
        ):
            raise InputProblem(
                f"{rejected_lines:,} of {input_report.input.rows:,} lines "
                f"rejected ({rejected_lines / input_report.input.rows:.1%}); "
                f"the limit is {settings.max_rejects}",
                source=input_report.input.name,
                remedy="save them with --rejects FILE",
            )


ORDERS_PATH_KEY = "ingest.transactions.path"
STDIN_PATH = "-"
GC_THRESHOLD = 50_000  # objects; with the default of 700, a run spends 5% of its time on garbage collection


@dataclass(frozen=True)
class CommandInput:
    """Effective settings and the customers read with them."""

    loaded_config: "LoadedSettings"
    customers: "Customers"

    @property
    def settings(self) -> "Settings":
        """The settings tree."""
        return self.loaded_config.settings

    def check_quality(self, more_checks: "Iterable[QualityCheck]" = ()) -> None:
        """Fail with exit code 4 if a quality rule or another check failed; call this after all output is written."""
        gates.check_quality((*self.customers.quality_checks, *more_checks), self.settings)


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
    """Check settings and outputs, then read the input: INPUT, a pipe, or the files named in the settings.

    Args:
        input_path: path of INPUT; None reads a pipe or the files named in the settings.
        common_options: the shared options; -o is checked as an output.
        console: receives messages.
        flags: more settings by their dotted names.
        extra_paths: more files of one row per customer.
        extra_inputs: files that the command reads itself; no output may replace them.
        extra_outputs: more files that the command writes.
        check_settings: check of the settings before any data are read.
        needs_contacts: whether the command needs addresses.
        allows_any_suffix: whether -o may have any suffix, because the suffix does not select the format.
        list_measures: returns the measures that the command uses; default: all.
    """
    if input_path is not None and input_path.lower().endswith(YAML_SUFFIXES):
        raise UsageProblem(f"{input_path}: looks like a config; pass it with -c, or run it: segcli run {input_path}")
    loaded_config = resolve_settings(common_options, {ORDERS_PATH_KEY: input_path, **(flags or {})})
    if input_path is None and _reads_stdin(loaded_config.settings):
        loaded_config = resolve_settings(common_options, {ORDERS_PATH_KEY: STDIN_PATH, **(flags or {})})
    discovered_config.announce_config(loaded_config, console)
    if check_settings:
        check_settings(loaded_config)  # reports problems of the settings before any data are read
    more_outputs = [extra_outputs] if extra_outputs is None or isinstance(extra_outputs, str) else extra_outputs
    if not allows_any_suffix:
        select_format(common_options, is_document=False)  # rejects an unknown suffix before any data are read
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
    """Reject an output that cannot be written, is also an input, or would replace a file of others."""
    from segcli.io import overwrite_guard, write

    write.check_writable(path, input_paths)
    overwrite_guard.refuse_foreign_file(path, force=force)


def check_distinct_paths(paths: Sequence[str]) -> None:
    """Reject one file for two outputs."""
    from segcli.io import write

    write.check_distinct_outputs(paths)


def list_input_paths(settings: "Settings", common_options: CommonOptions) -> list[str]:
    """Return all files to read: sources, lookup tables of rules, earlier results, privacy files and the config."""
    from segcli.io.paths import expand_path

    ingest_settings = settings.ingest
    sources = (ingest_settings.customers, ingest_settings.responses, ingest_settings.contacts)
    order_paths = [] if ingest_settings.transactions.path is None else expand_path(ingest_settings.transactions.path)
    paths = [
        *order_paths,
        *(source.path for source in sources if source is not None),
        *(path for event_source in ingest_settings.events.values() for path in expand_path(event_source.path)),
        *([ingest_settings.identity.path] if ingest_settings.identity else []),
        *(lookup.path for lookup in ingest_settings.lookups.values()),
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
    """Read the input named in the settings and log how segcli read it; the rejects file may not be an input."""
    from segcli import customers
    from segcli.customers.metrics import select_measures
    from segcli.customers.pseudonyms import PrivacyOptions
    from segcli.io import manifest, memory

    settings = loaded_config.settings
    remote_inputs.fetch_inputs(loaded_config, console)
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
            "note", f"suppression list: segcli reads all files again and stores nothing in {ingest_settings.state}"
        )
    if not gc.isenabled():  # the command line disables it; other callers keep their own settings
        gc.freeze()  # imported modules stay in memory, so garbage collection can skip them
        gc.set_threshold(GC_THRESHOLD)
        gc.enable()
    with show_progress("reading", common_options):
        loaded_customers = customers.load_customers(
            ingest_settings, parse_as_of(settings.as_of), extra_paths, settings.quality, privacy
        )
    print_input_summary(
        loaded_customers, console, is_as_of_given=settings.as_of is not None, verbose=common_options.verbose
    )
    if memory.available_memory() is None:
        console.log("note", memory.UNKNOWN_MEMORY_NOTE)
    gates.log_failures(loaded_customers.quality_checks, console)
    save_rejects(loaded_customers, settings.ingest, common_options, console)
    check_reject_limit(loaded_customers, settings.ingest)
    return loaded_customers


def find_customer_table(table_or_run: str) -> str:
    """Return the customer table of a run's folder, or the path itself if it is no folder."""
    return str(Path(table_or_run) / "customers.csv") if Path(table_or_run).is_dir() else table_or_run


def read_earlier_customers(path: str, settings: "Settings", console: Console) -> "Customers":
    """Read an earlier table, with customer ids normalised as in results."""
    from segcli.config.ingest import IngestSettings, Source
    from segcli.customers import load_customers
    from segcli.customers.pseudonyms import PrivacyOptions
    from segcli.io import manifest

    manifest.refuse_incomplete(path)
    privacy = PrivacyOptions(
        settings.privacy, keys.load_pseudonym_key(settings, console, is_dry_run=True), may_lack_identities=True
    )
    id_settings = {name: getattr(settings.ingest, name) for name in ("id_case", "id_apostrophes", "id_decimals")}
    return load_customers(IngestSettings(transactions=Source(path=path), **id_settings), privacy=privacy)


def read_earlier_segmentations(path: str, settings: "Settings", console: Console) -> "list[Segmentation]":
    """Read the segmentations of an earlier table."""
    from segcli.segment.segmentation import read_segmentation, segment_columns

    earlier_customers = read_earlier_customers(path, settings, console)
    return [read_segmentation(earlier_customers, column) for column in segment_columns(earlier_customers)]


def _reads_stdin(settings: "Settings") -> bool:
    """Return whether to read standard input if the command line names no input.

    If the settings name an input, a pipe has precedence only if it has data: cron gives its jobs an empty pipe.
    """
    ingest_settings = settings.ingest
    if ingest_settings.transactions.path or ingest_settings.customers:
        return _is_piped() and bool(sys.stdin.buffer.peek(1))  # type: ignore[union-attr]  # it is a BufferedReader
    return not is_terminal(sys.stdin)


def _is_piped() -> bool:
    """Return whether standard input is a pipe or a file, not a terminal or /dev/null."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)

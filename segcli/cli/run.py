"""Command `segcli run`: run everything that a config declares, into one folder."""

import contextlib
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from segcli.cli import (
    discovered_config,
    export_files,
    gates,
    inputs,
    keys,
    report_analyses,
    run_history,
    run_outputs,
    segmenters,
    terminal,
)
from segcli.cli.command_settings import resolve_settings
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console, show_progress
from segcli.errors import UsageProblem
from segcli.io.export_names import EXPORT_SUFFIXES
from segcli.message import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segcli.config import LoadedSettings
    from segcli.exporters.audience import ExportResult
    from segcli.model import Customers, Segmentation
    from segcli.persona.analysis import Analysis

# Files that a run may write; run.json is written last
RUN_FILES = (*run_outputs.RESULT_FILES, "datapackage.json", "run.json")
DATA_PACKAGE_NAME = "segcli-run"

DATA_SUFFIXES = (*EXPORT_SUFFIXES, ".csv.gz", ".tsv.gz", ".db", ".sqlite", ".duckdb")  # of data files, not of configs

ConfigArgument = Annotated[str, Argument(help="Config file (YAML).", metavar="CONFIG")]


StateOption = Annotated[
    str | None,
    Option(
        help="Folder for the aggregates of files already read. The next run then reads only new files.",
        metavar="DIR",
    ),
]

EXAMPLES = (
    "segcli run shop.yaml",
    "segcli run shop.yaml -o results --as-of today",
)


def command(file: ConfigArgument, state: StateOption = None, *, common_options: CommonOptions) -> None:
    """Run all analyses of a config into one folder.

    segcli writes results, the report and run.json (settings, inputs and provenance) into the output folder, and nothing
    elsewhere.
    """
    start_time = time.monotonic()
    _refuse_export(file)
    if common_options.config is not None:
        raise UsageProblem(f"--config {common_options.config}: run reads one config, {file}; remove --config")
    common_options = replace(common_options, config=file)
    if common_options.layout not in (None, "table", "md"):
        raise UsageProblem(
            f"--format {common_options.layout}: run prints table or md; its files have their own formats; remove it"
        )
    with Console(common_options) as console:
        loaded_config = resolve_settings(common_options, {"ingest.state": state})
        discovered_config.announce_config(loaded_config, console)
        outcome = write_run(
            file, loaded_config, common_options, console, command_line=["segcli", *sys.argv[1:]], start_time=start_time
        )
        _log_warnings(outcome.segmentations, console)
        _show_segment_tables(outcome.segmentations, common_options, console)
        if not common_options.dry_run and run_outputs.REPORT_PAGE in outcome.names:
            console.log(
                terminal.NEXT_LABEL, message("open {path} in a browser", path=outcome.folder / run_outputs.REPORT_PAGE)
            )
        check_gates(outcome, loaded_config)


@dataclass(frozen=True)
class RunOutcome:
    """Folder of a run, the names of its files, and what they were made from."""

    folder: Path
    names: tuple[str, ...]
    customers: "Customers"
    segmentations: "list[Segmentation]"
    analysis: "Analysis"
    export_results: "Sequence[ExportResult]"


def write_run(
    config_path: str,
    loaded_config: "LoadedSettings",
    common_options: CommonOptions,
    console: Console,
    *,
    command_line: Sequence[str],
    start_time: float,
) -> RunOutcome:
    """Compute everything that a config declares, and write it into the output folder.

    Args:
        config_path: path of the config, which names the default folder.
        loaded_config: effective settings.
        common_options: shared options; with `dry_run`, nothing is written.
        console: receives messages.
        command_line: command for run.json.
        start_time: start of the run, of `time.monotonic`.
    """
    folder = common_options.output or loaded_config.settings.output or str(Path("runs") / Path(config_path).stem)
    reject_paths = [path for path in (loaded_config.settings.ingest.rejects,) if path]
    segmenters.prepare_rules(loaded_config)
    export_files.check_destinations(loaded_config.settings)
    keys.refuse_key_inside(loaded_config.settings, folder)
    output_names = [*RUN_FILES, *export_files.list_file_names(loaded_config.settings)]
    history_settings = loaded_config.settings.history
    input_paths = inputs.list_input_paths(loaded_config.settings, common_options)
    with _lock_output_folder(
        folder,
        output_names,
        input_paths,
        reject_paths,
        is_dry_run=common_options.dry_run,
        console=console,
    ) as folder_path:
        customers = inputs.read_customers(
            loaded_config, common_options, console, needs_contacts=_needs_contacts(loaded_config)
        )
        run_history.check_history(history_settings, folder, customers.as_of)
        with show_progress(
            "finding segments" if loaded_config.declares_section("cluster") else "segmenting", common_options
        ):
            segmentations = segmenters.build_segmentations(customers, loaded_config)
        gates.log_failures(segmenters.check_sizes(segmentations, loaded_config.settings), console)
        from segcli.persona.analysis import Analysis

        analysis = Analysis(segmentations, loaded_config.settings)
        texts, export_results = _render_files(customers, analysis, loaded_config, common_options, console)
        if folder_path is None:
            console.log("would", f"write {', '.join(texts)} and run.json to {folder}")
            if history_settings.folder is not None:
                day_folder = run_history.describe_history(history_settings, customers.as_of)
                console.log("would", f"keep the segment sizes in {day_folder}")
        else:
            run_facts = _collect_run_facts(
                config_path, loaded_config, customers, segmentations, start_time, command_line
            )
            _save_outputs(folder_path, texts, run_facts, console)
            run_history.save_history(history_settings, customers.as_of, texts, run_facts, input_paths, console)
    return RunOutcome(Path(folder), tuple(texts), customers, segmentations, analysis, export_results)


def _render_files(
    customers: "Customers",
    analysis: "Analysis",
    loaded_config: "LoadedSettings",
    common_options: CommonOptions,
    console: Console,
) -> "tuple[dict[str, str], Sequence[ExportResult]]":
    """Return the files of a run, by name, except run.json, and the audiences of its exports."""
    from segcli.reports.data_package import DATA_PACKAGE_FILE, describe_tables

    analysis_providers = report_analyses.build_analysis_providers(customers, loaded_config, console)
    with show_progress("describing segments", common_options):
        texts = run_outputs.render_segment_files(analysis, loaded_config, analysis_providers, console)
    with show_progress("computing predictions and reports", common_options):
        texts |= run_outputs.render_analysis_files(customers, loaded_config, analysis_providers, console)
        texts |= run_outputs.render_decision_files(analysis, loaded_config, console)
    with show_progress("exporting", common_options):
        exports = export_files.render_export_files(analysis, loaded_config, console, is_dry_run=common_options.dry_run)
    texts |= exports.texts
    return texts | {DATA_PACKAGE_FILE: describe_tables(texts, DATA_PACKAGE_NAME)}, exports.results


def check_gates(outcome: RunOutcome, loaded_config: "LoadedSettings") -> None:
    """Fail, after everything is written, if a rule on quality, sizes or fairness failed, or an export has no customers.

    Raises:
        GateFailure: names the rule.
    """
    size_checks = segmenters.check_sizes(outcome.segmentations, loaded_config.settings)
    gates.check_quality((*outcome.customers.quality_checks, *size_checks), loaded_config.settings)
    gates.check_fairness(outcome.analysis)
    gates.check_exports(outcome.export_results)


def _refuse_export(config_path: str) -> None:
    """Reject an export in place of a config, and suggest how to create a config for it."""
    if config_path.lower().endswith(DATA_SUFFIXES):
        suggested_config = shlex.quote(f"{Path(config_path).name.split('.')[0]}.yaml")
        raise UsageProblem(
            f"{config_path}: run reads a config, and this looks like an export"
            "; write a config for it: "
            f"segcli init {shlex.quote(config_path)} -o {suggested_config}, then segcli run {suggested_config}"
        )


@contextlib.contextmanager
def _lock_output_folder(
    folder: str,
    output_names: Sequence[str],
    input_paths: Sequence[str],
    reject_paths: Sequence[str],
    *,
    is_dry_run: bool,
    console: Console,
) -> "Iterator[Path | None]":
    """Create, lock and clean the output folder before the long computation; no output may be an input."""
    if is_dry_run:
        yield None
        return
    from segcli.io import file_lock, lock, write

    folder_path = write.make_folder(folder)
    if not file_lock.HAS_LOCKS:
        console.log("note", lock.NO_LOCKS_NOTE, is_important=True)
    with lock.lock_directory(folder_path):
        write.remove_temporary_files(folder_path)
        write.refuse_links(folder_path, output_names)
        write.check_distinct_outputs([*reject_paths, *(str(folder_path / name) for name in output_names)])
        for name in output_names:
            write.check_writable(str(folder_path / name), input_paths)
        yield folder_path


def _needs_contacts(loaded_config: "LoadedSettings") -> bool:
    """Return whether a declared section needs contact addresses."""
    return any(map(loaded_config.declares_section, ("export", "target", "plan", "persona")))


def _collect_run_facts(
    config_path: str,
    loaded_config: "LoadedSettings",
    customers: "Customers",
    segmentations: "list[Segmentation]",
    start_time: float,
    command_line: Sequence[str],
) -> Mapping[str, object]:
    """Return the facts for run.json other than the outputs."""
    from segcli.io.read import read_file
    from segcli.reports.envelope import describe_input
    from segcli.reports.formats.json import to_json_value

    last_segmentation = segmentations[-1]
    run_facts = {
        "command": keys.mask_command_line(loaded_config.settings, command_line),
        "config": {"path": config_path, "sha256": read_file(config_path).sha256},
        "settings": keys.mask_settings(loaded_config.settings),
        "as_of": last_segmentation.customers.as_of,
        "seed": loaded_config.settings.seed,
        "inputs": [
            *(describe_input(input_report) for input_report in last_segmentation.customers.input_reports),
            *_list_lookup_tables(segmentations),
        ],
        "versions": {
            name: version
            for segmentation in segmentations
            for name, version in segmentation.provenance.versions.items()
        },
        "warnings": [warning for segmentation in segmentations for warning in segmentation.warnings],
        "gates": gates.describe_checks(
            (*customers.quality_checks, *segmenters.check_sizes(segmentations, loaded_config.settings)),
            loaded_config.settings,
        ),
        "privacy": keys.describe_privacy(loaded_config.settings),
        "seconds": round(time.monotonic() - start_time, 3),
    }
    plain_facts: Mapping[str, object] = _mask_facts(to_json_value(run_facts))
    return plain_facts


def _mask_facts(value: Any) -> Any:  # noqa: ANN401 - JSON values have any type
    """Return the facts without texts that identify people, if the settings require it."""
    if isinstance(value, dict):
        return {name: _mask_facts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_mask_facts(item) for item in value]
    return terminal.mask_message(value) if isinstance(value, str) else value


def _list_lookup_tables(segmentations: "list[Segmentation]") -> list[dict[str, object]]:
    """Return the lookup tables of bases, each once."""
    read_files = {input_report.input for entry in segmentations for input_report in entry.customers.input_reports}
    lookup_files = {lookup_file: None for entry in segmentations for lookup_file in entry.provenance.inputs}
    return [entry.to_dict() for entry in lookup_files if entry not in read_files]


def _save_outputs(
    folder_path: Path, texts: Mapping[str, str], run_facts: Mapping[str, object], console: Console
) -> None:
    from segcli.io import manifest

    stale_names = [
        name for name in manifest.run_file_names(folder_path) if name not in texts and (folder_path / name).exists()
    ]
    manifest.save_run(folder_path, texts, run_facts)
    for name in [*texts, manifest.MANIFEST_FILE]:
        console.log("wrote", str(folder_path / name), path=str(folder_path / name))
    if stale_names:
        console.log("note", f"in {folder_path}, left from an earlier run: {', '.join(stale_names)}")


def _log_warnings(segmentations: "list[Segmentation]", console: Console) -> None:
    """Log the warnings of segmentations, each once and without those of the customers, which are logged already."""
    new_warnings = [
        warning
        for segmentation in segmentations
        for warning in segmentation.warnings[len(segmentation.customers.warnings) :]
    ]
    for warning in dict.fromkeys(new_warnings):
        console.log("warning", warning)


def _show_segment_tables(segmentations: "list[Segmentation]", common_options: CommonOptions, console: Console) -> None:
    """Print the segment tables to stdout."""
    from segcli.cli.output import display_result
    from segcli.reports import formats
    from segcli.reports.blocks import Block, Heading, Result
    from segcli.reports.results import build_segmentation_result

    blocks: list[Block] = []
    for segmentation in segmentations:
        blocks += [Heading(segmentation.column), *build_segmentation_result("run", segmentation).blocks]
    table_result = Result(segmentations[-1].profile, dict, tuple(blocks), document=True)
    output_format = formats.load_format(common_options.layout or "table")
    display_result(table_result, output_format, common_options, console)

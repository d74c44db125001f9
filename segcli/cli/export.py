"""Command `segcli export`: files for CRM and advertising systems."""

from typing import Annotated, Any

from typer import Option

from segcli import plugins
from segcli.cli import choices, export_files, gates, inputs, options
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console
from segcli.errors import UsageProblem

DestinationOption = Annotated[
    str | None,
    Option(
        help=f"Destination: {plugins.join_words(choices.list_destinations())}.",
        metavar="NAME",
        autocompletion=choices.complete_destinations,
    ),
]
ExportOfOption = Annotated[
    str | None,
    Option(
        help="Your segmentation to export, for example rfm, or target for the chosen target segments. Default: the "
        "first segmentation.",
        metavar="NAME",
    ),
]
ExportSegmentsOption = Annotated[
    str | None, Option(help="Your segments to export. Default: all segments.", metavar="NAME,NAME")
]
AudienceNameOption = Annotated[
    str | None,
    Option(help="Name of your audience at the destination. Default: the name of the segmentation.", metavar="TEXT"),
]
HoldoutOption = Annotated[
    str | None,
    Option(
        help="Share of customers in the holdout group, for example 10%. These customers are not contacted, so that you "
        "can measure your campaign's effect.",
        metavar="SHARE",
    ),
]
GroupsOption = Annotated[
    str | None,
    Option(
        help="Write the group of each customer (contacted or holdout) to this CSV file, for compare --treated.",
        metavar="FILE",
    ),
]
OnlyChangedOption = Annotated[
    str | None,
    Option(
        "--only-changed",
        help="Your earlier table with the same segmentation. Exports only customers whose segment changed since then.",
        metavar="TABLE",
    ),
]
DialectOption = Annotated[
    str | None,
    Option(
        help="SQL dialect for the destinations sql and dbt: duckdb, postgresql, bigquery or snowflake.",
        metavar="NAME",
        autocompletion=choices.complete_words("duckdb", "postgresql", "bigquery", "snowflake"),
    ),
]

EXAMPLES = (
    "segcli export scored.csv --to plain --of rfm -o audience.csv",
    "segcli export orders.csv --to sql --dialect postgresql -o segments.sql",
)


def command(
    input: options.InputArgument = None,
    to: DestinationOption = None,
    of: ExportOfOption = None,
    segments: ExportSegmentsOption = None,
    name: AudienceNameOption = None,
    holdout: HoldoutOption = None,
    groups: GroupsOption = None,
    only_changed: OnlyChangedOption = None,
    dialect: DialectOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Write an audience file for a CRM or ad system.

    segcli formats and hashes addresses as the destination requires, keeps its limits, and excludes customers without
    consent. --to sql writes the definition of the segments as SQL, --to dbt as a dbt model with its properties.
    """
    if to is None:
        raise UsageProblem("no destination; set one with --to, for example --to klaviyo")
    export_values = {
        "to": to,
        "only_changed": only_changed,
        "of": of,
        "segments": options.split_names(segments),
        "name": name,
        "holdout": holdout,
        "dialect": dialect,
    }
    flags = {"export": [{key: value for key, value in export_values.items() if value is not None}]}
    with Console(common_options) as console:
        command_input = inputs.read_input(
            input,
            common_options,
            console,
            flags,
            extra_outputs=_list_more_outputs(to, groups, common_options),
            extra_inputs=[only_changed] if only_changed else [],
            check_settings=lambda loaded: export_files.check_destinations(loaded.settings),
            needs_contacts=True,
            allows_any_suffix=True,
        )
        from segcli.persona.analysis import Analysis

        (export_settings,) = command_input.settings.export
        if groups and not export_settings.holdout_share:
            raise UsageProblem("--groups needs a holdout; set its share with --holdout")
        analysis = Analysis(
            export_files.select_segmentations(command_input.customers, command_input.loaded_config, export_settings.of),
            command_input.settings,
        )
        if export_settings.to in export_files.DEFINITION_DESTINATIONS:
            path = "" if common_options.output in (None, "-") else str(common_options.output)
            texts = export_files.render_definition(
                export_settings, analysis.segmentations, command_input.loaded_config, path
            )
            _write_definition(texts, common_options, console)
        else:
            export_result = export_files.build_export(
                export_settings, analysis, console, is_dry_run=common_options.dry_run
            )
            _write_audience(export_result, groups, common_options, console)
            gates.check_exports([export_result])
        command_input.check_quality()


def _list_more_outputs(to: str, groups: str | None, common_options: CommonOptions) -> list[str]:
    """Return the files that the command writes beside its output."""
    has_schema = to == export_files.DBT_DESTINATION and common_options.output not in (None, "-")
    schema_paths = [export_files.schema_file_name(str(common_options.output))] * has_schema
    return [*schema_paths, *([groups] if groups else [])]


def _write_definition(texts: dict[str, str], common_options: CommonOptions, console: Console) -> None:
    """Write the files of a definition; without a path, its SQL to stdout."""
    from segcli.cli import output, terminal

    for path, text in texts.items():
        if path:
            output.save_file(path, text, common_options, console)
        else:
            terminal.write_stdout(text)


def _write_audience(
    export_result: Any,  # noqa: ANN401 - ExportResult, imported lazily
    groups_path: str | None,
    common_options: CommonOptions,
    console: Console,
) -> None:
    from segcli.cli.output import render_csv, save_file, write_result
    from segcli.reports.activation_results import build_export_result, describe_export
    from segcli.reports.blocks import Result

    for line in describe_export(export_result):
        console.log("export", line)
    if groups_path:
        save_file(
            groups_path, render_csv(Result(export_result.holdout_groups, dict, ()), console), common_options, console
        )
    write_result(build_export_result(export_result), common_options, console)

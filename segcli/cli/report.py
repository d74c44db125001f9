"""Command `segcli report`: write a report for people to read."""

from pathlib import Path
from typing import Annotated

from typer import Option

from segcli import plugins
from segcli.cli import choices, inputs, messages, options, report_analyses, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

TitleOption = Annotated[str | None, Option(help="Title of your report.", metavar="TEXT")]
SectionsOption = Annotated[
    str | None,
    Option(
        help=f"Sections in this order: {plugins.join_words(plugins.list_plugin_files('segcli.reports.sections'))}.",
        metavar="NAME,NAME",
        autocompletion=choices.complete_list(choices.complete_plugins("segcli.reports.sections")),
    ),
]

ChartsOption = Annotated[
    str | None,
    Option(help="Folder for your charts as SVG and PNG files.", metavar="FOLDER"),
]
BriefOption = Annotated[bool, Option("--brief", help="Print only the first screen, without charts.")]

EXAMPLES = (
    "segcli report orders.csv --brief",
    "segcli report scored.csv -o report.html --charts slides",
)


def command(
    input: options.InputArgument = None,
    title: TitleOption = None,
    sections: SectionsOption = None,
    audience: options.AudienceOption = None,
    brief: BriefOption = False,
    charts: ChartsOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Write a report of segments for readers.

    Its sections: summary, segments, personas, quality, settings, provenance.
    """
    flags = {
        "report.title": title,
        "privacy.audience": audience,
        "report.sections": ["summary"] if brief else options.split_names(sections),
    }
    with Console(common_options) as console:
        command_input = inputs.read_input(input, common_options, console, flags, needs_contacts=True)
        from segcli.cli.output import translate_for_user, write_charts, write_result
        from segcli.persona.analysis import Analysis
        from segcli.reports.findings import collect_findings
        from segcli.reports.report import build_report, shorten_report

        segmentations = segmenters.read_segmentations(command_input.customers, command_input.loaded_config)
        analysis_providers = report_analyses.build_analysis_providers(
            command_input.customers, command_input.loaded_config, console
        )
        findings = collect_findings(
            command_input.customers, Analysis(segmentations, command_input.settings), analysis_providers
        )
        messages.print_withheld_segments(findings, console)
        report = build_report(findings, command_input.settings.report)
        write_result(shorten_report(report) if brief else report, common_options, console)
        if charts:
            write_charts(Path(charts), translate_for_user(report).blocks, common_options, console, with_png=True)
        command_input.check_quality()

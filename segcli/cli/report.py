"""segcli report: the document people read."""

from typing import Annotated

from typer import Option

from segcli import plugins
from segcli.cli import choices, options, segmenting, source, told
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

Title = Annotated[str | None, Option(help="Title of the report.", metavar="TEXT")]
Sections = Annotated[
    str | None,
    Option(
        help=f"Sections in the order shown, of: {plugins.told(plugins.listed('segcli.reports.sections'))}.",
        metavar="NAME,NAME",
        autocompletion=choices.several(choices.files_of("segcli.reports.sections")),
    ),
]


def command(
    input: options.Input = None,
    title: Title = None,
    sections: Sections = None,
    audience: options.Audience = None,
    *,
    asked: Asked,
) -> None:
    """Write a report of segments for people to read.

    Summary, data quality, segments, personas, settings and provenance, unless other sections are named.
    """
    flags = {
        "report.title": title,
        "privacy.audience": audience,
        "report.sections": options.names(sections),
    }
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags, contacts=True)
        from segcli.cli.show import show
        from segcli.persona.decide import Decisions
        from segcli.reports.gather import gather
        from segcli.reports.report import of_findings

        segmentations = segmenting.existing(found.customers, found.loaded)
        ways = segmenting.ways(found.customers, found.loaded, talk)
        findings = gather(found.customers, Decisions(segmentations, found.settings), ways)
        told.tell_withheld(findings, talk)
        show(of_findings(findings, found.settings.report), asked, talk)
        found.gate()

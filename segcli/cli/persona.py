"""Command `segcli persona`: describe each segment from its numbers."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import inputs, messages, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

if TYPE_CHECKING:
    from segcli.persona.diff import EarlierPersonas

PersonaOfOption = Annotated[
    str | None,
    Option(
        help="Segmentations to describe, for example rfm and cluster. Default: all.",
        metavar="NAME,NAME",
    ),
]
AgainstOption = Annotated[
    str | None,
    Option(help="Report changes since earlier personas (JSON) or the output folder of a run.", metavar="PREVIOUS"),
]

EXAMPLES = (
    "segcli persona scored.csv",
    "segcli persona scored.csv --of rfm -f md -o personas.md",
)


def command(
    input: options.InputArgument = None,
    of: PersonaOfOption = None,
    against: AgainstOption = None,
    audience: options.AudienceOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Describe each segment from its numbers.

    A description has the size, the distinctive traits, a typical customer, and a suggested action from a playbook. You
    can replace the playbook.
    """
    flags = {
        "persona.of": options.split_names(of),
        "privacy.audience": audience,
    }
    with Console(common_options) as console:
        previous_personas = _load_previous(against)
        extra_inputs = [against] if against else []
        command_input = inputs.read_input(
            input, common_options, console, flags, needs_contacts=True, extra_inputs=extra_inputs
        )
        from segcli.cli.output import write_result
        from segcli.persona.analysis import Analysis
        from segcli.reports.findings import collect_findings
        from segcli.reports.results import build_personas_result
        from segcli.reports.translation import apply_labels

        segmentations = segmenters.read_segmentations(command_input.customers, command_input.loaded_config)
        findings = collect_findings(command_input.customers, Analysis(segmentations, command_input.settings))
        personas = findings.personas
        messages.print_withheld_segments(findings, console)
        if previous_personas:
            from segcli.persona.diff import compare_personas, list_removed_segments

            for segment in list_removed_segments(personas, previous_personas):
                console.log("gone", segment)
            personas = compare_personas(personas, previous_personas)
        result = build_personas_result(personas, command_input.customers)
        write_result(apply_labels(result, findings.labels), common_options, console)
        command_input.check_quality()


def _load_previous(previous_path: str | None) -> "EarlierPersonas | None":
    """Load earlier personas; errors in them are reported before any data are read."""
    if previous_path is None:
        return None
    from segcli.persona.diff import load_personas

    return load_personas(previous_path)

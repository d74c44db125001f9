"""segcli persona: describe each segment from its numbers."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import options, segmenting, source, told
from segcli.cli.options import CommonOptions
from segcli.cli.streams import Console

if TYPE_CHECKING:
    from segcli.persona.against import EarlierPersonas

PersonaOfOption = Annotated[
    str | None,
    Option(
        help="Segmentations to describe, such as rfm and cluster; default: all there are.",
        metavar="NAME,NAME",
    ),
]
AgainstOption = Annotated[
    str | None, Option(help="Earlier personas (JSON) or a run's folder, to say what changed since.", metavar="PREVIOUS")
]


def command(
    input: options.InputArgument = None,
    of: PersonaOfOption = None,
    against: AgainstOption = None,
    audience: options.AudienceOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Describe each segment from its numbers.

    Its size, what sets it apart, a typical customer, and a suggested action from a playbook that you may replace.
    """
    flags = {
        "persona.of": options.split_names(of),
        "privacy.audience": audience,
    }
    with Console(common_options) as console:
        previous_personas = _load_previous(against)
        extra_inputs = [against] if against else []
        command_input = source.read_input(
            input, common_options, console, flags, needs_contacts=True, extra_inputs=extra_inputs
        )
        from segcli.cli.show import write_result
        from segcli.persona.decide import Analysis
        from segcli.reports.gather import collect_findings
        from segcli.reports.results import build_personas_result

        segmentations = segmenting.read_segmentations(command_input.customers, command_input.loaded_config)
        findings = collect_findings(command_input.customers, Analysis(segmentations, command_input.settings))
        personas = findings.personas
        told.print_withheld_segments(findings, console)
        if previous_personas:
            from segcli.persona.against import compare_personas, list_removed_segments

            for segment in list_removed_segments(personas, previous_personas):
                console.log("gone", segment)
            personas = compare_personas(personas, previous_personas)
        write_result(build_personas_result(personas, command_input.customers), common_options, console)
        command_input.check_quality()


def _load_previous(previous_path: str | None) -> "EarlierPersonas | None":
    """The personas as they were; what is wrong with them is said before anything is read."""
    if previous_path is None:
        return None
    from segcli.persona.against import load_personas

    return load_personas(previous_path)

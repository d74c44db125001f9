"""segcli persona: describe each segment from its numbers."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import options, segmenting, source, told
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

if TYPE_CHECKING:
    from segcli.persona.against import Before

Of = Annotated[
    str | None,
    Option(
        help="Segmentations to describe, such as rfm and cluster; default: all there are.",
        metavar="NAME,NAME",
    ),
]
Against = Annotated[
    str | None, Option(help="Earlier personas (JSON) or a run's folder, to say what changed since.", metavar="PREVIOUS")
]


def command(
    input: options.Input = None,
    of: Of = None,
    against: Against = None,
    audience: options.Audience = None,
    *,
    asked: Asked,
) -> None:
    """Describe each segment from its numbers.

    Its size, what sets it apart, a typical customer, and a suggested action from a playbook that you may replace.
    """
    flags = {
        "persona.of": options.names(of),
        "privacy.audience": audience,
    }
    with Talk(asked) as talk:
        then = _before(against)
        read_too = [against] if against else []
        found = source.read(input, asked, talk, flags, contacts=True, extra_inputs=read_too)
        from segcli.cli.show import show
        from segcli.persona.decide import Decisions
        from segcli.reports.gather import gather
        from segcli.reports.results import of_personas

        segmentations = segmenting.existing(found.customers, found.loaded)
        findings = gather(found.customers, Decisions(segmentations, found.settings))
        described = findings.personas
        told.tell_withheld(findings, talk)
        if then:
            from segcli.persona.against import compared, gone

            for segment in gone(described, then):
                talk.say("gone", segment)
            described = compared(described, then)
        show(of_personas(described, found.customers), asked, talk)
        found.gate()


def _before(against: str | None) -> "Before | None":
    """The personas as they were; what is wrong with them is said before anything is read."""
    if against is None:
        return None
    from segcli.persona.against import load

    return load(against)

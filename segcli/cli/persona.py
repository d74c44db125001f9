"""segcli persona: describe each segment from its numbers."""

from typing import Annotated

from typer import Option

from segcli.cli import options, segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

Of = Annotated[
    str | None,
    Option(
        help="Segmentations to describe, such as [rfm, cluster]; empty means all there are.",
        metavar="NAME,NAME",
    ),
]


def command(input: options.Input = None, of: Of = None, *, asked: Asked) -> None:
    """Describe each segment from its numbers.

    Size, what sets it apart, a typical customer, and a suggested action from an editable playbook.
    """
    flags = {"persona.of": None if of is None else [name.strip() for name in of.split(",")]}
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags)
        from segcli.cli.show import show
        from segcli.reports.gather import gather
        from segcli.reports.results import of_personas

        segmentations = segmenting.existing(found.customers, found.settings)
        described = gather(found.customers, segmentations, found.settings).personas
        show(of_personas(described, found.customers), asked, talk)
        found.gate()

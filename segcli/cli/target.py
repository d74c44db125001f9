"""segcli target: which segments to work with."""

from typing import Annotated

from typer import Option

from segcli.cli import gates, options, segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

Of = Annotated[
    str | None, Option(help="Segmentation to choose from, such as rfm; default: the first described.", metavar="NAME")
]
Choose = Annotated[str | None, Option(help="Number of segments to choose, or a range like 2-4.", metavar="N|M-N")]
Budget = Annotated[float | None, Option(help="Most money that contacts may cost; default: no limit.", metavar="AMOUNT")]


def command(
    input: options.Input = None, of: Of = None, choose: Choose = None, budget: Budget = None, *, asked: Asked
) -> None:
    """Score segments, and choose the few to work with.

    Attractiveness by weighted criteria, our strength beside it, what contacts cost and may earn; with a reason for each
    segment. Next: segcli plan, segcli export --of target.
    """
    flags = {"target.of": of, "target.choose": choose, "target.budget": budget}
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags, contacts=True)
        from segcli.cli.show import show
        from segcli.persona.decide import Decisions
        from segcli.reports.decisions import of_targets

        segmentations = segmenting.existing(found.customers, found.loaded)
        decisions = Decisions(segmentations, found.settings)
        show(of_targets(decisions.targets), asked, talk)
        found.gate()
        gates.fair(decisions)

"""segcli plan: what is said to whom, where, and when."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import options, segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

if TYPE_CHECKING:
    from segcli.config import Loaded

Of = Annotated[
    str | None, Option(help="Segmentation to plan for, such as lifecycle; default: as for target.", metavar="NAME")
]
Calendar = Annotated[
    str | None, Option(help="CSV file for the dates, which Google Calendar and Outlook import.", metavar="FILE")
]


def command(input: options.Input = None, of: Of = None, calendar: Calendar = None, *, asked: Asked) -> None:
    """Plan touchpoints for each segment by its lifecycle stage.

    A touchpoint is a message at a time by a way of contact. The plan says whom it reaches (by consent and address),
    what it can build on, what may be offered, how it is measured and when; gaps are named.
    """
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, {"plan.of": of}, also=calendar, first=_matrix, contacts=True)
        from segcli.cli.show import render_csv, save, show
        from segcli.persona.decide import Decisions
        from segcli.reports.decisions import of_plan
        from segcli.reports.result import Result

        segmentations = segmenting.existing(found.customers, found.loaded)
        made = Decisions(segmentations, found.settings).plan
        if calendar:
            save(calendar, render_csv(Result(made.calendar, dict, ()), talk), asked, talk)
        show(of_plan(made), asked, talk)
        for gap in made.gaps:
            talk.say("gap", gap)
        found.gate()


def _matrix(loaded: "Loaded") -> None:
    """Read the touchpoints, so that what is wrong with them is said before the data are read."""
    from segcli.persona import matrix

    matrix.load(loaded.settings.plan.matrix, loaded.settings.plan.stages)

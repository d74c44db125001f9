"""segcli rules: segments by rules, built in or written."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import options, segmenting, source, told
from segcli.cli.options import Asked
from segcli.cli.streams import Talk, write
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segcli.model import Segmentation
    from segcli.segment.rules import Ruled

Base = Annotated[
    list[str] | None, Option("--base", help="Built-in base, such as generation; may be repeated.", metavar="NAME")
]
Why = Annotated[
    str | None, Option("--why", help="Show each rule as it was asked of this customer.", metavar="CUSTOMER_ID")
]
Overlap = Annotated[bool, Option("--overlap", help="Show how much the segments of written rules overlap.")]


def command(
    input: options.Input = None,
    base: Base = None,
    why: Why = None,
    overlap: Overlap = False,
    *,
    asked: Asked,
) -> None:
    """Segment by rules: built-in bases, or rules of your own.

    Each segmentation becomes a column; what a base cannot know is unknown.
    """
    flags = {"rules": [{"base": name} for name in base] if base else None}
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags, first=segmenting.prepare)
        from segcli.cli.show import show
        from segcli.reports.results import of_overlap, of_segmentations
        from segcli.segment import rules

        wanted = segmenting.prepare(found.loaded)
        if not wanted:
            raise UsageProblem("no rules: name a base with --base, or declare rules: in a config")
        made = rules.segment(found.customers, wanted)
        if why is not None:
            write("".join(_why(wanted, made, why)))
        elif overlap:
            written = [one for one in wanted if one.rules]
            if not written:
                raise UsageProblem("--overlap: no segmentation has rules of its own; bases do not overlap")
            at = {one.column: one_made for one, one_made in zip(wanted, made, strict=True)}
            show(of_overlap({one.column: (one, at[one.column].customers) for one in written}), asked, talk)
        else:
            for one in made:
                told.tell_result(one, talk, asked)
            show(of_segmentations("rules", made), asked, talk)
        found.gate()


def _why(wanted: "list[Ruled]", made: "list[Segmentation]", customer_id: str) -> "Iterator[str]":
    from segcli.reports.safe import printable
    from segcli.segment.why import why

    for one, segmentation in zip(wanted, made, strict=True):
        yield f"{one.column}\n"
        yield from (f"  {printable(line)}\n" for line in why(segmentation, one, customer_id))

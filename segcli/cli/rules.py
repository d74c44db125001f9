"""segcli rules: segments by rules, built in or written."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import choices, options, segmenting, source, told
from segcli.cli.options import Asked
from segcli.cli.streams import Talk, write
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segcli.model import Segmentation
    from segcli.segment.ruled import Ruled

Base = Annotated[
    list[str] | None,
    Option(
        "--base",
        help="Built-in segmentation, such as generation; may be repeated.",
        metavar="NAME",
        autocompletion=choices.files_of("segcli.segment.bases"),
    ),
]
Table = Annotated[
    str | None,
    Option(
        "--table",
        help="CSV file of your own that the base looks things up in, such as areas by postcode.",
        metavar="FILE",
    ),
]
By = Annotated[
    list[str] | None,
    Option(
        "--by",
        help="Also tell scores, rates and pairs for the segments of this segmentation; may be repeated.",
        metavar="NAME",
    ),
]
Why = Annotated[
    str | None, Option("--why", help="Show why this customer is in the segment, rule by rule.", metavar="CUSTOMER_ID")
]
Overlap = Annotated[bool, Option("--overlap", help="Show how much segments overlap.")]
Scorecard = Annotated[
    bool,
    Option(
        "--scorecard",
        help="Show whether each segment can be known, reached, told apart and acted upon, is large enough, and lasts.",
    ),
]


def command(
    input: options.Input = None,
    base: Base = None,
    table: Table = None,
    by: By = None,
    why: Why = None,
    overlap: Overlap = False,
    scorecard: Scorecard = False,
    *,
    asked: Asked,
) -> None:
    """Segment by rules: built-in ones (bases), or your own.

    Each segmentation becomes a column; customers of whom a base knows too little are unknown. segcli explain lists the
    bases.
    """
    flags = _flags(base or [], table, by or [])
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags, first=segmenting.prepare)
        from segcli.cli.show import show
        from segcli.reports.gather import scorecards
        from segcli.reports.results import of_overlap, of_scorecards, of_segmentations
        from segcli.segment import rules

        wanted = segmenting.prepare(found.loaded)
        if not wanted:
            raise UsageProblem("no rules: name a base with --base, or declare rules: in a config")
        made = rules.segment(found.customers, wanted)
        if why is not None:
            write("".join(_why(wanted, made, why)))
        elif overlap:
            show(of_overlap(wanted, made), asked, talk)
        elif scorecard:
            cards = scorecards(made, found.settings, lambda then, _: rules.segment(then, wanted))
            show(of_scorecards(cards, made[-1].customers), asked, talk)
        else:
            for one in made:
                told.tell_result(one, talk, asked)
            show(of_segmentations("rules", made), asked, talk)
        found.gate()


def _flags(names: list[str], table: str | None, by: list[str]) -> dict[str, object]:
    """The bases as settings; the table and the segmentations go to those that can use them."""
    if not names:
        if table or by:
            raise UsageProblem("--table and --by belong to a --base; name one")
        return {"rules": None}
    if not (table or by):
        return {"rules": [{"base": name} for name in names]}
    from segcli.segment import bases

    looking = [name for name in names if bases.lookup_columns(name)]
    telling = [name for name in names if "by" in bases.load(name).Options.model_fields]
    if table and len(looking) != 1:
        raise UsageProblem("--table: exactly one --base must look things up; say table: in a config for more")
    if by and not telling:
        raise UsageProblem(
            f"--by: {', '.join(names)} tells nothing for the segments of others"
            "; leave --by out, or take a base of scores such as nps"
        )
    return {
        "rules": [
            {
                "base": name,
                **({"table": table} if table and name in looking else {}),
                **({"options": {"by": by}} if by and name in telling else {}),
            }
            for name in names
        ]
    }


def _why(wanted: "list[Ruled]", made: "list[Segmentation]", customer_id: str) -> "Iterator[str]":
    from segcli.reports.safe import printable
    from segcli.segment.why import why

    for one, segmentation in zip(wanted, made, strict=True):
        yield f"{one.column}\n"
        yield from (f"  {printable(line)}\n" for line in why(segmentation, one, customer_id))

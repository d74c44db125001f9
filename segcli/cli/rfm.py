"""segcli rfm: score customers and name their segments."""

from typing import Annotated

from typer import Option

from segcli import plugins
from segcli.cli import choices, options, segmenting, source, told
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

METHODS = [*plugins.listed("segcli.segment.scoring"), "nested"]
MAPS = [*plugins.listed("segcli.segment.maps", ".yaml"), "a YAML file of your own"]

Bins = Annotated[int | None, Option(help="Scores per dimension; 5 gives the classic 1 to 5.", metavar="N")]
Method = Annotated[
    str | None,
    Option(
        help=f"How scores are cut: {plugins.told(METHODS)}.",
        metavar="NAME",
        autocompletion=choices.files_of("segcli.segment.scoring", ".py", "nested"),
    ),
]
Ties = Annotated[
    str | None,
    Option(
        help="Where equal values go when a cut falls among them: same-bin, next or random.",
        metavar="NAME",
        autocompletion=choices.of("same-bin", "next", "random"),
    ),
]
Segments = Annotated[
    str | None,
    Option(
        help=f"Segment map: {plugins.told(MAPS)}.",
        metavar="MAP",
        autocompletion=choices.files_of("segcli.segment.maps", ".yaml"),
    ),
]
Model = Annotated[str | None, Option(help="File of saved edges to score with; default: new edges.", metavar="FILE")]
SaveModel = Annotated[
    str | None, Option("--save-model", help="Save the edges to this file, for --model and assign.", metavar="FILE")
]


def command(
    input: options.Input = None,
    bins: Bins = None,
    method: Method = None,
    ties: Ties = None,
    segments: Segments = None,
    model: Model = None,
    save_model: SaveModel = None,
    *,
    asked: Asked,
) -> None:
    """Score recency, frequency, monetary value; name segments.

    Recency is days since the last order, frequency the number of orders, monetary value the revenue. The best customer
    has the highest score on each; edges between scores and counts are part of every result. Of an order export it
    computes the measures that it uses; --set ingest.measures=all computes all. Next: segcli persona or report.
    """
    flags = {"bins": bins, "method": method, "ties": ties, "segments": segments, "model": model}
    with Talk(asked) as talk:
        given = {f"rfm.{name}": value for name, value in flags.items()}
        found = source.read(input, asked, talk, given, also=save_model, measures=segmenting.rfm_measures)
        from segcli.cli.show import save, show
        from segcli.reports.results import of_segmentation
        from segcli.segment import saved

        result = segmenting.rfm(found.customers, found.settings)
        told.tell_result(result, talk, asked)
        if save_model:
            save(save_model, saved.as_text(result), asked, talk)
        show(of_segmentation("rfm", result), asked, talk)
        told.tell_next(input, asked, talk)
        found.gate()

"""Command `segcli rfm`: score customers and name their segments."""

from typing import Annotated

from typer import Option

from segcli import plugins
from segcli.cli import choices, inputs, messages, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

SCORING_METHODS = [*plugins.list_plugin_files("segcli.segment.scoring"), "nested"]
SEGMENT_MAPS = ["auto", *plugins.list_plugin_files("segcli.segment.maps", ".yaml"), "a YAML file"]

BinsOption = Annotated[int | None, Option(help="Scores per dimension. 5 gives scores from 1 to 5.", metavar="N")]
ScoringMethodOption = Annotated[
    str | None,
    Option(
        help=f"Scoring method: {plugins.join_words(SCORING_METHODS)}.",
        metavar="NAME",
        autocompletion=choices.complete_plugins("segcli.segment.scoring", ".py", "nested"),
    ),
]
TiesOption = Annotated[
    str | None,
    Option(
        help="Score of ties: mid, same-bin, next (higher) or random.",
        metavar="NAME",
        autocompletion=choices.complete_words("mid", "same-bin", "next", "random"),
    ),
]
SegmentMapOption = Annotated[
    str | None,
    Option(
        help=f"Map (auto: by number of customers): {plugins.join_words(SEGMENT_MAPS)}.",
        metavar="MAP",
        autocompletion=choices.complete_plugins("segcli.segment.maps", ".yaml", "auto"),
    ),
]
RfmModelOption = Annotated[
    str | None, Option(help="Score with edges from this file. Default: new edges.", metavar="FILE")
]
SaveRfmOption = Annotated[
    str | None, Option("--save-model", help="Save the edges, for --model and assign.", metavar="FILE")
]

EXAMPLES = (
    "segcli rfm orders.csv -f table",
    "segcli rfm orders.csv --bins 4 --save-model edges.json -o scored.csv",
)


def command(
    input: options.InputArgument = None,
    bins: BinsOption = None,
    method: ScoringMethodOption = None,
    ties: TiesOption = None,
    segments: SegmentMapOption = None,
    model: RfmModelOption = None,
    save_model: SaveRfmOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Score recency, frequency and monetary value.

    Recency is the number of days since the last order, frequency the number of orders, and monetary value the revenue.
    The best customers have the highest scores. Next: segcli persona or report.
    """
    flags = {"bins": bins, "method": method, "ties": ties, "segments": segments, "model": model}
    with Console(common_options) as console:
        rfm_flags = {f"rfm.{name}": value for name, value in flags.items()}
        command_input = inputs.read_input(
            input,
            common_options,
            console,
            rfm_flags,
            extra_outputs=save_model,
            list_measures=segmenters.list_rfm_measures,
        )
        from segcli.cli.output import save_file, write_result
        from segcli.reports.results import build_segmentation_result
        from segcli.segment import models

        segmentation = segmenters.apply_rfm(command_input.customers, command_input.settings)
        messages.print_result_notes(segmentation, console, common_options)
        if save_model:
            save_file(save_model, models.dump_model(segmentation), common_options, console)
        write_result(build_segmentation_result("rfm", segmentation), common_options, console)
        messages.print_next_commands(input, common_options, console)
        command_input.check_quality()

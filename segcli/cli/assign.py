"""Command `segcli assign`: assign customers to the segments of a saved model."""

from functools import partial
from typing import Annotated

from typer import Option

from segcli.cli import inputs, messages, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console
from segcli.errors import UsageProblem

AssignModelOption = Annotated[
    str | None, Option(help="Model file that rfm or cluster saved with --save-model.", metavar="FILE")
]

EXAMPLES = (
    "segcli assign orders.csv --model edges.json -o assigned.csv",
    "segcli assign orders.csv --model clusters.json -f table",
)


def command(
    input: options.InputArgument = None, model: AssignModelOption = None, *, common_options: CommonOptions
) -> None:
    """Assign customers to the segments of a saved model.

    The input needs all columns that the model uses. segcli marks customers that are unlike all training data.
    """
    if model is None:
        raise UsageProblem("no model; pass one saved by segcli rfm or segcli cluster with --model")
    with Console(common_options) as console:
        saved_model = segmenters.load_model(model)
        list_measures = partial(segmenters.list_model_measures, saved_model)
        command_input = inputs.read_input(
            input, common_options, console, extra_inputs=[model], list_measures=list_measures
        )
        from segcli.cli.output import write_result
        from segcli.reports.results import build_segmentation_result

        segmentation = segmenters.apply_model(command_input.customers, saved_model, model, command_input.settings)
        messages.print_result_notes(segmentation, console, common_options)
        write_result(build_segmentation_result("assign", segmentation), common_options, console)
        command_input.check_quality()

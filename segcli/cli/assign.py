"""segcli assign: the segments that a saved model gives to customers."""

from functools import partial
from typing import Annotated

from typer import Option

from segcli.cli import options, segmenting, source, told
from segcli.cli.options import CommonOptions
from segcli.cli.streams import Console
from segcli.errors import UsageProblem

AssignModelOption = Annotated[
    str | None, Option(help="File that rfm or cluster saved with --save-model.", metavar="FILE")
]


def command(
    input: options.InputArgument = None, model: AssignModelOption = None, *, common_options: CommonOptions
) -> None:
    """Assign customers to the segments of a saved model.

    The columns that the model needs must be there; customers unlike all it was found on are marked.
    """
    if model is None:
        raise UsageProblem("no model: name one that rfm or cluster saved, with --model")
    with Console(common_options) as console:
        saved_model = segmenting.load_model(model)
        list_measures = partial(segmenting.list_model_measures, saved_model)
        command_input = source.read_input(
            input, common_options, console, extra_inputs=[model], list_measures=list_measures
        )
        from segcli.cli.show import write_result
        from segcli.reports.results import build_segmentation_result

        segmentation = segmenting.apply_model(command_input.customers, saved_model, model, command_input.settings)
        told.print_result_notes(segmentation, console, common_options)
        write_result(build_segmentation_result("assign", segmentation), common_options, console)
        command_input.check_quality()

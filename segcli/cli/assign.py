"""segcli assign: the segments that a saved model gives to customers."""

from functools import partial
from typing import Annotated

from typer import Option

from segcli.cli import options, segmenting, source, told
from segcli.cli.options import Asked
from segcli.cli.streams import Talk
from segcli.errors import UsageProblem

Model = Annotated[str | None, Option(help="File that rfm or cluster saved with --save-model.", metavar="FILE")]


def command(input: options.Input = None, model: Model = None, *, asked: Asked) -> None:
    """Assign customers to the segments of a saved model.

    The columns that the model needs must be there; customers unlike all it was found on are marked.
    """
    if model is None:
        raise UsageProblem("no model: name one that rfm or cluster saved, with --model")
    with Talk(asked) as talk:
        saved = segmenting.model(model)
        needed = partial(segmenting.model_measures, saved)
        found = source.read(input, asked, talk, extra_inputs=[model], measures=needed)
        from segcli.cli.show import show
        from segcli.reports.results import of_segmentation

        result = segmenting.assigned(found.customers, saved, model, found.settings)
        told.tell_result(result, talk, asked)
        show(of_segmentation("assign", result), asked, talk)
        found.gate()

"""Command `segcli target`: score segments and choose target segments."""

from typing import Annotated

from typer import Option

from segcli.cli import gates, inputs, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

TargetOfOption = Annotated[
    str | None, Option(help="Segmentation to choose from, such as rfm; default: the first described.", metavar="NAME")
]
ChooseOption = Annotated[str | None, Option(help="Number of segments to choose, or a range like 2-4.", metavar="N|M-N")]
BudgetOption = Annotated[
    float | None, Option(help="Most money that contacts may cost; default: no limit.", metavar="AMOUNT")
]


def command(
    input: options.InputArgument = None,
    of: TargetOfOption = None,
    choose: ChooseOption = None,
    budget: BudgetOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Score segments, and choose the few to work with.

    Attractiveness by weighted criteria, our strength beside it, what contacts cost and may earn; with a reason for each
    segment. Next: segcli plan, segcli export --of target.
    """
    flags = {"target.of": of, "target.choose": choose, "target.budget": budget}
    with Console(common_options) as console:
        command_input = inputs.read_input(input, common_options, console, flags, needs_contacts=True)
        from segcli.cli.output import write_result
        from segcli.persona.analysis import Analysis
        from segcli.reports.activation_results import build_targets_result

        segmentations = segmenters.read_segmentations(command_input.customers, command_input.loaded_config)
        analysis = Analysis(segmentations, command_input.settings)
        write_result(build_targets_result(analysis.targets), common_options, console)
        command_input.check_quality()
        gates.check_fairness(analysis)

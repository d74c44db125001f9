"""Command `segcli target`: score segments and choose target segments."""

from typing import Annotated

from typer import Option

from segcli.cli import gates, inputs, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

TargetOfOption = Annotated[
    str | None,
    Option(
        help="Segmentation to choose from, for example rfm. Default: the first described segmentation.", metavar="NAME"
    ),
]
ChooseOption = Annotated[
    str | None, Option(help="Number of segments that you want to choose, or a range such as 2-4.", metavar="N|M-N")
]
BudgetOption = Annotated[
    float | None, Option(help="Maximum total cost of contacts. Default: no limit.", metavar="AMOUNT")
]

EXAMPLES = (
    "segcli target scored.csv",
    "segcli target scored.csv --choose 2-4 --budget 5000",
)


def command(
    input: options.InputArgument = None,
    of: TargetOfOption = None,
    choose: ChooseOption = None,
    budget: BudgetOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Score segments and choose target segments.

    The score combines weighted criteria of attractiveness. The output also shows your competitive strength, the cost
    and expected return of contacts, and a reason for each segment. Next: segcli plan, or segcli export --of target.
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

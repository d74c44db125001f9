"""Command `segcli backtest`: test whether segments predict later buyers."""

from typing import Annotated

from typer import Option

from segcli.cli import inputs, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

UntilOption = Annotated[
    str | None,
    Option(
        help="Last day that the segmentation of the latest period knows; default: period_days before the "
        "end of the data.",
        metavar="DATE",
    ),
]
PeriodDaysOption = Annotated[
    int | None,
    Option("--period-days", help="Days after the segmentation in which purchases are watched.", metavar="DAYS"),
]
FoldsOption = Annotated[
    int | None, Option(help="Number of such periods, one before the other, back from the end of the data.", metavar="N")
]


def command(
    input: options.InputArgument = None,
    until: UntilOption = None,
    period_days: PeriodDaysOption = None,
    folds: FoldsOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Test whether segments foretell who will buy.

    Customers are segmented by what was known at an earlier day; buyers, revenue and lift (how many times as often a
    segment buys as all do) are those of the days after. The segmentations are those that the config declares, or RFM;
    beside them stand fifths by RFM, fifths by spend, and chance. It needs an order export.
    """
    flags = {"backtest.until": until, "backtest.period_days": period_days, "backtest.folds": folds}
    with Console(common_options) as console:
        command_input = inputs.read_input(
            input, common_options, console, flags, list_measures=segmenters.list_declared_measures
        )
        from segcli.cli.output import write_result
        from segcli.evaluation.backtest import run_backtest
        from segcli.reports.evaluation_results import build_backtest_result

        backtest_result = run_backtest(
            command_input.customers,
            command_input.settings.backtest,
            command_input.settings.seed,
            segmenters.build_as_of_segmenter(command_input.loaded_config),
        )
        write_result(build_backtest_result(backtest_result, command_input.customers), common_options, console)
        command_input.check_quality()

"""Command `segcli backtest`: test whether segments predict later buyers."""

from typing import Annotated

from typer import Option

from segcli.cli import inputs, options, report_analyses, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

UntilOption = Annotated[
    str | None,
    Option(
        help="Last day of data for the segmentation of the latest period. Default: period_days before the end of the "
        "data.",
        metavar="DATE",
    ),
]
PeriodDaysOption = Annotated[
    int | None,
    Option(
        "--period-days",
        help="Length of the test period in days. segcli counts the purchases in the days after the segmentation.",
        metavar="DAYS",
    ),
]
FoldsOption = Annotated[
    int | None,
    Option(
        help="Number of test periods, in sequence, counted back from the end of your data. Default: up to 3, and the "
        "same season of the year before, if the history has them.",
        metavar="N",
    ),
]

EXAMPLES = (
    "segcli backtest orders.csv",
    "segcli backtest orders.csv --period-days 60 --folds 3",
)


def command(
    input: options.InputArgument = None,
    until: UntilOption = None,
    period_days: PeriodDaysOption = None,
    folds: FoldsOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Test how well segments predict later buyers.

    segcli segments customers with the data up to an earlier day, then measures buyers, revenue and lift in the days
    after it. The lift of a segment is its purchase rate divided by the purchase rate of all customers. The
    segmentations come from the config, or RFM by default. They are compared with simple rankings: recency only,
    frequency only, spend in the period before, the sum of RFM quintiles, and chance. The input must be an order export.
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
            report_analyses.build_as_of_segmenter(command_input.loaded_config),
        )
        write_result(build_backtest_result(backtest_result, command_input.customers), common_options, console)
        command_input.check_quality()

"""segcli backtest: do segments tell who will buy?"""

from typing import Annotated

from typer import Option

from segcli.cli import options, segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

Until = Annotated[
    str | None,
    Option(
        help="Last day that the segmentation of the latest period knows; default: period_days before the "
        "end of the data.",
        metavar="DATE",
    ),
]
Period = Annotated[
    int | None,
    Option("--period-days", help="Days after the segmentation in which purchases are watched.", metavar="DAYS"),
]
Folds = Annotated[
    int | None, Option(help="Number of such periods, one before the other, back from the end of the data.", metavar="N")
]


def command(
    input: options.Input = None, until: Until = None, period_days: Period = None, folds: Folds = None, *, asked: Asked
) -> None:
    """Test whether segments foretell who will buy.

    Customers are segmented by what was known at an earlier day; buyers, revenue and lift (how many times as often a
    segment buys as all do) are those of the days after. The segmentations are those that the config declares, or RFM;
    beside them stand fifths by RFM, fifths by spend, and chance. It needs an order export.
    """
    flags = {"backtest.until": until, "backtest.period_days": period_days, "backtest.folds": folds}
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags, measures=segmenting.declared_measures)
        from segcli.cli.show import show
        from segcli.evidence.backtest import backtest
        from segcli.reports.evidence import of_backtest

        made = backtest(
            found.customers, found.settings.backtest, found.settings.seed, segmenting.at_two_days(found.loaded)
        )
        show(of_backtest(made, found.customers), asked, talk)
        found.gate()

"""segcli backtest: do segments tell who will buy?"""

from typing import Annotated

from typer import Option

from segcli.cli import options, segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

Until = Annotated[str | None, Option(help="Last day the segmentation knows.", metavar="DATE")]
Period = Annotated[int | None, Option("--period-days", help="Days after it that are watched.", metavar="DAYS")]
Folds = Annotated[int | None, Option(help="How many such periods, one before the other.", metavar="N")]


def command(
    input: options.Input = None, until: Until = None, period_days: Period = None, folds: Folds = None, *, asked: Asked
) -> None:
    """Hold segments against what customers did after: buyers, revenue, lift.

    The segmentations are those the config declares, or RFM; beside them stand fifths by RFM and by spend, and chance.
    """
    flags = {"backtest.until": until, "backtest.period_days": period_days, "backtest.folds": folds}
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags)
        from segcli.cli.show import show
        from segcli.evidence.backtest import backtest
        from segcli.reports.evidence import of_backtest

        made = backtest(
            found.customers, found.settings.backtest, found.settings.seed, segmenting.at_two_days(found.loaded)
        )
        show(of_backtest(made, found.customers), asked, talk)
        found.gate()

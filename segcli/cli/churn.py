"""Command `segcli churn`: predict who buys in the next period, or a yes-or-no outcome of a customer table."""

from typing import Annotated

from typer import Option

from segcli.cli import inputs, options
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

OutcomeOption = Annotated[
    str | None,
    Option(
        help="Column of a customer table with the outcome, yes or no, for example Churn. Default: purchases in "
        "the next period.",
        metavar="COLUMN",
    ),
]
PositiveOption = Annotated[
    str | None,
    Option(
        help="Value of the outcome that counts as yes. Default: the one that means yes, or the rarer one.",
        metavar="VALUE",
    ),
]
PeriodDaysOption = Annotated[
    int | None, Option("--period-days", help="Length of the predicted period in days.", metavar="DAYS")
]

EXAMPLES = (
    "segcli churn orders.csv --period-days 60",
    "segcli churn customers.csv --outcome Churn",
)


def command(
    input: options.InputArgument = None,
    outcome: OutcomeOption = None,
    positive: PositiveOption = None,
    period_days: PeriodDaysOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Predict which customers will buy again, or which will leave.

    With an order export, segcli predicts who buys in the next period, and tests the model on the latest period. With
    --outcome and a customer table, it predicts that column from the others, and tests the model on customers held out.
    """
    flags = {"churn.outcome": outcome, "churn.positive": positive, "churn.period_days": period_days}
    with Console(common_options) as console:
        command_input = inputs.read_input(input, common_options, console, flags)
        from segcli.cli.output import write_result
        from segcli.reports.value_results import build_churn_result, build_outcome_result

        settings, customers = command_input.settings, command_input.customers
        if settings.churn.outcome is None:
            from segcli.value.churn import predict_churn

            result = build_churn_result(customers, predict_churn(customers, settings.churn, settings.seed))
        else:
            from segcli.evaluation.outcome_model import predict_outcome

            forecast = predict_outcome(customers, settings.churn, settings.fairness.audit_only, settings.seed)
            result = build_outcome_result(customers, forecast)
        write_result(result, common_options, console)
        command_input.check_quality()

"""Command `segcli cohort`: repeat purchases of customer cohorts by period."""

from typing import Annotated

from typer import Option

from segcli.cli import choices, inputs, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

CohortByOption = Annotated[
    str | None,
    Option(
        help="Cohort definition: month or quarter of the first order, first_channel, first_product or first_category "
        "of the first order, a segmentation such as rfm_segment as of the middle of the history, or an attribute of "
        "customers.",
        metavar="NAME",
    ),
]
CohortPeriodOption = Annotated[
    str | None,
    Option(
        help="Calendar period of the columns: month or quarter.",
        metavar="NAME",
        autocompletion=choices.complete_words("month", "quarter"),
    ),
]
CohortMetricOption = Annotated[
    str | None,
    Option(
        help="Measure in the table: retention (share of customers with a purchase), customers, orders, revenue or "
        "value (cumulative revenue per customer).",
        metavar="NAME",
        autocompletion=choices.complete_words("retention", "customers", "orders", "revenue", "value"),
    ),
]

EXAMPLES = (
    "segcli cohort orders.csv",
    "segcli cohort orders.csv --by quarter --show value",
)


def command(
    input: options.InputArgument = None,
    by: CohortByOption = None,
    period: CohortPeriodOption = None,
    show: CohortMetricOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Follow customer cohorts over time.

    The input must be an order export, not a table of one row per customer. Cells after the end of the data are blank.
    """
    flags = {"cohort.by": by, "cohort.period": period, "cohort.show": show}
    with Console(common_options) as console:
        command_input = inputs.read_input(
            input, common_options, console, flags, list_measures=segmenters.list_cohort_measures
        )
        from segcli.cli.output import write_result
        from segcli.reports.value_results import build_cohorts_result
        from segcli.value.cohorts import analyse_cohorts

        customers, cohort_settings = command_input.customers, command_input.settings.cohort
        segmentations = segmenters.build_cohort_segmentations(customers, command_input.loaded_config)
        cohorts = analyse_cohorts(customers, cohort_settings, segmentations)
        write_result(build_cohorts_result(cohorts, customers, cohort_settings.show), common_options, console)
        command_input.check_quality()

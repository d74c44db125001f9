"""segcli cohort: how many customers who came together buy again, period after period."""

from typing import Annotated

from typer import Option

from segcli.cli import choices, options, segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

By = Annotated[
    str | None,
    Option(help="Cohorts by month or quarter of the first order, or by a column such as top_channel.", metavar="NAME"),
]
Period = Annotated[
    str | None, Option(help="Watch by month or quarter.", metavar="NAME", autocompletion=choices.of("month", "quarter"))
]
Show = Annotated[
    str | None,
    Option(
        help="Show retention, customers, orders, revenue or value.",
        metavar="NAME",
        autocompletion=choices.of("retention", "customers", "orders", "revenue", "value"),
    ),
]


def command(
    input: options.Input = None, by: By = None, period: Period = None, show: Show = None, *, asked: Asked
) -> None:
    """Follow customers who came together: retention, revenue, value to date.

    Needs an export of single orders. Cells after the end of the data are blank.
    """
    flags = {"cohort.by": by, "cohort.period": period, "cohort.show": show}
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags)
        from segcli.cli.show import show as shown
        from segcli.reports.value import of_cohorts
        from segcli.value.cohort import cohorts

        customers, wanted = segmenting.for_cohorts(found.customers, found.loaded), found.settings.cohort
        shown(of_cohorts(cohorts(customers, wanted), customers, wanted.show), asked, talk)
        found.gate()

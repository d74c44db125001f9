"""segcli cohort: how many customers who came together buy again, period after period."""

from typing import Annotated

from typer import Option

from segcli.cli import choices, options, segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

By = Annotated[
    str | None,
    Option(
        help="What customers of a cohort share: month or quarter of the first order, or a column such as top_channel.",
        metavar="NAME",
    ),
]
Period = Annotated[
    str | None,
    Option(
        help="Calendar periods in which cohorts are watched: month or quarter.",
        metavar="NAME",
        autocompletion=choices.of("month", "quarter"),
    ),
]
Show = Annotated[
    str | None,
    Option(
        help="What the table shows: retention (share who bought), customers, orders, revenue, or value (revenue a head "
        "to date).",
        metavar="NAME",
        autocompletion=choices.of("retention", "customers", "orders", "revenue", "value"),
    ),
]


def command(
    input: options.Input = None, by: By = None, period: Period = None, show: Show = None, *, asked: Asked
) -> None:
    """Follow customers who came together: how many stay.

    It needs an order export; a table of one row per customer does not do. Cells after the end of the data are blank.
    """
    flags = {"cohort.by": by, "cohort.period": period, "cohort.show": show}
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags, measures=segmenting.cohort_measures)
        from segcli.cli.show import show as shown
        from segcli.reports.value import of_cohorts
        from segcli.value.cohort import cohorts

        customers, wanted = segmenting.for_cohorts(found.customers, found.loaded), found.settings.cohort
        shown(of_cohorts(cohorts(customers, wanted), customers, wanted.show), asked, talk)
        found.gate()

"""`backtest:` check whether segments predict later purchases."""

from typing import Annotated

from pydantic import AfterValidator, Field

from segcli.config.section import Section, check_day


class BacktestSettings(Section):
    """`backtest:` test periods, and the share of top customers."""

    period_days: int = Field(
        90,
        ge=1,
        le=3650,
        description="Length of the test period in days. segcli counts the purchases in the days after the "
        "segmentation.",
    )
    folds: Annotated[int, Field(ge=1, le=24)] | None = Field(
        None,
        description="Number of test periods, in sequence, counted back from the end of your data. Default: up to 3, "
        "and the same season of the year before, if the history has them.",
    )
    until: Annotated[str, AfterValidator(check_day)] | None = Field(
        None,
        description="Last day of data for the segmentation of the latest period. Default: period_days before the end "
        "of the data.",
    )
    top: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of customers, from the best segments first, for which the share of later revenue is "
        "reported.",
    )

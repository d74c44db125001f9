"""`backtest:` check whether segments predict later purchases."""

from typing import Annotated

from pydantic import AfterValidator, Field

from segcli.config.section import Section, check_day


class BacktestSettings(Section):
    """`backtest:` which time is foretold, how often, and against what."""

    period_days: int = Field(
        90, ge=1, le=3650, description="Days after the segmentation in which purchases are watched."
    )
    folds: int = Field(
        1, ge=1, le=24, description="Number of such periods, one before the other, back from the end of the data."
    )
    until: Annotated[str, AfterValidator(check_day)] | None = Field(
        None,
        description="Last day that the segmentation of the latest period knows; default: period_days before the "
        "end of the data.",
    )
    top: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="Share of customers, of the best segments first, whose share of later revenue is told.",
    )

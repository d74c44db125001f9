"""`backtest:` do segments tell who will buy?"""

from typing import Annotated

from pydantic import AfterValidator, Field

from segcli.config.section import Section, day


class BacktestSettings(Section):
    """`backtest:` which time is foretold, how often, and against what."""

    period_days: int = Field(90, ge=1, le=3650, description="Days after a segmentation that are watched.")
    folds: int = Field(1, ge=1, le=24, description="How many such periods, one before the other, back from the end.")
    until: Annotated[str, AfterValidator(day)] | None = Field(
        None,
        description="Last day the segmentation of the first fold knows; otherwise period_days before the data's end.",
    )
    top: float = Field(0.2, gt=0, lt=1, description="Share of customers whose share of later revenue is told.")

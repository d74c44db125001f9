"""`clv:` expected orders and customer lifetime value."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from segcli.config.section import Section, check_day

DAYS_PER_PERIOD = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}  # days
_HORIZON_PATTERN = re.compile(r"([1-9]\d{0,3}) (day|week|month)s?")


def _check_horizon(horizon: str) -> str:
    if not _HORIZON_PATTERN.fullmatch(horizon):
        raise ValueError(f"must be a number of days, weeks or months, such as 12 months; got {horizon}")
    return horizon


class ClvSettings(Section):
    """`clv:` which model, over which time, at which margin."""

    model: Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd"] = Field(
        "auto",
        description="Model of orders: bg_nbd, mbg_nbd, pareto_nbd, or auto: the one under which the orders are "
        "likeliest.",
    )
    period: Literal["day", "week", "month"] = Field(
        "week", description="Unit of time of the model's parameters: day, week or month."
    )
    calibration_end: Annotated[str, AfterValidator(check_day)] | None = Field(
        None,
        description="Last day that the model learns from; what came after is compared with what it expects; "
        "default: the last day.",
    )
    horizon: Annotated[str, AfterValidator(_check_horizon)] = Field(
        "12 months",
        description="Time ahead for which orders and value are expected, in days, weeks or months, such as '12 "
        "months'.",
    )
    margin: float = Field(1.0, gt=0, le=1, description="Share of revenue that is earned; 1 takes all revenue as value.")
    discount: float = Field(0.1, ge=0, le=1, description="Yearly rate by which later value counts less; 0.1 is 10%.")
    bootstrap: int = Field(
        50,
        ge=0,
        le=10_000,
        description="Number of random samples of customers from which intervals are found; 0 finds none.",
    )
    times: list[Annotated[float, Field(gt=0)]] = Field(
        default_factory=lambda: [1.0, 4.0, 13.0, 26.0, 52.0],
        description="Times after the first order, in units of period, for which the repeat orders of a new "
        "customer are told.",
    )

    @property
    def horizon_steps(self) -> int:
        """Length of the horizon, in its own unit (days, weeks or months)."""
        return int(self.horizon.split(" ")[0])

    @property
    def step_days(self) -> float:
        """Length of one day, week or month of the horizon, in days."""
        return DAYS_PER_PERIOD[self.horizon.split(" ")[1].removesuffix("s")]

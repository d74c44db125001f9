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
    """`clv:` order model, horizon, margin and discount rate."""

    model: Literal["auto", "bg_nbd", "mbg_nbd", "pareto_nbd"] = Field(
        "auto",
        description="Order model: bg_nbd, mbg_nbd, pareto_nbd or auto. auto selects the model with the highest "
        "likelihood. Of models that fit about equally well, it selects the one that predicts the holdout better.",
    )
    period: Literal["day", "week", "month"] = Field(
        "week", description="Time unit of the model parameters: day, week or month."
    )
    calibration_end: Annotated[str, AfterValidator(check_day)] | None = Field(
        None,
        description="Last day of the training data. segcli compares the forecast with the purchases after this day. "
        "Default: the last day of your data.",
    )
    horizon: Annotated[str, AfterValidator(_check_horizon)] = Field(
        "12 months",
        description="Forecast horizon in days, weeks or months, for example '12 months'.",
    )
    margin: float = Field(
        1.0, gt=0, le=1, description="Your gross margin as a share of revenue. 1 counts all revenue as value."
    )
    discount: float = Field(0.1, ge=0, le=1, description="Your annual discount rate for future value. 0.1 is 10%.")
    bootstrap: int = Field(
        50,
        ge=0,
        le=10_000,
        description="Number of bootstrap samples of customers for the intervals. 0 reports no intervals.",
    )
    holdout: bool = Field(
        True,
        description="Also fit the models without the last third of the history (at most the horizon), and compare "
        "their forecast with it.",
    )
    calibrate: bool = Field(
        False,
        description="Multiply predicted orders by the ratio of actual to predicted orders in the holdout.",
    )
    times: list[Annotated[float, Field(gt=0)]] = Field(
        default_factory=lambda: [1.0, 4.0, 13.0, 26.0, 52.0],
        description="Times after the first order, in units of period, at which the expected repeat orders of a new "
        "customer are reported.",
    )

    @property
    def horizon_steps(self) -> int:
        """Length of the horizon, in its own unit (days, weeks or months)."""
        return int(self.horizon.split(" ")[0])

    @property
    def horizon_days(self) -> float:
        """Length of the horizon in days."""
        return self.horizon_steps * self.step_days

    @property
    def step_days(self) -> float:
        """Length of one day, week or month of the horizon, in days."""
        return DAYS_PER_PERIOD[self.horizon.split(" ")[1].removesuffix("s")]

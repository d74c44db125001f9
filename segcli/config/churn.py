"""`churn:` predict which customers will not buy in the next period, with a model trained on earlier periods."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class ChurnSettings(Section):
    """`churn:` which time is foretold, by which model."""

    period_days: int = Field(90, ge=7, le=3650, description="Days ahead in which a customer buys or does not.")
    model: Literal["auto", "logistic", "boosting"] = Field(
        "auto",
        description="Model of who buys: logistic (logistic regression), boosting (gradient boosting), or auto: "
        "which foretells better in the training period.",
    )

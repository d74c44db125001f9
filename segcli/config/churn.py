"""`churn:` predict which customers will not buy in the next period, with a model trained on earlier periods."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class ChurnSettings(Section):
    """`churn:` predicted period and model."""

    period_days: int = Field(90, ge=7, le=3650, description="Length of the predicted period in days.")
    model: Literal["auto", "logistic", "boosting"] = Field(
        "auto",
        description="Prediction model: logistic (logistic regression), boosting (gradient boosting) or auto. auto "
        "selects the model that predicts better in the training period.",
    )

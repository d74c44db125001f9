"""`churn:` predict which customers will not buy in the next period, with a model trained on earlier periods."""

from typing import Literal

from pydantic import Field

from segcli.config.section import PositiveValue, Section


class ChurnSettings(Section):
    """`churn:` predicted period or outcome, and model."""

    period_days: int = Field(90, ge=7, le=3650, description="Length of the predicted period in days.")
    outcome: str | None = Field(
        None,
        description="Column of a customer table with the outcome, yes or no, for example Churn. Default: purchases in "
        "the next period.",
    )
    positive: PositiveValue = None
    among: list[str] = Field(
        default_factory=list,
        description="Columns that predict the outcome. Default: all columns that describe customers.",
    )
    windows: int = Field(
        4,
        ge=1,
        le=24,
        description="Number of past periods that train the model, where the history allows. The same season of the "
        "year before is added.",
    )
    model: Literal["auto", "logistic", "boosting"] = Field(
        "auto",
        description="Prediction model: logistic (logistic regression), boosting (gradient boosting) or auto. auto "
        "selects the model that predicts better in the training period.",
    )

"""Saved forecasts: fitted models of orders and value, to apply an earlier fit to later orders."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from segcli.errors import InputProblem
from segcli.io.model_file import ModelFields, damage_problem, dump_model_file, load_model_file, parse_model_fields
from segcli.value import gamma_gamma, models
from segcli.value.clv import ClvResult
from segcli.value.clv_model import ClvModel
from segcli.value.maximum_likelihood import ModelFit

CLV_SCHEMA = "segcli.clv-model/1"
# Fits stay within LOWEST_PARAMETER and HIGHEST_PARAMETER; far below them, likelihoods take logarithms of 0.
Parameter = Annotated[float, Field(ge=1e-6, le=1e15)]


class SavedModelFit(ModelFields):
    """A fitted model of orders or of their value."""

    model: str
    parameters: dict[str, Parameter]
    log_likelihood: float
    ended: str
    converged: bool = True


class SavedClvModel(ModelFields):
    """A saved forecast."""

    period: str
    orders: SavedModelFit
    value: SavedModelFit | None
    correlation: float | None
    dropout_gain: float = float("inf")
    calibration_factor: Annotated[float, Field(gt=0)] | None = None


def dump_clv_model(clv_result: ClvResult, period: str) -> str:
    """Return the models of a forecast as diffable text, without any customer data."""
    clv_model = clv_result.clv_model
    return dump_model_file(
        {
            "schema": CLV_SCHEMA,
            "period": period,
            "orders": _fit_to_dict(clv_model.order_fit),
            "value": None if clv_model.value_fit is None else _fit_to_dict(clv_model.value_fit),
            "correlation": clv_model.correlation,
            "dropout_gain": clv_model.dropout_gain,
            "calibration_factor": clv_model.calibration_factor,
            "trained_on": {"customers": len(clv_result.table), "to": clv_result.calibration_end.isoformat()},
            "versions": dict(clv_result.provenance.versions),
        }
    )


def load_clv_model(path: str, period: str) -> ClvModel:
    """Read a saved forecast.

    Raises:
        InputProblem: the file is not a saved forecast, or has another time unit.
    """
    saved_model = load_model_file(path, {CLV_SCHEMA: "clv"})
    saved_model = parse_model_fields(saved_model, SavedClvModel, path)
    _require_parameters(saved_model, path)
    if saved_model["period"] != period:
        raise InputProblem(
            f"its unit of time is the {saved_model['period']}, not the {period}",
            source=path,
            remedy=f"--set clv.period={saved_model['period']}",
        )
    order_fit, value_fit = ModelFit(**saved_model["orders"]), saved_model["value"]
    return ClvModel(
        order_fit,
        ModelFit(**value_fit) if value_fit else None,
        [order_fit],
        saved_model["correlation"],
        saved_model["dropout_gain"],
        saved_model["calibration_factor"],
    )


def _require_parameters(saved_model: Mapping[str, Any], path: str) -> None:
    order_fit, value_fit = saved_model["orders"], saved_model["value"]
    if order_fit["model"] not in models.order_model_names():
        raise damage_problem(path, "orders.model", f"must be one of {', '.join(models.order_model_names())}")
    if set(order_fit["parameters"]) != set(models.load_order_model(order_fit["model"]).PARAMETERS):
        raise damage_problem(path, "orders.parameters", "must be those of the model")
    if value_fit and (value_fit["model"], set(value_fit["parameters"])) != (
        gamma_gamma.MODEL_NAME,
        set(gamma_gamma.PARAMETER_NAMES),
    ):
        raise damage_problem(path, "value", f"must be a model {gamma_gamma.MODEL_NAME} with its parameters")


def _fit_to_dict(model_fit: ModelFit) -> dict[str, Any]:
    return {**vars(model_fit), "parameters": dict(model_fit.parameters)}

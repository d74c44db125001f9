"""Saved forecasts: fitted models of orders and value, to expect of later orders what was learnt from earlier ones."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from segcli.errors import InputProblem
from segcli.files.sealed import SavedFields, damage_problem, parse_fields, sealed, unsealed
from segcli.value import gamma_gamma, models
from segcli.value.clv import Valued
from segcli.value.fit import Fitted
from segcli.value.forecast import Forecast

CLV = "segcli.clv-model/1"
# A fit stays within fit.LOWEST and fit.HIGHEST; far below them the likelihoods take logarithms of 0.
Parameter = Annotated[float, Field(ge=1e-6, le=1e15)]


class FittedModel(SavedFields):
    """A fitted model of orders or of their value."""

    model: str
    parameters: dict[str, Parameter]
    log_likelihood: float
    ended: str


class ClvModel(SavedFields):
    """A saved forecast."""

    period: str
    orders: FittedModel
    value: FittedModel | None
    correlation: float | None


def as_text(made: Valued, period: str) -> str:
    """The models of a forecast, diffable, without any customer."""
    forecast = made.forecast
    return sealed(
        {
            "schema": CLV,
            "period": period,
            "orders": _plain(forecast.orders),
            "value": None if forecast.value is None else _plain(forecast.value),
            "correlation": forecast.correlation,
            "trained_on": {"customers": len(made.table), "to": made.end.isoformat()},
            "versions": dict(made.provenance.versions),
        }
    )


def load(path: str, period: str) -> Forecast:
    """Read a forecast back.

    Raises:
        InputProblem: it is no saved forecast, or of another unit of time.
    """
    model = unsealed(path, {CLV: "clv"})
    model = parse_fields(model, ClvModel, path)
    _require_parameters(model, path)
    if model["period"] != period:
        raise InputProblem(
            f"its unit of time is the {model['period']}, not the {period}",
            source=path,
            remedy=f"--set clv.period={model['period']}",
        )
    orders, value = Fitted(**model["orders"]), model["value"]
    return Forecast(orders, Fitted(**value) if value else None, [orders], model["correlation"])


def _require_parameters(model: Mapping[str, Any], path: str) -> None:
    orders, value = model["orders"], model["value"]
    if orders["model"] not in models.names():
        raise damage_problem(path, "orders.model", f"must be one of {', '.join(models.names())}")
    if set(orders["parameters"]) != set(models.load(orders["model"]).PARAMETERS):
        raise damage_problem(path, "orders.parameters", "must be those of the model")
    if value and (value["model"], set(value["parameters"])) != (gamma_gamma.NAME, set(gamma_gamma.PARAMETERS)):
        raise damage_problem(path, "value", f"must be a model {gamma_gamma.NAME} with its parameters")


def _plain(one: Fitted) -> dict[str, Any]:
    return {**vars(one), "parameters": dict(one.parameters)}

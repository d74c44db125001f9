"""Saved forecasts: fitted models of orders and value, to expect of later orders what was learnt from earlier ones."""

from typing import Any

from segcli.errors import InputProblem
from segcli.files.sealed import sealed, unsealed
from segcli.value.clv import Valued
from segcli.value.fit import Fitted
from segcli.value.forecast import Forecast

CLV = "segcli.clv-model/1"


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
    if model["period"] != period:
        raise InputProblem(
            f"its unit of time is the {model['period']}, not the {period}",
            source=path,
            remedy=f"--set clv.period={model['period']}",
        )
    orders, value = Fitted(**model["orders"]), model["value"]
    return Forecast(orders, Fitted(**value) if value else None, [orders], model["correlation"])


def _plain(one: Fitted) -> dict[str, Any]:
    return {**vars(one), "parameters": dict(one.parameters)}

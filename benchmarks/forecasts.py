"""Forecasts of simulated shops against their future: time, coverage of outcome intervals, false claims of convergence.

    python benchmarks/forecasts.py 200

The shops range from one-time buyers to subscriptions (`tests/oracles/shops.py`). Each is forecast from its past, as
`segcli clv` does. A forecast "converged" has no limits. It is false if a wide search finds a likelihood that is higher
by more than 0.5, if nobody drops out of the shop, if more than 90% of customers bought once, or if the horizon exceeds
the history.
"""

import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from segcli.config.clv import ClvSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.value import clv, models
from segcli.value.clv import ClvResult
from segcli.value.clv_limits import MAX_ONE_TIME_SHARE
from segcli.value.maximum_likelihood import fit_order_model
from segcli.value.purchase_summary import PurchaseSummary
from tests.oracles.shops import FIRST_DAY, KINDS, Shop, simulate_shop, write_shop

SECONDS = 10.0
WIDE_STARTS = 12


def forecast_shop(shop: Shop, folder: str) -> dict[str, Any]:
    """Forecast a shop, and compare the forecast with its future."""
    path = Path(folder) / "orders.csv"
    write_shop(shop, path)
    as_of = FIRST_DAY + timedelta(days=shop.days)
    customers = load_customers(IngestSettings(transactions=Source(path=str(path))), as_of)
    settings = ClvSettings(horizon=f"{shop.horizon_weeks} weeks", discount=0.0)
    started = time.process_time()
    try:
        clv_inputs = clv.prepare_clv(customers, settings, 1)
        result = clv_inputs.compute_clv([])
    except InputProblem:
        return {"kind": shop.kind, "refused": True, "seconds": time.process_time() - started}
    seconds = time.process_time() - started
    table = result.table
    orders, value = (
        later.reindex(table["customer_id"]).fillna(0.0).to_numpy() for later in (shop.later_orders, shop.later_value)
    )
    may_order = (table["outcome_value_high"] > 0).to_numpy()
    return {
        "kind": shop.kind,
        "refused": False,
        "seconds": seconds,
        "orders_covered": _share_within(orders, table["outcome_orders_low"], table["outcome_orders_high"]),
        "value_covered": _share_within(value, table["outcome_value_low"], table["outcome_value_high"]),
        "value_covered_open": _share_within(
            value[may_order], table["outcome_value_low"][may_order], table["outcome_value_high"][may_order]
        ),
        "no_order": float((orders == 0).mean()),
        "ratio": float(table["expected_orders"].sum() / max(orders.sum(), 1)),
        "converged": not result.limits,
        "false": not result.limits and _is_false(shop, result, clv_inputs.order_forecast.summary),
    }


def _share_within(outcomes: np.ndarray, low: pd.Series, high: pd.Series) -> float:
    return float(((low.to_numpy() - 1e-6 <= outcomes) & (outcomes <= high.to_numpy() + 1e-6)).mean())


def _is_false(shop: Shop, result: ClvResult, summary: PurchaseSummary) -> bool:
    order_fit = result.clv_model.order_fit
    chance = np.random.default_rng(5)
    names = models.load_order_model(order_fit.model).PARAMETERS
    starts = [dict(zip(names, np.exp(chance.uniform(-4, 5, 4)).tolist(), strict=True)) for _ in range(WIDE_STARTS)]
    wide_fit = fit_order_model(order_fit.model, summary.groups, starts)
    one_time_share = 1 - summary.repeat_customers / len(summary.group_codes)
    return (
        wide_fit.log_likelihood > order_fit.log_likelihood + 0.5
        or shop.weekly_dropout == 0
        or one_time_share > MAX_ONE_TIME_SHARE
        or 7 * shop.horizon_weeks > shop.days
    )


def main(shop_count: int) -> None:
    """Forecast shops of all kinds in turn and print a row per kind."""
    with tempfile.TemporaryDirectory() as folder:
        forecasts = pd.DataFrame(
            [forecast_shop(simulate_shop(KINDS[seed % len(KINDS)], seed), folder) for seed in range(shop_count)]
        )
    titles = ("shop", "shops", "refused", "slowest CPU s", "orders covered", "value covered", "open intervals")
    titles += ("no later order", "predicted / actual", "converged", "false")
    print(f"| {' | '.join(titles)} |\n| --- " + "| ---: " * (len(titles) - 1) + "|")
    for kind, rows in [*forecasts.groupby("kind", sort=False), ("all", forecasts)]:
        done = rows[~rows["refused"]]
        print(
            f"| {kind} | {len(rows)} | {int(rows['refused'].sum())} | {rows['seconds'].max():.1f} "
            f"| {done['orders_covered'].mean():.1%} | {done['value_covered'].mean():.1%} "
            f"| {done['value_covered_open'].mean():.1%} | {done['no_order'].mean():.0%} "
            f"| {done['ratio'].median():.2f} | {int(done['converged'].sum())} | {int(done['false'].sum())} |"
        )
    ended = (forecasts["seconds"] < SECONDS) | forecasts["refused"]
    print(f"\n{ended.mean():.1%} ended within {SECONDS:.0f} s of CPU time or were refused")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)

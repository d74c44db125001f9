"""Customer lifetime value: published figures, sums by hand, holdouts, intervals, refusals."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segcli.config.clv import ClvSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.rfm import RfmSettings
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment import maps, rfm
from segcli.value import clv, gamma_gamma, models
from segcli.value.clv import ClvResult
from segcli.value.clv_model import choose_order_fit
from segcli.value.maximum_likelihood import ModelFit
from segcli.value.purchase_summary import HistoryGroups, summarise_purchases
from tests.oracles.orders import simulated
from tests.oracles.shops import FIRST_DAY, simulate_shop, write_shop

CDNOW = ClvSettings(calibration_end="1997-09-30", horizon="39 weeks", bootstrap=0)
PAPER = {"r": 0.2426, "alpha": 4.414, "a": 0.793, "b": 2.426}


def orders_of(path: Path) -> Customers:
    return load_customers(IngestSettings(transactions=Source(path=str(path))))


@pytest.fixture(scope="module")
def cdnow(shared_data: Path) -> Customers:
    return orders_of(shared_data / "cdnow" / "cdnow_sample.csv")


@pytest.fixture(scope="module")
def valued(cdnow: Customers) -> ClvResult:
    return clv.prepare_clv(cdnow, CDNOW, 1).compute_clv([])


def test_cdnow_has_the_published_parameters(valued: ClvResult) -> None:
    """Fader, Hardie and Lee 2005; Fader and Hardie 2013; the Pareto/NBD and MBG/NBD of the same data."""
    found = valued.clv_model.as_dict()
    assert [found["bg_nbd"][name] for name in PAPER] == pytest.approx([0.2426, 4.4136, 0.7929, 2.4259], rel=2e-4)
    assert found["bg_nbd"]["log_likelihood"] == pytest.approx(-9582.43, abs=0.01)
    assert [found["gamma_gamma"][name] for name in ("p", "q", "v")] == pytest.approx([6.25, 3.74, 15.44], rel=2e-3)
    pareto = [found["pareto_nbd"][name] for name in ("r", "alpha", "s", "beta")]
    assert pareto == pytest.approx([0.55315, 10.576, 0.60625, 11.672], rel=5e-4)
    assert found["pareto_nbd"]["log_likelihood"] == pytest.approx(-9594.976, abs=0.001)
    assert [found["mbg_nbd"][name] for name in PAPER] == pytest.approx([0.525, 6.183, 0.891, 1.614], rel=1e-3)
    assert valued.clv_model.order_fit.model == "mbg_nbd", "the likeliest of the three"
    assert summarise_purchases(valued.customers, valued.calibration_end, 7.0).repeat_customers == 946, (
        "orders of one day are one"
    )


def test_cdnow_has_the_published_expectations() -> None:
    known = models.load_order_model("bg_nbd")
    times = [0.1429, 1, 3, 31.8571, 32, 78]
    published = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576]
    assert [known.unconditional_expectation(PAPER, t) for t in times] == pytest.approx(published, abs=5e-4)
    one = HistoryGroups(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.ones(1))
    assert float(known.conditional_expectation(PAPER, one, 39)[0]) == pytest.approx(1.226, abs=5e-4)


def test_the_same_customer_from_the_file(cdnow: Customers) -> None:
    made = clv.prepare_clv(cdnow, CDNOW.model_copy(update={"model": "bg_nbd"}), 1).compute_clv([])
    assert made.table["expected_orders"][0] == pytest.approx(1.226, abs=5e-4)
    assert made.new_customer["bg_nbd"][1.0] == pytest.approx(0.0532, abs=2e-4)


def test_the_holdout_counts_what_came_after(valued: ClvResult, cdnow: Customers) -> None:
    assert valued.holdout is not None
    assert valued.holdout.days == 273
    lines = cdnow.transactions
    assert lines is not None
    after = lines.lines[lines.lines["order_date"] >= "1997-10-01"]
    days = after.assign(day=after["order_date"].dt.floor("D")).groupby(["customer_id", "day"], observed=True).size()
    assert valued.holdout.actual == len(days) == 1882
    errors = valued.holdout.errors.set_index("guess")["mean_absolute_error"]
    assert errors["model"] < errors.drop("model").min()
    by_repeats = valued.holdout.by_repeats
    assert by_repeats["customers"].tolist()[:3] == [1411, 439, 214]
    assert by_repeats["expected"].is_monotonic_increasing


# A shop of its own: monthly value by hand, intervals, refusals


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Customers:
    """800 customers by a MBG/NBD, their order values by a Gamma-Gamma."""
    chance = np.random.default_rng(4)
    start = chance.integers(0, 180, 800)
    times = simulated("mbg_nbd", {"r": 0.9, "alpha": 40.0, "a": 0.8, "b": 3.0}, 800, 540.0 - start, 3)
    rows = ["customer_id,order_id,order_date,amount"]
    number = 0
    for place, (first, repeats) in enumerate(zip(start, times, strict=True)):
        scale = chance.gamma(4.0, 1 / 15.0)
        for day in (0.0, *repeats):
            number += 1
            when = date(2024, 1, 1) + timedelta(days=int(first + day))
            rows.append(f"C{place:04},O{number},{when},{chance.gamma(6.0, 1 / scale):.2f}")
    path = tmp_path_factory.mktemp("shop") / "orders.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return orders_of(path)


def test_value_is_the_discounted_sum_of_the_months(shop: Customers) -> None:
    settings = ClvSettings(horizon="3 months", margin=0.4, discount=0.2, bootstrap=0)
    made = clv.prepare_clv(shop, settings, 1).compute_clv([])
    summary = summarise_purchases(made.customers, made.calibration_end, 7.0)
    known, parameters = models.load_order_model(made.clv_model.order_fit.model), made.clv_model.order_fit.parameters
    month = 365.25 / 12 / 7
    steps = [
        known.conditional_expectation(parameters, summary.groups, k * month)[summary.group_codes] for k in range(4)
    ]
    assert made.clv_model.value_fit is not None
    worth = gamma_gamma.predict_order_value(made.clv_model.value_fit.parameters, summary.x, summary.mean_value)
    slow = sum(0.4 * worth * (steps[k] - steps[k - 1]) / 1.2 ** (k / 12) for k in (1, 2, 3))
    assert made.table["clv"].to_numpy() == pytest.approx(slow, abs=1e-5)
    assert made.table["expected_orders"].to_numpy() == pytest.approx(steps[3], abs=1e-5)
    assert made.table["clv_undiscounted"].to_numpy() == pytest.approx(0.4 * worth * steps[3], abs=1e-5)
    assert made.totals["clv_undiscounted"] == pytest.approx(made.table["clv_undiscounted"].sum())


def test_the_value_of_an_order_lies_between_the_customers_mean_and_that_of_all(shop: Customers) -> None:
    made = clv.prepare_clv(shop, ClvSettings(bootstrap=0), 1).compute_clv([])
    summary = summarise_purchases(made.customers, made.calibration_end, 7.0)
    everybody = made.table.loc[summary.x == 0, "expected_order_value"]
    assert (everybody == everybody.iloc[0]).all()
    own, told, base = summary.mean_value, made.table["expected_order_value"].to_numpy(), float(everybody.iloc[0])
    repeat = summary.x > 0
    between = (np.minimum(own, base) <= told + 1e-6) & (told <= np.maximum(own, base) + 1e-6)
    assert between[repeat].all()
    assert base == pytest.approx(6 * 15 / 3, rel=0.1), "mean of what was planted"


def test_intervals_hold_the_estimate_and_sums_add_up(shop: Customers) -> None:
    settings = ClvSettings(bootstrap=20)
    segmented = rfm.segment_by_rfm(shop, RfmSettings(), maps.load_map("default"), 1)
    made = clv.prepare_clv(shop, settings, 1).compute_clv([segmented])
    table = made.table
    assert ((table["clv_low"] <= table["clv"] * 1.05) & (table["clv"] <= table["clv_high"] * 1.05)).mean() > 0.95
    assert made.totals["clv_low"] < made.totals["clv"] < made.totals["clv_high"]
    segments = made.segments["rfm_segment"]
    assert segments["clv"].sum() == pytest.approx(table["clv"].sum(), rel=1e-6)
    assert segments["customers"].sum() == len(table)
    assert ((segments["clv_low"] <= segments["clv"]) & (segments["clv"] <= segments["clv_high"])).mean() > 0.8
    again = clv.prepare_clv(shop, settings, 1).compute_clv([segmented])
    pd.testing.assert_frame_equal(again.table, table)


def test_the_best_customers_are_worth_most(shop: Customers) -> None:
    made = clv.prepare_clv(shop, ClvSettings(bootstrap=0), 1).compute_clv([])
    best = made.table.sort_values("revenue").tail(80)
    assert best["clv"].mean() > 3 * made.table["clv"].mean()


def test_too_few_who_came_back_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"C{n},2024-01-{1 + n % 28:02},5\n" for n in range(300))
    (tmp_path / "o.csv").write_text("customer_id,order_date,amount\n" + rows, encoding="utf-8")
    with pytest.raises(
        InputProblem, match=("0 customers bought on a second day by 2024-01-28; these models need at least 100")
    ):
        clv.prepare_clv(orders_of(tmp_path / "o.csv"), ClvSettings(), 1).compute_clv([])


def test_orders_and_their_value_that_go_together_are_told(tmp_path: Path) -> None:
    """The more orders, the larger they are."""
    rows = [
        f"C{n},{date(2024, 1, 1) + timedelta(days=9 * k + n % 7)},{5 + 8 * (n % 10) + k % 3}"
        for n in range(300)
        for k in range(2 + n % 10)
    ]
    (tmp_path / "o.csv").write_text("customer_id,order_date,amount\n" + "\n".join(rows) + "\n", encoding="utf-8")
    made = clv.prepare_clv(orders_of(tmp_path / "o.csv"), ClvSettings(bootstrap=0), 1).compute_clv([])
    assert any("customers who order more often spend more per order" in one for one in made.warnings)


def test_without_money_there_are_orders_only(tmp_path: Path, shop: Customers) -> None:
    assert shop.transactions is not None
    lines = shop.transactions.lines
    text = lines[["customer_id", "order_id", "order_date"]].to_csv(index=False)
    (tmp_path / "o.csv").write_text(text, encoding="utf-8")
    made = clv.prepare_clv(orders_of(tmp_path / "o.csv"), ClvSettings(bootstrap=4), 1).compute_clv([])
    assert "clv" not in made.table
    assert made.table["expected_orders"].notna().all()
    assert "outcome_value_low" not in made.table
    assert set(made.totals) == {"expected_orders", "expected_orders_low", "expected_orders_high"}


# What the past does not bear out, what it corrects, and money that came back


def limits_of(made: ClvResult) -> set[str]:
    return {limit.limit for limit in made.limits}


def test_a_shop_that_bears_its_forecast_out_has_no_limits(shop: Customers) -> None:
    made = clv.prepare_clv(shop, ClvSettings(bootstrap=0, horizon="3 months"), 1).compute_clv([])
    assert made.limits == ()
    assert any("converged: all 3 starts" in note for note in made.notes)


def test_a_horizon_beyond_the_history_is_a_limit(shop: Customers) -> None:
    made = clv.prepare_clv(shop, ClvSettings(bootstrap=0, horizon="36 months"), 1).compute_clv([])
    assert limits_of(made) == {"horizon"}
    assert not any("converged" in note for note in made.notes)
    assert any("the horizon of 36 months is longer than the history of 540 days" in note for note in made.notes), (
        made.notes
    )


@pytest.mark.parametrize(("kind", "limit"), [("one-time", "one_time_buyers"), ("no dropout", "dropout")])
def test_shops_without_evidence_are_never_called_converged(kind: str, limit: str, tmp_path: Path) -> None:
    planted = simulate_shop(kind, 2, 2500)
    write_shop(planted, tmp_path / "o.csv")
    made = clv.prepare_clv(orders_of(tmp_path / "o.csv"), ClvSettings(bootstrap=0, horizon="3 months"), 1)
    assert limit in limits_of(made.compute_clv([]))


def wholesaler(path: Path, years: int) -> Customers:
    """250 companies that all stay, and order about a fifth less every year."""
    chance = np.random.default_rng(8)
    rows = ["customer_id,order_date,amount"]
    for place in range(250):
        rate = chance.gamma(4, 1 / 4) / 14
        chances = rate * np.exp(-0.21 * np.arange(365 * years) / 365)
        rows += [
            f"C{place:03},{date(2021, 1, 1) + timedelta(days=int(day))},{chance.gamma(5, 20):.2f}"
            for day in np.flatnonzero(chance.random(365 * years) < chances)
        ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return orders_of(path)


def test_a_forecast_that_the_past_contradicts_is_noted_and_can_be_calibrated(tmp_path: Path) -> None:
    """Three years are known, and the fourth is predicted."""
    after = wholesaler(tmp_path / "o.csv", 4)
    settings = ClvSettings(bootstrap=0, calibration_end="2023-12-31", horizon="12 months")
    plain = clv.prepare_clv(after, settings, 1).compute_clv([])
    assert plain.holdout is not None
    assert plain.holdout.expected > 1.4 * plain.holdout.actual
    assert {"dropout", "holdout"} <= limits_of(plain)
    known = wholesaler(tmp_path / "k.csv", 3)
    today = clv.prepare_clv(known, ClvSettings(bootstrap=0, horizon="12 months"), 1).compute_clv([])
    assert today.holdout is not None
    assert (today.holdout.days, today.holdout.is_off) == (365, True)
    assert any("clv.calibrate=true multiplies the forecast by 0.7" in note for note in today.notes), today.notes
    settings = settings.model_copy(update={"calibrate": True})
    mended = clv.prepare_clv(after, settings, 1).compute_clv([])
    assert mended.holdout is not None
    assert mended.holdout.expected == pytest.approx(mended.holdout.actual, rel=0.2)
    assert mended.totals["clv"] == pytest.approx(plain.totals["clv"] * mended.clv_model.calibration_factor, rel=1e-6)
    assert "holdout" not in limits_of(mended)


def test_the_holdout_of_the_past_is_that_of_an_earlier_day(shop: Customers) -> None:
    """The default holdout is what a forecast from its first day, made on its own, shows."""
    settings = ClvSettings(bootstrap=0, horizon="3 months", model="mbg_nbd")
    default = clv.prepare_clv(shop, settings, 1).compute_clv([]).holdout
    assert default is not None
    explicit = settings.model_copy(update={"calibration_end": default.until.isoformat()})
    other = clv.prepare_clv(shop, explicit, 1).compute_clv([]).holdout
    assert other is not None
    assert (default.days, default.actual, default.expected) == (other.days, other.actual, other.expected)
    assert default.actual_value == other.actual_value
    assert clv.prepare_clv(shop, settings.model_copy(update={"holdout": False}), 1).holdout is None


def test_returns_reduce_value(shop: Customers, tmp_path: Path) -> None:
    """A quarter of the money comes back: values are a quarter lower, orders as before."""
    assert shop.transactions is not None
    lines = shop.transactions.lines[["customer_id", "order_id", "order_date", "amount"]].copy()
    lines["amount"] = lines["amount"] / shop.transactions.money_scale
    day = lines["order_date"].max()
    refunds = lines.groupby("customer_id", observed=True)["amount"].sum().mul(-0.25).round(2).reset_index()
    refunds = refunds.assign(order_id="R" + refunds["customer_id"].astype("str"), order_date=day)
    pd.concat([lines, refunds]).to_csv(tmp_path / "o.csv", index=False)
    settings = ClvSettings(bootstrap=0, horizon="3 months")
    gross = clv.prepare_clv(shop, settings, 1).compute_clv([])
    net = clv.prepare_clv(orders_of(tmp_path / "o.csv"), settings, 1).compute_clv([])
    assert net.totals["expected_orders"] == pytest.approx(gross.totals["expected_orders"])
    assert net.totals["clv"] == pytest.approx(0.75 * gross.totals["clv"], rel=1e-3)


def test_amounts_in_another_currency_give_the_same_forecast(shop: Customers, tmp_path: Path) -> None:
    assert shop.transactions is not None
    lines = shop.transactions.lines[["customer_id", "order_id", "order_date", "amount"]].copy()
    lines["amount"] = lines["amount"] / shop.transactions.money_scale * 25_000
    lines.to_csv(tmp_path / "o.csv", index=False)
    settings = ClvSettings(bootstrap=4, horizon="3 months")
    one = clv.prepare_clv(shop, settings, 1).compute_clv([])
    other = clv.prepare_clv(orders_of(tmp_path / "o.csv"), settings, 1).compute_clv([])
    for name in ("clv", "clv_high", "outcome_value_high"):
        assert other.table[name].to_numpy() == pytest.approx(25_000 * one.table[name].to_numpy(), rel=1e-4, abs=0.05)
    assert [one.clv_model.value_fit, other.clv_model.value_fit] != [None, None]
    assert limits_of(one) == limits_of(other)


def test_intervals_of_outcomes_cover_what_customers_did(tmp_path: Path) -> None:
    """Nine of ten customers, but for those whose interval ends at 0: fewer than one in ten of them orders."""
    covered, open_covered = [], []
    for seed, kind in enumerate(("bg_nbd", "mbg_nbd", "pareto_nbd")):
        planted = simulate_shop(kind, seed + 10, 1500)
        write_shop(planted, tmp_path / "o.csv")
        settings = ClvSettings(bootstrap=10, horizon=f"{planted.horizon_weeks} weeks", discount=0.0, holdout=False)
        customers = load_customers(
            IngestSettings(transactions=Source(path=str(tmp_path / "o.csv"))), FIRST_DAY + timedelta(days=planted.days)
        )
        table = clv.prepare_clv(customers, settings, 1).compute_clv([]).table
        paid = planted.later_value.reindex(table["customer_id"]).fillna(0.0).to_numpy()
        within = (table["outcome_value_low"] - 0.01 <= paid) & (paid <= table["outcome_value_high"] + 0.01)
        covered.append(within.mean())
        open_covered.append(within[table["outcome_value_high"] > 0].mean())
        assert (table["outcome_orders_low"] <= table["outcome_orders_high"]).all()
    assert np.mean(open_covered) == pytest.approx(0.9, abs=0.05)
    assert 0.87 < np.mean(covered) < 0.98


def test_models_that_fit_alike_are_told_apart_by_the_holdout() -> None:
    fits = [
        ModelFit(name, {}, likelihood, "", converged)
        for name, likelihood, converged in (
            ("a", -10.0, True),
            ("b", -11.5, True),
            ("c", -12.5, True),
            ("d", 0.0, False),
        )
    ]
    errors = {"a": 3.0, "b": 2.0, "c": 1.0, "d": 0.0}
    chosen, similar = choose_order_fit(fits, errors.__getitem__)
    assert (chosen.model, similar) == ("b", ["a"])
    assert choose_order_fit(fits, None)[0].model == "a"

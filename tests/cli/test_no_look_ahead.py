"""No table uses orders after its day: with other orders after the day, every label, rate and model is the same."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segcli.cli import report_analyses, segmenters
from segcli.config.backtest import BacktestSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.loader import LoadedSettings, load_settings, parse_yaml_layer
from segcli.customers import load_customers
from segcli.customers.order_history import customers_as_of
from segcli.evaluation.backtest import run_backtest
from segcli.model import Customers
from segcli.segment.customer_rates import compute_segment_rates
from segcli.value.cohorts import analyse_cohorts

START, DAY, END = date(2022, 1, 1), date(2023, 7, 1), date(2023, 9, 29)
PERIOD = (END - DAY).days

CONFIG = """
rfm: {}
rules:
  - base: lifecycle
  - base: usage
  - base: stage
clv: {bootstrap: 0}
backtest: {period_days: 60}
"""

# Each command is run as of DAY on two exports that differ only in later lines; the whole output must be the same.
COMMANDS = (
    "ingest o.csv",
    "rfm o.csv",
    "rules o.csv --base lifecycle",
    "rules o.csv --base usage",
    "rules o.csv --base loyalty",
    "cluster o.csv --set cluster.k=3 --set cluster.pairs=0",
    "cohort o.csv",
    "cohort o.csv --by rfm_segment",
    "cohort o.csv --by first_channel",
    "cohort o.csv --by first_category",
    "clv o.csv --set clv.bootstrap=0",
    "clv o.csv --set clv.bootstrap=0 --churn --set churn.period_days=120",
    "backtest o.csv",
    "persona o.csv",
    "target o.csv",
    "plan o.csv",
    "report o.csv --sections segments,personas,rates,scorecard,cohorts,backtest,targets,plan",
)


def draw_lines() -> pd.DataFrame:
    """300 customers with own rates, of whom most stop at some time."""
    chance = np.random.default_rng(8)
    rows = []
    for number in range(300):
        day, gap = float(chance.integers(0, 560)), float(chance.gamma(3, 12))
        stop = day + chance.exponential(300)
        while day < min(stop, (END - START).days):
            channel, category = chance.choice(["web", "shop"]), chance.choice(["tea", "cups", "books"])
            amount = round(float(np.exp(chance.normal(3, 0.6))), 2)
            rows.append((f"c{number:03}", START + timedelta(days=int(day)), amount, channel, category))
            day += max(chance.exponential(gap), 1.0)
    return pd.DataFrame(rows, columns=["customer_id", "order_date", "amount", "channel", "category"])


def alter_later_lines(lines: pd.DataFrame, day: date) -> pd.DataFrame:
    """The same lines to the day; after it, other customers buy other things for other money."""
    is_late = (lines["order_date"] > day).to_numpy()
    late = lines[is_late].copy()
    late["customer_id"] = late["customer_id"].to_numpy()[::-1]
    late["amount"] *= 100
    late["channel"], late["category"] = "phone", "cars"
    return pd.concat([lines[~is_late], late[: len(late) // 2]])


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    lines = draw_lines()
    folders = []
    for name, table in (("one", lines), ("two", alter_later_lines(lines, DAY))):
        folder = tmp_path_factory.mktemp(name)
        table.to_csv(folder / "o.csv", index=False)
        folders.append(folder)
    return folders[0], folders[1]


def without_inputs(text: str) -> Any:
    """The JSON of a result, without the sizes and digests of the input and the lines that were too late."""
    dropped = {"inputs", "sha256", "size", "rows", "ignored", "reconciliation", "quality", "provenance"}

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: clean(inner) for name, inner in value.items() if name not in dropped}
        return [clean(inner) for inner in value] if isinstance(value, list) else value

    return clean(json.loads(text))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_uses_orders_after_its_day(segcli: Any, exports: tuple[Path, Path], command: str) -> None:
    results = []
    for folder in exports:
        words = [str(folder / "o.csv") if word == "o.csv" else word for word in command.split()]
        done = segcli(*words, "--as-of", DAY.isoformat(), "-f", "json", "-q")
        assert done.returncode == 0, done.stderr
        results.append(without_inputs(done.stdout.replace(str(folder), "")))
    assert results[0] == results[1]


def load_both(exports: tuple[Path, Path]) -> list[Customers]:
    return [load_customers(IngestSettings(transactions=Source(path=str(folder / "o.csv"))), END) for folder in exports]


@pytest.fixture
def declared() -> LoadedSettings:
    return load_settings([parse_yaml_layer(CONFIG, "c.yaml", "")])


def members_then(customers: Customers, declared: LoadedSettings) -> dict[str, dict[str, str]]:
    """The segment of each customer PERIOD days before the end, by segmentation."""
    found = {}
    for segmentation in segmenters.build_segmentations(customers, declared):
        labels = segmentation.labels_before(PERIOD)
        assert labels is not None, segmentation.name
        ids = customers.table["customer_id"]
        found[segmentation.name] = {
            who: label for who, label in zip(ids, labels, strict=True) if isinstance(label, str)
        }
    return found


def test_rates_count_the_members_at_the_start_of_the_period(
    exports: tuple[Path, Path], declared: LoadedSettings
) -> None:
    both = load_both(exports)
    common = [members_then(customers, declared) for customers in both]
    for name in common[0]:
        shared = common[0][name].keys() & common[1][name].keys()
        assert len(shared) > 100
        assert {who: common[0][name][who] for who in shared} == {who: common[1][name][who] for who in shared}, name
    tables = [
        compute_segment_rates(segmentation, PERIOD).set_index(["measure", "segment"])
        for segmentation in segmenters.build_segmentations(both[0], declared)
    ]
    for table in tables:
        repeat = table.loc[f"repeat purchase ({PERIOD} days)"]
        then = customers_as_of(both[0], DAY).table
        assert repeat.loc["all", "customers"] == len(then)
        of_segments = repeat["customers"].sum() - len(then)
        assert 0.95 * len(then) < of_segments <= len(then), "members at the start, bought or not, of today's segments"


def test_retention_is_not_one_because_the_segment_was_chosen_by_it(
    exports: tuple[Path, Path], declared: LoadedSettings
) -> None:
    """Of today's Champions nearly all bought lately, by definition; of those of 90 days ago far from all did."""
    customers = load_both(exports)[0]
    segmentation = segmenters.build_segmentations(customers, declared)[0]
    today = segmentation.labels == "Champions"
    bought_lately = customers.table["recency_days"] <= PERIOD
    assert bought_lately[today].mean() == 1
    rates = compute_segment_rates(segmentation, PERIOD).set_index(["measure", "segment"])["rate"]
    assert rates[f"repeat purchase ({PERIOD} days)", "Champions"] < 0.95


def test_cohorts_by_segment_are_those_at_their_start(exports: tuple[Path, Path], declared: LoadedSettings) -> None:
    both = load_both(exports)
    settings = declared.settings.cohort.model_copy(update={"by": "rfm_segment"})
    sizes = []
    for customers in both:
        cohorts = analyse_cohorts(customers, settings, segmenters.build_segmentations(customers, declared)).table
        sizes.append(cohorts.drop_duplicates("cohort").set_index("cohort")["size"].to_dict())
    assert sizes[0]
    assert sizes[0] == sizes[1]


def test_what_a_backtest_predicts_uses_no_later_orders(exports: tuple[Path, Path], declared: LoadedSettings) -> None:
    settings = BacktestSettings(period_days=PERIOD, folds=1, until=(DAY - timedelta(days=1)).isoformat())
    known = ["segmentation", "segment", "customers", "foretold"]
    made = [
        run_backtest(customers, settings, 1, report_analyses.build_as_of_segmenter(declared)).segments[known]
        for customers in load_both(exports)
    ]
    by_name = [table[table["segmentation"] != "random"].sort_values(["segmentation", "segment"]) for table in made]
    pd.testing.assert_frame_equal(*(table.reset_index(drop=True) for table in by_name))

"""The marketing-campaign data, segmented in seven ways, against counts made here from the raw file."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segcli.config import load_settings, parse_yaml_layer
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.model import Segmentation
from segcli.segment import rules

SPENT = ["MntWines", "MntFruits", "MntMeatProducts", "MntFishProducts", "MntSweetProducts", "MntGoldProds"]
CHANNELS = {"web": "NumWebPurchases", "catalogue": "NumCatalogPurchases", "store": "NumStorePurchases"}
CONFIG = """
rules:
- base: generation
- {base: family_stage, options: {young: Kidhome, older: Teenhome}}
- base: income_band
- {base: usage, options: {of: [NumWebPurchases, NumCatalogPurchases, NumStorePurchases]}}
- base: channel
  options: {columns: {web: NumWebPurchases, catalogue: NumCatalogPurchases, store: NumStorePurchases}}
- base: benefit
  options:
    minimum: 0.1
    relative: true
    columns:
      enjoyment: [MntWines]
      freshness: [MntFruits, MntFishProducts]
      strength: [MntMeatProducts]
      treats: [MntSweetProducts, MntGoldProds]
- {base: hybrid, name: both, options: {of: [generation, usage], minimum_share: 0.02}}
"""
Found = tuple[pd.DataFrame, dict[str, Segmentation]]


@pytest.fixture(scope="module")
def found(shared_data: Path) -> Found:
    path = shared_data / "customer_personality" / "marketing_campaign_semicolon_bom_crlf.csv"
    raw = pd.read_csv(path, sep=";", encoding="utf-8-sig", dtype={"ID": str}).sort_values("ID", ignore_index=True)
    wanted = rules.prepare_rule_sets(load_settings([parse_yaml_layer(CONFIG, "c.yaml", ".")]).settings.rules)
    table = load_customers(IngestSettings(transactions=Source(path=str(path))), date(2014, 7, 1))
    return raw, {one.column: one for one in rules.segment_by_rules(table, wanted)}


def counts(one: Segmentation) -> dict[str, int]:
    return dict(one.labels.value_counts())


def test_births_that_cannot_be_are_reported_and_not_believed(found: Found) -> None:
    raw, made = found
    years = raw["Year_Birth"].where(raw["Year_Birth"] >= 1904)
    expected = pd.cut(years, [0, 1927, 1945, 1964, 1980, 1996], labels=["Greatest", "Silent", "Boomers", "Gen X", "M"])
    for name in ("Silent", "Boomers", "Gen X"):
        assert counts(made["generation"])[name] == int((expected == name).sum())
    assert counts(made["generation"])["unknown"] == 3
    assert made["generation"].warnings == ("ages below 0 or above 110: 3; counted as unknown",)


def test_statuses_and_incomes_that_mean_nothing_are_reported(found: Found) -> None:
    raw, made = found
    assert "unrecognised marital statuses: absurd, yolo (4 customers)" in made["family_stage"].warnings[-1]
    known = raw["Income"].where(raw["Income"] != 666_666)
    cuts = known.quantile([1 / 3, 2 / 3]).tolist()
    assert counts(made["income_band"]) == {
        "low": int((known < cuts[0]).sum()),
        "middle": int(known.between(cuts[0], cuts[1], inclusive="left").sum()),
        "high": int((known >= cuts[1]).sum()),
        "unknown": 25,
    }
    assert made["income_band"].warnings == ("incomes of one repeated digit, such as 666666: 1; counted as unknown",)


def test_family_stages_by_the_first_that_fits(found: Found) -> None:
    raw, made = found
    age = (2014 - raw["Year_Birth"]).where(raw["Year_Birth"] >= 1904)
    couple = raw["Marital_Status"].isin(["Married", "Together"])
    were = raw["Marital_Status"].isin(["Divorced", "Widow"])
    none = (raw["Kidhome"] + raw["Teenhome"]) == 0
    stage = np.select(
        [age >= 65, (age >= 45) & none & (couple | were), raw["Kidhome"] > 0, raw["Teenhome"] > 0, couple],
        ["retired", "empty nest", "with young children", "with older children", "couple without children"],
        default="rest",
    )
    for name in set(stage) - {"rest"}:
        assert counts(made["family_stage"])[name] == int((stage == name).sum())


def test_usage_and_channel_from_columns_that_count_purchases(found: Found) -> None:
    raw, made = found
    use = raw[list(CHANNELS.values())].sum(axis=1)
    heavy = use[(made["usage"].labels == "heavy").to_numpy()]
    light = use[(made["usage"].labels == "light").to_numpy()]
    assert heavy.min() > use[(made["usage"].labels == "medium").to_numpy()].max() >= light.max()
    assert len(heavy) / (use > 0).sum() == pytest.approx(0.2, abs=0.03)
    assert counts(made["usage"])["none"] == int((use == 0).sum()) == 6
    best = raw[list(CHANNELS.values())].idxmax(axis=1).map({column: name for name, column in CHANNELS.items()})
    assert (made["channel_segment"].labels.to_numpy() == best.where(use > 0, "unknown").to_numpy()).all()


def test_benefits_are_what_stands_out_against_the_base(found: Found) -> None:
    raw, made = found
    money = pd.DataFrame(
        {
            "enjoyment": raw["MntWines"],
            "freshness": raw["MntFruits"] + raw["MntFishProducts"],
            "strength": raw["MntMeatProducts"],
            "treats": raw["MntSweetProducts"] + raw["MntGoldProds"],
        }
    )
    assert money.to_numpy().sum() == raw[SPENT].to_numpy().sum()
    share = money.div(money.sum(axis=1), axis=0)
    index = share / (money.sum() / money.to_numpy().sum())
    expected = index.idxmax(axis=1)
    best = share.to_numpy()[np.arange(len(share)), index.to_numpy().argmax(axis=1)]
    assert (made["benefit"].labels.to_numpy() == expected.where(best >= 0.1, "mixed").to_numpy()).all()


def test_the_hybrid_holds_everybody_once(found: Found) -> None:
    raw, made = found
    cells = made["generation"].labels + " / " + made["usage"].labels
    large = cells.value_counts()[lambda sizes: sizes >= 0.02 * len(raw)]
    for name, size in large.items():
        assert counts(made["both"])[str(name)] == size
    assert sum(counts(made["both"]).values()) == len(raw) == 2240


@pytest.mark.base("channel")
def test_the_channel_of_most_purchases() -> None:
    from tests.segment.bases.conftest import customers, decided

    made = decided("channel", customers(web=[3, 1, 0], shop=[1, 1, None]), columns={"web": "web", "shop": "shop"})
    assert list(made.labels) == ["web", "web", "unknown"]
    assert made.notes == ("customers with tied channels: 1; the first one is used",)

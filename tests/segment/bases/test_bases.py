"""Built-in bases against definitions applied by hand, at the boundaries above all."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from segcli.config.rules import RulesSettings
from segcli.config.section import Section
from segcli.errors import ConfigProblems, InputProblem
from segcli.segment import bases, rules
from tests.segment.bases.conftest import customers, decided, labels


@pytest.mark.parametrize("name", bases.list_bases())
def test_contract_of_a_base(name: str) -> None:
    """A source, options that have defaults and are described, and a refusal that names what is missing."""
    base = bases.load_base(name)
    assert len(base.SOURCE) > 10
    assert issubclass(base.Options, Section)
    assert all(field.description for field in base.Options.model_fields.values())
    bases.parse_options(name, {})
    with pytest.raises(ConfigProblems, match=rf"rules: {name}\.nope: unknown option"):
        bases.parse_options(name, {"nope": 1})
    refused = (InputProblem, ConfigProblems)  # the latter where a rule of the options speaks of the column
    with pytest.raises(
        refused, match=r"no column|no table|no rating columns|[Uu]se the order export|not an order export|a store table"
    ):
        decided(name, customers(nothing=[1, 2]))


@pytest.mark.base("generation")
@pytest.mark.parametrize(
    ("year", "generation"),
    [
        (1927, "Greatest"),
        (1928, "Silent"),
        (1945, "Silent"),
        (1946, "Boomers"),
        (1964, "Boomers"),
        (1965, "Gen X"),
        (1980, "Gen X"),
        (1981, "Millennials"),
        (1996, "Millennials"),
        (1997, "Gen Z"),
        (2012, "Gen Z"),
        (2013, "Alpha"),
    ],
)
def test_generations_at_their_boundary_years(year: int, generation: str) -> None:
    """Pew Research Center 2019."""
    assert labels("generation", customers(birth_year=[year])) == [generation]
    born = pd.to_datetime([f"{year}-12-31"])
    assert labels("generation", customers(birth_date=born)) == [generation]


@pytest.mark.base("generation")
def test_a_year_nobody_was_born_in_is_reported_and_not_believed() -> None:
    made = decided("generation", customers(birth_year=pd.Series([1893, 1899, 1970, 2027, None], dtype="Int64")))
    assert list(made.labels) == ["unknown", "unknown", "Gen X", "unknown", "unknown"]
    assert made.warnings == ("ages below 0 or above 110: 3; counted as unknown",)


def test_generations_may_be_the_users_own() -> None:
    own = {"early": 0, "late": 1990}
    assert labels("generation", customers(birth_year=[1989, 1990]), first_years=own) == ["early", "late"]


@pytest.mark.base("age_band")
@pytest.mark.parametrize(
    ("born", "as_of", "band"),
    [
        ("2008-07-01", date(2026, 7, 1), "18-24"),  # the birthday itself
        ("2008-07-02", date(2026, 7, 1), "under 18"),
        ("2008-02-29", date(2026, 2, 28), "under 18"),  # a leap-day birthday in a common year: on 1 March
        ("2008-02-29", date(2026, 3, 1), "18-24"),
        ("1961-07-01", date(2026, 7, 1), "65 and over"),
        ("1961-07-02", date(2026, 7, 1), "55-64"),
    ],
)
def test_ages_are_completed_years(born: str, as_of: date, band: str) -> None:
    assert labels("age_band", customers(as_of, birth_date=pd.to_datetime([born]))) == [band]


def test_an_age_needs_a_day_to_be_counted_to() -> None:
    with pytest.raises(InputProblem, match=r"ages need a reference date.* --as-of"):
        labels("age_band", customers(None, birth_year=[1970]))
    assert labels("age_band", customers(None, age=[70, 17])) == ["65 and over", "under 18"]


@pytest.mark.base("income_band")
def test_income_in_thirds_of_the_known() -> None:
    made = decided("income_band", customers(income=[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, None]))
    assert list(made.labels) == ["low", "low", "middle", "middle", "high", "high", "unknown"]
    assert made.notes == ("income bands start at 27, 43",)  # type 7: 10 + 50/3 and 10 + 100/3


@pytest.mark.base("income_band")
def test_income_by_given_cuts_and_placeholders_not_believed() -> None:
    table = customers(income=[666_666, 20_000, 19_999, 99_999, 55_555.5])
    made = decided("income_band", table, cuts=[20_000])
    assert list(made.labels) == ["unknown", "from 20,000", "below 20,000", "unknown", "from 20,000"]
    assert made.warnings == ("incomes of one repeated digit, such as 666666: 2; counted as unknown",)
    assert "unknown" not in labels("income_band", table, cuts=[20_000], placeholders=False)


@pytest.mark.base("family_stage")
@pytest.mark.parametrize(
    ("age", "status", "young", "older", "stage"),
    [
        (65, "Married", 1, 0, "retired"),
        (64, "Married", 0, 0, "empty nest"),
        (45, "Divorced", 0, 0, "empty nest"),
        (44, "Divorced", 0, 0, "single"),
        (60, "Single", 0, 0, "single"),  # was never married
        (44, "Together", 0, 0, "couple without children"),
        (44, "Together", 1, 2, "with young children"),
        (60, "Widow", 0, 2, "with older children"),
        (30, "YOLO", 0, 0, "unknown"),
        (30, "Absurd", 0, 1, "with older children"),
    ],
)
def test_family_stage_is_the_first_that_fits(age: int, status: str, young: int, older: int, stage: str) -> None:
    table = customers(age=[age], marital_status=pd.Series([status], dtype="str"), kids=[young], teens=[older])
    made = decided("family_stage", table, young="kids", older="teens")
    assert list(made.labels) == [stage]
    assert bool(made.warnings) == (status in {"YOLO", "Absurd"})


@pytest.mark.base("family_stage")
def test_family_stage_knows_no_more_than_the_table() -> None:
    table = customers(age=[30, 30, 70], children=pd.Series([2, None, 0], dtype="Int64"))
    assert labels("family_stage", table) == ["with children", "unknown", "retired"]


@pytest.mark.base("usage")
def test_heavy_users_are_the_first_fifth_and_equal_use_is_never_split() -> None:
    items = [100, 90, 50, 40, 30, 20, 10, 5, 5, 5, 0, None]
    made = decided("usage", customers(items=pd.Series(items, dtype="Int64")))
    assert list(made.labels) == ["heavy"] * 2 + ["medium"] * 3 + ["light"] * 5 + ["none", "unknown"]
    assert made.notes == ("heavy users: 20% of active customers, 54% of usage",)  # 190 of 355
    tied = decided("usage", customers(orders=[7] * 9 + [1]))
    assert list(tied.labels) == ["medium"] * 9 + ["light"]


@pytest.mark.base("value_tier")
def test_value_tiers_end_where_cumulative_revenue_does() -> None:
    revenue = [50.0, 30.0, 10.0, 5.0, 3.0, 2.0, 0.0, -4.0]  # 50, 80, 90, 95, 98, 100 % of 100
    assert labels("value_tier", customers(revenue=revenue)) == ["A", "A", "B", "B", "C", "C", "C", "C"]
    assert labels("value_tier", customers(revenue=revenue[::-1])) == ["C", "C", "C", "C", "B", "B", "A", "A"]


@pytest.mark.base("nps")
def test_nps_and_its_interval_by_hand() -> None:
    """5 promoters, 3 passives, 2 detractors of 10: NPS 30, variance (0.5 + 0.2 - 0.09) / 10."""
    answers = [10, 9, 9, 10, 9, 8, 7, 7, 6, 0, None, 11]
    made = decided("nps", customers(nps=pd.Series(answers, dtype="Int64")), minimum=10)
    assert list(made.labels) == ["promoter"] * 5 + ["passive"] * 3 + ["detractor"] * 2 + ["unknown"] * 2
    half = 1.96 * np.sqrt(0.61 / 10)
    assert made.notes == (
        f"NPS 30 (95% interval {100 * (0.3 - half):.0f} to {100 * (0.3 + half):.0f}) from 10 answers; 83% answered",
    )
    assert made.warnings == ("invalid answers for NPS: 1; counted as unknown",)


@pytest.mark.base("csat")
def test_csat_is_the_share_of_four_and_five_with_wilsons_interval() -> None:
    answers = [5, 4, 4, 5, 5, 4, 5, 4, 3, 1, None, 6]
    made = decided("csat", customers(csat=pd.Series(answers, dtype="Int64")), minimum=10)
    assert list(made.labels) == ["satisfied"] * 8 + ["neutral", "dissatisfied", "unknown", "unknown"]
    assert made.notes == ("CSAT 80% (95% interval 49% to 94%) from 10 answers; 83% answered",)
    assert made.warnings == ("invalid answers for CSAT: 1; counted as unknown",)


@pytest.mark.base("ces")
def test_ces_runs_the_way_it_is_said_to() -> None:
    answers = pd.Series([7, 5, 4, 3, 1, None], dtype="Int64")
    made = decided("ces", customers(ces=answers), minimum=5)
    assert list(made.labels) == ["easy", "easy", "neither", "hard", "hard", "unknown"]
    assert made.notes[0].startswith("CES 4.00 (95% interval 2.04 to 5.96) from 5 answers; 83% answered")
    turned = labels("ces", customers(ces=answers), easy_is_high=False)
    assert turned == ["hard", "hard", "neither", "easy", "easy", "unknown"]


@pytest.mark.base("lifecycle")
def test_lifecycle_by_given_days_where_rhythms_are_unknown() -> None:
    orders = pd.Series([None, 0, 1, 1, 2, 4, 9, 9, 9], dtype="Int64")
    recency = pd.Series([None, None, 40, 41, 40, 40, 90, 91, 181], dtype="Int64")
    made = decided("lifecycle", customers(orders=orders, recency_days=recency))
    stages = ["prospect", "prospect", "new", "at risk", "active", "loyal", "at risk", "lapsed", "lost"]
    assert list(made.labels) == stages
    assert made.notes[0] == "at risk after 40, lapsed after 90, lost after 180 days (too few gaps: configured days)"


@pytest.mark.base("lifecycle")
def test_lifecycle_by_the_probability_to_order_again_and_the_rhythm_of_each_loyal_customer() -> None:
    """Two customers with the same recency and five orders: the one with gaps four times as long is not at risk."""
    chance = np.random.default_rng(3)
    size = 900
    orders = chance.integers(1, 9, size)
    gaps = np.where(orders > 1, chance.exponential(30, size).round(1) + 1, np.nan)
    recency = np.where(chance.random(size) < 0.5, chance.integers(1, 30, size), chance.integers(30, 500, size))
    made = decided(
        "lifecycle",
        customers(
            orders=[*orders, 5, 5],
            recency_days=[*recency, 60, 60],
            mean_days_between_orders=[*gaps, 10.0, 200.0],
        ),
    )
    assert [note.partition(": ")[2] for note in made.notes[:3]] == ["one order", "2 to 3 orders", "4 or more orders"]
    assert made.notes[3].startswith("at 2/3, 1/3 and 1/10 of the first probability to order within 90 days, from")
    assert made.notes[4].startswith("customers classified by their own purchase rhythm: ")
    assert list(made.labels[-2:]) in (["at risk", "loyal"], ["lapsed", "loyal"], ["lost", "loyal"])
    few = orders == 1
    labels_of_few = made.labels[:-2][few]
    assert recency[few][labels_of_few == "new"].max() < recency[few][labels_of_few != "new"].min()


def test_values_that_are_too_rare_are_merged() -> None:
    made = decided(
        "device", customers(device=pd.Series(["ios"] * 60 + ["web"] * 38 + ["tv", "fax", None], dtype="str"))
    )
    assert made.segments == ["ios", "web", "other", "unknown"]
    assert made.profile["customers"].tolist() == [60, 38, 2, 1]
    assert made.notes == ("merged into other, each below 2%: fax, tv",)


@pytest.mark.base("hybrid")
def test_a_hybrid_crosses_what_others_made_and_merges_small_cells() -> None:
    table = customers(age=[20] * 50 + [40] * 49 + [40], orders=[9] * 10 + [1] * 89 + [9])
    wanted = [
        RulesSettings(base="hybrid", name="both", options={"of": ["age_band", "usage"]}),
        RulesSettings(base="usage"),
        RulesSettings(base="age_band"),
    ]
    made = {one.column: one for one in rules.segment_by_rules(table, rules.prepare_rule_sets(wanted))}
    assert made["both"].profile.set_index("segment")["customers"].to_dict() == {
        "18-24 / heavy": 10,
        "18-24 / light": 40,
        "35-44 / light": 49,
        "other": 1,
    }


def test_segments_stand_in_their_natural_order_with_unknown_last() -> None:
    made = decided("age_band", customers(age=pd.Series([70, 20, None, 40], dtype="Int64")))
    assert made.segments == ["18-24", "35-44", "65 and over", "unknown"]


def test_an_unknown_base_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        ConfigProblems, match=r"no base 'generatoin'; known: age_band, aht, benefit, campaign_response, ces, channel"
    ):
        decided("generatoin", customers(age=[1]))

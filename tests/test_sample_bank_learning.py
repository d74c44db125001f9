"""The sample bank and the sample school are what their README says, and their configs run as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

ROOT = Path(__file__).parents[1]
BANK, LEARNING = ROOT / "sample_data" / "bank", ROOT / "sample_data" / "learning"
RISK = [f"risk_{number}" for number in range(1, 7)]
SUBJECTS = ("data", "design", "languages", "business")


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype={"Customer No": str, "Learner": str, "postcode": str})


@pytest.fixture(scope="module")
def payments() -> pd.DataFrame:
    return _table(BANK / "payments.csv")


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """The customers of the bank with the truth beside them."""
    return _table(BANK / "customers.csv").merge(_table(BANK / "truth.csv"), on="customer_no", validate="1:1")


@pytest.fixture(scope="module")
def enrolments() -> pd.DataFrame:
    return _table(LEARNING / "enrolments.csv")


@pytest.fixture(scope="module")
def learners() -> pd.DataFrame:
    """The learners with the truth beside them."""
    return _table(LEARNING / "learners.csv").merge(_table(LEARNING / "truth.csv"), on="learner_id", validate="1:1")


@pytest.mark.parametrize("folder", [BANK, LEARNING], ids=lambda folder: folder.name)
def test_the_generator_writes_the_same_files_again(folder: Path, tmp_path: Path) -> None:
    script = folder / f"generate_{folder.name}.py"
    subprocess.run([sys.executable, "-B", str(script), str(tmp_path)], capture_output=True, check=True)
    names = {path.name for path in folder.glob("*.csv")} - {"contacts.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    for name in names:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    assert sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) < 700_000


def test_contacts_are_those_of_all_customers_and_written_again_the_same(tmp_path: Path) -> None:
    script = ROOT / "sample_data" / "generate_contacts.py"
    subprocess.run([sys.executable, "-B", str(script), str(tmp_path)], capture_output=True, check=True)
    for name in ("contacts.csv", "bank/contacts.csv", "learning/contacts.csv"):
        assert (tmp_path / name).read_bytes() == (ROOT / "sample_data" / name).read_bytes(), name
    contacts = pd.read_csv(BANK / "contacts.csv", dtype=str)
    assert set(contacts["customer_no"]) == set(_table(BANK / "customers.csv")["customer_no"])
    assert contacts["email"].dropna().is_unique
    assert contacts["phone"].dropna().is_unique


def test_the_payments_are_as_counted(payments: pd.DataFrame) -> None:
    known = payments.dropna(subset="Customer No")
    assert (len(payments), len(known), known["Customer No"].nunique()) == (8_400, 8_388, 776)
    assert payments["Amount"].sum() == pytest.approx(582_015.83)
    assert known["Amount"].sum() == pytest.approx(581_415.90)
    assert payments["Payment ID"].is_unique
    assert (payments["Booked on"].min(), payments["Booked on"].max()) == ("2025-07-01", "2026-06-30")
    assert payments["Booked on"].str.startswith("2025-12").sum() == 1_093
    assert set(payments["Channel"]) == {"pos", "online", "atm"}
    assert ((payments["Channel"] == "atm") == (payments["Merchant category"] == "cash")).all()


def test_the_customers_of_the_bank_are_as_counted(customers: pd.DataFrame) -> None:
    assert len(customers) == 800
    blank = customers.isna().sum()
    assert blank[["income", "latitude", "longitude", "nps"]].tolist() == [9, 10, 10, 415]
    assert customers["health_note"].notna().sum() == 50
    assert customers["health_note"].nunique() == 33
    assert customers[RISK].notna().all(axis=1).sum() == 688
    assert customers["postcode"].str.startswith("0").sum() == 712
    assert (customers["email_consent"] == "yes").sum() == 403
    assert customers["archetype"].value_counts().to_dict() == {
        "young card user": 206,
        "cautious saver": 196,
        "family with mortgage": 173,
        "affluent investor": 125,
        "retired": 100,
    }
    assert customers["active_until"].notna().sum() == 82


def test_every_town_has_a_branch_in_its_middle(customers: pd.DataFrame) -> None:
    branches = _table(BANK / "branches.csv").set_index("store")
    middle = customers.groupby("city")[["latitude", "longitude"]].mean().add_suffix(" of customers")
    both = branches.rename(index=lambda store: store.removesuffix(" Market")).join(middle)
    assert len(both) == 5
    assert (both["latitude"] - both["latitude of customers"]).abs().max() < 0.05
    assert (both["longitude"] - both["longitude of customers"]).abs().max() < 0.05


def test_the_risk_answers_measure_the_planted_appetite_once_two_are_turned(customers: pd.DataFrame) -> None:
    turned = customers[RISK].assign(risk_3=6 - customers["risk_3"], risk_5=6 - customers["risk_5"])
    told = turned.sum(axis=1, skipna=False).corr(customers["appetite"], method="spearman")
    naive = customers[RISK].sum(axis=1).corr(customers["appetite"], method="spearman")
    assert told == pytest.approx(0.95, abs=0.005)
    assert naive == pytest.approx(0.65, abs=0.005)


def test_the_archetypes_of_the_bank_show(customers: pd.DataFrame, payments: pd.DataFrame) -> None:
    by = customers.groupby("archetype")
    mean = by[["income", "net_worth", "logins_per_month", "branch_visits_per_year", "children", "mortgage"]].mean()
    assert mean["net_worth"].idxmax() == mean["income"].idxmax() == "affluent investor"
    assert mean["logins_per_month"].idxmax() == mean["net_worth"].idxmin() == "young card user"
    assert mean["branch_visits_per_year"].idxmax() == "retired"
    assert mean["children"].idxmax() == mean["mortgage"].idxmax() == "family with mortgage"
    assert by["appetite"].mean().idxmin() == "cautious saver"
    truth = customers.set_index("customer_no")
    paid = payments.groupby("Customer No")["Amount"].agg(["size", "mean"]).reindex(truth.index)
    assert paid["size"].fillna(0).corr(truth["payments_per_year"], method="spearman") > 0.8
    assert paid["mean"].corr(truth["usual_payment"], method="spearman") > 0.8


def test_the_enrolments_are_as_counted(enrolments: pd.DataFrame) -> None:
    known = enrolments.dropna(subset="Learner")
    times = known["Learner"].value_counts()
    assert (len(enrolments), len(known), len(times), (times == 1).sum()) == (4_045, 4_030, 900, 321)
    assert enrolments["Price"].sum() == pytest.approx(271_191.10)
    assert known["Price"].sum() == pytest.approx(270_073.40)
    assert (enrolments["Discount"] > 0).sum() == 1_197
    assert enrolments["Discount"].sum() == pytest.approx(30_133.90)
    assert enrolments["Enrolment"].is_unique
    assert enrolments["Enrolled at"].str.startswith("2026-01").sum() == 430
    assert enrolments["Enrolled at"].is_monotonic_increasing
    lists = (enrolments["Price"] + enrolments["Discount"]).round(2).groupby(enrolments["Course"]).nunique()
    assert len(lists) == 24
    assert (lists == 1).all(), "Price and Discount add up to one list price for each course"


def test_the_learners_are_as_counted(learners: pd.DataFrame) -> None:
    assert len(learners) == 900
    blank = learners.isna().sum()
    assert blank[["birth_year", "mean_score", "csat", "ces", "feedback_sentiment"]].tolist() == [8, 248, 550, 538, 713]
    stages = pd.cut(learners["progress"], [-1, 0, 0.795, 0.995, 1], labels=False).value_counts().sort_index()
    assert stages.tolist() == [146, 510, 108, 136]
    assert (learners["email_consent"] == "yes").sum() == 522
    assert learners["archetype"].value_counts().to_dict() == {
        "casual learner": 325,
        "trial and gone": 206,
        "completionist": 200,
        "career changer": 169,
    }
    assert learners["active_until"].isna().sum() == 418


def test_learners_were_referred_by_others_who_joined_before_them(learners: pd.DataFrame) -> None:
    referred = learners.dropna(subset="referred_by")
    assert (len(referred), referred["referred_by"].nunique()) == (124, 102)
    assert (referred["referred_by"] < referred["learner_id"]).all()
    kinds = learners.set_index("learner_id")["archetype"].reindex(referred["referred_by"])
    assert kinds.value_counts()["completionist"] == 81


def test_what_learners_say_they_like_is_what_they_enrol_in(learners: pd.DataFrame, enrolments: pd.DataFrame) -> None:
    ratings = learners[[f"interest_{subject}" for subject in SUBJECTS]].set_axis(SUBJECTS, axis=1).dropna()
    single = ratings[ratings.eq(ratings.max(axis=1), axis=0).sum(axis=1) == 1]
    assert (len(ratings), len(single)) == (790, 696)
    assert (single.idxmax(axis=1) == learners["main_subject"].reindex(single.index)).mean() > 0.98
    both = enrolments.merge(learners, left_on="Learner", right_on="learner_id")
    assert (both["Subject"] == both["main_subject"]).mean() > 0.65


def test_the_archetypes_of_the_school_show(learners: pd.DataFrame, enrolments: pd.DataFrame) -> None:
    mean = learners.groupby("archetype")[["progress", "mean_score", "lessons_last_30_days", "csat"]].mean()
    assert (mean.idxmax() == "completionist").all()
    assert (mean.idxmin() == "trial and gone").all()
    bought = enrolments.merge(learners, left_on="Learner", right_on="learner_id")
    of = bought.assign(off=bought["Discount"] > 0).groupby("archetype")
    assert of["Price"].mean().idxmax() == "career changer"
    assert of["off"].mean().idxmax() == "trial and gone"
    assert (of.size() / learners["archetype"].value_counts()).idxmin() == "trial and gone"


@pytest.fixture(scope="module", params=["bank", "learning"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A shipped config, run as it is from another folder: its name, and what it wrote."""
    folder = tmp_path_factory.mktemp(request.param)
    done = subprocess.run(
        [sys.executable, "-m", "segcli", "run", str(ROOT / "configs" / f"{request.param}.yaml"), "-o", "out"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return request.param, folder / "out"


def test_the_config_runs_and_its_clusters_are_much_like_the_archetypes(run: tuple[str, Path]) -> None:
    name, out = run
    truth = pd.read_csv(ROOT / "sample_data" / name / "truth.csv", index_col=0)
    found = pd.read_csv(out / "customers.csv", index_col="customer_id")
    agreement = adjusted_rand_score(truth["archetype"].reindex(found.index), found["cluster_segment"])
    assert agreement > {"bank": 0.7, "learning": 0.5}[name]


def test_rules_find_as_many_as_an_independent_count(run: tuple[str, Path], customers: pd.DataFrame) -> None:
    name, out = run
    found = pd.read_csv(out / "customers.csv", index_col=0)
    bought = customers.set_index("customer_no").reindex(found.index)
    expected: dict[str, dict[tuple[str, str], int]] = {
        "bank": {
            ("risk_appetite", "not answered"): bought[RISK].isna().any(axis=1).sum(),
            ("wealth", "private banking"): (bought["net_worth"] >= 500_000).sum(),
            ("product_holding", "house and investments"): ((bought["mortgage"] == 1) & (bought["fund"] == 1)).sum(),
            ("income_band", "unknown"): bought["income"].isna().sum(),
        },
        "learning": {("progress_stage", "finished"): 136, ("performance", "no test taken"): 248},
    }
    for (column, segment), count in expected[name].items():
        assert (found[column] == segment).sum() == count, column


def test_no_segment_and_no_portrait_speaks_of_health(customers: pd.DataFrame, run: tuple[str, Path]) -> None:
    _, out = run
    told = "".join((out / file).read_text(encoding="utf-8") for file in ("segments.csv", "personas.json", "report.md"))
    assert not [note for note in customers["health_note"].dropna() if note in told]
    personas = json.loads((out / "personas.json").read_text(encoding="utf-8"))["personas"]
    assert "health_note" not in {trait["name"] for one in personas for trait in one["more"] + one["less"]}
    settings = json.loads((out / "run.json").read_text(encoding="utf-8"))["settings"]
    assert "health" not in json.dumps([settings["rules"], settings["cluster"], settings["persona"]])


def test_the_run_ends_with_targets_a_plan_and_two_exports_that_add_up(run: tuple[str, Path]) -> None:
    name, out = run
    targets = pd.read_csv(out / "targets.csv")
    customers = pd.read_csv(out / "customers.csv", dtype=str)
    column = {"bank": "wealth", "learning": "progress_stage"}[name]
    assert targets.set_index("segment")["customers"].to_dict() == customers[column].value_counts().to_dict()
    chosen = targets.loc[targets["chosen"] == "yes", "segment"]
    assert len(chosen) in {2, 3}
    assert len(pd.read_csv(out / "plan.csv")) > 0
    addressed = pd.read_csv(
        out / {"bank": "export-salesforce.csv", "learning": "export-mailchimp.csv"}[name], dtype=str
    )
    header = {"bank": ("Email", "Segment"), "learning": ("Email Address", "Tags")}[name]
    assert set(addressed[header[1]]) == set(chosen)
    ids = addressed[header[0]].str.extract(r"\.(\w+)@", expand=False).str.upper()  # the addresses end with the id
    agreed = customers.set_index("customer_id").loc[ids]
    assert (agreed["email_consent"] == "yes").all()
    assert agreed[column].tolist() == addressed[header[1]].tolist()
    second = {"bank": "export-sql.sql", "learning": "export-posthog.csv"}[name]
    assert (out / second).read_text(encoding="utf-8").count("\n") > 5


def test_the_exported_sql_of_the_bank_gives_its_segments(run: tuple[str, Path]) -> None:
    """Written for PostgreSQL, whose plain comparisons DuckDB reads, too."""
    name, out = run
    if name != "bank":
        pytest.skip("the school exports no SQL")
    base = duckdb.connect()
    base.read_csv(str(out / "customers.csv"), header=True).create("customers")
    statement = (out / "export-sql.sql").read_text(encoding="utf-8").strip().rstrip(";")
    found = dict(base.sql(statement).select("customer_id, wealth").fetchall())
    assert found == pd.read_csv(out / "customers.csv", index_col="customer_id")["wealth"].to_dict()

"""The sample data is what its README says, and the program finds what was planted."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers

FOLDER = Path(__file__).parents[1] / "sample_data"


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    settings = IngestSettings(transactions=Source(path=str(FOLDER / "orders.csv")), id_case="upper", dedupe="lines")
    return load_customers(settings).table


def test_the_dirty_corner_is_found_as_planted() -> None:
    settings = IngestSettings(transactions=Source(path=str(FOLDER / "orders.csv")), id_case="upper", dedupe="lines")
    lines = load_customers(settings).input_reports[0].reconciliation
    assert lines is not None
    assert {fate.reason: fate.lines for fate in (*lines.rejected, *lines.ignored)} == {
        "no_customer_id": 150,
        "unreadable_date": 3,
        "unreadable_amount": 2,
        "duplicate": 12,
    }
    assert (lines.read, lines.kept, lines.returns.lines) == (24_219, 24_052, 713)
    assert lines.money_kept == pytest.approx(783_693.86)


def test_customers_and_orders_are_those_of_an_independent_count(customers: pd.DataFrame) -> None:
    """Figures of sample_data/count.py, which shares no code with segcli."""
    counted = subprocess.run(
        [sys.executable, str(FOLDER / "count.py")], capture_output=True, text=True, check=True
    ).stdout.replace(",", "")
    assert (len(customers), int(customers["orders"].sum())) == (2_000, 8_274)
    for figure in ("2000", "8274", "783693.86"):
        assert figure in counted


def test_planted_heterogeneity_is_in_the_data(customers: pd.DataFrame) -> None:
    """Rates and values differ by archetype as planted: the ranks of truth and of behaviour agree."""
    truth = pd.read_csv(FOLDER / "truth.csv", dtype={"id": str}).set_index("id")
    both = customers.set_index("customer_id").join(truth, how="inner")
    assert len(both) == 2_000
    assert both["average_order_value"].corr(both["mean_order_value"], method="spearman") > 0.7
    mean_orders = both.groupby("archetype")["orders"].mean()
    planted_rates = both.groupby("archetype")["rate_per_year"].mean()
    assert mean_orders.idxmax() == planted_rates.idxmax()


def test_the_generator_writes_the_same_files_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(FOLDER / "generate.py"), str(tmp_path)], capture_output=True, check=True)
    for name in ("orders.csv", "customers.csv", "responses.csv", "truth.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name

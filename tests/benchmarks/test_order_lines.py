"""The realistic export has the stated traits, is the same for the same seed, and is understood without a mapping."""

import importlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="the benchmarks are not here, as in a source archive")
LINES = 200_000


@pytest.fixture(scope="module")
def order_lines() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield importlib.import_module("order_lines")


@pytest.fixture(scope="module")
def export(order_lines: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "orders.csv"
    order_lines.write_export(path, LINES, "realistic")
    return path


@pytest.fixture(scope="module")
def lines(export: Path) -> pd.DataFrame:
    return pd.read_csv(export, parse_dates=["order_date"])


@pytest.fixture(scope="module")
def orders(lines: pd.DataFrame) -> pd.DataFrame:
    columns = {"customer_id": "nunique", "order_date": "nunique", "country": "nunique"}
    return lines.groupby("order_id").agg(
        size=("quantity", "size"),
        smallest=("quantity", "min"),
        largest=("quantity", "max"),
        customer=("customer_id", "first"),
        time=("order_date", "first"),
        **{f"{name}_values": (name, how) for name, how in columns.items()},
    )


def test_the_file_has_the_lines_and_bytes_that_are_stated(export: Path, lines: pd.DataFrame) -> None:
    assert len(lines) == LINES
    assert 68 < export.stat().st_size / LINES < 72
    assert b"\r" not in export.read_bytes()
    assert lines["order_date"].dt.second.nunique() == 60


def test_lines_of_an_order_stand_together_and_orders_are_in_order_of_time(
    lines: pd.DataFrame, orders: pd.DataFrame
) -> None:
    assert lines["order_id"].is_monotonic_increasing
    assert lines["order_date"].is_monotonic_increasing
    assert (orders.filter(like="_values") == 1).all(axis=None)
    assert orders["size"].mean() == pytest.approx(4, rel=0.03)


def test_returns_have_their_share_and_repeat_lines_of_an_earlier_order(
    lines: pd.DataFrame, orders: pd.DataFrame
) -> None:
    returns = orders[orders["smallest"] < 0]
    assert (returns["largest"] < 0).all()
    assert len(returns) / len(orders) == pytest.approx(0.02, rel=0.1)
    is_return = lines["quantity"] < 0
    keys = ["customer_id", "product", "unit_price", "country", "quantity"]
    bought = lines[~is_return].groupby(keys)["order_date"].min().rename("bought")
    returned = lines[is_return].assign(quantity=-lines["quantity"]).join(bought, on=keys)
    days = (returned["order_date"] - returned["bought"]).dt.total_seconds() / 86_400
    assert (days >= 1).mean() > 0.97  # the others were bought before the export begins
    assert not is_return.iloc[-1]


def test_some_customers_have_returns_only(order_lines: Any, tmp_path: Path) -> None:
    options = replace(order_lines.RealisticOptions(), return_share=0.1)
    order_lines.write_export(tmp_path / "orders.csv", 20_000, "realistic", options)
    largest = pd.read_csv(tmp_path / "orders.csv").groupby("customer_id")["quantity"].max()
    assert (largest < 0).any()


def test_products_are_skewed_and_quoted_by_their_share(export: Path, lines: pd.DataFrame) -> None:
    shares = lines["product"].value_counts(normalize=True)
    assert 3_500 < len(shares) <= 4_000
    assert shares.iloc[0] == pytest.approx(0.113, rel=0.05)  # 1 / (1 + 1/2 + ... + 1/4000)
    assert shares.iloc[0] / shares.iloc[9] == pytest.approx(10, rel=0.15)
    assert lines["product"].str.contains('[",]').mean() == pytest.approx(0.3, abs=0.01)
    assert lines["product"].str.contains('"').mean() == pytest.approx(0.075, abs=0.01)
    text = export.read_text()
    assert text.count('""') > LINES * 0.06
    assert lines["unit_price"].min() > 0
    assert (lines["unit_price"] * 100).round(6).mod(1).eq(0).all()


def test_customers_are_skewed_and_most_live_in_one_country(lines: pd.DataFrame, orders: pd.DataFrame) -> None:
    per_customer = orders[orders["smallest"] > 0].groupby("customer").size()
    assert (per_customer == 1).mean() > 0.25
    assert per_customer.max() > 80
    shares = lines["country"].value_counts(normalize=True)
    assert len(shares) == 30
    assert shares.iloc[0] == pytest.approx(0.6, abs=0.02)
    countries = lines.groupby("customer_id")["country"].nunique()
    assert 0.01 < (countries > 1).mean() < 0.1


@pytest.mark.parametrize(
    ("traits", "pattern", "share"),
    [
        ({"quoted_share": 0.0}, '[",]', 0.0),
        ({"quoted_share": 1.0}, '[",]', 1.0),
        ({"doubled_quote_share": 1.0}, '"', 0.3),
    ],
)
def test_a_share_is_an_option(
    order_lines: Any, tmp_path: Path, traits: dict[str, float], pattern: str, share: float
) -> None:
    options = replace(order_lines.RealisticOptions(), **traits)
    order_lines.write_export(tmp_path / "orders.csv", 5_000, "realistic", options)
    products = pd.read_csv(tmp_path / "orders.csv")["product"]
    assert products.str.contains(pattern).mean() == pytest.approx(share, abs=0.03)


def test_the_seed_decides_every_byte(order_lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = order_lines.RealisticOptions()
    order_lines.write_export(tmp_path / "one.csv", 5_000, "realistic", options)
    monkeypatch.setattr(order_lines, "CHUNK_LINES", 777)
    order_lines.write_export(tmp_path / "same.csv", 5_000, "realistic", options)
    order_lines.write_export(tmp_path / "other.csv", 5_000, "realistic", replace(options, seed=1))
    one, same, other = ((tmp_path / name).read_bytes() for name in ("one.csv", "same.csv", "other.csv"))
    assert one == same
    assert one != other


def test_the_command_line_has_an_option_for_each_trait(tmp_path: Path) -> None:
    traits = {"--countries": "3", "--products": "50", "--return-share": "0", "--lines-per-order": "2"}
    words = [word for pair in traits.items() for word in pair]
    out = tmp_path / "orders.csv"
    command = [sys.executable, str(BENCHMARKS / "order_lines.py"), "--lines", "5000", "--kind", "realistic", *words]
    subprocess.run([*command, "--out", str(out)], check=True, timeout=60)
    lines = pd.read_csv(out)
    assert lines["country"].nunique() == 3
    assert lines["product"].nunique() <= 50
    assert (lines["quantity"] > 0).all()
    assert len(lines) / lines["order_id"].nunique() == pytest.approx(2, rel=0.1)


def test_segcli_recognises_every_column(order_lines: Any, tmp_path: Path) -> None:
    out = tmp_path / "orders.csv"
    order_lines.write_export(out, 5_000, "realistic")
    command = [sys.executable, "-m", "segcli", "ingest", str(out), "-o", str(tmp_path / "customers.csv")]
    done = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True, cwd=BENCHMARKS.parent)
    for name in order_lines.REALISTIC_COLUMNS:
        assert f"{name}={name}" in done.stderr

"""Which measures a command computes, and what a stage reports about measures that its table lacks."""

import csv
import io
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli import columns

Run = Callable[..., Any]
SCORES = ["r_score", "f_score", "m_score", "rfm_score", "rfm_segment"]
HEADER = "customer,order,date,quantity,price,discount,margin,article,category,channel,device,country"


def _lines() -> list[str]:
    """Thirty customers with one to four orders of two lines."""
    rows = []
    for number in range(30):
        for order in range(number % 4 + 1):
            day = f"2026-{order + 1:02}-{number % 28 + 1:02}"
            place = ["web", "app"][number % 2], ["phone", "laptop"][order % 2], ["DE", "FR", "IT"][number % 3]
            for line in range(2):
                facts = f"{line + 1},{number + 5}.50,{order % 2},{number}.25,tea {number + line},cat{number % 5}"
                rows.append(f"C{number:02},{number}-{order},{day},{facts},{','.join(place)}")
    return rows


@pytest.fixture
def shop(folder: Path) -> Path:
    """A folder with an export of all kinds of columns."""
    (folder / "o.csv").write_text("\n".join([HEADER, *_lines()]) + "\n")
    return folder


def _header(text: str) -> list[str]:
    return next(csv.reader(io.StringIO(text)))


def test_rfm_writes_the_measures_that_it_uses_and_ingest_all(segcli: Run, shop: Path) -> None:
    assert _header(segcli("rfm", "o.csv", "-q").stdout) == ["customer_id", *columns.RFM_MEASURES, *SCORES]
    full = segcli("ingest", "o.csv", "-q").stdout
    everything = {*columns.MEASURES, "top_category", "top_channel", "top_device", "country"}
    assert set(_header(full)) == {"customer_id", *everything}
    asked_for = segcli("rfm", "o.csv", "-q", "--set", "ingest.measures=all").stdout
    assert _header(asked_for) == [*_header(full), *SCORES]
    assert segcli("ingest", "o.csv", "-q", env={"SEGCLI_INGEST__MEASURES": "all"}).stdout == full
    assert shop


def test_values_are_the_same_whatever_else_is_computed(segcli: Run, shop: Path) -> None:
    few, everything = (
        list(csv.DictReader(io.StringIO(segcli("rfm", "o.csv", "-q", "--set", f"ingest.measures={value}").stdout)))
        for value in ("[]", "all")
    )
    assert few == [{name: row[name] for name in few[0]} for row in everything]
    assert shop


@pytest.mark.parametrize(
    ("arguments", "added"),
    [
        (["--map", "country=country"], ["country"]),
        (["--map", "channel=channel", "--map", "product=article"], ["top_channel"]),
        (["-c", "mapped.yaml"], ["top_device"]),
        (["--set", "rfm.monetary=median"], ["median_order_value"]),
        (["--set", "rfm.monetary=mean"], []),
        (["--set", "privacy.quasi_identifiers=[country, top_category]"], ["top_category", "country"]),
        (["--set", "ingest.measures=[recency_days, orders, revenue, country]"], None),
    ],
    ids=lambda value: " ".join(value) if value and str(value[0]).startswith("-") else "",
)
def test_mapped_columns_and_those_that_settings_name_are_added(
    segcli: Run, shop: Path, arguments: list[str], added: list[str] | None
) -> None:
    (shop / "mapped.yaml").write_text("ingest: {transactions: {path: o.csv, columns: {device: device}}}\n")
    found = [name for name in _header(segcli("rfm", "o.csv", "-q", *arguments).stdout) if name not in SCORES]
    if added is None:
        assert found == ["customer_id", "recency_days", "orders", "revenue", "country"]
    else:
        assert sorted(found) == sorted(["customer_id", *columns.RFM_MEASURES, *added])


def test_only_a_column_that_is_used_is_read(segcli: Run, shop: Path) -> None:
    told = segcli("rfm", "o.csv").stderr
    assert "product=" not in told
    assert "category=" not in told
    assert "product=article" in segcli("ingest", "o.csv").stderr
    assert shop


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        ("rules TABLE --base price_behaviour", "discount_share"),
        ("rules TABLE --base multi_device", "distinct_devices"),
        ("rules TABLE --base channel", "top_channel"),
        ("rules TABLE --base usage", "items"),
        ("rules TABLE --base lifecycle", "last_gap_days"),
        ("rules TABLE --base stage", "mean_days_between_orders"),
        ("rules TABLE --base need_state", "cv_days_between_orders"),
        ("rules TABLE -c big.yaml", "median_order_value"),
        ("cluster TABLE -k 2 --features behaviour,largest_order", "largest_order"),
        ("rfm TABLE --set rfm.monetary=median", "median_order_value"),
        ("assign TABLE --model m.json", "largest_order"),
        ("report TABLE --sections drivers --set drivers.of=items --set drivers.among=[orders]", "items"),
        ("export TABLE --to plain --set privacy.quasi_identifiers=[top_category]", "top_category"),
    ],
    ids=lambda value: value.replace("TABLE ", ""),
)
def test_a_stage_that_lacks_a_measure_names_it_and_a_command_that_computes_it(
    segcli: Run, shop: Path, stage: str, name: str
) -> None:
    (shop / "big.yaml").write_text("rules: [{name: size, segments: [{segment: big, when: median_order_value > 20}]}]\n")
    model = ("cluster", "o.csv", "-k", "2", "--features", "orders,largest_order", "--save-model", "m.json", "-q")
    assert segcli(*model).returncode == 0
    assert segcli("rfm", "o.csv", "-q", "-o", "scored.csv").returncode == 0
    told = segcli(*stage.replace("TABLE", "scored.csv").split()).stderr
    (line,) = [line for line in told.splitlines() if f"'{name}'" in line or f" {name}" in line]
    start, _, end = line.partition("; hint: segcli rfm ORDERS ")
    assert name in start
    remedy, _, _ = end.partition(" computes ")
    done = segcli("rfm", "o.csv", *shlex.split(remedy), "-q", "-o", "full.csv")
    assert done.returncode == 0
    again = segcli(*stage.replace("TABLE", "full.csv").split())
    assert again.returncode == 0, again.stderr
    assert "ingest.measures" not in again.stderr


@pytest.mark.parametrize("stage", [["rules", "crm.csv", "--base", "value_tier"], ["rules", "o.csv", "--base", "os"]])
def test_no_measures_are_offered_that_would_not_help(segcli: Run, shop: Path, stage: list[str]) -> None:
    (shop / "crm.csv").write_text("customer_id,age\na,30\nb,40\n")
    refused = segcli(*stage)
    assert refused.returncode == 3
    assert "Map it in the config" in refused.stderr
    assert "ingest.measures" not in refused.stderr


@pytest.mark.parametrize(
    "command", [["cohort"], ["cohort", "--by", "top_channel"], ["backtest", "--period-days", "30"]]
)
def test_commands_that_need_little_give_the_same_as_with_all_measures(
    segcli: Run, shop: Path, command: list[str]
) -> None:
    few, everything = (segcli(*command, "o.csv", "-q", *more) for more in ([], ["--set", "ingest.measures=all"]))
    assert few.returncode == 0, few.stderr
    assert few.stdout == everything.stdout
    assert shop


def test_a_rule_on_a_column_that_no_measure_needs_is_judged(segcli: Run, shop: Path) -> None:
    (shop / "q.yaml").write_text("quality: {columns: {category: {allowed: [cat1]}}}\n")
    done = segcli("rfm", "o.csv", "-c", "q.yaml", "-q")
    assert done.returncode == 4
    assert "category" in done.stderr
    assert "top_category" not in done.stdout


def test_orders_whose_amounts_count_once_are_told_apart_by_columns_that_no_measure_needs(
    segcli: Run, shop: Path
) -> None:
    """Two lines of one order with one amount are the same order again only if their channels agree."""
    rows = ["customer_id,order_id,order_date,amount,channel", "a,1,2026-01-01,10,web", "a,1,2026-01-01,10,app"]
    (shop / "once.csv").write_text("\n".join([*rows, "b,2,2026-01-02,5,web"]) + "\n")
    per = ("--set", "ingest.transactions.amount_per=order", "-q")
    few, everything = (segcli("rfm", "once.csv", *per, "--set", f"ingest.measures={value}") for value in ("[]", "all"))
    revenue = [[row["revenue"] for row in csv.DictReader(io.StringIO(one.stdout))] for one in (few, everything)]
    assert revenue[0] == revenue[1] == ["20.0", "5.0"]


def test_files_are_joined_by_address_though_no_measure_needs_it(segcli: Run, shop: Path) -> None:
    rows = ["customer_id,email,order_date,amount", *(f"c{n},m{n}@example.com,2026-01-{n + 1:02},5" for n in range(9))]
    (shop / "mail.csv").write_text("\n".join(rows) + "\n")
    people = ["email,income", *(f"m{n}@example.com,{n}" for n in range(9))]
    (shop / "people.csv").write_text("\n".join(people) + "\n")
    done = segcli("rfm", "mail.csv", "--set", "ingest.customers.path=people.csv", "-q")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["income"] for row in rows] == [str(n) for n in range(9)]
    assert "email" not in rows[0]


def test_repeated_lines_are_counted_only_where_all_columns_are_read(segcli: Run, shop: Path) -> None:
    """Articles of one price in an order look alike without their names."""
    header, *rows = (shop / "o.csv").read_text().splitlines()
    alike = [row.replace(",2,", ",1,", 1) for row in rows[:20]] + rows[20:]
    (shop / "alike.csv").write_text("\n".join([header, *alike]) + "\n")
    assert "repeat" not in segcli("ingest", "alike.csv").stderr
    assert "repeat" not in segcli("rfm", "alike.csv").stderr
    (shop / "doubled.csv").write_text("\n".join([header, *rows, *rows]) + "\n")
    told = segcli("rfm", "doubled.csv").stderr
    assert (
        f"note      {len(rows)} lines may be duplicates, judged by the columns read; hint: segcli check compares whole"
        in told
    )
    assert f"{len(rows)} exact duplicate lines kept" in segcli("check", "doubled.csv").stdout
    assert "duplicate" not in segcli("rfm", "o.csv").stderr

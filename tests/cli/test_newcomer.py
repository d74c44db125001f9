"""Where to go next is said, and what a first try gets wrong is answered with what to type instead."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.config import load_settings, parse_yaml_layer

Run = Callable[..., subprocess.CompletedProcess[str]]
SURVEY = "".join(f"{n % 2},{n % 2},{1 - n % 2},{n // 2 % 2}\n" for n in range(60))


NARROW: dict[str, Any] = {"columns": 40, "term": "dumb", "errors": True}


def _next(seen: str) -> list[str]:
    """What a person reads after a table."""
    return [line for line in seen.splitlines() if line.startswith("next")]


def test_below_a_table_stands_what_to_type_next_and_it_works(segcli: Run, on_a_terminal: Callable[..., str]) -> None:
    said = _next(on_a_terminal("rfm", "orders.csv", **NARROW))
    typed = [line.partition(": segcli ")[2].split() for line in said]
    assert typed == [
        ["rfm", "orders.csv", "-o", "segmented.csv"],
        ["report", "segmented.csv", "-o", "report.html"],
        ["init", "orders.csv", "-o", "segments.yaml"],
    ]
    for arguments in typed:
        done = segcli(*arguments)
        assert done.returncode == 0, done.stderr


def test_what_was_said_of_the_file_is_said_again(folder: Path, on_a_terminal: Callable[..., str]) -> None:
    (folder / "o.csv").write_text((folder / "orders.csv").read_text().replace("customer_id", "who is it"))
    said = _next(on_a_terminal("rfm", "o.csv", "--map", "customer_id=who is it", **NARROW))
    assert "segcli rfm o.csv --map 'customer_id=who is it' -o segmented.csv" in said[0]
    assert len(said) == 2  # settings for a file whose columns have to be named are not offered as if they had not


def test_neither_a_pipe_nor_a_script_is_told(segcli: Run, on_a_terminal: Callable[..., str]) -> None:
    assert "next" not in segcli("rfm", "orders.csv").stderr
    for more in (["-q"], ["-f", "table"]):
        assert _next(on_a_terminal("rfm", "orders.csv", *more, **NARROW)) == []


def test_a_run_says_where_its_page_is(segcli: Run) -> None:
    done = segcli("run", "shop.yaml", "--set", "report.title=Shop")
    assert done.stderr.splitlines()[-1] == "next      open out/report.html in a browser"
    assert "next" not in segcli("run", "shop.yaml").stderr  # without a report there is none
    assert "next" not in segcli("run", "shop.yaml", "--set", "report.title=Shop", "-n").stderr


def test_a_run_says_what_its_segmentations_noticed_once(segcli: Run, folder: Path) -> None:
    (folder / "one.csv").write_text("customer_id,order_id,order_date,amount\nA,1,2026-01-01,5\nB,2,2026-01-01,7\n")
    done = segcli("run", "shop.yaml", "--set", "ingest.transactions.path=one.csv")
    said = [line for line in done.stderr.splitlines() if line.startswith("warning")]
    assert "warning   every customer has the same orders: its scores carry no information" in said
    assert len(said) == len(set(said))


@pytest.mark.parametrize("name", ["orders.csv", "orders.csv.gz", "ORDERS.XLSX"])
def test_an_export_in_place_of_settings_is_answered_with_how_to_get_settings(segcli: Run, name: str) -> None:
    done = segcli("run", name)
    stem = name.partition(".")[0]
    assert done.returncode == 2
    assert done.stderr == (
        f"segcli: {name}: run reads a config, and this looks like an export; write a config for it: "
        f"segcli init {name} -o {stem}.yaml, then segcli run {stem}.yaml\n"
    )


def test_a_suffix_without_a_format_is_refused_before_anything_is_read(segcli: Run) -> None:
    done = segcli("rfm", "orders.csv", "-o", "o.docx")
    assert done.returncode == 2
    assert done.stderr.startswith("segcli: o.docx: no format has the suffix .docx")


def test_the_columns_of_a_customer_file_are_said_where_they_have_other_names(segcli: Run, folder: Path) -> None:
    (folder / "people.csv").write_text("ID,Year_Birth,income,Kidhome\n1,1957,58138,0\n2,1954,46344,1\n")
    assert "columns   customer_id=ID  birth_year=Year_Birth\n" in segcli("ingest", "people.csv").stderr
    ours = segcli("ingest", "orders.csv", "-q", "-o", "table.csv")
    assert ours.returncode == 0, ours.stderr
    assert "columns" not in segcli("rfm", "table.csv").stderr  # segcli's own table has all names right


@pytest.mark.parametrize("command", [["report", "-f", "md"], ["persona"]], ids=" ".join)
def test_customers_without_orders_are_clustered_where_nothing_is_declared(
    segcli: Run, folder: Path, command: list[str]
) -> None:
    rows = [f"c{n},{n % 5 + 90 * (n % 2)},{n % 9 + 40 * (n % 2)}" for n in range(60)]
    (folder / "people.csv").write_text("\n".join(["id,MntWines,MntFish", *rows, ""]))
    done = segcli(*command, "people.csv")
    assert done.returncode == 0, done.stderr
    assert "High mnt" in done.stdout


def test_orders_without_what_rfm_needs_are_not_clustered_instead(segcli: Run, folder: Path) -> None:
    (folder / "people.csv").write_text("id,orders\na,1\nb,2\n")
    done = segcli("report", "people.csv")
    assert done.returncode == 3
    assert "no recency_days: RFM needs orders with dates" in done.stderr


@pytest.mark.parametrize("name", ["shop.yaml", "SHOP.YML"])
def test_settings_in_place_of_an_export_are_answered_with_where_they_go(segcli: Run, name: str) -> None:
    done = segcli("report", name)
    assert (done.returncode, done.stderr) == (
        2,
        f"segcli: {name}: looks like a config; pass it with -c, or run it: segcli run {name}\n",
    )


def test_a_file_in_place_of_a_command_is_answered_with_one_that_reads_it(segcli: Run) -> None:
    done = segcli("orders.csv")
    said = "segcli: No such command 'orders.csv'; to check the file, run segcli check orders.csv\n"
    assert (done.returncode, done.stderr) == (2, said)
    assert segcli("check", "orders.csv").returncode == 0
    assert segcli("nowhere.csv").stderr == "segcli: No such command 'nowhere.csv'. Try --help\n"
    assert segcli("rfn").stderr.endswith("? Try --help\n")


# init


def test_a_survey_without_ids_gets_a_config_that_runs(segcli: Run, folder: Path) -> None:
    (folder / "survey.csv").write_text("q1,q2,q3,q4\n" + SURVEY)
    made = segcli("init", "survey.csv", "-o", "survey.yaml")
    assert "warning   no column recognised as customer_id; each row counts as a customer (row_ids)" in made.stderr
    ran = segcli("run", "survey.yaml")
    assert ran.returncode == 0, ran.stderr
    assert len((folder / "runs/survey/customers.csv").read_text().splitlines()) == 61


def test_row_ids_that_are_asked_for_stand_in_the_config(segcli: Run, folder: Path) -> None:
    (folder / "survey.csv").write_text("q1,q2,q3,q4\n" + SURVEY)
    done = segcli("init", "survey.csv", "--set", "ingest.transactions.row_ids=true")
    source = load_settings([parse_yaml_layer(done.stdout, "-", "")]).settings.ingest.transactions
    assert source.row_ids
    assert "customer_id" not in source.columns
    assert "warning" not in done.stderr


def test_orders_without_ids_are_not_numbered(segcli: Run, folder: Path) -> None:
    """Each line would become a customer; the user is told what is missing."""
    (folder / "bare.csv").write_text("order_id,order_date,amount\n1,2026-01-01,5\n2,2026-01-02,6\n")
    done = segcli("init", "bare.csv")
    assert done.returncode == 3
    assert "no column recognised as customer_id; available: order_id, order_date, amount" in done.stderr
    assert "segcli init bare.csv --map customer_id=NAME" in done.stderr
    assert segcli("init", "bare.csv", "--map", "customer_id=order_id").returncode == 0


def test_an_email_address_is_id_enough(segcli: Run, folder: Path) -> None:
    (folder / "people.csv").write_text("email,income\na@example.com,5\nb@example.com,6\n")
    done = segcli("init", "people.csv")
    assert not load_settings([parse_yaml_layer(done.stdout, "-", "")]).settings.ingest.transactions.row_ids
    assert "warning" not in done.stderr


def test_each_config_has_a_folder_of_its_own(segcli: Run, folder: Path) -> None:
    """Two exports beside each other: the second run must not replace what the first wrote."""
    for name in ("north", "two words"):
        assert segcli("init", "orders.csv", "-o", f"{name}.yaml").returncode == 0
        assert (
            load_settings([parse_yaml_layer((folder / f"{name}.yaml").read_text(), "-", "")]).settings.output
            == f"runs/{name}"
        )


def test_a_config_on_standard_output_is_followed_by_how_to_keep_it(segcli: Run) -> None:
    said = segcli("init", "orders.csv", "--as-of", "2026-06-30").stderr.splitlines()
    assert said[-1] == "next      segcli init orders.csv --as-of 2026-06-30 -o segments.yaml saves it as a config"

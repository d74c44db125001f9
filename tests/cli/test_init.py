"""`segcli init` writes a config that runs as it is, and in which every option can be switched on."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segcli.config import load, yaml_layer

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def written(segcli: Run, root: Path, folder: Path) -> str:
    """The config that init writes for the sample data."""
    data = root / "sample_data"
    done = segcli(
        "init", data / "orders.csv", "--customers", data / "customers.csv", "--responses", data / "responses.csv",
        "-o", "cfg.yaml",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (folder / "cfg.yaml").read_text(encoding="utf-8")


def test_the_config_passes_check_and_runs_as_it_is(segcli: Run, folder: Path, written: str) -> None:
    assert written
    checked = segcli("check", "cfg.yaml")
    assert checked.returncode == 0, checked.stderr
    ran = segcli("run", "cfg.yaml", "-o", "out")
    assert ran.returncode == 0, ran.stderr
    assert (folder / "out" / "report.md").is_file()


def test_the_first_line_tells_editors_where_the_schema_is(written: str) -> None:
    assert written.startswith("# yaml-language-server: $schema=")


def test_every_recognised_column_comes_with_the_reason_and_the_others_are_listed(written: str) -> None:
    columns = re.findall(r"^      (\w+): .*# (.+)$", written, re.MULTILINE)
    assert {"customer_id", "order_id", "order_date", "quantity", "unit_price"} <= {name for name, _ in columns}
    assert all(reason for _, reason in columns)
    assert re.search(r"^ +# [a-z ]+: .*\bq01\b", written, re.MULTILINE)


def test_every_option_line_can_be_switched_on_by_itself(written: str, folder: Path) -> None:
    lines = written.splitlines()
    switched = [place for place, line in enumerate(lines) if re.match(r"\s*#\s+\w+: \S", line)]
    assert len(switched) > 25
    for place in switched:
        changed = list(lines)
        for part in (place, *_headings_of(lines, place)):
            changed[part] = changed[part].replace("# ", "", 1)
        load([yaml_layer("\n".join(changed), "cfg.yaml", str(folder))])


def _headings_of(lines: list[str], place: int) -> Iterator[int]:
    """The commented line above that opens the section of an option further in, which goes with it."""
    nested = re.match(r"(\s*)#   \w", lines[place])
    if nested:
        yield next(i for i in range(place, -1, -1) if re.match(rf"{nested[1]}# \w+:$", lines[i]))


def test_without_an_output_file_the_config_goes_to_stdout_and_nothing_is_written(segcli: Run, folder: Path) -> None:
    before = sorted(folder.iterdir())
    done = segcli("init", "orders.csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("# yaml-language-server")
    assert load([yaml_layer(done.stdout, "-", "")]).settings.ingest.transactions.path == "orders.csv"
    assert sorted(folder.iterdir()) == before


def test_a_file_of_customers_gets_a_config_that_runs_without_scores(segcli: Run, folder: Path) -> None:
    rows = [f"c{number},{1950 + number},{20_000 + 997 * (number % 29)},basic" for number in range(50)]
    (folder / "people.csv").write_text("\n".join(["id,birth_year,income,education", *rows, ""]))
    made = segcli("init", "people.csv", "-o", "people.yaml")
    assert "next      segcli run people.yaml" in made.stderr
    assert load([yaml_layer((folder / "people.yaml").read_text(), "-", "")]).declares("rfm") is False
    ran = segcli("run", "people.yaml", "-o", "out", "--set", "cluster.features=[income]")
    assert ran.returncode == 0, ran.stderr


def test_names_that_would_act_in_yaml_survive_the_round_trip(segcli: Run, folder: Path) -> None:
    """A header, a file name and a column nobody uses, each written to break out of its line."""
    (folder / "or: #ders.csv").write_text(
        '"no: # \'a\'",order_id,order_date,amount,"x\n  evil: 1"\nA,1,2026-01-01,5,\n'
    )
    done = segcli("init", "or: #ders.csv", "--map", "customer_id=no: # 'a'")
    assert done.returncode == 0, done.stderr
    source = load([yaml_layer(done.stdout, "-", "")]).settings.ingest.transactions
    assert source.path == "or: #ders.csv"
    assert source.columns["customer_id"] == "no: # 'a'"

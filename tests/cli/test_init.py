"""`segcli init` writes a config that runs as it is, and in which every option can be switched on."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from segcli.config import load_settings, parse_yaml_layer

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]

PRESETS = sorted((Path(__file__).parents[1] / "ingest" / "presets").glob("*.csv"))
CASES = Path(__file__).parents[3] / "shared" / "data" / "cases"
ODD = """Kunde;Nr;Datum;Wert;Art
A;1;03.01.26;1.000,5;Verkauf
B;2;04.02.26;20;Storno
a;3;05.03.26;7;Verkauf
Summe;;;1027,5;
"""
ODD_FLAGS = (
    "--map", "customer_id=Kunde", "--map", "order_id=Nr", "--map", "order_date=Datum", "--map", "amount=Wert",
    "--delimiter", ";", "--decimal", ",", "--date-format", "%d.%m.%y", "--encoding", "utf-8", "--skip-footer", "1",
    "--as-of", "2026-06-30", "--lang", "vi", "--locale", "de", "--fail-on", "error", "--max-rejects", "50%",
    "--preset", "none", "--seed", "7",
    "--set", "ingest.transactions.century=1950", "--set", "ingest.transactions.returned={Art: [Storno]}",
    "--set", "ingest.transactions.amount_per=order", "--set", "ingest.id_case=upper", "--set", "ingest.returns=exclude",
    "--set", "rfm.bins=3", "--set", "cluster.k=2", "--set", "quality.confidence.customers=2",
    "--set", "rules=[{base: lifecycle}]", "--set", "clv.horizon=90 days", "--set", "privacy.minimum_cell=2",
)  # fmt: skip


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
    ran = segcli("run", "cfg.yaml", "-o", "out", env={"SEGCLI_CLUSTER__PAIRS": "8"})  # fewer take less time
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
        load_settings([parse_yaml_layer("\n".join(changed), "cfg.yaml", str(folder))])


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
    assert load_settings([parse_yaml_layer(done.stdout, "-", "")]).settings.ingest.transactions.path == "orders.csv"
    assert sorted(folder.iterdir()) == before


def test_a_file_of_customers_gets_a_config_that_runs_without_scores(segcli: Run, folder: Path) -> None:
    rows = [f"c{number},{1950 + number},{20_000 + 997 * (number % 29)},basic" for number in range(50)]
    (folder / "people.csv").write_text("\n".join(["id,birth_year,income,education", *rows, ""]))
    made = segcli("init", "people.csv", "-o", "people.yaml")
    assert "next      segcli run people.yaml" in made.stderr
    assert (
        load_settings([parse_yaml_layer((folder / "people.yaml").read_text(), "-", "")]).declares_section("rfm")
        is False
    )
    ran = segcli("run", "people.yaml", "-o", "out", "--set", "cluster.features=[income]")
    assert ran.returncode == 0, ran.stderr


def test_names_that_would_act_in_yaml_survive_the_round_trip(segcli: Run, folder: Path) -> None:
    """A header, a file name and a column nobody uses, each written to break out of its line."""
    (folder / "or: #ders.csv").write_text(
        '"no: # \'a\'",order_id,order_date,amount,"x\n  evil: 1"\nA,1,2026-01-01,5,\n'
    )
    done = segcli("init", "or: #ders.csv", "--map", "customer_id=no: # 'a'")
    assert done.returncode == 0, done.stderr
    source = load_settings([parse_yaml_layer(done.stdout, "-", "")]).settings.ingest.transactions
    assert source.path == "or: #ders.csv"
    assert source.columns["customer_id"] == "no: # 'a'"


def results(segcli: Run, *arguments: object) -> tuple[int, list[dict[str, str]]]:
    """The exit code of rfm and its rows."""
    done = segcli("rfm", *arguments, "-f", "csv")
    return done.returncode, list(csv.DictReader(io.StringIO(done.stdout)))


def assert_same_numbers(segcli: Run, file: Path, *flags: str) -> None:
    """Assert that init and the config it writes give the numbers of the flags themselves."""
    code, rows = results(segcli, file, *flags)
    done = segcli("init", file, *flags, "-o", "made.yaml")
    assert done.returncode == 0, done.stderr
    again, others = results(segcli, "-c", "made.yaml")
    assert code == again
    assert rows == [{name: row[name] for name in first} for first, row in zip(rows, others, strict=True)]


@pytest.mark.parametrize("file", PRESETS, ids=lambda file: file.stem)
def test_a_config_of_a_platform_gives_the_numbers_of_its_export(segcli: Run, file: Path) -> None:
    if file.stem != "amazon-all-orders":  # which names no buyers
        assert_same_numbers(segcli, file)


@pytest.mark.skipif(not CASES.is_dir(), reason="these files are not here")
def test_a_config_of_an_odd_export_gives_the_numbers_of_its_flags(segcli: Run) -> None:
    century = ("--date-format", "%d-%b-%y", "--set", "ingest.transactions.century=1950")
    assert_same_numbers(segcli, CASES / "01-order-total-on-each-line" / "nr_orders.csv", *century)
    assert_same_numbers(segcli, CASES / "02-refund-type-positive" / "input.csv")
    assert_same_numbers(segcli, CASES / "18-am-pm-of-supported-languages" / "input.csv", "--locale", "zh")
    assert_same_numbers(segcli, CASES / "13-indian-grouping" / "input.csv")


def test_every_flag_and_setting_is_in_the_config(segcli: Run, folder: Path) -> None:
    (folder / "odd.csv").write_text(ODD, encoding="utf-8")
    assert_same_numbers(segcli, folder / "odd.csv", *ODD_FLAGS)
    settings = load_settings([parse_yaml_layer((folder / "made.yaml").read_text(encoding="utf-8"), "-", "")]).settings
    source = settings.ingest.transactions
    assert (source.delimiter, source.decimal, source.century, source.skip_footer) == (";", ",", 1950, 1)
    assert (source.encoding, source.locale, source.preset, source.amount_per) == ("utf-8", "de", "none", "order")
    assert source.returned == {"Art": ["Storno"]}
    assert (settings.as_of, settings.language, settings.seed) == ("2026-06-30", "vi", 7)
    assert (settings.ingest.id_case, settings.ingest.returns, settings.ingest.max_rejects) == (
        "upper",
        "exclude",
        "50%",
    )
    assert (settings.rfm.bins, settings.cluster.k, settings.quality.confidence.customers) == (3, 2, 2)
    assert settings.quality.fail_on == "error"
    assert [rule.base for rule in settings.rules] == ["lifecycle"]


def test_paths_in_the_config_are_relative_to_it(segcli: Run, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "list.csv").write_text("customer_id\nA\n", encoding="utf-8")
    done = segcli("init", "orders.csv", "--set", "privacy.suppression=list.csv", "-o", "sub/made.yaml")
    assert done.returncode == 0, done.stderr
    assert "suppression: ../list.csv" in (folder / "sub" / "made.yaml").read_text(encoding="utf-8")
    assert {row["customer_id"] for row in results(segcli, "-c", "sub/made.yaml")[1]} == {"B", "C"}


def test_a_table_of_people_without_ids_or_known_columns_gives_segments(segcli: Run, folder: Path) -> None:
    rows = [f"{'Retail' if n % 3 else 'Hotel'},{100 + 37 * (n % 11)},{5000 - 113 * (n % 17)}" for n in range(60)]
    (folder / "shops.csv").write_text("\n".join(["Trade,Fresh,Frozen", *rows, ""]), encoding="utf-8")
    assert "segments are based on Fresh, Frozen" in segcli("init", "shops.csv", "-o", "shops.yaml").stderr
    ran = segcli("run", "shops.yaml", "-o", "out")
    assert ran.returncode == 0, ran.stderr
    assert (folder / "out" / "customers.csv").is_file()


def test_a_table_with_orders_but_no_last_order_gets_no_scores(segcli: Run, folder: Path) -> None:
    rows = [f"c{n},{1 + n % 9},{50 + 31 * (n % 13)}" for n in range(60)]
    (folder / "totals.csv").write_text("\n".join(["customer_id,total orders,total spent", *rows, ""]), encoding="utf-8")
    assert segcli("init", "totals.csv", "-o", "totals.yaml").returncode == 0
    ran = segcli("run", "totals.yaml", "-o", "out")
    assert ran.returncode == 0, ran.stderr


def test_dated_answers_without_ids_give_segments(segcli: Run, folder: Path) -> None:
    ages = ("18-24", "25-34", "35-44")
    rows = [f"1/{1 + n % 28}/2024 10:00:00,{('Good', 'Bad')[n % 2]},{n % 11},{ages[n % 3]}" for n in range(60)]
    text = "\n".join(['Timestamp,"How satisfied\nare you?",Would you recommend us?,Age group', *rows, ""])
    (folder / "form.csv").write_text(text, encoding="utf-8")
    assert segcli("init", "form.csv", "-o", "form.yaml").returncode == 0
    ran = segcli("run", "form.yaml", "-o", "out")
    assert ran.returncode == 0, ran.stderr


def test_a_table_without_any_feature_is_refused_with_a_command(segcli: Run, folder: Path) -> None:
    (folder / "list.csv").write_text("email,full name\na@x.org,A\nb@x.org,B\n", encoding="utf-8")
    done = segcli("init", "list.csv", "-o", "list.yaml")
    assert done.returncode == 3
    assert "segcli init list.csv -o list.yaml --map order_date=NAME" in done.stderr
    assert not (folder / "list.yaml").exists()


def test_a_file_without_header_is_read_as_it_was_declared(segcli: Run, folder: Path) -> None:
    (folder / "bare.txt").write_text("1\t25.5\t2015-01-04\n2\t10\t2015-02-04\n1\t4\t2015-03-04\n", encoding="utf-8")
    maps = ("customer_id=column_1", "amount=column_2", "order_date=column_3")
    assert_same_numbers(segcli, folder / "bare.txt", "--no-header", *(w for m in maps for w in ("--map", m)))


def test_columns_that_stand_in_for_blank_ids_are_in_the_config(segcli: Run, folder: Path) -> None:
    (folder / "mixed.csv").write_text(
        "Customer ID,Mail,order_date,amount\nA,,2026-01-01,5\n,b@x.org,2026-01-02,6\n", encoding="utf-8"
    )
    flag = "ingest.transactions.columns={customer_id: [Customer ID, Mail]}"
    assert_same_numbers(segcli, folder / "mixed.csv", "--set", flag)
    assert {row["customer_id"] for row in results(segcli, "-c", "made.yaml")[1]} == {"A", "b@x.org"}

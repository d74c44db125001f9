"""The export command as a user runs it: any table with a segment column, reconciled with the report; SQL that runs."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
import yaml

PEOPLE = """customer_id,segment,email,phone,first_name,last_name,country,zip,email_consent
1,Gold,Ann@Example.com,+4930123456,Ann,Lee,Germany,10115,yes
2,Gold,bob@example.com,,Bob,Ray,Germany,10117,no
3,Silver,,,Cy,Day,Germany,10119,yes
4,Silver,d.e@gmail.com,,Di,Eck,France,75001,yes
5,Silver,ann@example.com,,Ann,Lee,Germany,10115,yes
"""


@pytest.fixture
def people(folder: Path) -> Path:
    (folder / "people.csv").write_text(PEOPLE)
    return folder


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_consent_of_orders_is_no_consent_of_customers(folder: Path, segcli: Callable[..., Any]) -> None:
    (folder / "shop.csv").write_text(
        "Email,Order,Date,Total,Newsletter\n"
        "a@example.com,1,2026-01-05,10.00,yes\nb@example.com,2,2026-01-09,30.00,no\na@example.com,3,2026-02-05,20.00,no\n"
    )
    refused = segcli("export", "shop.csv", "--to", "klaviyo", "-o", "audience.csv")
    assert refused.returncode == 3
    assert "shop.csv: column 'Newsletter' says who agreed to e-mail, but by order" in refused.stderr
    assert not (folder / "audience.csv").exists()
    (folder / "people.csv").write_text("Email,Newsletter\na@example.com,no\nb@example.com,yes\n")
    made = segcli("export", "shop.csv", "--to", "klaviyo", "--set", "ingest.contacts.path=people.csv", "-f", "csv")
    assert made.returncode == 0, made.stderr
    assert [row["Email"] for row in rows(made.stdout)] == ["b@example.com"]


def test_any_table_with_a_segment_column_and_contacts(people: Path, segcli: Callable[..., Any]) -> None:
    made = segcli("export", "people.csv", "--to", "google-ads", "-o", "audience.csv")
    assert made.returncode == 0, made.stderr
    assert "google-ads: 5 customers = 2 exported + 1 no consent + 2 not reachable" in made.stderr
    assert "not reachable: 1 no contact, 1 repeated contact" in made.stderr
    found = rows((people / "audience.csv").read_text())
    # printf 'ann@example.com' | sha256sum
    assert found[0]["Email"] == "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476"
    assert (found[0]["Country"], found[0]["Zip"]) == ("DE", "10115")


def test_another_column_and_some_segments_of_it(people: Path, segcli: Callable[..., Any]) -> None:
    (people / "people.csv").write_text(PEOPLE.replace("segment", "tier"))
    made = segcli("export", "people.csv", "--to", "klaviyo", "--of", "tier", "--segments", "Silver", "-q")
    assert made.returncode == 0, made.stderr
    assert [row["Email"] for row in rows(made.stdout)] == ["d.e@gmail.com", "ann@example.com"]
    assert segcli("export", "people.csv", "--to", "klaviyo", "--of", "colour").returncode == 2


def test_what_cannot_be_is_refused_before_anything_is_read(people: Path, segcli: Callable[..., Any]) -> None:
    for asked, what in (
        ((), "no destination; set one with --to"),
        (("--to", "fax"), "no destination 'fax'; known: google-ads"),
        (("--to", "sql", "--dialect", "cobol"), "cobol"),
        (("--to", "klaviyo", "--holdout", "110%"), "must be a share below 1"),
        (("--to", "klaviyo", "--holdout", "10%"), "a holdout needs a key"),
        (("--to", "klaviyo", "--groups", "g.csv"), "--groups needs a holdout"),
    ):
        made = segcli("export", "people.csv", *asked, "-o", "x.csv")
        assert made.returncode == 2, made.stderr
        assert what in made.stderr
        assert not (people / "x.csv").exists()


def test_an_empty_export_fails_as_a_gate_with_its_reasons(people: Path, segcli: Callable[..., Any]) -> None:
    (people / "people.csv").write_text(PEOPLE.replace("yes", "no").replace("10119,no", "10119,yes"))
    made = segcli("export", "people.csv", "--to", "klaviyo", "-o", "x.csv")
    assert made.returncode == 4
    assert "export gate: no customer exported; klaviyo: 5 customers = 0 exported + 4 no consent + 1 not reachable" in (
        made.stderr
    )
    assert "not reachable: 1 no contact" in made.stderr
    assert (people / "x.csv").read_text().startswith("Email"), "the result is written"
    assert segcli("export", "people.csv", "--to", "klaviyo", "--segments", "Gold").returncode == 4


def test_a_file_over_a_limit_is_refused_and_nothing_is_written(people: Path, segcli: Callable[..., Any]) -> None:
    (people / "people.csv").write_text(PEOPLE.replace("Gold", "G" * 300))
    made = segcli("export", "people.csv", "--to", "mailchimp", "-o", "x.csv")
    assert made.returncode == 3
    assert "100" in made.stderr
    assert not (people / "x.csv").exists()


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(people: Path, segcli: Callable[..., Any]) -> None:
    (people / "people.csv").write_text(PEOPLE.replace("Ann,Lee", "=cmd(),Lee"))
    made = segcli("export", "people.csv", "--to", "klaviyo")
    assert "'=cmd()" in made.stdout
    assert "escaped" in made.stderr
    assert "'=cmd()" not in segcli("export", "people.csv", "--to", "klaviyo", "--no-formula-escape").stdout


def test_counts_are_those_of_the_report(folder: Path, segcli: Callable[..., Any]) -> None:
    """Of each segment the export accounts for as many customers as the report's table shows."""
    lines = ["customer_id,order_id,order_date,amount"]
    lines += [f"C{n:03},{n}-{o},2026-0{1 + (n + o) % 6}-11,{5 + n}" for n in range(90) for o in range(1 + n % 4)]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n")
    (folder / "contacts.csv").write_text(
        "customer_id,email\n" + "".join(f"C{n:03},p{n}@example.com\n" for n in range(0, 90, 2))
    )
    asked = ("orders.csv", "--set", "ingest.contacts.path=contacts.csv", "-q", "-f", "json")
    exported = json.loads(segcli("export", *asked, "--to", "klaviyo").stdout)
    reported = json.loads(segcli("report", *asked).stdout)
    sizes = {one["segment"]: one["customers"] for one in reported["segmentations"][0]["segments"]}
    counts = {one["segment"]: one for one in exported["counts"]}
    assert counts.pop("all")["exported"] == len(exported["people"]) == 45
    assert {name: one["customers"] for name, one in counts.items()} == sizes


def test_holdouts_are_listed_for_reading_the_campaign_out(folder: Path, segcli: Callable[..., Any]) -> None:
    rows_of = "".join(f"C{n:03},Gold,p{n}@example.com,yes\n" for n in range(200))
    (folder / "t.csv").write_text("customer_id,segment,email,email_consent\n" + rows_of)
    asked = ("--set", "privacy.key_file=key", "--holdout", "20%", "--groups", "groups.csv")
    made = segcli("export", "t.csv", "--to", "tiktok", *asked, "-o", "ads.csv")
    assert made.returncode == 0, made.stderr
    groups = rows((folder / "groups.csv").read_text())
    treated = [one["customer_id"] for one in groups if one["group"] == "treated"]
    assert len(rows((folder / "ads.csv").read_text())) == len(treated)
    assert 20 <= len(groups) - len(treated) <= 60
    again = segcli("export", "t.csv", "--to", "tiktok", *asked, "-o", "ads2.csv")
    assert again.returncode == 0
    assert (folder / "ads2.csv").read_bytes() == (folder / "ads.csv").read_bytes()


def test_only_who_moved_since_an_earlier_table(people: Path, segcli: Callable[..., Any]) -> None:
    (people / "before.csv").write_text("customer_id,segment\n1,Gold\n4,Gold\n5,Silver\n")
    made = segcli("export", "people.csv", "--to", "plain", "--only-changed", "before.csv")
    assert made.returncode == 0, made.stderr
    assert [row["customer_id"] for row in rows(made.stdout)] == ["3", "4"]
    assert "2 unchanged" in made.stderr


def test_sql_gives_the_labels_of_a_run_on_its_own_table(folder: Path, segcli: Callable[..., Any], root: Path) -> None:
    """The customer table of a run, read by DuckDB, and the definition that the same config exports."""
    config = root / "configs" / "retail.yaml"
    (folder / "rules.yaml").write_text(
        "rules: [{name: tier, otherwise: none, segments: [{segment: Gold, when: orders >= 8 and revenue >= 900},\n"
        "  {segment: Mobile, when: 'device == \"mobile\" and recency_days < 100'}]}]\n"
    )
    table = segcli("ingest", "-c", config, "-q").stdout
    (folder / "customers.csv").write_text(table)
    base = duckdb.connect()
    base.read_csv(str(folder / "customers.csv"), header=True).create("customers")
    commands = {
        "rfm_segment": ("rfm", ("customers.csv",)),
        "tier": ("rules", ("customers.csv", "-c", "rules.yaml")),
    }
    for column, (command, source) in commands.items():
        ours = {row["customer_id"]: row[column] for row in rows(segcli(command, *source, "-q", "-f", "csv").stdout)}
        made = segcli("export", *source, "-q", "--to", "sql", "--of", column)
        assert made.returncode == 0, made.stderr
        found = base.sql(made.stdout.strip().rstrip(";")).select(f"customer_id, {column}")
        assert dict(found.fetchall()) == ours
        assert len(ours) == 2_000


def test_a_base_that_sql_cannot_say_is_refused(folder: Path, segcli: Callable[..., Any]) -> None:
    (folder / "rules.yaml").write_text("rules: [{base: usage}]\n")
    made = segcli("export", "orders.csv", "-c", "rules.yaml", "--to", "sql", "--of", "usage")
    assert made.returncode == 2
    assert "has no SQL form" in made.stderr


HOSTILE = ("Gold {{ 1 / 0 }} {% if %}", "{# it's, [x]: #}", "true")


@pytest.mark.parametrize("column", ["rfm_segment", "tier"])
def test_a_dbt_model_gives_the_labels_of_a_run(
    folder: Path, segcli: Callable[..., Any], root: Path, column: str
) -> None:
    """The model is rendered as dbt does, with Jinja, and run by DuckDB on the customer table of a run."""
    (folder / "rules.yaml").write_text(
        json.dumps(
            {
                "rules": [
                    {
                        "name": "tier",
                        "otherwise": HOSTILE[2],
                        "segments": [
                            {"segment": HOSTILE[0], "when": "orders >= 2 and revenue >= 15"},
                            {"segment": HOSTILE[1], "when": "count(orders within 30 days) >= 1"},
                        ],
                    }
                ]
            }
        )
    )
    orders = root / "sample_data" / "orders.csv" if column == "rfm_segment" else folder / "orders.csv"
    commands = {"rfm_segment": ("rfm", orders), "tier": ("rules", orders, "-c", "rules.yaml")}
    table = rows(segcli(*commands[column], "-q", "-f", "csv").stdout)
    ours = {row["customer_id"]: row[column] for row in table}
    (folder / "models").mkdir()
    made = segcli("export", *commands[column][1:], "-q", "--to", "dbt", "--of", column, "-o", "models/segments.sql")
    assert made.returncode == 0, made.stderr
    assert sorted(path.name for path in (folder / "models").iterdir()) == ["segments.sql", "segments.yml"]

    models: list[str] = []
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - it renders SQL

    def render(text: str) -> str:
        return environment.from_string(text).render(ref=lambda name: models.append(name) or name)

    sql = render((folder / "models" / "segments.sql").read_text())
    assert set(models) == ({"customers"} if column == "rfm_segment" else {"customers", "orders"})
    (model,) = yaml.safe_load((folder / "models" / "segments.yml").read_text())["models"]
    assert (model["name"], model["columns"][0]["data_tests"]) == ("segments", ["unique", "not_null"])
    assert render(model["description"]).startswith(f"{column} as segcli computes it, as of 2026-")
    ((accepted,),) = ([one["accepted_values"]["values"] for one in model["columns"][1]["data_tests"]],)
    assert {*ours.values()} <= {render(segment) for segment in accepted}

    base = duckdb.connect()
    (folder / "customers.csv").write_text(segcli("ingest", orders, "-q").stdout)
    base.read_csv(str(folder / "customers.csv"), header=True).create("customers")
    base.read_csv(str(orders), header=True).create("lines")
    if column == "tier":
        base.sql("create table orders as select *, false as is_return from lines")
    assert dict(base.sql(sql).select(f"customer_id, {column}").fetchall()) == ours
    assert len(set(ours.values())) >= 3


def test_dbt_on_stdout_is_the_model_and_refuses_what_sql_cannot_express(segcli: Callable[..., Any], root: Path) -> None:
    orders = root / "sample_data" / "orders.csv"
    made = segcli("export", orders, "-q", "--to", "dbt", "--of", "rfm")
    assert made.stdout.startswith("-- rfm_segment as segcli computes it")
    assert "FROM {{ ref('customers') }}" in made.stdout
    refused = segcli("export", orders, "-q", "--to", "dbt", "--set", "rules=[{base: usage}]", "--of", "usage")
    assert refused.returncode == 2
    assert "has no SQL form" in refused.stderr


def test_a_run_writes_the_model_and_its_properties(folder: Path, segcli: Callable[..., Any]) -> None:
    (folder / "shop.yaml").write_text(
        "output: out\ningest: {transactions: {path: orders.csv}}\nrfm: {bins: 3}\nexport: [{to: dbt, of: rfm}]\n"
    )
    done = segcli("run", "shop.yaml", "-q")
    assert done.returncode == 0, done.stderr
    assert "- name: export_dbt\n" in (folder / "out" / "export_dbt.yml").read_text()
    names = [one["name"] for one in json.loads((folder / "out" / "run.json").read_text())["outputs"]]
    assert {"export_dbt.sql", "export_dbt.yml"} <= set(names)
    assert segcli("run", "shop.yaml", "-q").returncode == 0  # replaces its own files

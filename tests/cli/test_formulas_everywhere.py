"""No CSV or TSV that any command writes has a cell that a spreadsheet would run, whatever the inputs are called."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# The rule of OWASP, written without looking at how segcli escapes; numbers and phone numbers may begin with a sign.
RUNS = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0]")
HARMLESS = re.compile(r"[+-]?[0-9][0-9 .,()/:e+-]*")
STARTS = ("=", "+", "-", "@", "\t=", "\r=", " =", "\uff1d")
CITIES = tuple(f'{start}HYPERLINK("http://x.example/{place}")' for place, start in enumerate(STARTS))
NAMES = tuple(f"{start}cmd|' /C calc'!A{place}" for place, start in enumerate(STARTS))
CONFIG = """version: 1
output: out
ingest:
  transactions: {path: orders.csv}
  customers: {path: people.csv}
  contacts: {path: contacts.csv}
  rejects: rejects.csv
rfm: {bins: 3}
rules:
  - {name: tier, segments: [{segment: "=1+1", when: orders >= 3}, {segment: "@SUM(A1)", when: orders >= 2}]}
  - {name: town, segments: [{segment: "-2+3", when: 'city contains "/1"'}, {segment: "+x", when: orders >= 1}]}
cluster: {features: [orders, revenue], k: 2, pairs: 4}
persona: {of: [rfm, cluster]}
target: {of: tier, choose: 1-2}
plan: {of: tier}
cohort: {by: first_product}
clv: {}
backtest: {period_days: 30}
privacy: {key_file: secret/key}
export:
EXPORTS
report: {sections: [summary, segments, personas]}
"""
DESTINATIONS = ("google-ads", "hubspot", "klaviyo", "mailchimp", "meta", "plain", "posthog", "salesforce", "tiktok")


def table(rows: list[list[str]], header: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


@pytest.fixture
def hostile(folder: Path) -> Path:
    """A shop whose ids, products, cities, people and columns begin like formulas."""
    ids = [f"{STARTS[n % 8].strip() or '='}C{n:03}" for n in range(200)]
    orders = [
        [name, f"={n}-{o}", f"2026-{1 + (n + 2 * o) % 6:02}-{1 + n % 28:02}", f"{10 + n * o}.50", NAMES[(n + o) % 8]]
        for n, name in enumerate(ids)
        for o in range(1 + n % 5)
    ]
    orders.append(["=bad", "=x", "=no day", "1", "=x"])
    text = table(orders, ["customer_id", "order_id", "order_date", "amount", "product"])
    (folder / "orders.csv").write_text(text, newline="")
    people = [
        [name, f"=ann{n}@example.org", NAMES[n % 8], f"{STARTS[n % 8]}Lee", CITIES[n % 8], CITIES[-1 - n % 8], "yes"]
        for n, name in enumerate(ids)
    ]
    header = ["customer_id", "email", "first_name", "last_name", "city", "=1+2", "email_consent"]
    for name in ("people.csv", "contacts.csv"):
        (folder / name).write_text(table(people, header), newline="")
    (folder / "secret").mkdir()
    exports = [f"  - {{to: {to}, of: tier, holdout: 20%, properties: [city]}}" for to in DESTINATIONS]
    (folder / "hostile.yaml").write_text(CONFIG.replace("EXPORTS", "\n".join(exports)))
    return folder


def running_cells(text: str, delimiter: str) -> Iterator[str]:
    """Yield the cells that a spreadsheet would run."""
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield from (cell for cell in row if RUNS.match(cell) and not HARMLESS.fullmatch(cell))


def assert_none_runs(path: Path) -> None:
    text = path.read_bytes().decode()
    assert text.strip(), path
    found = list(running_cells(text, "\t" if path.suffix == ".tsv" else ","))
    assert not found, (path.name, found[:5])


def test_the_check_finds_what_runs() -> None:
    cells = [*CITIES, *NAMES, "-12.50", "+49 30 1234", "2026-01-01", "'=1", ""]
    assert list(running_cells(table([cells], ["x"]), ",")) == [*CITIES, *NAMES]


def test_a_run_with_every_stage(hostile: Path, segcli: Callable[..., Any]) -> None:
    made = segcli("run", "hostile.yaml", "-q")
    assert made.returncode == 0, made.stderr
    written = sorted(path for path in hostile.rglob("*.csv") if path.parent.name == "out" or path.name == "rejects.csv")
    assert {"backtest.csv", "cohorts.csv", "calendar.csv", "plan.csv", "rejects.csv", "clv.csv"} <= {
        path.name for path in written
    }
    assert len([path for path in written if path.name.endswith("-groups.csv")]) == len(DESTINATIONS)
    for path in written:
        assert_none_runs(path)
    treated = segcli("compare", "orders.csv", "--treated", "out/export-plain-groups.csv", "--then", "2026-05-01", "-q")
    assert treated.returncode == 0, treated.stderr  # the escaped ids are those of the orders
    assert segcli("compare", "out", "out", "-q", "-f", "csv").returncode in {0, 2}


COMMANDS = (
    "ingest -c hostile.yaml",
    "rfm -c hostile.yaml",
    "cluster -c hostile.yaml",
    "rules -c hostile.yaml",
    "rules -c hostile.yaml --overlap",
    "rules -c hostile.yaml --scorecard",
    "persona scored.csv",
    "report scored.csv",
    "clv -c hostile.yaml",
    "cohort -c hostile.yaml",
    "backtest -c hostile.yaml",
    "compare scored.csv scored.csv",
    "assign scored.csv --model rfm.json",
    "target scored.csv",
    "plan scored.csv",
    "check orders.csv",
    "export scored.csv --to plain --of rfm",
    "forget =C000 out",
)


@pytest.fixture
def scored(hostile: Path, segcli: Callable[..., Any]) -> Path:
    made = segcli("rules", "-c", "hostile.yaml", "-o", "ruled.csv", "-q")
    assert made.returncode == 0, made.stderr
    made = segcli("rfm", "ruled.csv", "-o", "scored.csv", "-q", "--save-model", "rfm.json")
    assert made.returncode == 0, made.stderr
    (hostile / "out").mkdir()
    (hostile / "out" / "-a.csv").write_text("customer_id\n=C000\n")
    return hostile


@pytest.mark.long
def test_every_command_in_both_formats(scored: Path, segcli: Callable[..., Any]) -> None:
    assert_none_runs(scored / "scored.csv")
    for number, command in enumerate(COMMANDS):
        result, is_file = scored / f"result-{number}.csv", number % 2 and command.split()[0] not in {"check", "forget"}
        made = segcli(*command.split(), *(("-o", result) if is_file else ("-f", "tsv")), "-q")
        assert made.returncode in {0, 4}, (command, made.stderr)
        if is_file:
            assert_none_runs(result)
        else:
            assert not list(running_cells(made.stdout, "\t")), command


def test_lists_beside_a_result(scored: Path, segcli: Callable[..., Any]) -> None:
    key = ("--set", "privacy.key_file=secret/key", "-q")
    made = segcli("export", "scored.csv", "--to", "plain", "--holdout", "20%", "--groups", "groups.csv", *key)
    assert made.returncode == 0, made.stderr
    assert segcli("plan", "scored.csv", "--calendar", "calendar.csv", "-q").returncode == 0
    assert segcli("rfm", "orders.csv", "--rejects", "refused.csv", "-q").returncode == 0
    for name in ("groups.csv", "calendar.csv", "refused.csv"):
        assert_none_runs(scored / name)

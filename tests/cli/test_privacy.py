"""Nobody's id or address leaves through results, logs, rejects or run.json once pseudonyms are asked for."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFIG = """version: 1
output: out
ingest:
  transactions: {path: orders.csv}
  customers: {path: people.csv}
  rejects: rejects.csv
  exclude_ids: [CUST-EXCLUDED]
rfm: {bins: 3}
rules: [{name: tier, segments: [{segment: high, when: orders >= 3}]}]
cluster: {features: [orders, revenue], k: 2, pairs: 4}
persona: {of: [rfm, cluster]}
target: {of: rfm, choose: 1-2}
plan: {of: rfm}
cohort: {}
privacy: {pseudonymise: [customer_id, email], key_file: secret/key, suppression: objected.csv}
export:
  - {to: google-ads, of: rfm, holdout: 10%}
  - {to: plain, of: rfm}
report: {sections: [summary, quality, segments, personas, targets, plan, scorecard, privacy, settings, provenance]}
"""
RAW = re.compile(r"CUST-\w+|person\d+@example\.com|Surname\d+", re.IGNORECASE)


@pytest.fixture
def private(folder: Path) -> Path:
    lines = ["customer_id,order_id,order_date,amount"]
    for n in range(120):
        lines += [
            f"CUST-{n:05},{n}-{o},2026-{1 + (n + o) % 6:02}-{1 + n % 28:02},{10 + n * o}.50" for o in range(1 + n % 5)
        ]
    lines += [f"CUST-BIG,b{n},2026-05-01,1.00" for n in range(60)]  # a tenth of all lines and more
    lines += ["CUST-00003,x1,no day,5.00", "CUST-00004,x2,2026-01-01,no money", "CUST-EXCLUDED,x3,2026-01-01,1.00"]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n")
    people = ["customer_id,email,last_name,email_consent"]
    people += [f"CUST-{n:05},person{n}@example.com,Surname{n},yes" for n in range(120)]
    (folder / "people.csv").write_text("\n".join(people) + "\n")
    (folder / "objected.csv").write_text("customer_id,email\nCUST-00007,\n,person8@example.com\n")
    (folder / "secret").mkdir()
    (folder / "private.yaml").write_text(CONFIG)
    return folder


def test_a_run_neither_writes_nor_says_a_raw_id_nor_the_key(private: Path, segcli: Callable[..., Any]) -> None:
    made = segcli("run", "private.yaml", "-v", "--log-format", "json")
    assert made.returncode == 0, made.stderr
    written = [path for path in (private / "out").rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert {"customers.csv", "run.json", "personas.json", "report.md", "export-google-ads.csv", "plan.csv"} <= {
        path.name for path in written
    }
    texts = {str(path): path.read_text() for path in [*written, private / "rejects.csv"]}
    texts |= {"stdout": made.stdout, "stderr": made.stderr}
    found = {name: RAW.findall(text) for name, text in texts.items() if RAW.search(text)}
    assert not found
    key = (private / "secret" / "key").read_text().strip()
    assert not any(key in text for text in texts.values())
    facts = json.loads((private / "out" / "run.json").read_text())["privacy"]
    assert re.fullmatch("[0-9a-f]{8}", facts["key_id"])
    assert facts["pseudonyms"] == ["customer_id", "email"]
    assert (private / "secret" / "key").stat().st_mode & 0o777 == 0o600


def test_the_same_key_gives_the_same_ids_and_another_one_others(private: Path, segcli: Callable[..., Any]) -> None:
    def ids() -> list[str]:
        made = segcli("ingest", "orders.csv", "--pseudonymise", "--key-file", "secret/key", "-q")
        assert made.returncode == 0, made.stderr
        return [line.split(",")[0] for line in made.stdout.splitlines()[1:]]

    one, again = ids(), ids()
    assert one == again
    assert all(re.fullmatch("p-[0-9a-f]{24}", name) for name in one)
    (private / "secret" / "key").unlink()
    assert not set(one) & set(ids())


def test_segments_of_pseudonyms_are_those_of_the_ids(private: Path, segcli: Callable[..., Any]) -> None:
    shares = [
        segcli("rfm", source, "-q", "-f", "table").stdout
        for source in (
            "orders.csv",
            _saved(segcli, private, "ingest", "orders.csv", "--pseudonymise", "--key-file", "secret/key"),
        )
    ]
    assert shares[0] == shares[1]


def _saved(segcli: Callable[..., Any], folder: Path, *arguments: str) -> str:
    made = segcli(*arguments, "-q")
    (folder / "table.csv").write_text(made.stdout)
    return "table.csv"


def test_a_key_in_the_output_folder_is_refused_before_anything_is_read(
    private: Path, segcli: Callable[..., Any]
) -> None:
    made = segcli("run", "private.yaml", "--set", "privacy.key_file=out/key")
    assert made.returncode == 2
    assert "set privacy.key_file to another folder" in made.stderr
    assert not (private / "out" / "key").exists()


@pytest.mark.parametrize("given", ["--set", "environment", "link"])
def test_a_key_in_the_output_folder_is_refused_however_its_path_is_written(
    given: str, private: Path, environment: dict[str, str], segcli: Callable[..., Any]
) -> None:
    home = Path(environment["HOME"])
    (home / "results").mkdir()
    (private / "link").symlink_to(home / "results")
    path = "link/key" if given == "link" else "~/results/key"
    options = [] if given == "environment" else ["--set", f"privacy.key_file={path}"]
    env = {"SEGCLI_PRIVACY__KEY_FILE": path} if given == "environment" else None
    (private / "private.yaml").write_text(CONFIG.replace(", key_file: secret/key", ""))
    made = segcli("run", "private.yaml", "-o", home / "results", *options, env=env)
    assert made.returncode == 2
    assert "set privacy.key_file to another folder" in made.stderr
    assert not (home / "results" / "key").exists()
    assert not (private / "~").exists()


def test_a_key_and_an_output_are_two_files(private: Path, segcli: Callable[..., Any]) -> None:
    made = segcli("ingest", "orders.csv", "--pseudonymise", "--key-file", "x.csv", "-o", "x.csv")
    assert made.returncode == 2
    assert "x.csv: used for two outputs" in made.stderr
    assert not (private / "x.csv").exists()


def test_pseudonyms_without_a_key_file_are_refused(private: Path, segcli: Callable[..., Any]) -> None:
    made = segcli("ingest", "orders.csv", "--pseudonymise")
    assert made.returncode == 2
    assert "pseudonymise needs key_file" in made.stderr
    assert private.exists()


def test_a_dry_run_makes_no_key(private: Path, segcli: Callable[..., Any]) -> None:
    asked = ("--pseudonymise", "--key-file", "secret/key", "-n", "-o", "x.csv")
    assert segcli("ingest", "orders.csv", *asked).returncode == 0
    assert not (private / "secret" / "key").exists()


def test_check_names_columns_that_identify_people(private: Path, segcli: Callable[..., Any]) -> None:
    made = segcli("check", "people.csv")
    assert "column 'email' identifies people (by its name)" in made.stdout
    assert "column 'last_name' identifies people" in made.stdout
    assert private.exists()


def test_a_table_below_k_ends_with_exit_code_4_after_its_output(private: Path, segcli: Callable[..., Any]) -> None:
    asked = ("--set", "privacy.quasi_identifiers=[orders]", "--set", "privacy.k=100")
    made = segcli("ingest", "orders.csv", *asked)
    assert made.returncode == 4
    assert len(made.stdout.splitlines()) > 100
    assert "segcli: customers: privacy gate: k = 1 (at least 100)" in made.stderr
    assert private.exists()


def test_external_reports_withhold_more_than_internal_ones(private: Path, segcli: Callable[..., Any]) -> None:
    (private / "t.csv").write_text(
        "customer_id,x_segment\n"
        + "".join(f"{n:03},{'few' if n < 8 else 'many' if n < 40 else 'most'}\n" for n in range(99))
    )
    internal = segcli("report", "t.csv", "-q", "--sections", "segments,privacy")
    external = segcli("report", "t.csv", "-q", "--sections", "segments,privacy", "--audience", "external")
    assert "| few | 8 |" in internal.stdout
    assert "few | 8" not in external.stdout
    assert "withheld" in external.stdout


@pytest.mark.parametrize(
    ("listed", "what"),
    [
        (b"email\nann@example.com\n", "cannot be applied"),
        (b"shoe\n4\n", "no column customer_id, email or phone"),
        (b"customer_id,email\nCUST-00007,\n,nobody\n", "no readable customer_id or email"),
        ("email\njos\u00e9@example.com\n".encode("cp1252"), "not in UTF-8"),
    ],
)
def test_a_list_that_cannot_be_applied_ends_with_exit_code_3(
    listed: bytes, what: str, private: Path, segcli: Callable[..., Any]
) -> None:
    (private / "listed.csv").write_bytes(listed)
    made = segcli("rfm", "orders.csv", "--set", "privacy.suppression=listed.csv", "-o", "scored.csv")
    assert made.returncode == 3
    assert what in made.stderr
    assert not (private / "scored.csv").exists()


LINE = "customer_id,order_id,order_date,amount\n"
BAD_ORDERS = (
    "CUST-1,1,2026-01-01,10\nCUST-2,2,2026-01-02,11\n",
    LINE + "CUST-1,1,person1@example.com,10\nCUST-2,2,CUST-2,11\n",
    LINE + "CUST-1,1,2026-01-01,CUST-1\nCUST-2,2,2026-01-02,person2@example.com\n",
    LINE + "x,1,2026-01-01,Surname1\nx,2,2026-01-02,Surname2\n",
    LINE + "CUST-1,1,person1@example.com CUST-1,10\n" * 3,
)


@pytest.mark.parametrize("text", BAD_ORDERS)
@pytest.mark.parametrize("form", [(), ("--log-format", "json")])
def test_errors_show_nothing_of_an_input_that_may_identify(
    text: str, form: tuple[str, ...], private: Path, segcli: Callable[..., Any]
) -> None:
    (private / "odd.csv").write_text(text)
    made = segcli("rfm", "odd.csv", "--set", "privacy.pseudonymise=[customer_id]", "--set", "privacy.key_file=k", *form)
    assert made.returncode == 3, made.stderr
    assert not RAW.search(made.stderr), made.stderr
    assert "odd.csv" in made.stderr
    assert "withheld: privacy" in made.stderr
    assert RAW.search(segcli("rfm", "odd.csv", *form).stderr)


def test_the_command_line_in_run_json_shows_no_excluded_id(private: Path, segcli: Callable[..., Any]) -> None:
    options = ("--set", "ingest.exclude_ids=[CUST-00011, person12@example.com]")
    made = segcli("run", "private.yaml", *options, "--set", "output=out", "-v")
    assert made.returncode == 0, made.stderr
    assert not RAW.search((private / "out" / "run.json").read_text())
    assert not RAW.search(made.stderr)

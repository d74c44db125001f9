"""`segcli run` does what a config declares, into one folder, and accounts for it in run.json."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

MODELS = {"rfm-model.json", "cluster-model.json"}
DECIDED = {"targets.csv", "plan.csv", "calendar.csv"}
EXPORTS = {"export-klaviyo.csv", "export-google-ads.csv", "export-google-ads-groups.csv"}
FILES = (
    {"customers.csv", "segments.csv", "personas.json", "report.md", "report.html", "datapackage.json", "run.json"}
    | MODELS
    | DECIDED
    | EXPORTS
)


@pytest.fixture(scope="session")
def retail(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """The shipped retail config, run once: its folder, and what it said."""
    out = tmp_path_factory.mktemp("retail") / "out"
    environment = {"PATH": os.environ["PATH"], "HOME": str(out.parent), "LC_ALL": "C.UTF-8"}
    return out, _run(environment, out)


def _run(environment: Mapping[str, str], out: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "segcli", "run", "configs/retail.yaml", "-o", str(out), "--set", "cluster.pairs=8"],
        cwd=Path(__file__).parents[2],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


@pytest.fixture
def manifest(retail: tuple[Path, Any]) -> dict[str, Any]:
    """run.json of the retail run."""
    loaded: dict[str, Any] = json.loads((retail[0] / "run.json").read_text(encoding="utf-8"))
    return loaded


def test_it_shows_a_table_on_stdout_and_names_on_stderr_every_file_it_wrote(
    retail: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    out, done = retail
    assert done.returncode == 0, done.stderr
    assert "rfm_segment" in done.stdout
    assert "cluster_segment" in done.stdout
    named = [line.removeprefix("wrote").strip() for line in done.stderr.splitlines() if line.startswith("wrote")]
    assert {Path(name).name for name in named} == FILES
    assert all(Path(name).is_file() for name in named)
    assert {p.name for p in out.iterdir() if not p.name.startswith(".")} == FILES
    assert not list(out.glob("*segcli-part"))


def test_run_json_fingerprints_every_input_and_every_output(manifest: dict[str, Any], retail: tuple[Path, Any]) -> None:
    root = Path(__file__).parents[2]
    inputs = ["orders.csv", "customers.csv", "responses.csv", "contacts.csv", "occasions.csv"]
    assert [Path(one["name"]).name for one in manifest["inputs"]] == inputs
    for one, folder in [*((i, root) for i in manifest["inputs"]), *((o, retail[0]) for o in manifest["outputs"])]:
        body = (folder / one["name"]).read_bytes()
        assert one["sha256"] == hashlib.sha256(body).hexdigest()
        assert one["size"] == len(body)
    assert {one["name"] for one in manifest["outputs"]} == FILES - {"run.json"}
    config = (root / "configs" / "retail.yaml").read_bytes()
    assert manifest["config"]["sha256"] == hashlib.sha256(config).hexdigest()


def test_run_json_accounts_for_every_line_and_all_money(manifest: dict[str, Any]) -> None:
    lines = manifest["inputs"][0]["lines"]
    money = lines["money"]
    assert lines["read"] == manifest["inputs"][0]["rows"] == 24_219
    assert lines["read"] == lines["kept"] + sum(lines["ignored"].values()) + sum(lines["rejected"].values())
    parts = money["kept"] + sum(money["ignored"].values()) + sum(money["rejected"].values())
    assert round(money["read"], 2) == round(parts, 2)
    assert lines["ignored"]
    assert lines["rejected"]


def test_run_json_says_how_the_results_came_about(manifest: dict[str, Any]) -> None:
    assert manifest["schema"] == "segcli.run/1"
    assert manifest["command"][:3] == ["segcli", "run", "configs/retail.yaml"]
    assert manifest["as_of"] == "2026-07-01"
    assert isinstance(manifest["seed"], int)
    assert {"segcli", "pandas", "numpy", "scikit-learn"} <= set(manifest["versions"])
    assert manifest["settings"]["cluster"]["k"] == "3-8"
    assert manifest["seconds"] > 0
    assert [(gate["rule"], gate["failed"]) for gate in manifest["gates"]] == [("min_confidence", False)]


def test_the_same_run_again_gives_the_same_bytes_but_for_the_seconds_it_took(
    retail: tuple[Path, Any], manifest: dict[str, Any], tmp_path: Path, environment: dict[str, str]
) -> None:
    out = retail[0]
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    kept = tmp_path / "kept"
    shutil.copytree(out, kept)
    again = _run({**environment, "HOME": str(out.parent), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}, out)
    assert again.returncode == 0, again.stderr
    after = {p.name: p.read_bytes() for p in out.iterdir()}
    first, second = dict(manifest), json.loads(after.pop("run.json"))
    before.pop("run.json")
    assert after == before
    first.pop("seconds")
    second.pop("seconds")
    assert second == first


def test_a_dry_run_says_what_it_would_write_and_writes_nothing(segcli: Run, folder: Path) -> None:
    done = segcli("run", "shop.yaml", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert (
        "would     write customers.csv, segments.csv, rfm-model.json, datapackage.json and run.json to out"
        in done.stderr
    )
    assert "Segment" in done.stdout
    assert sorted(p.name for p in folder.iterdir()) == ["orders.csv", "shop.yaml"]


def test_paths_in_a_config_are_relative_to_the_config_wherever_it_is_run_from(
    segcli: Run, folder: Path, tmp_path: Path
) -> None:
    done = segcli("run", folder / "shop.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (folder / "out" / "run.json").is_file()


@pytest.mark.bad_input(96)
def test_what_an_interrupted_run_left_behind_is_swept_by_the_next(segcli: Run, folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    (out / ".report.md.xyz.segcli-part").write_text("half")
    (out / "notes.txt").write_text("mine")
    assert segcli("run", "shop.yaml", "-q").returncode == 0
    assert not list(out.glob("*.segcli-part")) + list(out.glob(".*.segcli-part"))
    assert (out / "notes.txt").read_text() == "mine"


def test_a_run_never_writes_over_one_of_its_inputs(segcli: Run, folder: Path) -> None:
    mine = "customer_id,gender\nA,f\nB,m\nC,f\n"
    (folder / "customers.csv").write_text(mine)
    (folder / "shop.yaml").write_text(
        "output: .\ningest: {transactions: {path: orders.csv}, customers: {path: customers.csv}}\nrfm: {bins: 3}\n"
    )
    done = segcli("run", "shop.yaml", "-q")
    assert (folder / "customers.csv").read_text() == mine
    assert done.returncode == 2


def test_a_failed_run_leaves_the_results_of_the_last_one_untouched(segcli: Run, folder: Path) -> None:
    assert segcli("run", "shop.yaml", "-q").returncode == 0
    before = {p.name: p.read_bytes() for p in (folder / "out").iterdir()}
    (folder / "orders.csv").write_text("customer_id,order_id,order_date,amount\n")
    assert segcli("run", "shop.yaml", "-q").returncode == 3
    assert {p.name: p.read_bytes() for p in (folder / "out").iterdir()} == before


def test_value_cohorts_and_backtest_are_answered_where_declared(segcli: Run, folder: Path) -> None:
    chance = random.Random(4)  # noqa: S311 - a shop for a test
    rows = ["customer_id,order_date,amount"]
    for n in range(200):
        day, gap = date(2024, 1, 1) + timedelta(days=chance.randrange(60)), chance.choice([10, 40, 120])
        while day < date(2024, 12, 1):
            rows.append(f"C{n:03},{day},{5 + chance.randrange(40)}")
            day += timedelta(days=1 + int(chance.expovariate(1 / gap)))
    (folder / "orders.csv").write_text("\n".join(rows) + "\n")
    (folder / "c.yaml").write_text(
        "ingest: {transactions: {path: orders.csv}}\nrfm: {}\nclv: {bootstrap: 2, model: bg_nbd}\n"
        "cohort: {by: rfm_segment}\nbacktest: {period_days: 60}\noutput: out\n"
    )
    done = segcli("run", "c.yaml")
    assert done.returncode == 0, done.stderr
    made = json.loads((folder / "out" / "run.json").read_text())
    written = {one["name"] for one in made["outputs"]}
    assert {"clv.csv", "clv-model.json", "cohorts.csv", "backtest.csv", "customers.csv"} <= written
    assert (folder / "out" / "clv.csv").read_text().startswith("customer_id,")
    assert "Champions" in (folder / "out" / "cohorts.csv").read_text()
    assert "random" in (folder / "out" / "backtest.csv").read_text()


def test_the_report_is_written_in_the_formats_and_the_language_that_are_wanted(segcli: Run, folder: Path) -> None:
    config = "{ingest: {transactions: {path: orders.csv}}, language: vi, report: {formats: [html, json], title: T}}"
    (folder / "wanted.yaml").write_text(config)
    done = segcli("run", "wanted.yaml", "-o", "wanted")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (folder / "wanted").glob("report.*")} == {"report.html", "report.json"}
    assert '<html lang="vi">' in (folder / "wanted" / "report.html").read_text(encoding="utf-8")
    assert json.loads((folder / "wanted" / "report.json").read_text(encoding="utf-8"))["schema"] == "segcli.report/1"
    assert (folder / "wanted" / "segments.csv").read_text(encoding="utf-8").startswith("segment,")
    assert "khách hàng" in done.stderr


def test_cells_that_a_spreadsheet_would_run_are_escaped_unless_they_are_to_stay(segcli: Run, folder: Path) -> None:
    (folder / "orders.csv").write_text((folder / "orders.csv").read_text().replace("\nA,", "\n=A,"))
    assert segcli("run", "shop.yaml", "-o", "harmless", "-q").returncode == 0
    assert segcli("run", "shop.yaml", "-o", "bare", "-q", "--no-formula-escape").returncode == 0
    assert "\n'=A," in (folder / "harmless" / "customers.csv").read_text()
    assert "\n=A," in (folder / "bare" / "customers.csv").read_text()


@pytest.fixture
def interrupted(segcli: Run, folder: Path) -> Path:
    """The results of a run that was killed before it wrote run.json, beside those of a whole one."""
    rows = "".join(f"P{n:02},{n},2026-01-{1 + n:02},{n}.50\n" for n in range(1, 20))
    (folder / "orders.csv").write_text("customer_id,order_id,order_date,amount\n" + rows)
    (folder / "segcli.yaml").write_text("output: runs/b\ningest: {transactions: {path: orders.csv}}\nrfm: {bins: 3}\n")
    for name in ("a", "b"):
        assert segcli("run", "segcli.yaml", "-q", "-o", f"runs/{name}").returncode == 0
    (folder / "runs" / "b" / "run.json").unlink()
    return folder


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize(
    "command",
    [
        ("compare", "runs/a", "runs/b"),
        ("compare", "runs/b", "runs/a"),
        ("report", "runs/b/customers.csv"),
        ("persona", "runs/b/customers.csv"),
    ],
)
def test_results_of_a_run_that_has_not_finished_are_refused(segcli: Run, command: tuple[str, ...]) -> None:
    made = segcli(*command)
    assert made.returncode == 3, made.stderr
    assert "runs/b/customers.csv: unfinished run" in made.stderr
    assert not made.stdout


@pytest.mark.usefixtures("interrupted")
def test_a_report_says_that_the_previous_run_has_not_finished(segcli: Run) -> None:
    made = segcli(
        "report", "runs/a/customers.csv", "--sections", "migration", "-f", "md", "--set", "report.previous=runs/b"
    )
    assert "unfinished run" in made.stdout + made.stderr


@pytest.mark.usefixtures("interrupted")
def test_a_run_that_has_not_finished_is_named_in_the_history(segcli: Run) -> None:
    made = segcli("compare", "--history", "runs")
    assert made.returncode == 0, made.stderr
    assert "runs/b: skipped, its run has not finished (no run.json)" in made.stderr


def test_an_interrupted_run_is_run_again_into_its_folder(segcli: Run, interrupted: Path) -> None:
    made = segcli("run", "segcli.yaml", "-q")
    assert made.returncode == 0, made.stderr
    assert segcli("compare", "runs/a", "runs/b", "-q").returncode == 0
    assert segcli("rfm", "-q", "-o", "other.csv").returncode == 0, "the config was found in this folder"
    assert interrupted.exists()


def test_files_of_an_earlier_run_that_are_no_longer_written_are_named(segcli: Run, folder: Path) -> None:
    (folder / "orders.csv").write_text("customer_id,order_id,order_date,amount\na,1,2026-01-02,5\nb,2,2026-01-03,6\n")
    (folder / "shop.yaml").write_text("output: out\ningest: {transactions: {path: orders.csv}}\nrfm: {bins: 3}\n")
    assert segcli("run", "shop.yaml", "-q", "--set", "report.title=T").returncode == 0
    made = segcli("run", "shop.yaml")
    assert made.returncode == 0, made.stderr
    assert "in out, left from an earlier run: report.md, report.html" in made.stderr
    assert "left from an earlier run" not in segcli("run", "shop.yaml").stderr

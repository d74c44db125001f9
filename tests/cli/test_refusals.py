"""Values at their limits, odd environments and damaged files: the documented code, and no damaged output."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.cli import _run_arguments
from tests.cli.conftest import TINY

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("born", ["birth_date", "Geburtsdatum", "date of birth"])
@pytest.mark.parametrize("years", [("1980", "1991", "1972"), ("1980", "", "1972")])
def test_years_in_a_column_of_birth_dates_are_years(segcli: Run, folder: Path, born: str, years: tuple[str]) -> None:
    rows = "".join(f"{name},{year},Rome\n" for name, year in zip("abc", years, strict=True))
    (folder / "people.csv").write_text(f"id,{born},city\n{rows}")
    mapped = ["--map", f"birth_date={born}", "--as-of", "2026-01-01"]
    done = segcli("rules", "people.csv", "--base", "generation", "--base", "age_band", "-q", "-f", "csv", *mapped)
    assert done.returncode == 0, done.stderr
    assert "Gen X" in done.stdout


def test_birth_dates_that_are_neither_dates_nor_years_are_refused(segcli: Run, folder: Path) -> None:
    (folder / "people.csv").write_text("customer_id,birth_date,revenue,orders,recency_days\na,spring,5,1,3\n")
    done = segcli("rules", "people.csv", "--base", "generation", "-q")
    assert (done.returncode, "column 'birth_date': contains neither dates nor years" in done.stderr) == (3, True)


@pytest.mark.parametrize("mark", ["\u00a7", "\u3001", "\u2192", '"'])
def test_a_delimiter_that_no_parser_takes_is_a_usage_error(segcli: Run, mark: str) -> None:
    done = segcli("rfm", "orders.csv", "--delimiter", mark)
    assert (done.returncode, "printable ASCII" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "name",
    ["punycode", "undefined", "idna", "rot13", "base64", "unicode_escape", "raw-unicode-escape", "charmap", "\0"],
)
def test_codecs_that_are_no_file_encodings_are_unknown(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (folder / "out.csv").write_text("before")
    words = ["rfm", str(folder / "orders.csv"), "--encoding", name, "-q", "--force", "-o", str(folder / "out.csv")]
    assert _run_arguments(words) == 3
    assert "unknown encoding" in capsys.readouterr().err
    assert (folder / "out.csv").read_text() == "before"


@pytest.mark.parametrize("day", ["9999-12-31", "2262-04-11", "2026-03-02"])
def test_compare_with_a_day_after_the_export_is_a_usage_error(segcli: Run, day: str) -> None:
    done = segcli("compare", "orders.csv", "--then", day, "-q")
    assert (done.returncode, "is not before the as-of day" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "rule", [f"orders > {'9' * 400}", f"last_order > as_of - {'9' * 20} days", f"last_order > as_of - {'9' * 9} years"]
)
def test_rules_with_numbers_beyond_all_limits_name_their_place(segcli: Run, folder: Path, rule: str) -> None:
    config = f"version: 1\nrules:\n- name: own\n  segments:\n  - {{segment: x, when: '{rule}'}}\n"
    (folder / "own.yaml").write_text(config)
    done = segcli("rules", "orders.csv", "-c", "own.yaml", "-q")
    assert (done.returncode, "own.yaml:5:" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    "environment", [{}, {"HOME": "/nonexistent"}, {"MPLBACKEND": "nonsense"}, {"MPLBACKEND": "module://none.such"}]
)
def test_a_report_needs_nothing_of_the_environment(folder: Path, environment: dict[str, str]) -> None:
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    words = [sys.executable, "-m", "segcli", "report", "orders.csv", "-q", "-o", "out.html"]
    done = subprocess.run(words, env={**path, **environment}, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.posix
@pytest.mark.parametrize("size", [100_000, 250_000, 600_000, 900_000])
def test_little_address_space_is_5_and_says_how_much_is_needed(folder: Path, size: int) -> None:
    command = f"ulimit -v {size}; exec {sys.executable} -m segcli rfm orders.csv -q -o out.csv"
    words = ["/bin/bash", "-c", command]
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(words, cwd=folder, env=path, capture_output=True, text=True, check=False)
    assert (done.returncode, "ulimit -v" in done.stderr) == (5, True)
    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize(
    "script",
    ["segcli rfm orders.csv -q -f csv -o /dev/stdout | cat", "segcli rfm orders.csv -q -f csv -o /dev/fd/1 | cat"],
)
def test_descriptors_are_written_to(
    bash: Callable[..., "subprocess.CompletedProcess[bytes]"], folder: Path, script: str
) -> None:
    assert bash(script, cwd=folder).stdout.startswith(b"customer_id,")


def test_what_a_file_behind_stdout_holds_stays(
    bash: Callable[..., "subprocess.CompletedProcess[bytes]"], folder: Path
) -> None:
    (folder / "log").write_text("before\n")
    bash("segcli rfm orders.csv -q -f csv -o /dev/stdout >> log", cwd=folder)
    assert (folder / "log").read_text().startswith("before\ncustomer_id,")


CONFIG = "version: 1\noutput: out\ningest:\n  transactions: {path: orders.csv}\nrfm: {bins: 3}\n"


@pytest.mark.parametrize("name", ["notes.txt", ".profile", "photos/1.jpg"])
def test_a_folder_with_other_files_is_no_state_and_keeps_its_mode(segcli: Run, folder: Path, name: str) -> None:
    foreign = folder / "foreign"
    (foreign / name).parent.mkdir(parents=True)
    (foreign / name).write_text("mine")
    foreign.chmod(0o755)
    done = segcli("run", "shop.yaml", "-q", "--state", "foreign")
    assert (done.returncode, "not a state folder" in done.stderr) == (2, True)
    assert foreign.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in foreign.iterdir()] == [Path(name).parts[0]]


def test_an_empty_folder_for_a_state_keeps_its_mode_and_a_new_one_is_private(segcli: Run, folder: Path) -> None:
    (folder / "empty").mkdir(mode=0o755)
    (folder / "empty").chmod(0o755)
    for place, mode in (("empty", 0o755), ("new", 0o700)):
        assert segcli("run", "shop.yaml", "-q", "--state", place).returncode == 0
        assert (folder / place).stat().st_mode & 0o777 == mode
        assert all(one.stat().st_mode & 0o077 == 0 for one in (folder / place).iterdir() if one.is_dir())


@pytest.mark.parametrize(
    "body", ["", '{"as_of": "2026', "[]", '{"outputs": [1]}', "[" * 100_000, '{"outputs": ' + "9" * 5000]
)
def test_a_damaged_manifest_is_refused_before_anything_is_erased(segcli: Run, folder: Path, body: str) -> None:
    assert segcli("run", "shop.yaml", "-q", "--set", "output=runs/first").returncode == 0
    (folder / "runs/first/run.json").write_text(body)
    before = (folder / "runs/first/customers.csv").read_bytes()
    history = segcli("compare", "runs", "--history")
    assert (history.returncode, "run.json" in history.stderr) == (3, True)
    assert segcli("forget", "A", "runs/first").returncode == 3
    assert (folder / "runs/first/customers.csv").read_bytes() == before


def test_a_line_of_segment_sizes_that_is_none_is_named(segcli: Run, folder: Path) -> None:
    assert segcli("run", "shop.yaml", "-q", "--set", "output=runs/first").returncode == 0
    (folder / "runs/first/segments.csv").write_text("column,segment,customers\nrfm_segment,x,many\n")
    done = segcli("compare", "runs", "--history")
    assert (done.returncode, "segments.csv:2: is not a table of segment sizes" in done.stderr) == (3, True)


def test_currencies_of_files_without_amounts_refuse_nothing(segcli: Run, folder: Path) -> None:
    rows = "A,1,2026-01-01,EUR\nB,2,2026-02-01,USD\nA,3,2026-02-03,EUR\n"
    (folder / "visits.csv").write_text(f"customer_id,order_id,order_date,currency\n{rows}")
    assert segcli("rfm", "visits.csv", "-q").returncode == 0


def test_each_byte_of_a_state_is_checked(segcli: Run, folder: Path) -> None:
    assert segcli("run", "shop.yaml", "-q", "--state", "state").returncode == 0
    full = (folder / "out/customers.csv").read_bytes()
    files = sorted(path for path in (folder / "state").rglob("*") if path.is_file() and path.stat().st_size)
    for file in files:
        sound = file.read_bytes()
        for place in range(0, len(sound), max(len(sound) // 4, 1)):
            file.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
            done = segcli("run", "shop.yaml", "--state", "state")
            assert (done.returncode, "stored totals of this file were damaged" in done.stderr) == (0, True)
            assert (folder / "out/customers.csv").read_bytes() == full


def test_an_entry_in_place_of_another_is_not_used(segcli: Run, folder: Path) -> None:
    assert segcli("run", "shop.yaml", "-q", "--state", "state").returncode == 0
    first = next(path for path in (folder / "state").iterdir() if path.is_dir())
    (folder / "orders.csv").write_text(TINY + "D,5,2026-03-02,99.00\n")
    assert segcli("run", "shop.yaml", "-q", "--state", "state").returncode == 0
    full = (folder / "out/customers.csv").read_bytes()
    second = next(path for path in (folder / "state").iterdir() if path.is_dir() and path != first)
    shutil.rmtree(second)
    shutil.copytree(first, second)
    assert segcli("run", "shop.yaml", "-q", "--state", "state").returncode == 0
    assert (folder / "out/customers.csv").read_bytes() == full


def test_fields_of_a_model_are_checked_although_its_checksum_fits(segcli: Run, folder: Path) -> None:
    from segcli.io.model_file import dump_model_file

    assert segcli("rfm", "orders.csv", "-q", "--bins", "2", "--save-model", "model.json").returncode == 0
    model = json.loads((folder / "model.json").read_text())
    del model["sha256"]
    for name, value in {"cuts": {"r": None}, "bins": {"r": 10**400}, "columns": [], "trained_on": None}.items():
        (folder / "model.json").write_text(dump_model_file({**model, name: value}))
        done = segcli("rfm", "orders.csv", "--model", "model.json", "-q")
        assert (done.returncode, f"model.json: {name}" in done.stderr) == (3, True)

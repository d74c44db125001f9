"""Commands chain in a shell: bytes in, bytes out, whatever the machine, the order of rows, or the reader."""

import csv
import io
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Bash = Callable[..., "subprocess.CompletedProcess[bytes]"]

BOXES = set("─│╭╮╰╯┌┐└┘├┤┼━┃")


FEW_PAIRS = {"SEGCLI_CLUSTER__PAIRS": "8"}  # of bootstrap samples, which take most of the time


@pytest.mark.long
def test_the_readmes_pipe_gives_byte_for_byte_what_the_same_steps_give_through_files(
    bash: Bash, tmp_path: Path
) -> None:
    done = bash(
        """
        set -e -o pipefail
        cat sample_data/orders.csv | segcli ingest | segcli rfm | segcli cluster | segcli report -f md > "$T/piped.md"
        segcli ingest sample_data/orders.csv -o "$T/customers.csv"
        segcli rfm "$T/customers.csv" -o "$T/scored.csv"
        segcli cluster "$T/scored.csv" -o "$T/clustered.csv"
        segcli report -f md < "$T/clustered.csv" > "$T/filed.md"
        """,
        env={"T": str(tmp_path), **FEW_PAIRS},
    )
    assert done.returncode == 0, done.stderr.decode()
    piped = (tmp_path / "piped.md").read_bytes()
    assert piped.startswith(b"# Customer segments\n")
    assert piped == (tmp_path / "filed.md").read_bytes()


@pytest.mark.bad_input(98)
@pytest.mark.parametrize("buffering", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def test_a_reader_that_leaves_after_one_line_ends_the_command_with_141_and_not_a_word(
    bash: Bash, buffering: dict[str, str]
) -> None:
    done = bash('segcli rfm sample_data/orders.csv | head -1; echo "${PIPESTATUS[@]}"', env=buffering)
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("customer_id,")
    assert lines[1:] == ["141 0"]
    assert done.stderr == b""


@pytest.mark.posix  # elsewhere there is no SIGPIPE, and help ends with 1
@pytest.mark.parametrize("arguments", ["--help", "config schema"])
def test_help_and_schema_too_end_with_141_when_nobody_reads_them(bash: Bash, arguments: str) -> None:
    done = bash(f'exec {{gate}}> >(exec true); sleep 0.2; segcli {arguments} >&$gate; echo "$?" >&2')
    assert done.stderr.decode().splitlines() == ["141"]


def _shuffled(text: str, what: str) -> str:
    header, *body = list(csv.reader(io.StringIO(text)))
    chance = random.Random(20260701)  # noqa: S311 - a shuffle, not a secret
    if what == "rows":
        chance.shuffle(body)
    order = list(range(len(header)))
    if what == "columns":
        chance.shuffle(order)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[row[i] for i in order] for row in [header, *body]])
    return out.getvalue()


CHAIN = 'segcli rfm -q - < "$F" | segcli cluster -q --set cluster.pairs=8'


@pytest.fixture(scope="session")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 6,000 lines of the sample export: enough for every rule of the pipeline."""
    orders = Path(__file__).parents[2] / "sample_data" / "orders.csv"
    path = tmp_path_factory.mktemp("export") / "orders.csv"
    path.write_text("".join(orders.read_text(encoding="utf-8").splitlines(keepends=True)[:6000]), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def plain(export: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the chain gives for the export as it is, on a plain machine."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("home")),
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "F": str(export),
    }
    script = CHAIN.replace("segcli", f"{sys.executable} -m segcli")
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, check=True, timeout=120)
    return done.stdout


def _chained(bash: Bash, export: Path, env: dict[str, str] | None = None) -> bytes:
    done = bash(f"set -o pipefail; {CHAIN}", env={"F": str(export), **(env or {})})
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.count(b"\n") > 500
    return done.stdout


@pytest.mark.parametrize("what", ["rows", "columns"])
def test_the_order_of_rows_and_columns_in_the_export_changes_nothing(
    bash: Bash, export: Path, plain: bytes, tmp_path: Path, what: str
) -> None:
    text = export.read_text(encoding="utf-8")
    other = tmp_path / "shuffled.csv"
    other.write_text(_shuffled(text, what), encoding="utf-8")
    assert other.read_text(encoding="utf-8") != text
    assert _chained(bash, other) == plain


@pytest.mark.bad_input(102, 103)
@pytest.mark.parametrize(
    "machine",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "2", "TZ": "America/Adak", "LC_ALL": "tr_TR.UTF-8", "OMP_NUM_THREADS": "2"},
    ],
    ids=["one thread, C", "two threads, Turkish"],
)
def test_hash_seed_time_zone_locale_and_threads_change_nothing(
    bash: Bash, export: Path, plain: bytes, machine: dict[str, str]
) -> None:
    assert _chained(bash, export, machine) == plain


@pytest.mark.parametrize("command", ["ingest", "rfm", "persona", "report"])
def test_a_pipe_never_gets_boxes_colour_or_a_cut_table(segcli: Run, command: str) -> None:
    """Not even when a table is asked for and the terminal is narrow."""
    terminal = {"COLUMNS": "20", "TERM": "xterm-256color", "SEGCLI_PRIVACY__MINIMUM_CELL": "1"}
    done = segcli(command, "orders.csv", "-f", "table", env=terminal)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) > 20
    assert not BOXES & set(done.stdout)
    assert "\x1b" not in done.stdout
    assert "…" not in done.stdout


def test_a_table_in_a_pipe_shows_long_segment_names_whole(segcli: Run, folder: Path) -> None:
    name = "Customers who have been with us since the very first day and never went away again " * 2
    (folder / "map.yaml").write_text(f"segments:\n  - {{segment: '{name.strip()}', r: 1-5}}\n")
    done = segcli("rfm", "orders.csv", "-f", "table", "--segments", "map.yaml", env={"COLUMNS": "40"})
    assert done.returncode == 0, done.stderr
    assert name.strip() in done.stdout


@pytest.mark.parametrize(
    "script", ["segcli rfm -q < orders.csv", "segcli rfm -q - < orders.csv", "cat orders.csv | segcli rfm -q"]
)
def test_standard_input_is_read_by_a_dash_by_redirection_and_from_a_pipe(
    bash: Bash, segcli: Run, folder: Path, script: str
) -> None:
    done = bash(script, cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == segcli("rfm", "orders.csv", "-q").stdout


def test_a_file_on_the_command_line_wins_over_a_pipe_that_is_there_too(bash: Bash, folder: Path) -> None:
    done = bash("echo nonsense | segcli rfm -q orders.csv", cwd=folder)
    assert done.returncode == 0
    assert done.stdout.startswith(b"customer_id,")


def test_a_loop_that_reads_names_from_a_pipe_keeps_its_input(bash: Bash, folder: Path) -> None:
    """`while read` loops feed the command's standard input; a command that was given a file leaves it alone."""
    done = bash("printf 'orders.csv\\norders.csv\\n' | while read f; do segcli rfm -q $f | wc -l; done", cwd=folder)
    assert done.stdout.split() == [b"4", b"4"]


def test_a_terminal_gets_a_coloured_table_where_a_pipe_gets_customer_rows(on_a_terminal: Callable[..., str]) -> None:
    shown = on_a_terminal("rfm", "orders.csv")
    assert "\x1b[" in shown
    assert "Segment" in shown
    assert "customer_id" not in shown


def test_no_color_leaves_a_terminal_uncoloured_unless_colour_is_asked_for(on_a_terminal: Callable[..., str]) -> None:
    assert "\x1b[" not in on_a_terminal("rfm", "orders.csv", NO_COLOR="1")
    assert "\x1b[" in on_a_terminal("rfm", "orders.csv", "--color", "always", NO_COLOR="1")


def test_an_output_file_gets_rows_in_the_format_of_its_suffix_and_stdout_gets_nothing(
    segcli: Run, folder: Path
) -> None:
    starts = {
        "o.csv": "customer_id,",
        "o.tsv": "customer_id\t",
        "o.json": "{",
        "o.ndjson": '{"customer_id"',
        "o.md": "|",
    }
    for name, start in starts.items():
        done = segcli("rfm", "orders.csv", "-o", name)
        assert (done.returncode, done.stdout) == (0, "")
        assert (folder / name).read_text().startswith(start)
        assert f"wrote     {name}" in done.stderr


@pytest.mark.parametrize("name", ["out.docx", "out.orc"])
def test_an_output_suffix_that_no_format_has_is_refused_rather_than_filled_with_csv(
    segcli: Run, folder: Path, name: str
) -> None:
    assert segcli("rfm", "orders.csv", "-o", name).returncode == 2
    assert not (folder / name).exists()


def test_with_stderr_closed_stdout_still_carries_the_result_and_nothing_else(
    bash: Bash, segcli: Run, folder: Path
) -> None:
    done = bash("segcli rfm orders.csv 2>&-", cwd=folder)
    assert done.stdout.decode() == segcli("rfm", "orders.csv", "-q").stdout


def test_quiet_leaves_stderr_empty_and_the_result_the_same(segcli: Run) -> None:
    loud, quiet = segcli("rfm", "orders.csv"), segcli("rfm", "orders.csv", "-q")
    assert "kept " in loud.stderr
    assert quiet.stderr == ""
    assert quiet.stdout == loud.stdout


CONFIG = "ingest: {transactions: {path: orders.csv}}\n"


def test_a_config_that_names_the_input_survives_the_empty_pipe_that_cron_gives(
    bash: Bash, segcli: Run, folder: Path
) -> None:
    (folder / "named.yaml").write_text(CONFIG)
    done = bash("true | segcli rfm -c named.yaml -q", cwd=folder)
    assert done.stdout.decode() == segcli("rfm", "orders.csv", "-q").stdout


def test_a_table_that_comes_through_the_pipe_wins_over_the_input_a_config_names(
    bash: Bash, segcli: Run, folder: Path
) -> None:
    (folder / "named.yaml").write_text(CONFIG)
    done = bash("segcli ingest orders.csv -q | segcli rfm -c named.yaml", cwd=folder)
    assert b"read      standard input" in done.stderr
    assert done.stdout.decode() == segcli("rfm", "orders.csv", "-q", "--set", "ingest.measures=all").stdout


@pytest.mark.bad_input(80)
def test_a_formula_in_an_export_is_harmless_in_csv_and_itself_again_in_the_next_stage(
    bash: Bash, segcli: Run, folder: Path
) -> None:
    (folder / "evil.csv").write_text(
        'customer_id,order_date,amount,category\n=1+1,2026-01-01,5,@SUM(1)\nb,2026-01-02,6,"\'=x"\n'
    )
    done = segcli("ingest", "evil.csv")
    assert "'=1+1," in done.stdout
    assert "''=x" in done.stdout
    assert "escaped   3 cells" in done.stderr
    assert segcli("ingest", "evil.csv", "--no-formula-escape", "-q").stdout.count("'") == 1
    piped = bash("segcli ingest evil.csv -q | segcli rfm -q -f ndjson", cwd=folder)
    assert [json.loads(line)["customer_id"] for line in piped.stdout.splitlines()] == ["=1+1", "b"]
    assert [json.loads(line)["top_category"] for line in piped.stdout.splitlines()] == ["@SUM(1)", "'=x"]

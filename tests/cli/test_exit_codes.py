"""Every way a command can end has its documented code and, where it fails, one line that says why."""

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from segcli.io import lock

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Bash = Callable[..., "subprocess.CompletedProcess[bytes]"]

HEADER = "customer_id,order_id,order_date,amount\n"
AMBIGUOUS = HEADER + "A,1,03/04/2026,5\nB,2,05/06/2026,6\n"


@dataclass(frozen=True)
class Case:
    """A command line, the code it ends with, and what its one line must contain."""

    line: str
    code: int
    says: tuple[str, ...] = ()
    body: str | bytes | None = None


def _cut_short() -> bytes:
    return gzip.compress((HEADER + "A,1,2026-01-01,5\n" * 50).encode())[:40]


REFUSED = [
    Case("rfm --nope in.csv", 2, ("--nope", "--help")),
    Case("nope", 2, ("'nope'", "--help")),
    Case("rfm in.csv another.csv", 2, ("another.csv",)),
    Case("rfm -f nope in.csv", 2, ("--format nope", "csv", "json", "md", "table")),
    Case("rfm --color purple in.csv", 2, ("--color purple", "auto, always, never")),
    Case("rfm --log-format xml in.csv", 2, ("--log-format xml", "text, json")),
    Case("rfm --bins many in.csv", 2, ("--bins", "integer")),
    Case("rfm --bins 11 in.csv", 2, ("rfm.bins", "at most 10", "11")),
    Case("rfm --ties sometimes in.csv", 2, ("rfm.ties", "mid, same-bin, next, random", "sometimes")),
    Case("rfm --segments nope orders.csv", 2, ("rfm.segments", "'nope'", "default")),
    Case("rfm --as-of yesterday in.csv", 2, ("as_of", "2026-06-30", "yesterday")),
    Case("rfm --set rfm.bin=3 in.csv", 2, ("--set rfm.bin: unknown key; did you mean 'bins'?",)),
    Case("rfm --set rfm.bins in.csv", 2, ("--set rfm.bins: must be KEY=VALUE",)),
    Case("rfm --set rfm.bins=x in.csv", 2, ("--set rfm.bins", "whole number", "'x'")),
    Case("rfm --set rfm.edges=[1 in.csv", 2, ("--set rfm.edges",)),
    Case("rfm --map amount in.csv", 2, ("--map amount: must be KEY=VALUE",)),
    Case(
        "rfm -c in.yaml orders.csv", 2, ("in.yaml:2:3: rfm.bin: unknown key; did you mean 'bins'?",), "rfm:\n  bin: 3\n"
    ),
    Case("cluster -k 1 in.csv", 2, ("cluster.k", "from 2 to 50", "auto", "got 1")),
    Case(
        "cluster --method nope in.csv", 2, ("cluster.method", "kmeans"), HEADER + "A,1,2026-01-01,5\nB,2,2026-02-01,6\n"
    ),
    Case("report orders.csv --sections nope", 2, ("report.sections", "got nope", "summary")),
    Case("persona orders.csv --of nope", 2, ("nope",)),
    Case("rfm orders.csv -o orders.csv", 2, ("orders.csv: is also the input", "another output file")),
    Case("rfm orders.csv -o ./../shop/orders.csv", 2, ("is also the input",)),
    Case("rfm orders.csv -o .", 2, ("is a folder",)),
    Case("rfm missing.csv", 3, ("missing.csv: no such file",)),
    Case("run missing.yaml", 2, ("missing.yaml: no such file",)),
    Case("check missing.csv", 3, ("missing.csv: no such file",)),
    Case("rfm none-*.csv", 3, ("none-*.csv: no matching file",)),
    Case("rfm in.csv", 3, ("in.csv: file is empty",), ""),
    Case("rfm in.csv", 3, ("no transactions",), HEADER),
    Case("rfm in.csv.gz", 3, ("looks like gzip", "truncated"), _cut_short()),
    Case("rfm in.csv", 3, ("spreadsheet", "download the file again"), b"PK\x03\x04\x14\x00\x06\x00 and so on"),
    Case(
        "rfm in.csv",
        3,
        ("in.csv: column 'order_date'", "--date-format '%d/%m/%Y'", "--date-format '%m/%d/%Y'"),
        AMBIGUOUS,
    ),
    Case("rfm in.csv", 3, ("in.csv:1", "customer_id", "foo, bar", "--map customer_id=NAME"), "foo,bar\n1,2\n"),
    Case("rfm orders.csv --map customer_id=Nope", 3, ("'Nope'", "customer_id, order_id, order_date, amount")),
    Case(
        "rfm in.csv --decimal .",
        3,
        ("in.csv:2: column 'amount': cannot read '12,30' as a number (decimal '.'); hint: try --decimal ','",),
        HEADER + 'A,1,2026-01-01,"12,30"\n',
    ),
    Case(
        "rfm in.csv",
        3,
        ("in.csv:2: column 'amount': cannot read '12.3x' as a number; hint: if", "--map amount=NAME"),
        HEADER + "A,1,2026-01-01,12.3x\n",
    ),
    Case("rfm orders.csv --as-of 2020-01-01", 3, ("orders.csv",)),
    Case("rfm", 3, ("standard input: file is empty",)),
    Case("rfm orders.csv -o /dev/full", 5, ("/dev/full", "No space left")),
    Case("rfm orders.csv -o orders.csv/x/out.csv", 5, ("orders.csv/x/out.csv", "cannot be written")),
    Case("rfm orders.csv -o nowhere/out.csv", 5, ("nowhere/out.csv", "cannot be written")),
    Case("run shop.yaml -o orders.csv", 5, ("orders.csv", "cannot be written")),
    Case("run shop.yaml -o orders.csv/x", 5, ("orders.csv/x", "cannot be written")),
    Case("rfm --set as_of=today-99999999999 orders.csv", 2, ("as_of",)),
    Case("rfm --set rfm.weights.r=1e999 orders.csv", 2, ("rfm.weights.r",)),
    Case("run shop.yaml -f csv", 2, ("--format csv",)),
    Case("run shop.yaml -c other.yaml", 2, ("--config other.yaml", "shop.yaml", "remove --config")),
    Case("check shop.yaml -c other.yaml", 2, ("--config other.yaml", "shop.yaml", "remove --config")),
    Case("check orders.csv -o found.csv", 2, ("--output found.csv", "writes no file")),
]


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=f"{c.code}: {c.line} ({place})") for place, c in enumerate(REFUSED)]
)
def test_a_refusal_is_its_documented_code_and_one_line_that_says_why(segcli: Run, folder: Path, case: Case) -> None:
    words = case.line.split()
    if case.body is not None:
        name = next(word for word in words if word.startswith("in."))
        body = case.body if isinstance(case.body, bytes) else case.body.encode()
        (folder / name).write_bytes(body)
    before = _everything_in(folder)
    done = segcli(*words)
    said = [line for line in done.stderr.splitlines() if line.startswith("segcli: ")]
    assert done.returncode == case.code, done.stderr
    assert done.stdout in {"", _table_of_check(case)}
    assert len(said) == 1
    assert done.stderr.endswith(said[0] + "\n")
    assert all(part in said[0] for part in case.says)
    assert "Traceback" not in done.stderr
    assert _everything_in(folder) == before


def _table_of_check(case: Case) -> str:
    """`check` shows what it has found, the error that stops it first."""
    return (
        " Severity Where What\n error    input missing.csv: no such file; hint: check its name and folder\n"
    ) * case.line.startswith("check")


def _everything_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("line", ["--help", "--version", "rfm -h", "config schema", "config show", "rfm orders.csv -q"])
def test_what_works_ends_with_0_and_is_silent_on_stderr(segcli: Run, line: str) -> None:
    done = segcli(*line.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_no_command_at_all_shows_the_help_on_stderr_and_ends_with_2(segcli: Run) -> None:
    done = segcli()
    assert (done.returncode, done.stdout) == (2, "")
    assert "Commands:" in done.stderr


def test_a_group_without_a_command_shows_its_help_like_segcli_itself(segcli: Run) -> None:
    done = segcli("config")
    assert done.returncode == 2
    assert "Commands:\n" in done.stderr


@pytest.mark.bad_input(92, 94)
@pytest.mark.parametrize("output", ["orders.csv", "nowhere/out.csv"])
def test_an_output_that_cannot_be_is_refused_before_anything_is_read(segcli: Run, output: str) -> None:
    done = segcli("rfm", "orders.csv", "-o", output)
    assert done.returncode in {2, 5}
    assert "read " not in done.stderr


def test_a_usage_error_writes_nothing_not_even_the_model(segcli: Run, folder: Path) -> None:
    assert segcli("rfm", "orders.csv", "--save-model", "model.json", "-o", "orders.csv").returncode == 2
    assert not (folder / "model.json").exists()


def test_the_settings_file_is_an_input_too_and_is_not_overwritten(segcli: Run, folder: Path) -> None:
    before = (folder / "shop.yaml").read_text()
    assert segcli("rfm", "orders.csv", "-c", "shop.yaml", "-o", "shop.yaml").returncode == 2
    assert (folder / "shop.yaml").read_text() == before


@pytest.mark.bad_input(95, 99)
@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("segcli rfm orders.csv -q > /dev/full", "No space left"),
        ("segcli rfm orders.csv -q >&-", "standard output is closed"),
        ("segcli config schema > /dev/full", "No space left"),
        ("segcli run shop.yaml -q > /dev/full", "No space left"),
        pytest.param(
            "segcli --help > /dev/full",
            "No space left",
        ),
        pytest.param(
            "segcli --version > /dev/full",
            "No space left",
        ),
    ],
)
def test_a_full_or_closed_stdout_is_5(bash: Bash, folder: Path, script: str, says: str) -> None:
    done = bash(script, cwd=folder)
    assert done.returncode == 5
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("segcli: standard output")
    assert says in line


@pytest.mark.bad_input(99)
def test_a_closed_stdin_is_missing_input(bash: Bash, folder: Path) -> None:
    done = bash("segcli rfm <&-", cwd=folder)
    assert done.returncode == 3
    assert b"standard input" in done.stderr


@pytest.mark.bad_input(95)
def test_a_full_disk_leaves_the_earlier_output_as_it_was(bash: Bash, folder: Path) -> None:
    """A limit on file size stands in for the full disk, so that the write fails half-way."""
    (folder / "out.csv").write_text("yesterday\n")
    script = """trap '' XFSZ; ulimit -f 1; "$PYTHON" -m segcli rfm big.csv -q -o out.csv"""
    done = bash(script, cwd=_with_big_export(folder))
    assert done.returncode == 5, done.stderr
    assert b"out.csv: cannot be written" in done.stderr
    assert (folder / "out.csv").read_text() == "yesterday\n"
    assert not list(folder.glob(".*"))


def _with_big_export(folder: Path) -> Path:
    rows = "".join(f"C{n},{n},2026-01-{n % 28 + 1:02},{n}.00\n" for n in range(200))
    (folder / "big.csv").write_text(HEADER + rows)
    return folder


@pytest.mark.bad_input(100)
def test_a_run_into_a_folder_that_another_run_holds_is_skipped_with_6(segcli: Run, folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    with lock.lock_directory(out):
        done = segcli("run", "shop.yaml", "-q")
    said = (
        "segcli: out: locked by another run, so this run is skipped; "
        "hint: wait for it, or write to another folder with -o\n"
    )
    assert (done.returncode, done.stderr) == (6, said)
    assert not (out / "run.json").exists()
    assert segcli("run", "shop.yaml", "-q").returncode == 0


def test_the_run_that_is_skipped_leaves_the_half_written_files_of_the_other_alone(segcli: Run, folder: Path) -> None:
    out = folder / "out"
    out.mkdir()
    with lock.lock_directory(out):
        (out / ".report.md.abc.segcli-part").write_text("being written")
        assert segcli("run", "shop.yaml", "-q").returncode == 6
        assert (out / ".report.md.abc.segcli-part").exists()


@pytest.mark.bad_input(97)
@pytest.mark.posix
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_standard_input_is_read_ends_it_with_its_code_and_no_output(
    folder: Path, environment: dict[str, str], sent: signal.Signals, code: int
) -> None:
    if signal.getsignal(sent) is signal.SIG_IGN:  # by a shell's background job; a process it starts would inherit that
        signal.signal(sent, signal.default_int_handler)
    with subprocess.Popen(
        [sys.executable, "-m", "segcli", "rfm", "-", "-o", "out.csv"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
    ) as process:
        assert process.stdin
        os.write(process.stdin.fileno(), HEADER.encode())
        more_than_a_pipe_holds = memoryview(b"A,1,2026-01-01,5.00\n" * 20_000)
        while more_than_a_pipe_holds:  # it goes through only once the command is reading
            more_than_a_pipe_holds = more_than_a_pipe_holds[os.write(process.stdin.fileno(), more_than_a_pipe_holds) :]
        while _waiting_in(process.stdin.fileno()):
            time.sleep(0.01)
        time.sleep(0.2)
        process.send_signal(sent)
        assert process.wait(30) == code
        assert process.stdout
        assert process.stderr
        assert process.stdout.read() == b""
        assert b"Traceback" not in process.stderr.read()
    assert not (folder / "out.csv").exists()


def _waiting_in(pipe: int) -> int:
    """How many bytes nobody has read yet."""
    import fcntl
    import termios

    count = bytearray(4)
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return int.from_bytes(count, sys.byteorder)


BUG = """
import sys
from segcli import cli, customers
def broken(*_): raise RuntimeError("a mistake\\nof ours \\x1b[31m")
customers.load_customers = broken
sys.argv = ["segcli", *sys.argv[1:]]
cli.main()
"""


def _with_a_bug(folder: Path, environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", BUG, "rfm", "orders.csv", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_mistake_of_segclis_own_is_1_and_one_line_that_asks_for_a_report(
    folder: Path, environment: dict[str, str]
) -> None:
    done = _with_a_bug(folder, environment)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("segcli: bug: RuntimeError: a mistake of ours")
    assert "--debug" in line
    assert "\x1b" not in line


def test_debug_shows_the_traceback_of_a_mistake(folder: Path, environment: dict[str, str]) -> None:
    done = _with_a_bug(folder, environment, "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


HOSTILE = "e\x1b]0;owned\x07\n\u202e[/x] :smile:"
HOSTILE_NAME = HOSTILE.replace("/", "")


@pytest.mark.bad_input(81)
@pytest.mark.parametrize(
    ("name", "arguments", "body"),
    [
        (f"{HOSTILE_NAME}.csv", [], "foo,bar\n1,2\n"),
        (f"{HOSTILE_NAME}.csv", [], ""),
        (f"missing {HOSTILE}.csv", [], None),
        ("in.csv", [], f'foo,"{HOSTILE}"\n1,2\n'),
        ("in.csv", [], HEADER + f'A,1,"{HOSTILE}",5\n'),
        ("in.csv", [], f'customer_id,order_id,"{HOSTILE}",amount\nA,1,03/04/2026,5\n'),
        ("in.csv", ["--map", f"order_date={HOSTILE}"], f'customer_id,order_id,"{HOSTILE}",amount\nA,1,03/04/2026,5\n'),
        ("in.csv", ["-f", HOSTILE], HEADER),
        ("in.csv", ["--set", f"{HOSTILE}=1"], HEADER),
        ("in.csv", [f"--{HOSTILE}"], HEADER),
        ("in.csv", ["-o", f"{HOSTILE}/x.csv"], HEADER + "A,1,2026-01-01,5\n"),
    ],
    ids=map(str, range(11)),
)
def test_an_error_is_one_line_without_control_characters_whatever_the_files_and_headers_are_called(
    segcli: Run, folder: Path, name: str, arguments: list[str], body: str | None
) -> None:
    if body is not None:
        (folder / name).write_text(body)
    done = segcli("rfm", "-q", name, *arguments)
    assert done.returncode in {2, 3, 5}, done.stderr
    assert re.fullmatch(r"segcli: [^\n]+\n", done.stderr)
    assert not [c for c in done.stderr[:-1] if unicodedata.category(c) == "Cc" or c == "\u202e"]


def test_what_is_said_about_an_input_is_one_line_each_without_control_characters(segcli: Run, folder: Path) -> None:
    (folder / HOSTILE_NAME).write_text(f'customer_id,order_id,order_date,amount,"{HOSTILE}"\nA,1,2026-01-01,5,x\n')
    done = segcli("rfm", HOSTILE_NAME, "-v")
    assert done.returncode == 0
    labels = ("read ", "columns ", "kept ", "money ", "note ", "as of ", "warning ")
    assert all(line.startswith(labels) for line in done.stderr.splitlines())
    assert not [c for c in done.stderr if unicodedata.category(c) == "Cc" and c != "\n"]


def test_log_lines_as_json_are_one_object_each_even_for_hostile_names(segcli: Run, folder: Path) -> None:
    (folder / HOSTILE_NAME).write_text(HEADER + "A,1,2026-01-01,5\n")
    done = segcli("rfm", HOSTILE_NAME, "--log-format", "json")
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert {"read", "kept", "as of"} <= set(events)


def test_an_error_is_plain_when_only_the_result_is_json(segcli: Run) -> None:
    done = segcli("rfm", "missing.csv", "--log-format", "text", "-f", "json")
    assert done.stderr == "segcli: missing.csv: no such file; hint: check its name and folder\n"


def test_an_error_too_is_json_when_json_was_asked_for(segcli: Run) -> None:
    done = segcli("rfm", "missing.csv", "--log-format", "json")
    assert done.returncode == 3
    assert "missing.csv" in json.loads(done.stderr)["message"]

"""The Tab key: commands, options and values, in the shells themselves where they are installed."""

import gzip
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segcli import plugins
from segcli.cli import choices, completion, tab_completion

Run = Callable[..., "subprocess.CompletedProcess[str]"]
HEADER = 'Kunde;Ordered at;"we`touch pwned`ird$(touch pwned)";"x""; touch pwned; """;x\x1b[31m\n'


@pytest.fixture
def shop(folder: Path) -> Path:
    """A folder with a packed export whose header tries to act."""
    (folder / "o.csv.gz").write_bytes(gzip.compress(f"{HEADER}1;2026-01-01;2;3;4\n".encode()))
    return folder


@pytest.fixture
def typed(shop: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """The values that may follow these words."""
    monkeypatch.chdir(shop)
    return lambda *words: [value for value, _ in tab_completion.find_completions(words)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["rf"], ["rfm"]),
        (["rfm", "--ti"], ["--ties"]),
        (["rfm", "--format", "m"], ["md"]),
        (["rfm", "-f", "nd"], ["ndjson"]),
        (["rfm", "--format=nd"], ["--format=ndjson"]),
        (["rfm", "--segments", "el"], ["eleven"]),
        (["rfm", "--preset", "shopify-o"], ["shopify-orders"]),
        (["rfm", "--engine", ""], ["local", "spark"]),
        (["cluster", "--method", "k"], ["kmeans"]),
        (["rules", "--base", "gener"], ["generation"]),
        (["report", "--sections", "summary,qual"], ["summary,quality"]),
        (["cluster", "--features", "orders,recency_d"], ["orders,recency_days"]),
        (["export", "--to", "google"], ["google-ads"]),
        (["explain", "at-r"], ["at-risk", "at-risk"]),
        (["rfm", "--set", "rfm.ti"], ["rfm.ties="]),
        (["rfm", "--set", "rfm.ties=n"], ["rfm.ties=next"]),
        (["rfm", "--set", "rfm.bins=4", "--set", "privacy.drop_pii=t"], ["privacy.drop_pii=true"]),
        (["rfm", "--map", "order_d"], ["order_date="]),
        (["rfm", "o.csv.gz", "--map", "order_date=O"], ["order_date=Ordered at"]),
        (["init", "o.csv.gz", "--map", "order_date=K"], ["order_date=Kunde"]),
        (["ingest", "o.csv.gz", "--map", "order_date=K"], ["order_date=Kunde"]),
        (["rfm", "missing.csv", "--map", "order_date="], []),
        (["rfm", "--map", "order_date="], []),
        (["completion", ""], ["bash", "zsh", "fish"]),
    ],
    ids=str,
)  # fmt: skip
def test_what_may_follow(typed: Callable[..., list[str]], words: list[str], found: list[str]) -> None:
    assert typed(*words) == found


def test_a_name_that_would_act_on_a_terminal_is_not_offered(typed: Callable[..., list[str]]) -> None:
    offered = typed("rfm", "o.csv.gz", "--map", "amount=")
    assert len(offered) == 4
    assert all(value.isprintable() for value in offered)


def test_lists_of_plug_ins_are_those_of_the_folders() -> None:
    from segcli.reports import formats
    from segcli.segment import bases, methods

    assert plugins.list_plugin_files("segcli.segment.methods") == methods.list_methods()
    assert plugins.list_plugin_files("segcli.segment.bases") == bases.list_bases()
    assert choices.complete_plugins("segcli.reports.formats")() == formats.list_formats()


@pytest.mark.parametrize(
    "words", [["rfm", "-f", ""], ["rfm", "--set", "rfm."], ["rfm", "orders.csv", "--map", "amount="]]
)
def test_completion_loads_no_pandas(folder: Path, environment: dict[str, str], words: list[str]) -> None:
    listed = (
        "import sys; from segcli.cli.tab_completion import print_completions; print_completions('zsh', sys.argv[1:]);"
        "print('pandas' in sys.modules, 'sklearn' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", listed, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip()
    assert done.stderr == "False False\n"


@pytest.mark.parametrize(
    ("line", "current", "found"),
    [
        ("segcli rfm o.csv.gz --map order_date=O", "O", ["Ordered\\ at"]),
        ("segcli rfm o.csv.gz --map order_date=Ordered\\ a", "Ordered a", ["Ordered\\ at"]),
        ("segcli rfm o.csv.gz --map 'order_date=O", "order_date=O", ["order_date=Ordered at"]),
        ("segcli rfm o.csv.gz --map order_date=w", "w", ["we\\`touch\\ pwned\\`ird\\$\\(touch\\ pwned\\)"]),
        ("segcli rfm --set rfm.ti", "rfm.ti", ["rfm.ties="]),
        ("segcli rfm --set rfm.ties=", "", ["mid", "same-bin", "next", "random"]),
        ("segcli ", "", None),
    ],
)
def test_bash_gets_values_quoted_and_without_what_it_took_for_earlier_words(
    segcli: Run, shop: Path, line: str, current: str, found: list[str] | None
) -> None:
    lines = segcli(line, current, env={"_SEGCLI_COMPLETE": "bash"}, cwd=shop).stdout.splitlines()
    assert lines == found if found is not None else "rfm" in lines


SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'PS1="ready> "; eval "$(segcli completion bash)"'),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1='ready> '; autoload -Uz compinit; compinit -u; eval \"$(segcli completion zsh)\"",
    ),
    "fish": (
        ["fish", "--no-config", "--private", "-i"],
        "function fish_prompt; echo -n 'ready> '; end; segcli completion fish | source",
    ),
}


PROGRAM = """#!/bin/sh
if [ -n "$_SEGCLI_COMPLETE" ] || [ "$1" = completion ]; then
    exec "{python}" -m segcli "$@"
fi
printf '%s\\n' "$@" > arguments.part && mv arguments.part arguments
"""


@pytest.fixture
def terminal(
    request: pytest.FixtureRequest, shop: Path, environment: dict[str, str], tmp_path: Path
) -> "Iterator[Typist]":
    """A shell on a terminal of its own, in which segcli is a command that notes its arguments."""
    pty = pytest.importorskip("pty", reason="needs pseudo-terminals")
    command, setting_up = SHELLS[request.param]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    program = tmp_path / "bin" / "segcli"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    pid, handle = pty.fork()
    if pid == 0:
        os.chdir(shop)
        path = f"{program.parent}:{environment['PATH']}"
        os.execvpe(  # noqa: S606 - the shell under test
            command[0], command, {**environment, "PATH": path, "TERM": "dumb", "COLUMNS": "200"}
        )
    typist = Typist(handle)
    typist.type(f"{setting_up}; touch ready\n")
    typist.wait_for(shop / "ready")
    yield typist
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(handle)


class Typist:
    """Somebody at the terminal, who looks at what it shows before the next key."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def type(self, text: str) -> None:
        for part in text.replace("\t", "\0\t\0").split("\0"):
            os.write(self._handle, part.encode())
            self._look(0.3 if part == "\t" else 0.1)

    def wait_for(self, path: Path) -> None:
        until = time.monotonic() + 20
        while not path.exists():
            assert time.monotonic() < until, f"{path.name} never came"
            self._look(0.1)

    def _look(self, seconds: float) -> None:
        """Until nothing new was shown for so long."""
        while select.select([self._handle], [], [], seconds)[0]:
            try:
                os.read(self._handle, 65536)
            except OSError:
                return


@pytest.mark.long
@pytest.mark.parametrize("terminal", SHELLS, indirect=True)
def test_a_column_is_completed_in_the_shell_itself_and_a_header_runs_nothing(terminal: Typist, shop: Path) -> None:
    terminal.type("segcli rfm o.csv.gz --map order_date=Ord\t --map amount=we\t --set rfm.tie\tne\t -f nd\t\n")
    terminal.wait_for(shop / "arguments")
    found = (shop / "arguments").read_text().splitlines()
    wanted = "rfm|o.csv.gz|--map|order_date=Ordered at|--map|amount=we`touch pwned`ird$(touch pwned)"
    assert found == [*wanted.split("|"), "--set", "rfm.ties=next", "-f", "ndjson"]
    terminal.type("segcli rfm o.csv.gz --map amount=\t\t\x03\n")
    assert not (shop / "pwned").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_printed_and_read_without_complaint(segcli: Run, shell: str, folder: Path) -> None:
    done = segcli("completion", shell)
    assert done.returncode == 0
    assert "_SEGCLI_COMPLETE" in done.stdout
    (folder / "script").write_text(done.stdout)
    if shutil.which(shell):
        checked = subprocess.run([shell, "-n", "script"], cwd=folder, capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_the_program_s_own_options_hand_out_the_same_script(
    bash: Callable[..., "subprocess.CompletedProcess[bytes]"], environment: dict[str, str]
) -> None:
    shown = bash("segcli --show-completion; true")
    assert shown.stdout.decode().strip() == completion.read_script("bash").strip(), shown.stderr
    assert bash("segcli --install-completion; true").returncode == 0
    installed = [path.read_text() for path in Path(environment["HOME"]).rglob("*.sh")]
    assert [text.strip() for text in installed] == [completion.read_script("bash").strip()]


def test_an_unknown_shell_is_refused(segcli: Run) -> None:
    done = segcli("completion", "tcsh")
    assert (done.returncode, done.stderr) == (2, "segcli: no completion for tcsh; known: bash, zsh, fish\n")

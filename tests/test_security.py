"""What the source code does not do, and which modes files have: the tests behind docs/security.md."""

import ast
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from segcli.cli import _run_arguments
from tests.cli.conftest import TINY

SOURCE = Path(__file__).parents[1] / "segcli"
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}
FORBIDDEN_MODULES = {
    *("pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"),  # run code when read
    *("socket", "ssl", "urllib.request", "http", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "webbrowser"),
    *("fsspec", "s3fs", "gcsfs"),
}


def uses(tree: ast.AST) -> Iterator[str]:
    """Yield each forbidden call or import of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in FORBIDDEN_CALLS:
            yield ast.unparse(node.func)
        if isinstance(node, ast.Call) and any(word.arg == "shell" for word in node.keywords):
            yield "shell="
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if any(f"{name}.".startswith(f"{one}.") for one in FORBIDDEN_MODULES))


def test_the_check_finds_what_is_forbidden() -> None:
    code = "import pickle\nfrom urllib import request\nfrom http import client\neval('1')\nrun('x', shell=True)\n"
    assert {"pickle", "urllib.request", "http", "eval", "shell="} <= set(uses(ast.parse(code)))
    assert not list(uses(ast.parse("import re\nre.compile('x')\nfrom segcli.io import read\n")))


def test_no_code_is_run_from_data_and_nothing_speaks_to_a_network() -> None:
    files = sorted(SOURCE.rglob("*.py"))
    assert len(files) > 350
    found = {str(path.relative_to(SOURCE)): set(uses(ast.parse(path.read_text(encoding="utf-8")))) for path in files}
    assert {name: what for name, what in found.items() if what} == {
        "config/yaml_loader.py": {"yaml.load"},  # by SafeLoader
        "io/remote.py": {  # used if the user allows it: tests/cli/test_remote_inputs.py
            *("aiohttp", "aiohttp.ClientTimeout", "fsspec", "fsspec.asyn", "fsspec.asyn.sync"),
            *("fsspec.callbacks", "fsspec.callbacks.Callback"),
        },
    }


NAMES = ["../out.csv", "/srv/out.csv", "sub/out.csv", "..", ".bashrc", "..\\\\out.csv", "a\\u0000b.csv", "a\\nb.csv"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("config", ["shop.yaml", "segcli.yaml"])
def test_an_export_stays_in_the_folder_of_its_run(
    config: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(TINY)
    text = f'export: [{{to: plain, of: rfm, file: "{name}"}}]\n'
    (tmp_path / "shop.yaml").write_text("output: out\ningest: {transactions: {path: orders.csv}}\nrfm: {}\n")
    with (tmp_path / config).open("a") as file:
        file.write(text)
    before = sorted(tmp_path.rglob("*"))
    assert _run_arguments(["run", "shop.yaml"]) == 2
    said = capfd.readouterr().err
    assert config in said
    assert sorted(tmp_path.rglob("*")) == before


CONFIG = """version: 1
output: out
ingest: {transactions: {path: orders.csv}, state: state}
rfm: {bins: 3}
privacy: {pseudonymise: [customer_id], key_file: secret/key}
"""


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o000, 0o666), (0o077, 0o600)])
def test_modes_of_files_with_personal_data(
    mask: int, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(TINY)
    (tmp_path / "shop.yaml").write_text(CONFIG)
    before = os.umask(mask)
    try:
        assert _run_arguments(["run", "shop.yaml", "-q"]) == 0
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes[tmp_path / "secret"] == 0o700  # whatever the umask: the key, and the state with raw ids
    assert modes[tmp_path / "secret" / "key"] == 0o600
    assert modes[tmp_path / "state"] == 0o700
    assert modes[tmp_path / "out" / "customers.csv"] == mode  # results: what the umask gives
    assert modes[tmp_path / "out" / "run.json"] == mode


ACTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
HOSTILE = (
    *("\x1b[2Jred", "\x9b31mc1", "\x1b]0;title\x07", "\u202egnp.exe", "a\rb"),
    *("<script>x</script>", "[x](javascript:1)"),
)


@pytest.mark.parametrize("layout", ["table", "md", "html"])
@pytest.mark.parametrize("command", ["report", "persona", "target", "check", "export"])
def test_texts_for_people_steer_no_terminal_and_hold_no_markup(
    command: str, layout: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f'"{HOSTILE[n % len(HOSTILE)]}"' for n in range(70)]
    rows = [f"C{n},{1 + n % 5},{n}.5,{name},{names[n - 3]}" for n, name in enumerate(names)]
    header = f"customer_id,orders,revenue,x_segment,{names[3]}"
    (tmp_path / "t.csv").write_text("\n".join([header, *rows]) + "\n", newline="")
    options = ["--to", "plain"] if command == "export" else []
    code = _run_arguments([command, "t.csv", "-f", layout, *options])
    shown = capfd.readouterr()
    assert code in ({0, 3} if command == "check" else {0}), shown.err  # check ends with 3 where it found something
    assert not ACTIVE.search(shown.out + shown.err), ACTIVE.findall(shown.out + shown.err)
    if layout == "html":
        assert "<script>x" not in shown.out
        assert 'href="javascript' not in shown.out
    if layout == "md":
        assert "<script>" not in shown.out
        assert "[x](" not in shown.out

"""A config that is found by itself writes only below its folder; outputs replace outputs only."""

import json
from pathlib import Path

import pytest

from segcli.cli import _run_arguments
from tests.cli.conftest import TINY


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A downloaded folder, below a home with a start-up file."""
    home = tmp_path / "home"
    downloaded = home / "downloads"
    downloaded.mkdir(parents=True)
    (home / ".bashrc").write_text("# my own, precious\nexport A=1\n")
    (downloaded / "orders.csv").write_text(TINY + "D,5,no day,3\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.chdir(downloaded)
    return downloaded


def run(command: str, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and standard error of a command."""
    code = _run_arguments(command.split())
    return code, capfd.readouterr().err


WRITING = ["output: {}", "ingest: {{rejects: {}}}", "ingest: {{state: {}}}", "privacy: {{key_file: {}}}"]


@pytest.mark.parametrize("setting", WRITING)
@pytest.mark.parametrize("path", ["~/other", "../other", "/var/other", "link/other", "sub/../../other"])
def test_a_found_config_does_not_write_outside_its_folder(
    folder: Path, capfd: pytest.CaptureFixture[str], setting: str, path: str
) -> None:
    (folder / "link").symlink_to(folder.parent)
    (folder / "segcli.yaml").write_text(setting.format(path) + "\n")
    code, said = run("rfm orders.csv", capfd)
    assert code == 2
    assert "is outside the folder of this auto-detected config" in said
    assert "segcli.yaml:1:" in said
    assert not (folder.parent / "other").exists()


def test_a_found_config_does_not_replace_a_start_up_file(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = (folder.parent / ".bashrc").read_text()
    (folder / "segcli.yaml").write_text("ingest: {rejects: ~/.bashrc}\n")
    assert run("rfm orders.csv", capfd)[0] == 2
    (folder / "segcli.yaml").write_text("ingest: {rejects: mine}\n")
    (folder / "mine").symlink_to(folder.parent / ".bashrc")
    assert run("rfm orders.csv", capfd)[0] == 2
    code, said = run("rfm orders.csv --config segcli.yaml", capfd)  # trusted, but no rejects are there
    assert code == 2
    assert "--force" in said
    assert (folder.parent / ".bashrc").read_text() == before


@pytest.mark.parametrize(
    ("setting", "name"),
    [("ingest: {rejects: notes.csv}", "notes.csv"), ("ingest: {state: notes}", "notes/a.txt")],
)
def test_a_found_config_does_not_replace_what_segcli_did_not_write(
    folder: Path, capfd: pytest.CaptureFixture[str], setting: str, name: str
) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("a,b\n1,2\n")
    (folder / "segcli.yaml").write_text(setting + "\n")
    code, said = run("rfm orders.csv", capfd)
    assert code == 2
    assert "was not written by segcli" in said
    assert (folder / name).read_text() == "a,b\n1,2\n"


def test_a_found_config_is_named_and_may_write_below_its_folder(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "segcli.yaml").write_text("ingest: {rejects: rejects.csv}\n")
    for _ in range(2):  # the second run replaces what the first wrote
        code, said = run("rfm orders.csv -f csv", capfd)
        assert code == 0
        assert "settings  ./segcli.yaml  found in this folder" in said
        assert (folder / "rejects.csv").read_text().startswith("line,")
    assert "settings" not in run("rfm orders.csv -f csv --config segcli.yaml", capfd)[1]
    lines = run("rfm orders.csv -f csv --log-format json", capfd)[1].splitlines()
    assert {"event": "settings", "path": "./segcli.yaml"}.items() <= json.loads(lines[0]).items()


def test_a_found_config_uses_its_own_state_again(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "segcli.yaml").write_text("ingest: {state: state}\n")
    for _ in range(2):
        assert run("rfm orders.csv -f csv", capfd)[0] == 0
    assert any((folder / "state").iterdir())


def test_a_key_that_exists_elsewhere_is_read(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    key = folder.parent / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    (folder / "segcli.yaml").write_text("privacy: {key_file: ~/key, pseudonymise: [customer_id]}\n")
    assert run("rfm orders.csv -f csv", capfd)[0] == 0
    assert key.read_text() == "ab" * 32


@pytest.mark.parametrize(
    ("name", "body", "refused"),
    [
        ("x.csv", b"a,b\n1,2\n", False),
        ("x.csv", b"", False),
        ("x.csv", b"\x00\x01binary", True),
        ("x.json", b"old", False),
        ("x.csv", b"PAR1....", True),
        (".profile", b"# start\nexport A=1\n", True),
        ("noted", b"customer_id,x\nA,1\n", False),
        ("noted", b"Dear diary,\ntoday\n", True),
    ],
)
def test_outputs_replace_outputs_only(
    folder: Path, capfd: pytest.CaptureFixture[str], name: str, body: bytes, *, refused: bool
) -> None:
    for option in ("-o", "--rejects"):
        (folder / name).write_bytes(body)
        code, said = run(f"rfm orders.csv -f csv {option} {name}", capfd)
        assert (code, "--force" in said) == ((2, True) if refused else (0, False)), said
        assert ((folder / name).read_bytes() == body) == refused
        assert run(f"rfm orders.csv -f csv {option} {name} --force", capfd)[0] == 0
        assert (folder / name).read_bytes() != body


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("ingest: {transactions: {path: ~nobody-there/o.csv}}", "ingest.transactions.path"),
        ("rules: [{base: generation, table: ~nobody-there/o.csv}]", "rules.0.table"),
        ("privacy: {key_file: ~nobody-there/key}", "privacy.key_file"),
    ],
)
@pytest.mark.parametrize("name", ["segcli.yaml", "other.yaml"])
def test_a_home_of_nobody_is_a_mistake_in_the_settings(
    folder: Path, capfd: pytest.CaptureFixture[str], text: str, setting: str, name: str
) -> None:
    (folder / name).write_text(text + "\n")
    code, said = run("rfm orders.csv" + (" -c other.yaml" if name == "other.yaml" else ""), capfd)
    assert code == 2
    assert f"{setting}: ~nobody-there/" in said
    assert "unknown user name" in said


def test_a_home_of_nobody_in_an_option_is_a_mistake(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert folder
    options = "--set privacy.key_file=~nobody-there/k --set privacy.pseudonymise=[customer_id]"
    code, said = run(f"rfm orders.csv {options}", capfd)
    assert code == 2
    assert "privacy.key_file" in said

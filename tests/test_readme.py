"""The README is true: its commands run, its outputs are theirs, its reference is the settings'.

UPDATE_README=1 writes the outputs and the reference anew, to be read before they are committed.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from segcli.config.reference import markdown_table

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SETTINGS = re.compile(r"(<!-- settings: .*? -->\n).*?(<!-- /settings -->)", re.DOTALL)
UPDATE = os.environ.get("UPDATE_README") == "1"


def commands(block: str) -> list[str]:
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def shown(block: str, folder: Path) -> str:
    """The block as a terminal would show it: each command, then what it printed on either stream."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    lines = []
    for command in commands(block):
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        lines += [f"$ {command}", *(done.stderr + done.stdout).splitlines()]
    return "\n".join(line.rstrip() for line in lines) + "\n"


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder that looks like the repository and may be written to."""
    for name in ("sample_data", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


@pytest.mark.long
def test_console_blocks_show_what_their_commands_print(workplace: Path) -> None:
    text = README.read_text(encoding="utf-8")
    found = CONSOLE.sub(lambda match: f"```console\n{shown(match[1], workplace)}```", text)
    if UPDATE:
        README.write_text(found, encoding="utf-8")
    assert found == text


def test_the_settings_table_is_made_from_the_settings() -> None:
    text = README.read_text(encoding="utf-8")
    found = SETTINGS.sub(lambda match: f"{match[1]}\n{markdown_table()}\n{match[2]}", text)
    if UPDATE:
        README.write_text(found, encoding="utf-8")
    assert found == text


def test_ci_runs_the_two_shell_blocks() -> None:
    """The set-up commands are run from nothing by .ci/run, which reads them from the README."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2
    assert "segcli run configs/retail.yaml" in blocks[0]
    assert "pytest" in blocks[1]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'eval "$(block 1)"' in script
    assert 'eval "$(block 2)"' in script


def test_files_named_in_the_readme_exist() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_command_is_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    for command in (
        "init",
        "check",
        "config",
        "ingest",
        "rfm",
        "rules",
        "cluster",
        "assign",
        "persona",
        "report",
        "run",
        "explain",
    ):
        assert f"segcli {command}" in text, command


def test_every_preset_is_named() -> None:
    from segcli.ingest import presets

    text = README.read_text(encoding="utf-8")
    assert [name for name in presets.names() if name not in text] == []

"""What contributors are told to type is valid and names what exists; the files of the forge say the same."""

import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for block in BLOCK.findall(PAGE) for line in block.splitlines() if line.strip()]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEV_TOOLS = {re.split(r"[\[<>=~]", requirement)[0] for requirement in PROJECT["optional-dependencies"]["dev"]}
TOOL_PACKAGES = {"lint-imports": "import-linter"}
ENVIRONMENT_TOOLS = {"pip"}


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 9


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_valid_and_names_what_exists(command: str) -> None:
    assert subprocess.run(["bash", "-n", "-c", command], check=False, capture_output=True).returncode == 0
    words = [word for word in shlex.split(command) if "=" not in word]
    for word in words:
        if word.startswith(("tests/", ".ci/")):
            assert (ROOT / word).exists(), word
    if words[0].startswith(".venv/bin/"):
        tool = words[0].removeprefix(".venv/bin/")
        assert TOOL_PACKAGES.get(tool, tool) in DEV_TOOLS | ENVIRONMENT_TOOLS
    if "pip" in words[0]:
        assert ".[dev]" in words


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md"])
def test_links_lead_to_files(page: str) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8")):
        assert (ROOT / link).exists(), link


def test_the_workflow_runs_what_developers_run() -> None:
    jobs = load(".github/workflows/ci.yml")["jobs"]
    sessions = re.findall(
        r"^@nox\.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {entry["session"] for entry in jobs["session"]["strategy"]["matrix"]["include"]} <= set(sessions)
    job = jobs["test"]
    assert job["steps"][-1] == {"run": "bash .ci/run"}
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert oldest in job["strategy"]["matrix"]["python"]


def test_hooks_run_tools_of_the_development_environment() -> None:
    (local,) = load(".pre-commit-config.yaml")["repos"]
    tools = [hook["entry"].split()[0] for hook in local["hooks"]]
    assert {TOOL_PACKAGES.get(tool, tool) for tool in tools} <= DEV_TOOLS
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert all(f".venv/bin/{hook['entry']}" in run for hook in local["hooks"])


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda path: path.name
)
def test_an_issue_template_has_what_a_form_needs(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(form)
    ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
    assert len(ids) == len(set(ids)) > 0

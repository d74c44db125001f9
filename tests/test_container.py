"""The Dockerfile keeps the rules of a safe image, and the manifests on the page about operations match it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from segcli.errors import ExitCode

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    tuple(line.split(maxsplit=1))
    for line in re.sub(r"\\\n", " ", TEXT).splitlines()
    if line.strip() and not line.startswith("#")
]
USER = "10001"


def list_arguments(name: str) -> list[str]:
    return [argument for instruction, argument in INSTRUCTIONS if instruction == name]


def test_the_image_is_slim_and_of_a_known_version() -> None:
    bases = [argument.split()[0] for argument in list_arguments("FROM")]
    assert set(bases) == {"python:${PYTHON_VERSION}-slim"}
    (version,) = re.findall(r"PYTHON_VERSION=(\S+)", TEXT)
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    assert [int(part) for part in version.split(".")] >= [int(part) for part in oldest.split(".")]


def test_the_container_runs_without_rights_and_as_a_program() -> None:
    last_stage = INSTRUCTIONS[max(n for n, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]
    names = [name for name, _ in last_stage]
    assert dict(last_stage)["USER"] == f"{USER}:{USER}"  # a number, so that runAsNonRoot can be checked
    assert "RUN" not in names[names.index("USER") :]
    assert "COPY" not in names[names.index("USER") :]
    assert list_arguments("ENTRYPOINT") == ['["segcli"]']  # without a shell, so that signals reach the program
    assert not list_arguments("ADD")
    assert not re.search(r"curl|wget|sudo|chmod 777|--trusted-host|password|token", TEXT, re.IGNORECASE)
    assert "HOME=/tmp" in TEXT  # the only writable place with a read-only root


def test_only_modules_that_are_used_are_stored_compiled_and_the_build_tries_the_program() -> None:
    install, trim, trial = (argument for argument in list_arguments("RUN") if "/opt/segcli" in argument)
    assert "--no-compile" in install
    assert "--no-cache-dir" in install
    assert "-name tests" in trim
    assert "segcli demo" in trial  # compiles what it imports
    assert "PYTHONDONTWRITEBYTECODE" not in TEXT.split("FROM")[1]


def test_the_build_sees_only_what_it_needs() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        word.removeprefix("./")
        for argument in list_arguments("COPY")
        if not argument.startswith("--from")
        for word in argument.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)


@pytest.fixture
def job() -> Any:
    (text,) = re.findall(r"```yaml\n(apiVersion.*?)```", PAGE, re.DOTALL)
    return yaml.safe_load(text)["spec"]["jobTemplate"]["spec"]


def test_the_job_of_the_page_has_no_rights_and_knows_the_exit_codes(job: Any) -> None:
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert str(pod["securityContext"]["runAsUser"]) == USER
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/work", "/tmp"}  # noqa: S108 - of the image
    assert {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in container["volumeMounts"]}
    codes = {rule["action"]: rule["onExitCodes"]["values"] for rule in job["podFailurePolicy"]["rules"]}
    assert codes == {
        "Count": [ExitCode.ENVIRONMENT, ExitCode.LOCKED],
        "FailJob": [ExitCode.BUG, ExitCode.USAGE, ExitCode.INPUT, ExitCode.GATE],
    }


def test_the_commands_of_the_page_use_a_read_only_root_and_no_network() -> None:
    runs = [line for line in re.sub(r"\\\n", " ", PAGE).splitlines() if "docker run" in line]
    assert len(runs) == 2
    assert all("--read-only" in line and "--network none" in line and "--tmpfs /tmp" in line for line in runs)

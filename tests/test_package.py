"""What is handed out: the wheel and the source archive hold the program, its documents, and nothing of the workshop."""

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path, PurePath

import pytest

from segcli import __version__

ROOT = Path(__file__).parents[1]
DEMO = {"orders.csv.gz", "customers.csv.gz", "responses.csv.gz", "shop.yaml"}
WORKSHOP = {"tests", "sample_data", "benchmarks", "configs", ".ci"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both, made by the build backend that the project names."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("built")
    for target in ("wheel", "sdist"):
        done = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _wheel(built: Path) -> list[str]:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def _sdist(built: Path) -> list[str]:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return [str(PurePath(*PurePath(name).parts[1:])) for name in archive.getnames()]


def _data(names: list[str]) -> set[str]:
    """Tables among the files of an archive."""
    return {PurePath(name).name for name in names if PurePath(name.removesuffix(".gz")).suffix in {".csv", ".parquet"}}


def test_the_wheel_holds_the_package_and_no_other_data_than_the_demo_s(built: Path) -> None:
    names = _wheel(built)
    assert {PurePath(name).parts[0].partition("-")[0] for name in names} == {"segcli"}
    assert {PurePath(name).name for name in names if name.startswith("segcli/demo/")} == DEMO
    assert _data(names) == DEMO - {"shop.yaml"}
    assert not [name for name in names if "test" in PurePath(name).name.split("_")]


def test_the_wheel_lacks_nothing_that_the_package_needs(built: Path) -> None:
    tracked = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "segcli").rglob("*")
        if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts
    }
    assert tracked - set(_wheel(built)) == set()


def test_the_wheel_puts_the_manual_and_the_completions_where_they_are_looked_for(built: Path) -> None:
    shared = {name.partition(".data/data/")[2] for name in _wheel(built) if ".data/" in name}
    assert shared == {
        "share/man/man1/segcli.1",
        "share/bash-completion/completions/segcli",
        "share/zsh/site-functions/_segcli",
        "share/fish/vendor_completions.d/segcli.fish",
    }


def test_the_source_archive_holds_no_tests_and_no_sample_data(built: Path) -> None:
    names = _sdist(built)
    assert {"pyproject.toml", "README.md", "LICENSE", "segcli/cli/app.py"} <= set(names)
    assert not {PurePath(name).parts[0] for name in names if name != "."} & WORKSHOP
    assert _data(names) == DEMO - {"shop.yaml"}


@pytest.mark.parametrize("name", ["action.yml", "docs/ci.md", "docs/operations.md", "CHANGELOG.md"])
def test_examples_name_the_version_of_the_package(name: str) -> None:
    """The newest section of the changelog, and examples that install or run a version."""
    text = (ROOT / name).read_text(encoding="utf-8")
    versions = re.findall(r"(?:segcli==|segcli@v|rev: v|segcli:|^## )(\d+\.\d+\.\d+)", text, re.MULTILINE)
    assert versions
    assert set(versions[:1] if name == "CHANGELOG.md" else versions) == {__version__}

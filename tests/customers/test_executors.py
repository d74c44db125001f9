"""Executors whose Python lacks segcli get it from the driver; those that lack what segcli needs are refused."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from segcli import __version__
from segcli.customers import engines
from segcli.customers.engines.spark import report_failures
from segcli.errors import EnvironmentProblem
from segcli.io.write import zip_package
from tests.customers.test_streamed import shop, written

needs_spark = pytest.mark.skipif(
    not engines.is_installed("spark") or not shutil.which("java"), reason="needs pyspark and Java"
)
PARTS = 2
TRACEBACK = "Traceback (most recent call last):"


def python_without(folder: Path, *packages: str) -> Path:
    """Write a program that is Python with all installed packages but these."""
    site = folder / "site"
    site.mkdir()
    for path in (Path(entry) for entry in sys.path if entry.endswith("site-packages")):
        for package in path.iterdir():
            if package.suffix != ".pth" and not package.name.startswith(packages):
                (site / package.name).symlink_to(package)
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={site} exec {sys.executable} -S -P "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program


def run_on_spark(folder: Path, python: Path) -> "subprocess.CompletedProcess[str]":
    """Aggregate a folder of exports on executors that run another Python."""
    header, *rows = shop(300)
    parts = folder / "parts"
    parts.mkdir()
    for place in range(PARTS):
        written(parts, [header, *rows[place::PARTS]], f"part-{place}.csv")
    command = [sys.executable, "-m", "segcli", "ingest", "parts", "-o", "out.csv", "--engine", "spark"]
    return subprocess.run(
        [*command, "--set", "ingest.spark_master=local[2]"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYSPARK_PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )


@needs_spark
@pytest.mark.slow
def test_segcli_is_sent_where_it_is_missing(tmp_path: Path) -> None:
    done = run_on_spark(tmp_path, python_without(tmp_path, "segcli"))
    assert done.returncode == 0, done.stderr
    here = [sys.executable, "-m", "segcli", "ingest", "parts", "-q", "-o", "here.csv"]
    subprocess.run(here, cwd=tmp_path, check=True)
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()


@needs_spark
@pytest.mark.slow
def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    done = run_on_spark(tmp_path, python_without(tmp_path, "segcli", "pydantic"))
    assert done.returncode == 2, done.stderr
    assert "segcli is not installed on the executors: no module pydantic" in done.stderr
    assert f"pip install 'segcli[spark]=={__version__}'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.csv").exists()


@needs_spark
@pytest.mark.slow
def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run_on_spark(tmp_path, tmp_path / "nowhere" / "python")
    assert done.returncode == 5, done.stderr
    assert str(tmp_path / "nowhere" / "python") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not engines.is_installed("spark"), reason="needs pyspark")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("[JAVA_GATEWAY_EXITED] Java gateway exited.", "spark: [JAVA_GATEWAY_EXITED] Java gateway exited."),
        ("calling o1.collect\n: java.io.IOException: lost\n\tat x", "spark: java.io.IOException: lost"),
        (f"{TRACEBACK}\nError: [PYTHON_VERSION_MISMATCH] 3.9\n", "spark: [PYTHON_VERSION_MISMATCH] 3.9"),
        ("no answer", "spark: no answer"),
    ],
)
def test_a_failure_of_spark_is_one_line(message: str, shown: str) -> None:
    from py4j.protocol import Py4JError

    with pytest.raises(EnvironmentProblem, match=re.escape(shown)), report_failures():
        raise Py4JError(message)


@pytest.mark.skipif(not engines.is_installed("spark"), reason="needs pyspark")
@pytest.mark.filterwarnings("ignore")
def test_an_error_in_the_code_of_executors_is_a_bug() -> None:
    from py4j.protocol import Py4JError

    with pytest.raises(Py4JError), report_failures():
        raise Py4JError(f"PythonException: {TRACEBACK}\nTypeError: no")


def test_the_sent_package_runs_from_its_archive(tmp_path: Path) -> None:
    archive = zip_package(str(tmp_path))
    code = "import segcli.customers.engines.spark as spark; print(spark.__file__)"
    environment = {**os.environ, "PYTHONPATH": archive}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(archive)

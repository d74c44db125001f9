"""The installed wheel is typed: a user's script passes `mypy --strict`, and a wrong one does not."""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = """
from pathlib import Path

import pandas as pd

import segcli
from segcli.plugin_api import BaseResult, Customers, Section


class Options(Section):
    limit: int = 3


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    labels = customers.table["orders"].ge(options.limit).map({True: "many", False: "few"}).to_numpy(dtype=object)
    return BaseResult(labels, ("many", "few"))


def segment(path: Path) -> pd.DataFrame:
    customers: segcli.Customers = segcli.read(path, id_case="upper")
    scored: segcli.Segmentation = segcli.rfm(customers, bins=4)
    others: list[segcli.Segmentation] = segcli.rules(scored, ["lifecycle"])
    for column, personas in segcli.personas([scored, *others]).items():
        print(column, [persona.headline.upper() for persona in personas])
    text: str = segcli.report([scored, *others], format="md")
    results: segcli.Run = segcli.run("shop.yaml", output=path.parent)
    print(len(text), results.folder / results.files[0])
    return segcli.cluster(scored, k=3).table


try:
    segment(Path("orders.csv"))
except segcli.SegcliError as error:
    print(int(error.code))
"""
WRONG = "\nscore: int = segcli.rfm('orders.csv')\nsegcli.report('orders.csv', format=3)\n"


@pytest.mark.long
def test_a_script_passes_mypy_strict_against_the_installed_wheel(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    others = [path for path in sys.path if path.endswith("site-packages")]  # pandas with its stubs, numpy, pydantic
    (packages / "others.pth").write_text("\n".join(others) + "\n")
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "wrong.py").write_text(SCRIPT + WRONG)
    python = tmp_path / "venv" / "bin" / "python"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "script.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    *errors, summary = done.stdout.splitlines()
    assert summary == "Found 2 errors in 1 file (checked 2 source files)", done.stdout
    assert "Incompatible types in assignment" in errors[0]
    assert 'Argument "format" to "report" has incompatible type "int"; expected "str"' in errors[1]

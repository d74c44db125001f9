"""Four times the input takes about four times as long, in every dimension in which exports and settings are large.

`python benchmarks/growth.py` measures whole commands with larger inputs; this finds what is far from linear.
"""

import importlib
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from segcli.cli import _run_arguments

COMMANDS = {  # dimension, size, and the command that reads it
    "columns": ("columns", 1_500, ["rfm", "{orders}"]),
    "distinct values": ("distinct values", 20_000, ["rfm", "{orders}", "--set", "ingest.measures=all"]),
    "rules": ("rules", 250, ["rules", "{orders}", "-c", "{config}"]),
    "segments": ("segments", 60, ["persona", "{orders}", "-c", "{config}", "-f", "json"]),
    "segments of a report": ("segments", 60, ["report", "{orders}", "-c", "{config}", "-f", "html"]),
    "rejects": ("rejects", 10_000, ["check", "{orders}"]),
    "orders of one customer": ("orders of one customer", 20_000, ["rfm", "{orders}"]),
}
LINEAR, QUADRATIC = 4, 16  # times as long, with four times the input
SHORTEST = 0.2  # CPU seconds; shorter differences are noise of a busy machine


@pytest.fixture(scope="module")
def growth() -> ModuleType:
    folder = str(Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("growth")
    finally:
        sys.path.remove(folder)


@pytest.mark.parametrize("name", COMMANDS)
def test_no_dimension_is_quadratic(
    name: str, growth: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dimension, size, command = COMMANDS[name]
    seconds = []
    for factor in (0, 0, 1, 4):  # the first run also imports libraries
        folder = tmp_path / str(factor)
        folder.mkdir(exist_ok=True)
        (folder / "config.yaml").write_text("version: 1\n")
        growth.DIMENSIONS[dimension].write(folder, max(size * factor, 10))
        words = [word.format(orders=folder / "orders.csv", config=folder / "config.yaml") for word in command]
        started = time.process_time()
        words += ["-o", str(folder / "result.csv")] if command[0] == "rfm" else []
        assert _run_arguments([*words, "-q"]) in {0, 3}
        seconds.append(time.process_time() - started)
        capfd.readouterr()
    _, start_up, once, four_times = seconds
    assert four_times - start_up < (LINEAR + QUADRATIC) / 2 * max(once - start_up, SHORTEST)


def test_the_exponent_is_1_for_linear_and_2_for_quadratic_costs(growth: ModuleType) -> None:
    assert growth.exponent([0.5, 1.5, 2.5, 4.5]) == pytest.approx(1)
    assert growth.exponent([0.5, 1.5, 4.5, 16.5]) == pytest.approx(2)


def test_every_command_measured_is_one_of_those_listed(growth: ModuleType) -> None:
    for dimension in growth.DIMENSIONS.values():
        assert set(dimension.commands) <= set(growth.COMMANDS)

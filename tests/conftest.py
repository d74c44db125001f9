"""What the tests of every room share."""

import os
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Laws that read files cost most: a few examples each time, thousands in a campaign (docs/campaigns.md).
settings.register_profile("campaign", max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
# A busy machine may take longer for one example than any deadline that would mean something.
settings.register_profile("ordinary", max_examples=50, deadline=None)
settings.load_profile("ordinary")

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real exports with known truth; without it the test is skipped."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared data are not here")
    return SHARED_DATA


@pytest.fixture(scope="session")
def command_server() -> Iterator[list[str]]:
    """Words that stand for `segcli`: a command forked from a process that has imported everything."""
    program = Path(__file__).with_name("command_server.py")
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are too long for the name of a socket
        address = Path(folder) / "socket"
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(Path.home()), "PYTHONPATH": str(ROOT)}
        forks = "ignore:This process:DeprecationWarning"  # threads of libraries that wait for work; each knows of forks
        command = [sys.executable, "-W", forks, program, address]
        closed = subprocess.DEVNULL
        with subprocess.Popen(command, env=environment, stdin=closed, stdout=closed) as server:
            while not address.exists():
                assert server.poll() is None
                time.sleep(0.02)
            yield [sys.executable, "-IS", str(program), str(address), "segcli"]
            server.kill()


@pytest.fixture(scope="session")
def file_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Write text to a file of its own and give its path."""
    folder = tmp_path_factory.mktemp("files")

    def write(text: str, name: str = "export.csv", encoding: str = "utf-8") -> str:
        path = folder / name
        path.write_text(text, encoding=encoding, newline="")
        return str(path)

    return write


@pytest.fixture(scope="session")
def customers_of(file_of: Callable[..., str]) -> Callable[..., Any]:
    """Read orders or a customer table, given as text, under the given `ingest:` settings."""
    from segcli.config.ingest import IngestSettings, Source
    from segcli.customers import load_customers

    def customers(text: str, *, as_of: Any = None, source: Any = None, **policies: Any) -> Any:
        path = file_of(text)
        return load_customers(IngestSettings(transactions=Source(path=path, **(source or {})), **policies), as_of)

    return customers


NUMBERS = pytest.StashKey[dict[int, list[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-posix", action="store_true", help="run tests as on Windows, also in their processes")
    parser.addoption("--bad-inputs", metavar="FILE", help="write the tests and results of each bad input to this table")


COVERAGE_VARIABLE = "COVERAGE_PROCESS_CONFIG"  # by which coverage measures processes that a measured one starts


def _pass_on(name: str) -> None:
    """Pass a variable on to the processes that tests start with an environment of their own."""
    start = subprocess.Popen.__init__

    def start_process(process: Any, *arguments: Any, env: Any = None, **options: Any) -> None:
        start(process, *arguments, env=None if env is None else {**env, name: os.environ[name]}, **options)

    subprocess.Popen.__init__ = start_process  # type: ignore[method-assign]


def pytest_configure(config: pytest.Config) -> None:
    table = config.getoption("--bad-inputs")
    if config.getoption("--without-posix") and _has_posix():  # a worker has started without
        runpy.run_path(str(Path(__file__).parent / "io" / "without_posix.py"))["block_posix_in_processes"]()
    if COVERAGE_VARIABLE in os.environ:
        _pass_on(COVERAGE_VARIABLE)
    if table and not hasattr(config, "workerinput"):
        config.pluginmanager.register(BadInputs(Path(table)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests first; note which test is about which bad input, which travels with its report, from workers too."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    for item in items:
        if item.get_closest_marker("posix") and not _has_posix():
            item.add_marker(pytest.mark.skip(reason="needs a POSIX system"))
    found: dict[int, list[str]] = {}
    for item in items:
        for number in (number for mark in item.iter_markers("bad_input") for number in mark.args):
            name = item.nodeid.partition("[")[0].removeprefix("tests/")
            item.user_properties.append(("bad_input", (number, name)))
            if name not in found.setdefault(number, []):
                found[number].append(name)
    config.stash[NUMBERS] = found


def _has_posix() -> bool:
    return sys.modules.get("fcntl", ...) is not None and find_spec("fcntl") is not None


@pytest.fixture
def bad_input_tests(request: pytest.FixtureRequest) -> dict[int, list[str]]:
    """The collected tests of each bad input."""
    return request.config.stash[NUMBERS]


class BadInputs:
    """The table of bad inputs with, for each, the tests about it and whether all of them passed."""

    def __init__(self, table: Path) -> None:
        self._table = table
        self._tests: dict[int, dict[str, bool]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == "bad_input" and (report.when == "call" or not report.passed):
                number, test = value
                before = self._tests.setdefault(number, {}).get(test, True)
                self._tests[number][test] = before and report.outcome == "passed"

    def pytest_sessionfinish(self) -> None:
        lines = [self._line(line) for line in self._table.read_text(encoding="utf-8").splitlines()]
        self._table.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _line(self, line: str) -> str:
        cells = line.split(" | ")
        number = cells[0].removeprefix("| ")
        if not number.isdecimal():
            return line
        tests = self._tests.get(int(number), {})
        result = "no test" if not tests else "pass" if all(tests.values()) else "FAIL"
        return f"{' | '.join(cells[:3])} | {', '.join(f'`{test}`' for test in sorted(tests))} | {result} |"

"""Every operation on a file that a run makes is made to fail once: old output or new, never half, and code 5 or 3.

The interpreter reports each open, rename, removal and so on of the folder before it is done (`sys.addaudithook`), and
so the n-th can be refused whoever makes it; writing and syncing bytes are refused one level below.
"""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.cli import _run_arguments
from segcli.io import manifest
from tests.faults.test_kills import is_described

EVENTS = {
    "open",
    "os.mkdir",
    "os.rename",
    "os.chmod",
    "os.remove",
    "os.listdir",
    "os.scandir",
    "fcntl.flock",
    "tempfile.mkstemp",
}
ORDERS = "customer_id,order_id,order_date,amount\na,1,2026-01-13,5.00\nb,2,2026-01-02,6.00\n,3,2026-01-20,7.50\n"
CONFIG = "ingest: {transactions: {path: orders.csv}, rejects: rejected.csv}\nrfm: {bins: 5}\n"
CONFIG += "persona: {traits: 3}\nreport: {title: T}\n"
OUTPUTS = ("customers.csv", "segments.csv", "rfm-model.json", "personas.json", "report.md", "report.html")


class Refusals:
    """Refuses the n-th operation below a folder; one hook serves all, since hooks cannot be taken away."""

    def __init__(self) -> None:
        self.folder, self.failing, self.calls = "", 0, 0
        sys.addaudithook(self._heard)

    def arm(self, folder: Path | None, failing: int = 0) -> None:
        """Count from 1 below this folder; None ends it."""
        self.folder, self.failing, self.calls = str(folder or ""), failing, 0

    @property
    def fired(self) -> bool:
        """Whether the run got as far as the refused operation."""
        return self.calls >= self.failing

    def count(self) -> None:
        """One operation more, which may be the one."""
        self.calls += 1
        if self.calls == self.failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder and event in EVENTS and (event == "fcntl.flock" or str(arguments[0]).startswith(self.folder)):
            self.count()


@pytest.fixture(scope="module")
def refusals() -> Refusals:
    return Refusals()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config that has run once, by absolute paths, so that the hook knows them."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "orders.csv").write_text(ORDERS)
    (folder / "shop.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    assert _run_arguments(["run", f"{folder}/shop.yaml", "-q", "-o", f"{folder}/out"]) == 0
    return folder


def _counted(refusals: Refusals, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        if refusals.folder:
            refusals.count()
        return real(*arguments, **named)

    return call


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.long
def test_whichever_operation_fails_each_file_is_old_or_new_and_nothing_is_left(
    shop: Path, refusals: Refusals, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    old = _contents(shop)
    command = ["run", f"{shop}/shop.yaml", "-q", "-o", f"{shop}/out", "--set", "rfm.bins=4"]
    assert _run_arguments(command) == 0
    new = _contents(shop)
    assert {name for name in old if old[name] != new[name]} >= {f"out/{name}" for name in ("customers.csv", "run.json")}
    monkeypatch.setattr(os, "fsync", _counted(refusals, os.fsync))
    monkeypatch.setattr(os, "fdopen", _counted(refusals, os.fdopen))
    codes = []
    for failing in range(1, 500):
        for name, body in old.items():
            (shop / name).write_bytes(body)
        capfd.readouterr()
        refusals.arm(shop, failing)
        try:
            code = _run_arguments(command)
        finally:
            fired = refusals.fired
            refusals.arm(None)
        if not fired:
            break
        said = capfd.readouterr().err
        codes.append(code)
        assert code in {0, 2, 3, 5}, said
        assert "Traceback" not in said
        assert "bug:" not in said, said
        after = _contents(shop)
        assert all(after[name] in {old[name], _unstamped(new, after, name)} for name in after if name in old)
        assert set(old) - set(after) <= {"out/run.json"}
        assert is_described(shop / "out") or manifest.is_incomplete(shop / "out"), failing
        assert set(after) <= set(old) or "cannot be removed" in said
    assert codes.count(5) >= len(OUTPUTS)
    assert code == 0


def _unstamped(new: dict[str, bytes], after: dict[str, bytes], name: str) -> bytes:
    """The new content; of run.json only that it is whole, since it says how long the run took."""
    if name.endswith("run.json"):
        return after[name] if after[name].endswith(b"}\n") else b""
    return new[name]

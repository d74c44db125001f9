"""The core commands work where POSIX modules are missing: as on Windows, and on a system without any file locks."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from segcli.errors import EnvironmentProblem, LockProblem
from segcli.io import chunk_reader, file_lock, lock, memory
from segcli.io.write import sync_folder

pytestmark = pytest.mark.posix  # they compare both

PRELUDE = Path(__file__).with_name("without_posix.py")
ORDERS = "customer_id,order_id,order_date,amount\n" + "".join(
    f"c{n % 7},{n},2026-0{1 + n % 6}-1{n % 9},{n + 1}.50\n" for n in range(60)
)
CONFIG = "version: 1\noutput: out\ningest: {transactions: {path: orders.csv}}\nrfm: {bins: 3}\nreport: {}\n"


def load_msvcrt() -> ModuleType:
    module: ModuleType = runpy.run_path(str(PRELUDE))["build_msvcrt"]()
    return module


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "shop.yaml").write_text(CONFIG)
    return tmp_path


def run(shop: Path, system: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *([str(PRELUDE), system] if system else []), "-m", "segcli", *arguments],
        cwd=shop,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("system", ["windows", "no-locks"])
@pytest.mark.parametrize("command", ["rfm orders.csv -f csv", "report orders.csv -f md", "cluster orders.csv -f csv"])
def test_a_command_gives_the_same_result_without_posix_modules(shop: Path, system: str, command: str) -> None:
    here, elsewhere = run(shop, "", *command.split()), run(shop, system, *command.split())
    assert elsewhere.returncode == here.returncode == 0, elsewhere.stderr
    assert elsewhere.stdout == here.stdout


@pytest.mark.parametrize("system", ["windows", "no-locks"])
def test_a_run_writes_its_folder_without_posix_modules(shop: Path, system: str) -> None:
    done = run(shop, system, "run", "shop.yaml")
    assert done.returncode == 0, done.stderr
    assert json.loads((shop / "out/run.json").read_text())["as_of"]
    assert ("no file locks" in done.stderr) == (system == "no-locks")


def test_a_second_run_is_refused_by_windows_locks(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lock, "_fcntl", None)
    monkeypatch.setattr(file_lock, "_msvcrt", load_msvcrt())
    (shop / "out").mkdir()
    with lock.lock_directory(shop / "out"):
        assert run(shop, "windows", "run", "shop.yaml").returncode == 6
    assert run(shop, "windows", "run", "shop.yaml").returncode == 0


def test_folders_are_locked_by_a_file_where_folders_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_lock, "_fcntl", None)
    monkeypatch.setattr(file_lock, "_msvcrt", load_msvcrt())
    monkeypatch.setattr(file_lock, "CAN_LOCK_FOLDERS", False)
    with lock.lock_directory(tmp_path):
        pass  # leaves the lock file of a run
    with lock.lock_directory_tree(tmp_path) as folders:
        assert folders == [tmp_path]
        with pytest.raises(LockProblem), lock.lock_directory_tree(tmp_path):
            pass
    with lock.wait_for_directory(tmp_path):
        assert (tmp_path / lock.FOLDER_LOCK_FILE).exists()


def test_a_lock_file_that_is_a_link_is_refused_without_the_flag_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "foreign").write_text("keep")
    (tmp_path / lock.LOCK_FILE).symlink_to(tmp_path / "foreign")
    monkeypatch.delattr("os.O_NOFOLLOW")
    with pytest.raises(EnvironmentProblem), lock.lock_directory(tmp_path):
        pass


def test_chunks_are_the_same_without_reads_at_a_position(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS * 40)
    monkeypatch.setattr(chunk_reader, "CHUNK_BYTES", 1000)

    def read_chunks() -> list[bytes]:
        with chunk_reader.open_chunks(str(path), 1, has_quotes=True) as chunks:
            return [chunk.read_body() for chunk in list(chunks)[::-1]]

    here = read_chunks()
    monkeypatch.setattr(chunk_reader, "HAS_PREAD", False)
    assert read_chunks() == here
    assert b"".join(here[::-1]) == (ORDERS * 40).encode().partition(b"\n")[2]


def test_memory_that_is_not_known_limits_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_resource", None)
    monkeypatch.setattr(memory, "PROC_FOLDER", tmp_path)
    monkeypatch.setattr(memory, "CGROUP_FOLDER", tmp_path)
    memory.require_address_space()
    assert memory.available_memory() is None
    memory.require_memory("orders.csv", 1 << 50, 10)


def test_a_folder_that_cannot_be_opened_is_not_synced(tmp_path: Path) -> None:
    sync_folder(tmp_path / "missing")

"""Whoever reads an output finds the old content or the new, whatever fails in between; nothing is left behind."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from segcli.errors import EnvironmentProblem, LockProblem, UsageProblem
from segcli.io import lock, write
from segcli.io.file_lock import HAS_LOCKS

OLD, NEW = b"old and whole\n", b"new and whole\n" * 1000
CALLS: list[tuple[Any, str]] = [
    (tempfile, "mkstemp"),
    (os, "fdopen"),
    (os, "fsync"),
    (Path, "chmod"),
    (Path, "replace"),
]


class Faults:
    """Makes the n-th of the calls that touch the disk fail, as a full or broken disk would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
        self.calls, self._failing = 0, failing
        for owner, name in CALLS:
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls += 1
            if self.calls == self._failing:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*arguments, **named)

        return call

    @property
    def fired(self) -> bool:
        """Whether the write got as far as the failing call."""
        return self.calls >= self._failing


@pytest.mark.bad_input(95, 96)
@pytest.mark.parametrize("existing", [OLD, None], ids=["over an old file", "where there was none"])
def test_whichever_call_fails_the_old_content_or_the_new_is_there_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, existing: bytes | None
) -> None:
    target = tmp_path / "out.csv"
    failed = 0
    for failing in range(1, 50):
        target.unlink(missing_ok=True)
        if existing is not None:
            target.write_bytes(existing)
        with monkeypatch.context() as patches:
            faults = Faults(patches, failing)
            refusal = _refusal(str(target), NEW)
        if not faults.fired:
            assert refusal is None
            assert target.read_bytes() == NEW
            break
        failed += 1
        if refusal is None:  # the new file stands; only its folder could not be synced
            assert target.read_bytes() == NEW
        else:
            assert "out.csv: cannot be written (No space left on device)" in str(refusal)
        assert (target.read_bytes() if target.exists() else None) in {existing, NEW}
        assert [p.name for p in tmp_path.iterdir() if p != target] == []
    assert failed >= len(CALLS)


def _refusal(path: str, body: bytes) -> EnvironmentProblem | None:
    try:
        write.write_file(path, body)
    except EnvironmentProblem as problem:
        return problem
    return None


def test_earlier_output_is_called_intact_only_when_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.csv"
    for failing in range(1, 50):
        target.write_bytes(OLD)
        with monkeypatch.context() as patches:
            Faults(patches, failing)
            refusal = _refusal(str(target), NEW)
        if refusal is None:
            break
        assert ("intact" in str(refusal)) == (target.read_bytes() == OLD)


@pytest.mark.bad_input(97)
def test_an_interruption_while_writing_leaves_the_old_file_and_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    target = tmp_path / "out.csv"
    target.write_bytes(OLD)
    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write.write_file(str(target), NEW)
    assert target.read_bytes() == OLD
    assert list(tmp_path.iterdir()) == [target]


def test_pieces_are_written_in_a_row_and_when_one_cannot_be_made_the_old_file_stands(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield NEW
        raise ZeroDivisionError

    target = tmp_path / "out.csv"
    write.write_file(str(target), iter([OLD, NEW]))
    assert target.read_bytes() == OLD + NEW
    with pytest.raises(ZeroDivisionError):
        write.write_file(str(target), pieces())
    assert target.read_bytes() == OLD + NEW
    assert list(tmp_path.iterdir()) == [target]
    write.write_file("/dev/null", iter([OLD, NEW]))


@pytest.mark.bad_input(91)
def test_a_symbolic_link_stays_and_the_file_it_names_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "out.csv", tmp_path / "link.csv"
    target.write_bytes(OLD)
    link.symlink_to(target)
    write.write_file(str(link), NEW)
    assert link.is_symlink()
    assert target.read_bytes() == NEW


def test_a_dangling_symbolic_link_makes_the_file_it_names(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("target.csv")
    write.write_file(str(tmp_path / "link.csv"), NEW)
    assert (tmp_path / "target.csv").read_bytes() == NEW


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_replaced_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(OLD)
    target.chmod(mode)
    write.write_file(str(target), NEW)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.fixture
def umask() -> Iterator[Callable[[int], None]]:
    """Set the umask for one test."""
    before = os.umask(0o022)

    def put(mask: int) -> None:
        os.umask(mask)

    yield put
    os.umask(before)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_the_umask_gives(
    tmp_path: Path, umask: Callable[[int], None], mask: int, mode: int
) -> None:
    umask(mask)
    write.write_file(str(tmp_path / "out.csv"), NEW)
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == mode
    assert os.umask(mask) == mask


@pytest.mark.bad_input(91)
def test_a_device_is_written_to_and_stays_a_device() -> None:
    write.write_file("/dev/null", NEW)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(EnvironmentProblem, match=r"^/dev/full: cannot be written \(No space left on device\)"):
        write.write_file("/dev/full", NEW)
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


@pytest.mark.bad_input(91)
def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="is a folder, not a file"):
        write.check_writable(str(tmp_path))


@pytest.mark.bad_input(94)
@pytest.mark.parametrize("below", ["missing/out.csv", "file/out.csv"])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(OLD)
    with pytest.raises(EnvironmentProblem, match=r"out\.csv: cannot be written"):
        write.write_file(str(tmp_path / below), NEW)


def test_an_output_folder_is_made_with_its_parents_and_swept_of_what_was_interrupted(tmp_path: Path) -> None:
    made = write.make_folder(str(tmp_path / "a" / "b"))
    leftovers = [made / ".out.csv.x1.segcli-part", made / ".run.json.y2.segcli-part"]
    mine = [made / "notes.segcli-part", made / ".hidden", made / "out.csv"]
    for path in [*leftovers, *mine]:
        path.write_bytes(OLD)
    assert write.make_folder(str(made)) == made
    write.remove_temporary_files(made)
    assert sorted(made.iterdir()) == sorted(mine)


@pytest.mark.bad_input(92)
def test_the_same_file_is_recognised_under_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_bytes(OLD)
    Path("link.csv").symlink_to("in.csv")
    os.link("in.csv", "hard.csv")
    for name in ("in.csv", "./in.csv", "link.csv", "hard.csv", str(tmp_path / "in.csv")):
        with pytest.raises(UsageProblem, match="is also the input"):
            write.check_writable(name, ["other.csv", "in.csv"])
    write.check_writable("other.csv", ["in.csv"])


@pytest.mark.skipif(not HAS_LOCKS, reason="no file locks on this system")
def test_a_lock_shuts_others_out_until_it_is_let_go(tmp_path: Path) -> None:
    with (
        lock.lock_directory(tmp_path),
        pytest.raises(LockProblem, match="locked by another run"),
        lock.lock_directory(tmp_path),
    ):
        pytest.fail("two runs hold the folder")
    with lock.lock_directory(tmp_path):
        pass


@pytest.mark.parametrize(
    "make", [os.symlink, os.link, pytest.param(lambda _, path: os.mkfifo(path), marks=pytest.mark.posix)]
)
def test_a_lock_leaves_what_stands_in_its_place_as_it_is(make: Callable[[Path, Path], None], tmp_path: Path) -> None:
    victim = tmp_path / "notes.txt"
    victim.write_text("precious\n")
    (tmp_path / "out").mkdir()
    make(victim, tmp_path / "out" / lock.LOCK_FILE)
    with contextlib.suppress(EnvironmentProblem), lock.lock_directory(tmp_path / "out"):
        pass
    assert victim.read_text() == "precious\n"


def test_a_lock_that_is_a_link_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / lock.LOCK_FILE).symlink_to(tmp_path / "nowhere")
    with pytest.raises(EnvironmentProblem, match=lock.LOCK_FILE), lock.lock_directory(tmp_path):
        pytest.fail("the link was followed")
    assert not (tmp_path / "nowhere").exists()


def test_results_replace_a_link_and_not_the_file_that_it_names(tmp_path: Path) -> None:
    victim = tmp_path / "notes.txt"
    victim.write_text("precious\n")
    (tmp_path / "plan.csv").symlink_to(victim)
    with pytest.raises(EnvironmentProblem, match=r"plan\.csv: is a symbolic link"):
        write.refuse_links(tmp_path, ["run.json", "plan.csv"])
    write.write_file(str(tmp_path / "plan.csv"), b"a\n", follows_links=False)
    assert victim.read_text() == "precious\n"
    assert (tmp_path / "plan.csv").read_text() == "a\n"
    assert not (tmp_path / "plan.csv").is_symlink()


def test_a_lock_is_let_go_when_the_run_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock.lock_directory(tmp_path):
        raise ZeroDivisionError
    with lock.lock_directory(tmp_path):
        pass


@pytest.mark.parametrize(
    "use", [write.check_writable, write.make_folder, lambda path: write.check_distinct_outputs([path])]
)
def test_a_name_that_no_file_can_have_is_refused(use: Callable[[str], object]) -> None:
    with pytest.raises(UsageProblem, match=r"'out\\x00\.csv': not a valid file name"):
        use("out\0.csv")


@pytest.mark.parametrize("failing", range(12))
@pytest.mark.parametrize("how", [KeyboardInterrupt, OSError])
def test_files_are_described_only_where_all_of_them_are_there(
    failing: int, how: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = [{name: f"{name} {turn}".encode() for name in ("a.csv", "b.md", "about.json")} for turn in range(2)]
    write.write_files_together(tmp_path, versions[0].items(), "about.json")
    calls = 0

    def fail_at(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == failing + 1:
                raise how
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        for owner, name in ((os, "fsync"), (os, "replace"), (Path, "replace"), (Path, "unlink")):
            patched.setattr(owner, name, fail_at(getattr(owner, name)))
        with contextlib.suppress(how, EnvironmentProblem):
            write.write_files_together(tmp_path, versions[1].items(), "about.json")
    found = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name[0] != "."}
    assert found in versions or set(found) == {"a.csv", "b.md"}
    write.remove_temporary_files(tmp_path)
    write.write_files_together(tmp_path, versions[1].items(), "about.json")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == versions[1]


def test_a_device_among_files_that_are_written_together_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("/dev/null")
    write.write_files_together(tmp_path, [("a.csv", NEW), ("about.json", NEW)], "about.json")
    assert Path("/dev/null").is_char_device()
    assert (tmp_path / "about.json").read_bytes() == NEW

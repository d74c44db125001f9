"""Bytes out: a reader of the file finds the old content or the new, never half of it."""

import contextlib
import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from segcli.errors import EnvironmentProblem, UsageProblem

DESCRIPTOR_PATH = re.compile(r"(?:/dev/fd|/proc/self/fd)/([0-9]{1,6})")
STANDARD_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
TEMPORARY_SUFFIX = ".segcli-part"  # what an interrupted write leaves behind ends so; the next run sweeps it


def write_file(path: str, content: bytes | Iterable[bytes], *, follows_links: bool = True) -> None:
    """Write a file, whole or piece by piece, atomically: a temporary file beside it, synced, then renamed over it.

    Devices (such as /dev/full) and open descriptors (/dev/stdout, /dev/fd/63) are written directly, since renaming over
    one would replace it.

    Args:
        path: of the file.
        content: its bytes.
        follows_links: whether to replace the file that a symbolic link names, or else the link itself. Files of a
            folder of results are not followed: whoever may write to the folder can put links in it.

    Raises:
        EnvironmentProblem: the disk is full, the folder missing or not writable; the old file is intact.
    """
    target, descriptor = _resolve_path(path) if follows_links else Path(path), descriptor_number(path)
    content_blocks = (content,) if isinstance(content, bytes) else content
    with report_write_errors(path):
        if descriptor is not None:
            with os.fdopen(os.dup(descriptor), "wb") as file:
                file.writelines(content_blocks)
        elif _is_special_file(target):
            with target.open("wb") as file:
                file.writelines(content_blocks)
        else:
            _replace_file(target, content_blocks)


def write_files_together(folder: Path, bodies: Iterable[tuple[str, bytes]], last: str) -> None:
    """Write files of a folder so that `last`, which describes the others, is there only if all of them are.

    Every file is written beside its place first. Then `last` is removed, the files are renamed, and `last` comes back.
    Symbolic links in the folder are replaced and not followed.

    Args:
        folder: that exists.
        bodies: names and contents; `last` is one of them.
        last: name of the file that describes the others.

    Raises:
        EnvironmentProblem: the disk is full, or the folder not writable; either all files are intact or `last` is gone.
    """
    temporary_files = dict[Path, Path]()
    try:
        for name, body in bodies:
            with report_write_errors(str(folder / name)):
                target = folder / name
                if _is_special_file(target):
                    write_file(str(target), body, follows_links=False)
                else:
                    temporary_files[target] = _write_temporary(target, (body,))
        with report_write_errors(str(folder), intact="the results in this folder are incomplete"):
            _rename_together(temporary_files, folder / last)
    finally:
        for temporary in temporary_files.values():
            temporary.unlink(missing_ok=True)


def _rename_together(temporary_files: Mapping[Path, Path], last: Path) -> None:
    if last in temporary_files:
        last.unlink(missing_ok=True)
    sync_folder(last.parent)
    for target, temporary in temporary_files.items():
        if target != last:
            temporary.replace(target)
    sync_folder(last.parent)
    if last in temporary_files:
        temporary_files[last].replace(last)
    sync_folder(last.parent)


def _is_special_file(target: Path) -> bool:
    """Tell whether a path leads to a device or a pipe, which is written directly: renaming would replace it."""
    return target.exists() and not target.is_symlink() and not stat.S_ISREG(target.stat().st_mode)


def _replace_file(target: Path, content_blocks: Iterable[bytes]) -> None:
    temporary = _write_temporary(target, content_blocks)
    try:
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def _write_temporary(target: Path, content_blocks: Iterable[bytes]) -> Path:
    """Write a temporary file beside the target, with the mode that the target has or will have."""
    file_descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=TEMPORARY_SUFFIX)
    temporary = Path(name)
    try:
        with os.fdopen(file_descriptor, "wb") as file:
            file.writelines(content_blocks)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_file_mode(target))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _file_mode(target: Path) -> int:
    """The mode of the file that is replaced, or what the user's umask gives a new one."""
    if target.exists() and not target.is_symlink():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def descriptor_number(path: str) -> int | None:
    """Return the number of the open descriptor that a path names, such as 1 for /dev/stdout; None for other paths."""
    match = DESCRIPTOR_PATH.fullmatch(path)
    return int(match[1]) if match else STANDARD_STREAMS.get(path)


def sync_folder(folder: Path) -> None:
    """Make the renaming last through a power cut; where the system cannot, the new file stands all the same."""
    handle = os.open(folder, os.O_RDONLY)
    with contextlib.suppress(OSError):
        os.fsync(handle)
    os.close(handle)


def check_writable(path: str, inputs: Sequence[str] = ()) -> None:
    """Refuse, before the long work, a file that could not be written afterwards.

    Raises:
        UsageProblem: it is a folder, or one of the inputs.
        EnvironmentProblem: its folder is missing or may not be written to.
    """
    if descriptor_number(path) is not None:
        return
    target = _resolve_path(path)
    if target.is_dir():
        raise UsageProblem(f"{path}: is a folder; name the file to write")
    if target.exists() and any(Path(input_path).exists() and target.samefile(input_path) for input_path in inputs):
        raise UsageProblem(f"{path}: is the input; name another file for the output")
    with report_write_errors(path):
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not os.access(target if target.exists() else target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def refuse_links(folder_path: Path, names: Sequence[str]) -> None:
    """Refuse to write results where the folder has symbolic links: a link may name a file of somebody else.

    Raises:
        EnvironmentProblem: with the link and the file that it names.
    """
    for path in (folder_path / name for name in names):
        if path.is_symlink():
            raise EnvironmentProblem(
                f"{path}: is a symbolic link to {path.readlink()}, and results are not written through links. "
                "Remove the link, or name another folder with -o"
            )


def check_distinct_outputs(paths: Sequence[str]) -> None:
    """Refuse two outputs that are one file: the later would silently replace the earlier.

    Raises:
        UsageProblem: with the path that is named twice.
    """
    seen_paths: set[str] = set()
    for path in paths:
        real_path = str(_resolve_path(path))
        is_stream = descriptor_number(path) is not None or (Path(real_path).exists() and not Path(real_path).is_file())
        if real_path in seen_paths and not is_stream:
            raise UsageProblem(f"{path}: is named for two outputs; give each a file of its own")
        seen_paths.add(real_path)


def _resolve_path(path: str) -> Path:
    """The file that a path means, through links.

    Raises:
        UsageProblem: no file can have this name.
    """
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        raise UsageProblem(f"{path!r}: is no name a file can have; name another") from None


def make_folder(path: str) -> Path:
    """Make an output folder."""
    folder_path = Path(path)
    _resolve_path(path)
    with report_write_errors(path):
        folder_path.mkdir(parents=True, exist_ok=True)
    return folder_path


def remove_temporary_files(folder_path: Path) -> None:
    """Remove what an interrupted run left in a folder; whoever calls this holds the folder's lock."""
    with report_write_errors(str(folder_path)):
        for leftover in folder_path.glob(f".*{TEMPORARY_SUFFIX}"):
            leftover.unlink(missing_ok=True)


def remove_temporary_folders(folder_path: Path) -> None:
    """Remove half-written folders of an interrupted run; whoever calls this holds the folder's lock."""
    with report_write_errors(str(folder_path)):
        for leftover in folder_path.glob(f"*{TEMPORARY_SUFFIX}"):
            shutil.rmtree(leftover)


@contextlib.contextmanager
def report_write_errors(path: str, *, intact: str = "earlier output is intact") -> Iterator[None]:
    """Turn the system's refusal to write into one line that names the path and says what is `intact`."""
    try:
        yield
    except OSError as error:
        raise EnvironmentProblem(
            f"{path}: cannot be written ({error.strerror}); {intact}. Make room, or name another place"
        ) from error

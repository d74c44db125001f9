"""Write files atomically, and package segcli for other machines."""

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
from segcli.location import locate_file

# Atomic writes: a reader of the file sees either the old or the new content.
DESCRIPTOR_PATH = re.compile(r"(?:/dev/fd|/proc/self/fd)/([0-9]{1,6})")
STANDARD_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
TEMPORARY_SUFFIX = ".segcli-part"  # suffix of the temporary files of an interrupted write; the next run removes them


def write_file(path: str, content: bytes | Iterable[bytes], *, follows_links: bool = True) -> None:
    """Write a file atomically: to a temporary file in the same folder, which is synced and then renamed.

    Devices (such as /dev/full) and open descriptors (/dev/stdout, /dev/fd/63) are written directly, because a rename
    would replace them.

    Args:
        path: path of the file.
        content: bytes, or blocks of bytes.
        follows_links: whether to replace the target of a symbolic link, or else the link itself. Links in a folder of
            results are not followed, because anyone who can write to the folder can add links.

    Raises:
        EnvironmentProblem: if the disk is full, or the folder is missing or not writable; the old file is intact.
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
    """Write files of a folder so that `last`, which describes the others, exists only if all of them do.

    All files are first written as temporary files. Then `last` is removed, the files are renamed, and `last` is renamed
    at the end. Symbolic links in the folder are replaced, not followed.

    Args:
        folder: an existing folder.
        bodies: pairs of name and content, including `last`.
        last: name of the file that describes the others.

    Raises:
        EnvironmentProblem: if the disk is full, or the folder is not writable; either all files are intact or `last`
            does not exist.
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
    """Return whether a path is a device or a pipe, which is written directly because a rename would replace it."""
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
    """Write a temporary file next to the target, with the mode of the target."""
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
    """Return the mode of the existing file, or the default mode of a new file under the user's umask."""
    if target.exists() and not target.is_symlink():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def descriptor_number(path: str) -> int | None:
    """Return the number of the open descriptor of a path, such as 1 for /dev/stdout; None for other paths."""
    match = DESCRIPTOR_PATH.fullmatch(path)
    return int(match[1]) if match else STANDARD_STREAMS.get(path)


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that a rename survives a power failure; ignore systems that cannot sync folders."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def check_writable(path: str, inputs: Sequence[str] = ()) -> None:
    """Check before the computation that a file can be written afterwards.

    Raises:
        UsageProblem: if it is a folder, or one of the inputs.
        EnvironmentProblem: if its folder is missing or not writable.
    """
    if descriptor_number(path) is not None:
        return
    target = _resolve_path(path)
    if target.is_dir():
        raise UsageProblem(f"{path}: is a folder, not a file; hint: choose a file name")
    if target.exists() and any(locate_file(path).exists() and target.samefile(locate_file(path)) for path in inputs):
        raise UsageProblem(f"{path}: is also the input; hint: choose another output file")
    with report_write_errors(path):
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not os.access(target if target.exists() else target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def refuse_links(folder_path: Path, names: Sequence[str]) -> None:
    """Refuse to write results over symbolic links in a folder: a link may point to somebody else's file.

    Raises:
        EnvironmentProblem: with the link and its target.
    """
    for path in (folder_path / name for name in names):
        if path.is_symlink():
            raise EnvironmentProblem(
                f"{path}: is a symbolic link to {path.readlink()}, and segcli does not write results through links; "
                "hint: remove the link, or choose another folder with -o"
            )


def check_distinct_outputs(paths: Sequence[str]) -> None:
    """Reject two outputs with the same path: the second would silently replace the first.

    Raises:
        UsageProblem: with the repeated path.
    """
    seen_paths: set[str] = set()
    for path in paths:
        real_path = os.path.normcase(_resolve_path(path))
        is_stream = descriptor_number(path) is not None or (Path(real_path).exists() and not Path(real_path).is_file())
        if real_path in seen_paths and not is_stream:
            raise UsageProblem(f"{path}: used for two outputs; hint: choose a different file for each")
        seen_paths.add(real_path)


def _resolve_path(path: str) -> Path:
    """Resolve a path, through symbolic links.

    Raises:
        UsageProblem: if it is not a valid file name.
    """
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        raise UsageProblem(f"{path!r}: not a valid file name; hint: choose another name") from None


def make_folder(path: str) -> Path:
    """Create an output folder and its parents."""
    folder_path = Path(path)
    _resolve_path(path)
    with report_write_errors(path):
        folder_path.mkdir(parents=True, exist_ok=True)
    return folder_path


def remove_temporary_files(folder_path: Path) -> None:
    """Remove temporary files of an interrupted run from a folder; the caller must hold the folder's lock."""
    with report_write_errors(str(folder_path)):
        for leftover in folder_path.glob(f".*{TEMPORARY_SUFFIX}"):
            leftover.unlink(missing_ok=True)


def remove_temporary_folders(folder_path: Path) -> None:
    """Remove incomplete folders of an interrupted run; the caller must hold the folder's lock."""
    with report_write_errors(str(folder_path)):
        for leftover in folder_path.glob(f"*{TEMPORARY_SUFFIX}"):
            shutil.rmtree(leftover)


WRITE_REMEDIES = {
    errno.ENOENT: "create its folder, or choose another path",
    errno.EACCES: "allow segcli to write to its folder, or choose another path",
    errno.ENOSPC: "free disk space, or choose another path",
}


@contextlib.contextmanager
def report_write_errors(path: str, *, intact: str = "earlier output is intact") -> Iterator[None]:
    """Convert an OSError to an EnvironmentProblem with the path; `intact` describes the state of earlier output."""
    try:
        yield
    except OSError as error:
        remedy = WRITE_REMEDIES.get(error.errno or 0, "choose another path")
        raise EnvironmentProblem(f"{path}: cannot be written ({error.strerror}); {intact}; hint: {remedy}") from error


PACKAGE_FOLDER = Path(__file__).parents[1]


def zip_package(folder: str) -> str:
    """Write the segcli package to a zip archive in a folder, and return the archive's path.

    Raises:
        EnvironmentProblem: if the folder is not writable.
    """
    with report_write_errors(folder):
        return shutil.make_archive(
            str(Path(folder) / "sent" / PACKAGE_FOLDER.name), "zip", PACKAGE_FOLDER.parent, PACKAGE_FOLDER.name
        )

"""History of runs: the segment sizes and the manifest of each, in a folder named after the as-of day."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.cli.terminal import Console
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from segcli.config.history import HistorySettings

HISTORY_FILES = ("segments.csv",)  # of the results of a run; they hold no customers
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def check_history(settings: "HistorySettings", output_folder: str, as_of: date | None) -> None:
    """Reject a history that cannot be kept.

    Raises:
        UsageProblem: the folder is that of the results, or there is no as-of day.
    """
    if settings.folder is None:
        return
    if Path(settings.folder).resolve() == Path(output_folder).resolve():
        raise UsageProblem(
            f"history.folder is the output folder, {output_folder}; hint: --set history.folder={output_folder}/history"
        )
    if as_of is None:
        raise UsageProblem("history.folder keeps runs by as-of day, and there is none; hint: set it with --as-of")


def describe_history(settings: "HistorySettings", as_of: date | None) -> str:
    """Return the folder of the history of a day; blank if nothing is kept."""
    return "" if settings.folder is None else str(Path(settings.folder) / f"{as_of}")


def save_history(
    settings: "HistorySettings",
    as_of: date | None,
    texts: Mapping[str, str],
    run_facts: Mapping[str, object],
    input_paths: Sequence[str],
    console: Console,
) -> None:
    """Keep the segment sizes and the manifest of a run, in place of those of the same day, and remove old ones.

    Args:
        settings: the folder, and the number of days to keep.
        as_of: as-of day of the run, which names its folder.
        texts: files of the run, by name.
        run_facts: entries of run.json other than the outputs.
        input_paths: files that must not be replaced.
        console: receives messages.
    """
    from segcli.io import lock, manifest, write

    day_folder = describe_history(settings, as_of)
    if not day_folder:
        return
    folder_path = write.make_folder(day_folder)
    names = (*HISTORY_FILES, manifest.MANIFEST_FILE)
    with lock.lock_directory(folder_path):
        write.remove_temporary_files(folder_path)
        write.refuse_links(folder_path, names)
        for name in names:
            write.check_writable(str(folder_path / name), input_paths)
        manifest.save_run(folder_path, {name: texts[name] for name in HISTORY_FILES}, run_facts)
    for name in names:
        console.log("wrote", str(folder_path / name), path=str(folder_path / name))
    removed = [folder.name for folder in _find_old_days(folder_path.parent, settings.keep) if _remove_day(folder)]
    if removed:
        console.log("note", f"history.keep: removed {', '.join(removed)} from {folder_path.parent}")


def _find_old_days(history_folder: Path, keep: int) -> list[Path]:
    """Return the folders of the oldest days beyond the number to keep."""
    days = sorted(path.parent for path in history_folder.glob("*/run.json") if _DAY.fullmatch(path.parent.name))
    return days[:-keep]


def _remove_day(folder: Path) -> bool:
    """Remove the files that segcli keeps of a day, and its folder if it holds nothing else; return whether it did."""
    from segcli.io import lock, manifest, write

    with write.report_write_errors(str(folder)), lock.lock_directory(folder):
        for name in (manifest.MANIFEST_FILE, *HISTORY_FILES):
            (folder / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # files of others are in the folder
        (folder / lock.LOCK_FILE).unlink(missing_ok=True)
        folder.rmdir()
    return not folder.exists()

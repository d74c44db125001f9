"""Command `segcli demo`: a tour with data that ship with segcli."""

import contextlib
import gzip
import shlex
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from typer import Argument

from segcli.cli.terminal import write_stdout
from segcli.errors import UsageProblem

DEMO_FOLDER = "demo"  # folder in the package; compressed files in it are written uncompressed
PACKED_SUFFIX = ".gz"
TOUR_STEPS = (
    ("RFM segments of an order export, without any settings.", "rfm orders.csv -f table"),
    ("The reason for rejected lines.", "explain no_customer_id"),
    ("Problems in settings and data, without writing anything.", "check shop.yaml -q"),
    (
        "All analyses in shop.yaml, written to the folder results with a report to share.",
        "run shop.yaml",
    ),
)
NEXT_STEPS = """
open      {folder}/results/report.html   in a browser
          {folder}/results   customers.csv has the segment of each customer, run.json the provenance
          {folder}/shop.yaml   the settings; change one and run again: cd {folder} && segcli run shop.yaml
then      segcli init YOUR_ORDERS.csv -o segments.yaml, and segcli run segments.yaml
"""

DemoFolderArgument = Annotated[str, Argument(help="Folder to create for your data and results.", metavar="FOLDER")]

EXAMPLES = (
    "segcli demo",
    "segcli demo my-tour",
)


def command(folder: DemoFolderArgument = "segcli-demo") -> None:
    """Take a tour with built-in data.

    The tour writes an order export and a config of a small shop into a folder, then runs commands there and shows their
    output.
    """
    folder_path = _fill_folder(folder)
    with contextlib.chdir(folder_path):
        for explanation, command_line in TOUR_STEPS:
            write_stdout(f"\n# {explanation}\n$ segcli {command_line}\n")
            _run_typed_command(command_line)
    write_stdout(NEXT_STEPS.format(folder=folder))


def _run_typed_command(command_line: str) -> None:
    """Run a command of the tour as if the user had typed it."""
    from segcli.cli.app import app

    app(shlex.split(command_line), standalone_mode=False)


def _fill_folder(demo_folder: str) -> Path:
    """Create the folder with the demo data, without replacing files of others or changed files.

    Raises:
        UsageProblem: the folder has other files in it, or a file of the demo was changed.
    """
    from segcli.io import write

    folder_path, demo_files = write.make_folder(demo_folder), _read_demo_files()
    existing_paths = [path for path in folder_path.iterdir() if path.name in demo_files]
    changed_paths = [
        path for path in existing_paths if not path.is_file() or path.read_bytes() != demo_files[path.name]
    ]
    if changed_paths or (not existing_paths and any(folder_path.iterdir())):
        problem = f"{changed_paths[0]}: has changed" if changed_paths else f"{demo_folder}: is not empty"
        raise UsageProblem(f"{problem}; nothing was replaced. Use another folder: segcli demo FOLDER")
    for name, body in demo_files.items():
        write.write_file(str(folder_path / name), body)
    return folder_path


def _read_demo_files() -> dict[str, bytes]:
    """Return the demo files by name, uncompressed."""
    packed_files = {file.name: file.read_bytes() for file in files("segcli").joinpath(DEMO_FOLDER).iterdir()}
    return {
        name.removesuffix(PACKED_SUFFIX): gzip.decompress(body) if name.endswith(PACKED_SUFFIX) else body
        for name, body in sorted(packed_files.items())
    }

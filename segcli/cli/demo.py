"""segcli demo: the tour, on data that come with the program."""

import contextlib
import gzip
import shlex
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from typer import Argument

from segcli.cli.streams import write
from segcli.errors import UsageProblem

SHIPPED = "demo"  # the folder in the package; what is packed there is written unpacked
PACKED = ".gz"
STEPS = (
    ("An order export as it is, with no settings: who buys often, lately and much.", "rfm orders.csv -f table"),
    ("Why lines were left out.", "explain no_customer_id"),
    ("What is wrong with settings and data, before anything is written.", "check shop.yaml -q"),
    (
        "Everything that shop.yaml declares, into the folder results; its report is a page to send around.",
        "run shop.yaml",
    ),
)
NEXT = """
look at   {folder}/results/report.html   in a browser
          {folder}/results   customers.csv has the segments of each customer, run.json how they came about
          {folder}/shop.yaml   the settings; change one and run again: cd {folder} && segcli run shop.yaml
then      segcli init YOUR_ORDERS.csv -o segments.yaml, and segcli run segments.yaml
"""

Folder = Annotated[str, Argument(help="Folder to make for the data and the results.", metavar="FOLDER")]


def command(folder: Folder = "segcli-demo") -> None:
    """Take the tour on built-in data.

    The tour writes a small shop's order export and config into a folder, runs commands there and shows them.
    """
    made = _filled(folder)
    with contextlib.chdir(made):
        for what, typed in STEPS:
            write(f"\n# {what}\n$ segcli {typed}\n")
            _run(typed)
    write(NEXT.format(folder=folder))


def _run(typed: str) -> None:
    """One command of the tour, as if it had been typed."""
    from segcli.cli.app import app

    app(shlex.split(typed), standalone_mode=False)


def _filled(folder: str) -> Path:
    """The folder with the data in it; nothing that somebody else wrote or changed is replaced.

    Raises:
        UsageProblem: the folder has other things in it, or a file of the demo was changed.
    """
    from segcli.files import write as to_file

    made, shipped = to_file.folder(folder), _shipped()
    here = [path for path in made.iterdir() if path.name in shipped]
    changed = [path for path in here if not path.is_file() or path.read_bytes() != shipped[path.name]]
    if changed or (not here and any(made.iterdir())):
        what = f"{changed[0]}: was changed since" if changed else f"{folder}: is not empty"
        raise UsageProblem(f"{what}; nothing is replaced. Name another folder: segcli demo FOLDER")
    for name, body in shipped.items():
        to_file.write(str(made / name), body)
    return made


def _shipped() -> dict[str, bytes]:
    """What is written, by name."""
    found = {file.name: file.read_bytes() for file in files("segcli").joinpath(SHIPPED).iterdir()}
    return {
        name.removesuffix(PACKED): gzip.decompress(body) if name.endswith(PACKED) else body
        for name, body in sorted(found.items())
    }

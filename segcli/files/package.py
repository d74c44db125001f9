"""The segcli package as one file, to be sent to other machines."""

import shutil
from pathlib import Path

from segcli.files.write import environment

ROOT = Path(__file__).parents[1]


def zip_package(folder: str) -> str:
    """Write the segcli package to a zip archive in a folder, and return the archive's path.

    Raises:
        EnvironmentProblem: the folder cannot be written to.
    """
    with environment(folder):
        return shutil.make_archive(str(Path(folder) / "sent" / ROOT.name), "zip", ROOT.parent, ROOT.name)

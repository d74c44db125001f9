"""The segcli package as one file, to be sent to other machines."""

import shutil
from pathlib import Path

from segcli.files.write import report_write_errors

PACKAGE_FOLDER = Path(__file__).parents[1]


def zip_package(folder: str) -> str:
    """Write the segcli package to a zip archive in a folder, and return the archive's path.

    Raises:
        EnvironmentProblem: the folder cannot be written to.
    """
    with report_write_errors(folder):
        return shutil.make_archive(
            str(Path(folder) / "sent" / PACKAGE_FOLDER.name), "zip", PACKAGE_FOLDER.parent, PACKAGE_FOLDER.name
        )

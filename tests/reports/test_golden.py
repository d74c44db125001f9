"""Every format, byte for byte, for a small export of awkward values; UPDATE_GOLDEN=1 writes the files anew."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
FORMATS = {"csv": "csv", "tsv": "tsv", "json": "json", "ndjson": "ndjson", "md": "md", "table": "txt", "html": "html"}

IDS = [
    "Ünïcode 007",
    'says "hi"',
    "two\nlines",
    "[/x] :smile:",
    "\x1b[31mred",
    "a|b",
    "<script>alert(1)</script>",
    "NA",
]
CATEGORIES = ["bücher", '"quoted"', "a, b", "[/x]", "\x1b[0m", "|", "<b>&amp;", "www.shop.example"]
MAPPED = ["--map", "category=category"]  # so that top_category, a text of the export, is written
MAP = r"""name: awkward
segments:
  - {segment: "Best <script> | [/x] *", r: 4-5}
  - {segment: "ünïcode \e[31m \"quoted\", www.shop.example", r: 2-3}
  - {segment: "two\nlines & _more_", r: 1}
"""


def _export() -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["customer_id", "order_id", "order_date", "amount", "category"])
    for place, (name, category) in enumerate(zip(IDS, CATEGORIES, strict=True)):
        for order in range(place % 3 + 1):
            day = f"2026-{place + 1:02}-{order * 7 + 1:02}"
            writer.writerow([name, f"{place}-{order}", day, f"{(place + 1) * 12.5:.2f}", category])
    return out.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with the export and a segment map."""
    made = tmp_path_factory.mktemp("golden")
    (made / "orders.csv").write_text(_export(), encoding="utf-8")
    (made / "map.yaml").write_text(MAP, encoding="utf-8")
    return made


def _rfm(folder: Path, layout: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "segcli", "rfm", "-q", "orders.csv", *MAPPED, "--segments", "map.yaml", "-f", layout],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


@pytest.mark.parametrize("layout", FORMATS)
def test_the_output_is_what_it_was(folder: Path, layout: str) -> None:
    made = _rfm(folder, layout)
    if layout == "json":
        made = re.sub(r'("(?:segcli|numpy|pandas|pyarrow|scikit-learn|scipy)": )"[^"]*"', r'\1"*"', made)
    golden = GOLDEN / f"rfm.{FORMATS[layout]}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(made, encoding="utf-8", newline="")
    assert made == golden.read_bytes().decode()


def test_csv_and_tsv_give_every_value_back_as_it_came_in(folder: Path) -> None:
    for name, delimiter in (("rfm.csv", ","), ("rfm.tsv", "\t")):
        rows = list(csv.DictReader(io.StringIO((GOLDEN / name).read_bytes().decode()), delimiter=delimiter))
        assert sorted(row["customer_id"] for row in rows) == sorted(IDS)
        assert {row["top_category"] for row in rows} == set(CATEGORIES)
    assert folder


def test_ndjson_is_one_object_per_customer_and_ascii() -> None:
    text = (GOLDEN / "rfm.ndjson").read_text(encoding="utf-8")
    assert text.isascii()
    rows = [json.loads(line) for line in text.splitlines()]
    assert sorted(row["customer_id"] for row in rows) == sorted(IDS)
    assert [list(row) for row in rows] == [list(rows[0])] * len(rows)


def test_json_is_a_versioned_envelope_with_every_customer_and_every_segment() -> None:
    text = (GOLDEN / "rfm.json").read_text(encoding="utf-8")
    assert text.isascii()
    envelope: dict[str, Any] = json.loads(text)
    assert envelope["schema"] == "segcli.rfm/1"
    assert {"as_of", "provenance", "segments", "customers", "warnings"} <= set(envelope)
    assert sorted(row["customer_id"] for row in envelope["customers"]) == sorted(IDS)
    assert sum(row["customers"] for row in envelope["segments"]) == len(IDS)


def test_text_outputs_carry_no_control_characters() -> None:
    for name in ("rfm.md", "rfm.txt"):
        text = (GOLDEN / name).read_text(encoding="utf-8")
        assert "\x1b" not in text
        assert "\\x1b[31m" in text.replace("\\\\", "\\").replace("\\[", "[")


def test_json_follows_its_schema() -> None:
    schema = json.loads((ROOT / "docs" / "schema" / "segmentation.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads((GOLDEN / "rfm.json").read_text(encoding="utf-8")), schema)

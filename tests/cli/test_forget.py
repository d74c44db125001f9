"""Forgetting: a person is gone from every table and text, the others stay byte for byte, and the list remembers."""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFIG = """version: 1
output: out
ingest: {transactions: {path: orders.csv}}
rfm: {bins: 3}
privacy: {suppression: objected.csv}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run in it."""
    made = tmp_path_factory.mktemp("forget") / "shop"
    made.mkdir()
    rows = "".join(f"P{n:02},{n},2026-01-{1 + n:02},{n}.50\n" for n in range(20))
    (made / "orders.csv").write_text("customer_id,order_id,order_date,amount\n" + rows)
    (made / "shop.yaml").write_text(CONFIG)
    (made / "objected.csv").write_text("customer_id,email\n")
    environment = {"PATH": os.environ["PATH"], "HOME": str(made.parent), "LC_ALL": "C.UTF-8"}
    subprocess.run([sys.executable, "-m", "segcli", "run", "shop.yaml", "-q"], cwd=made, env=environment, check=True)
    return made


@pytest.fixture
def done(shop: Path, folder: Path) -> Path:
    """A copy of it, where segcli is run."""
    shutil.copytree(shop, folder, dirs_exist_ok=True)
    return folder


def test_a_person_is_gone_and_everybody_else_stays_byte_for_byte(done: Path, segcli: Callable[..., Any]) -> None:
    before = (done / "out" / "customers.csv").read_text().splitlines(keepends=True)
    made = segcli("forget", "P07", "-c", "shop.yaml", "-f", "csv")
    assert made.returncode == 0, made.stderr
    assert made.stdout == "file,rows,mentions\nout/customers.csv,1,0\n"
    after = (done / "out" / "customers.csv").read_text().splitlines(keepends=True)
    assert after == [line for line in before if not line.startswith("P07,")]
    facts = json.loads((done / "out" / "run.json").read_text())
    (told,) = [one for one in facts["outputs"] if one["name"] == "customers.csv"]
    assert told["sha256"] == hashlib.sha256("".join(after).encode()).hexdigest()
    assert facts["forgotten"] == 1


def test_a_person_is_found_by_an_id_in_another_spelling(done: Path, segcli: Callable[..., Any]) -> None:
    made = segcli("forget", "'P07", "-c", "shop.yaml", "-f", "csv")
    assert made.stdout == "file,rows,mentions\nout/customers.csv,1,0\n"
    assert segcli("run", "shop.yaml", "-q").returncode == 0
    assert "P07" not in (done / "out" / "customers.csv").read_text()


def test_the_next_run_does_not_bring_them_back(done: Path, segcli: Callable[..., Any]) -> None:
    assert segcli("forget", "P07", "-c", "shop.yaml").returncode == 0
    assert (done / "objected.csv").read_text() == "customer_id,email\nP07,\n"
    assert segcli("run", "shop.yaml", "-q").returncode == 0
    assert "P07" not in (done / "out" / "customers.csv").read_text()
    made = segcli("rfm", "-c", "shop.yaml", "-q", "-f", "csv")
    assert "P07" not in made.stdout
    assert "P08" in made.stdout


def test_only_listing_changes_nothing(done: Path, segcli: Callable[..., Any]) -> None:
    before = {path: path.read_bytes() for path in (done / "out").iterdir()}
    made = segcli("forget", "P07", "-c", "shop.yaml", "-n")
    assert "would     out/customers.csv: 1 row" in made.stderr
    assert {path: path.read_bytes() for path in (done / "out").iterdir()} == before
    assert (done / "objected.csv").read_text() == "customer_id,email\n"


def test_mentions_in_tables_and_quoted_cells_and_digests_go_too(done: Path, segcli: Callable[..., Any]) -> None:
    out = done / "out"
    digest = hashlib.sha256(b"ann@example.com").hexdigest()
    (out / "ads.csv").write_text(f"Email\n{digest}\nother\n")
    (out / "odd.csv").write_text('id,note\nP07,"two\nlines"\nP08,"a ""quoted"" word"\nP09,"P07, P070 and XP07"\n')
    made = segcli("forget", "P07", "out", "--also", "Ann@Example.com")
    assert made.returncode == 0, made.stderr
    assert (out / "ads.csv").read_text() == "Email\nother\n"
    assert (out / "odd.csv").read_text() == 'id,note\nP08,"a ""quoted"" word"\nP09,"(forgotten), P070 and XP07"\n'


def test_a_page_that_names_the_person_is_not_rewritten_but_named(done: Path, segcli: Callable[..., Any]) -> None:
    (done / "out" / "notes.md").write_text("# Notes\n\nP07 called; P070 and XP07 are others.\n")
    made = segcli("forget", "P07", "-c", "shop.yaml")
    assert made.returncode == 4
    assert "out/notes.md: still contains this person (line 3)" in made.stderr
    assert "P07" not in (done / "out" / "customers.csv").read_text()
    assert (done / "objected.csv").read_text() == "customer_id,email\nP07,\n"
    (done / "out" / "notes.md").unlink()
    assert segcli("forget", "P07", "out").returncode == 0


@pytest.mark.parametrize("name", ["customers.csv", "extra.ndjson", "run.json", "notes.tsv"])
def test_a_file_behind_a_symbolic_link_is_named_and_stays(name: str, done: Path, segcli: Callable[..., Any]) -> None:
    victim = done / f"of-others{Path(name).suffix}"
    texts = {".csv": "customer_id\nP07\nP08\n", ".tsv": "customer_id\tx\nP07\t1\nP08\t2\n"}
    victim.write_text(texts.get(victim.suffix, '{"customer_id": "P07"}\n'))
    before = victim.read_bytes()
    (done / "out" / name).unlink(missing_ok=True)
    (done / "out" / name).symlink_to(victim)
    made = segcli("forget", "P07", "-c", "shop.yaml")
    assert made.returncode == 4
    assert (
        f"out/{name}: still contains this person (a symbolic link to {victim}, which segcli does not rewrite)"
        in made.stderr
    )
    assert victim.read_bytes() == before
    assert (done / "out" / name).is_symlink()


def test_a_linked_folder_and_a_linked_lock_are_not_followed(done: Path, segcli: Callable[..., Any]) -> None:
    (done / "elsewhere").mkdir()
    (done / "elsewhere" / "people.csv").write_text("customer_id\nP07\n")
    (done / "out" / "older").symlink_to(done / "elsewhere")
    made = segcli("forget", "P07", "-c", "shop.yaml")
    assert made.returncode == 4
    assert (
        "out/older: still contains this person (a symbolic link to a folder, which segcli does not search)"
        in made.stderr
    )
    assert (done / "elsewhere" / "people.csv").read_text() == "customer_id\nP07\n"
    (done / "out" / ".segcli-lock").unlink()
    (done / "out" / ".segcli-lock").symlink_to(done / "orders.csv")
    before = (done / "orders.csv").read_bytes()
    for command in (("forget", "P08", "-c", "shop.yaml"), ("run", "shop.yaml")):
        made = segcli(*command)
        assert (made.returncode, ".segcli-lock" in made.stderr) == (5, True), made.stderr
    assert (done / "orders.csv").read_bytes() == before


def test_a_run_does_not_write_through_a_link_in_its_folder(done: Path, segcli: Callable[..., Any]) -> None:
    for name in ("segments.csv", "run.json"):
        (done / "out" / name).unlink()
        (done / "out" / name).symlink_to(done / "precious")
        (done / "precious").write_text("precious\n")
        made = segcli("run", "shop.yaml")
        assert made.returncode == 5
        assert f"out/{name}: is a symbolic link to {done / 'precious'}" in made.stderr
        assert (done / "precious").read_text() == "precious\n"
        (done / "out" / name).unlink()
    assert segcli("run", "shop.yaml").returncode == 0


def test_a_list_without_a_column_for_the_person_is_refused_first(done: Path, segcli: Callable[..., Any]) -> None:
    (done / "objected.csv").write_text("email\nx@example.org\n")
    made = segcli("forget", "P07", "-c", "shop.yaml")
    assert made.returncode == 2
    assert "has no column customer_id" in made.stderr
    assert "P07" in (done / "out" / "customers.csv").read_text()


def test_a_list_in_another_language_is_continued(done: Path, segcli: Callable[..., Any]) -> None:
    (done / "objected.csv").write_bytes(b"Kundennummer;Bemerkung\r\nP08;ruft an\r\n")
    assert segcli("forget", "P07", "-c", "shop.yaml").returncode == 0
    assert (done / "objected.csv").read_bytes() == b"Kundennummer;Bemerkung\r\nP08;ruft an\r\nP07;\r\n"


def test_a_pseudonym_is_found_by_the_key(done: Path, segcli: Callable[..., Any]) -> None:
    asked = ("--set", "privacy.pseudonymise=[customer_id]", "--set", "privacy.key_file=key", "-q")
    assert segcli("run", "shop.yaml", *asked).returncode == 0
    assert len((done / "out" / "customers.csv").read_text().splitlines()) == 21
    made = segcli("forget", "P07", "-c", "shop.yaml", "--set", "privacy.key_file=key", "-f", "csv")
    assert "out/customers.csv,1,0" in made.stdout
    assert len((done / "out" / "customers.csv").read_text().splitlines()) == 20


def test_somebody_who_is_nowhere_is_said(done: Path, segcli: Callable[..., Any]) -> None:
    made = segcli("forget", "nobody", "out")
    assert made.returncode == 0
    assert "nothing: no file contains this person" in made.stderr
    assert done.exists()


def test_no_folder_is_refused(done: Path, segcli: Callable[..., Any]) -> None:
    assert segcli("forget", "P07").returncode == 2
    assert segcli("forget", "P07", "nowhere").returncode == 3
    assert done.exists()


BREAKS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\t"]
DESTINATIONS = ("google-ads", "hubspot", "klaviyo", "mailchimp", "meta", "plain", "posthog", "salesforce", "tiktok")
EVERYTHING = """version: 1
output: out
ingest: {transactions: {path: orders.csv}, customers: {path: people.csv}}
rfm: {bins: 3}
persona: {of: [rfm]}
target: {of: rfm, choose: 1-2}
plan: {of: rfm}
cohort: {}
privacy: {suppression: objected.csv}
report: {sections: [summary, quality, segments, personas]}
export:
"""


def test_no_line_break_keeps_a_part_of_the_person_in_any_file(done: Path, segcli: Callable[..., Any]) -> None:
    note = "".join(f"Secret{n}{mark}" for n, mark in enumerate(BREAKS)) + "Secret99"
    with (done / "people.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["customer_id", "email", "email_consent", "last_name", "city", "remark"])
        for n in range(20):
            text = note if n == 7 else f"fine{n}"
            writer.writerow([f"P{n:02}", f"person{n}@example.org", "yes", text, text, text])
    exports = [f"  - {{to: {name}, of: rfm, properties: [remark], holdout: 10%}}\n" for name in DESTINATIONS]
    (done / "all.yaml").write_text(EVERYTHING + "".join(exports))
    asked = ("--set", "privacy.key_file=key", "-c", "all.yaml")
    made = segcli("run", "all.yaml", "-q", "--set", "privacy.key_file=key")
    assert made.returncode == 0, made.stderr
    for layout in ("csv", "tsv", "json", "ndjson"):
        assert segcli("rfm", "-c", "all.yaml", "-q", "-f", layout, "-o", f"out/rfm.{layout}").returncode == 0
    held = [path.name for path in (done / "out").iterdir() if "Secret99" in path.read_text(errors="replace")]
    assert {"customers.csv", "export-hubspot.csv", "export-plain.csv", "rfm.csv", "rfm.tsv", "rfm.ndjson"} <= {*held}
    made = segcli("forget", "P07", *asked)
    assert made.returncode == 0, made.stderr
    digest = hashlib.sha256(b"person7@example.org").hexdigest()
    assert "reports and personas still include this person" in made.stderr
    for path in (done / "out").iterdir():
        text = path.read_bytes().decode()
        assert not [one for one in ("P07", "person7@", digest) if one in text], path.name
        assert "Secret" not in text or path.name in {"personas.json", "report.md", "report.html"}, path.name
    assert len((done / "out" / "customers.csv").read_text().splitlines()) == 20

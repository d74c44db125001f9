"""No made export is silently read wrong: it is right, or refused, or noted with advice that gives the true revenue.

`pytest --hypothesis-profile=campaign --hypothesis-show-statistics tests/ingest/test_made_exports.py` tries 2,000
exports, and counts the outcomes of each kind.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import Phase, event, given, note, settings
from hypothesis import strategies as st

from segcli.config import build_dotted_layer, build_override_layer, load_settings
from segcli.customers import load_customers
from segcli.errors import SegcliError
from segcli.io import chunk_reader
from segcli.model import Customers
from tests.ingest.made_exports import KINDS, LANGUAGES, MadeExport, made

IS_CAMPAIGN = settings().max_examples != 100
EXAMPLES, EXAMPLES_IN_CHUNKS = [settings().max_examples] * 2 if IS_CAMPAIGN else [80, 20]
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]  # a smaller seed makes no smaller export
CENT = 0.011  # discounts in percent leave parts of cents
LINES_SHOWN = 6
LITTLE = 0.01  # share of the money from which a note is decisive
DISCOUNTS = [kind for kind in KINDS if kind.startswith("discounts")]
MAY_BE_LITTLE = ["statuses", *DISCOUNTS]
OPTION = r"--[a-z-]+ (?:'[^']*'|[^\s;,]+)"

RIGHT = "right"
COUNTED = "right but for a line left out and counted"
REFUSED = "refused, several currencies"
REFUSED_WITH_ADVICE = "refused with advice that is right"
NOTED = "noted, decisive, with advice that is right"
NOTED_AS_LITTLE = "noted as little money, with advice that is right"
ACCEPTED = {RIGHT, COUNTED, REFUSED, REFUSED_WITH_ADVICE, NOTED, NOTED_AS_LITTLE}

EXPECTED = {
    "order totals": {RIGHT, NOTED},
    "order totals beside prices": {RIGHT},
    "refunds by type": {RIGHT},
    "statuses": {RIGHT, NOTED, NOTED_AS_LITTLE},
    "one currency": {RIGHT},
    "several currencies": {REFUSED},
    "rows of totals": {RIGHT},
    "line totals beside empty prices": {RIGHT},
    "discounts of lines": {NOTED, NOTED_AS_LITTLE},
    "discounts of orders": {NOTED, NOTED_AS_LITTLE},
    "discounts in percent": {NOTED},
    "restarting receipt numbers": {RIGHT},
    "overlapping files": {RIGHT},
}


@dataclass(frozen=True)
class Outcome:
    """What came of reading an export: the verdict, what was said, and the revenue of each customer."""

    verdict: str
    said: tuple[str, ...]
    revenue: dict[str, float]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


def written(export: MadeExport, folder: Path) -> str:
    """Write the export's files, and give the pattern of their names."""
    for old in folder.iterdir():
        old.unlink()
    for number, text in enumerate(export.texts):
        (folder / f"orders-{number}.csv").write_text(text, encoding="utf-8", newline="")
    return str(folder / "orders-*.csv")


def customers(path: str, options: Sequence[str] = ()) -> Customers:
    """Read under the options, as a command line gives them."""
    pairs = [("ingest.transactions.path", path)]
    assignments: list[tuple[str, str]] = []
    for option, value in zip(options[::2], options[1::2], strict=True):
        name, _, text = value.partition("=")
        if option == "--set":
            assignments.append((name, text))
        elif option == "--map":
            pairs.append((f"ingest.transactions.columns.{name}", text))
        else:
            pairs.append((f"ingest.transactions.{option.removeprefix('--').replace('-', '_')}", value))
    loaded = load_settings([build_dotted_layer(pairs, "test"), build_override_layer(assignments, "--set")])
    return adding_up(load_customers(loaded.settings.ingest))


def adding_up(found: Customers) -> Customers:
    """Assert that read = kept + rejected + ignored, in lines and in money."""
    for reading in found.input_reports:
        lines = reading.reconciliation
        assert lines is not None
        others = [*lines.rejected, *lines.ignored]
        assert lines.read == lines.kept + sum(fate.lines for fate in others)
        assert lines.money_read == pytest.approx(lines.money_kept + sum(fate.money for fate in others))
    return found


def advised(text: str) -> Iterator[list[str]]:
    """The options that a message recommends; those without words between them belong together."""
    for found in re.finditer(rf"{OPTION}(?: {OPTION})*", text):
        yield shlex.split(found.group())


def revenue(found: Customers) -> float:
    return float(found.table["revenue"].sum())


def left_out(found: Customers) -> float:
    """The money of lines that were counted as unreadable or as far from all other dates."""
    lines = [reading.reconciliation for reading in found.input_reports if reading.reconciliation]
    far = sum(fate.money for line in lines for fate in line.ignored if fate.reason == "date_outlier")
    return far + sum(line.unreadable_money for line in lines)


def is_right(text: str, path: str, true: float | None) -> bool:
    """Tell whether one of the recommended options gives the true revenue."""
    for options in advised(text):
        try:
            found = customers(path, options)
        except SegcliError:
            continue
        if revenue(found) == pytest.approx(true, abs=CENT):
            return True
    return False


def outcome(export: MadeExport, path: str) -> Outcome:
    try:
        found = customers(path)
    except SegcliError as refusal:
        return Outcome(_of_refusal(export, path, str(refusal)), (str(refusal),), {})
    notes = tuple(note for reading in found.input_reports for note in reading.notes)
    table = found.table
    each = dict(zip(table["customer_id"], table["revenue"], strict=True)) if "revenue" in table else {}
    return Outcome(_of_reading(export, path, found), notes, each)


def _of_refusal(export: MadeExport, path: str, refusal: str) -> str:
    if export.revenue is None and "currencies" in refusal:
        return REFUSED
    return REFUSED_WITH_ADVICE if is_right(refusal, path, export.revenue) else "refused without advice that is right"


def _of_reading(export: MadeExport, path: str, found: Customers) -> str:
    if export.revenue is None or "revenue" not in found.table:
        return "silently wrong"
    off = revenue(found) - export.revenue
    if abs(off) < CENT:
        return RIGHT
    if abs(off + left_out(found)) < CENT:
        return COUNTED
    helpful = [
        note for reading in found.input_reports for note in reading.notes if is_right(note, path, export.revenue)
    ]
    if not helpful:
        is_noted = any(reading.decisive_notes for reading in found.input_reports)
        return "noted, with advice that is wrong" if is_noted else "silently wrong"
    if any(note in reading.decisive_notes for reading in found.input_reports for note in helpful):
        return NOTED
    is_little = export.kind in MAY_BE_LITTLE and abs(off) <= LITTLE * revenue(found)
    return NOTED_AS_LITTLE if is_little else "noted, but not decisive"


@st.composite
def exports(draw: st.DrawFn) -> MadeExport:
    kind, language = draw(st.sampled_from(list(KINDS))), draw(st.sampled_from(LANGUAGES))
    seed = draw(st.integers(0, 1 << 32))
    export = made(kind, language, seed)
    note(f"made({kind!r}, {language!r}, {seed}), true revenue {export.revenue}")
    for text in export.texts:
        note("\n".join(text.splitlines()[:LINES_SHOWN]))
    return export


@settings(deadline=None, max_examples=EXAMPLES, phases=UNSHRUNK)
@given(export=exports())
def test_no_export_is_silently_read_wrong(folder: Path, export: MadeExport) -> None:
    found = outcome(export, written(export, folder))
    event(f"{export.kind}: {found.verdict}")
    assert found.verdict in ACCEPTED, found.said


@settings(deadline=None, max_examples=EXAMPLES_IN_CHUNKS, phases=UNSHRUNK)
@given(export=exports())
def test_chunks_give_the_same_outcome(folder: Path, export: MadeExport) -> None:
    path = written(export, folder)
    whole = outcome(export, path)
    with pytest.MonkeyPatch.context() as patched:
        for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 500), ("HEAD_BYTES", 600)):
            patched.setattr(chunk_reader, name, size)
        chunked = outcome(export, path)
    assert chunked.revenue == whole.revenue
    # In chunks the discount of an order that lies in two pieces is added up twice in the note.
    assert chunked.verdict == whole.verdict or {chunked.verdict, whole.verdict} == {NOTED, NOTED_AS_LITTLE}


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[pytest.mark.slow] if seed % 2 else []) for seed in range(10)]
)
@pytest.mark.parametrize("kind", EXPECTED)
def test_the_kind_is_read_as_promised(folder: Path, kind: str, seed: int) -> None:
    export = made(kind, LANGUAGES[seed], seed)
    found = outcome(export, written(export, folder))
    assert found.verdict in EXPECTED[kind], found.said


@pytest.mark.parametrize("language", LANGUAGES)
def test_discounts_are_named_in_every_language(folder: Path, language: str) -> None:
    export = made("discounts of lines", language, 1)
    assert outcome(export, written(export, folder)).verdict in ACCEPTED


def test_a_discount_that_some_lines_of_an_order_lack_is_the_lines(folder: Path) -> None:
    rows = ["Customer ID,Order ID,Order Date,Quantity,Unit Price,Discount"]
    rows += [f"C{order % 4},{order},2026-01-{order + 10},1,20.00,{off}" for order, off in enumerate(["3.00", "0"] * 8)]
    rows += [f"C1,90,2026-02-01,1,30.00,{off}" for off in ("1.50", "1.50", "0")]
    export = MadeExport("discounts of lines", "en", ("\n".join([*rows, ""]),), 16 * 20 + 90 - 8 * 3 - 3)
    assert outcome(export, written(export, folder)).verdict in ACCEPTED

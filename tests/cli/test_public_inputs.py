"""Public inputs that once gave a wrong revenue: now right, or refused with advice that gives the right one."""

import csv
import io
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]

READ_AT_ONCE = [
    ("order totals on each line", "01-order-total-on-each-line/input.csv", "", 290.00),
    ("order totals beside prices", "01-order-total-on-each-line/nr_orders.csv",
     "--date-format %d-%b-%y --set ingest.transactions.century=1950", 3_668_054.70),
    ("refunds named by a type", "02-refund-type-positive/input.csv", "", 120.00),
    ("credit notes of a ledger", "02-refund-type-positive/66-gl-returns-type.csv", "", 60.00),
    ("rows of totals with a date", "05-subtotal-rows-with-a-date/input.csv", "", 60.50),
    ("line total beside an empty price", "07-line-total-beside-empty-price/input.csv", "", 155.00),
    ("Indian grouping", "13-indian-grouping/input.csv", "", 1_363_473.50),
    ("apostrophe before a sign", "14-refund-spellings-unread/input.csv", "", 104.37),
    ("credit suffix", "14-refund-spellings-unread/06-cr-suffix.csv", "", 160.00),
    ("currency outside brackets", "14-refund-spellings-unread/85-currency-outside-brackets.csv", "", 106.88),
    ("Cyrillic header in cp1251", "17-encodings-of-supported-languages/input.csv", "", 1650.50),
    ("Chinese header in GBK", "17-encodings-of-supported-languages/24-gbk.csv", "", 570.50),
    ("Chinese AM and PM", "18-am-pm-of-supported-languages/input.csv", "--locale zh", 570.50),
    ("Spanish AM and PM", "18-am-pm-of-supported-languages/26-spanish-pm.csv", "--locale es", 570.50),
    ("zone name behind a time", "19-date-hints-that-do-not-work/27-utc-suffix.csv", "", 60.00),
    ("comma inside a date", "19-date-hints-that-do-not-work/28-comma-datetime.csv", "", 60.00),
    ("apostrophe before some ids", "22-leading-apostrophe-in-ids/input.csv", "", 60.00),
    ("hour 24", "28-years-of-other-calendars/31-time-24.csv", "", 60.00),
]  # fmt: skip
READ_WITH_THE_ADVICE = [
    ("discount of the order", "16-discount-column-ignored/input.csv", 150.00),
    ("discount in percent", "16-discount-column-ignored/59-percent-discount.csv", 164.00),
    ("two-digit years", "19-date-hints-that-do-not-work/input.csv", 60.00),
    ("two-digit years, month first", "19-date-hints-that-do-not-work/70-semicolon-geo.csv", 97_201.20),
    ("French months", "19-date-hints-that-do-not-work/75-fr-months.csv", 30.00),
    ("Buddhist years", "28-years-of-other-calendars/input.csv", 40.00),
]
REFUSED = [
    ("currencies inside cells", "04-currencies-inside-cells/input.csv", "amounts in several currencies"),
    ("currencies before and behind", "04-currencies-inside-cells/b.csv", "amounts in several currencies"),
    ("Hijri years", "28-years-of-other-calendars/79-hijri.csv", "segcli accepts the years 1900 to 2099"),
]


@pytest.fixture
def cases(shared_data: Path) -> Path:
    return shared_data / "cases"


def revenue(output: str) -> float:
    return sum(float(row["revenue"]) for row in csv.DictReader(io.StringIO(output)))


def adds_up(messages: str) -> bool:
    """Whether money = kept + rejected + ignored."""
    line = next(line for line in messages.splitlines() if line.startswith("money"))
    read, kept, rejected, ignored = (float(text.replace(",", "")) for text in re.findall(r"-?[\d,]+\.\d\d", line)[:4])
    return read == pytest.approx(kept + rejected + ignored)


def advice(messages: str) -> list[str]:
    """The first option that a hint or a note recommends."""
    option = r"--[a-z-]+ (?:'[^']*'|[^\s;,]+)"
    found = re.search(rf"{option}(?: {option})*", messages)
    assert found is not None, messages
    return shlex.split(found.group())


@pytest.mark.parametrize(
    ("file", "options", "right"), [row[1:] for row in READ_AT_ONCE], ids=[row[0] for row in READ_AT_ONCE]
)
def test_is_read_right(segcli: Run, cases: Path, file: str, options: str, right: float) -> None:
    done = segcli("rfm", cases / file, *options.split(), "-f", "csv")
    assert done.returncode == 0, done.stderr
    assert revenue(done.stdout) == pytest.approx(right)
    assert adds_up(done.stderr)


@pytest.mark.parametrize(
    ("file", "right"), [row[1:] for row in READ_WITH_THE_ADVICE], ids=[row[0] for row in READ_WITH_THE_ADVICE]
)
def test_the_advice_gives_the_right_revenue(segcli: Run, cases: Path, file: str, right: float) -> None:
    first = segcli("rfm", cases / file, "-f", "csv", "-q")
    done = segcli("rfm", cases / file, "-f", "csv", *advice(first.stderr))
    assert done.returncode == 0, done.stderr
    assert revenue(done.stdout) == pytest.approx(right)
    assert adds_up(done.stderr)


@pytest.mark.parametrize(("file", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_is_refused(segcli: Run, cases: Path, file: str, words: str) -> None:
    done = segcli("rfm", cases / file, "-f", "csv")
    assert done.returncode == 3, done.stderr
    assert words in done.stderr
    assert done.stdout == ""


def test_orders_that_are_not_paid_are_named_even_with_quiet(segcli: Run, cases: Path) -> None:
    done = segcli("rfm", cases / "24-unpaid-orders-count/input.csv", "-q")
    for status in ("Abandoned", "Draft", "On hold", "Pending payment", "Refunded", "Unpaid"):
        assert f"{status} on 1 line" in done.stderr
    left_out = segcli("rfm", cases / "24-unpaid-orders-count/input.csv", "-f", "csv", *advice(done.stderr))
    assert revenue(left_out.stdout) == 10.00


def test_one_date_in_the_future_leaves_the_stages_of_life_as_they_are(segcli: Run, cases: Path) -> None:
    folder = cases / "10-one-date-in-the-future"
    done, good = (
        segcli("rules", folder / name, "--base", "lifecycle", "-f", "csv") for name in ("input.csv", "good.csv")
    )
    assert done.returncode == good.returncode == 0
    counts = [
        [sum(row["lifecycle"] == name for row in csv.DictReader(io.StringIO(one.stdout))) for name in
         ("reactivated", "loyal", "at risk", "lapsed", "lost")]
        for one in (done, good)
    ]  # fmt: skip
    # Thresholds follow the probability to order again; the good file has the same stages.
    assert counts[0] == counts[1] == [0, 35, 15, 4, 246]
    assert "2042-09-06" in done.stderr


def test_surveys_are_read_as_their_tools_write_them(segcli: Run, cases: Path) -> None:
    options = ("--map", "customer_id=ResponseId", "--features", "Q1,Q2,Q3_NPS", "-f", "csv", "-q")
    folder = cases / "08-qualtrics-header-rows"
    done, clean = (segcli("cluster", folder / name, *options) for name in ("input.csv", "clean.csv"))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 61
    # The questions of the export show that two columns are a CSAT and an NPS, which changes names, not members.
    members = [
        {frozenset(rows["customer_id"]) for _, rows in pd.read_csv(io.StringIO(one.stdout)).groupby("cluster_segment")}
        for one in (done, clean)
    ]
    assert members[0] == members[1]
    nps = segcli("rules", cases / "12-nps-with-labelled-ends/input.csv", "--base", "nps", "-f", "table")
    assert "NPS 25 " in nps.stdout


def test_ids_with_and_without_an_apostrophe_are_one_customer(segcli: Run, cases: Path) -> None:
    done = segcli("rfm", cases / "22-leading-apostrophe-in-ids/input.csv", "-f", "csv")
    table = {row["customer_id"].strip("'"): float(row["revenue"]) for row in csv.DictReader(io.StringIO(done.stdout))}
    assert table == {"00123": 40.0, "00124": 20.0}

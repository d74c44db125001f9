"""What stands above the header is skipped and said; a header is never taken for it."""

from pathlib import Path

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.ingest.dialect import find_header_row

ORDERS = "customer_id,order_date,amount\na,2026-01-01,5\n"


@pytest.mark.parametrize(
    ("above", "lines"),
    [("", 0), ("Report of orders\n", 1), ("Orders,,\n,,\n", 2), ('"Orders\nof 2026",,\n\n', 3)],
)
def test_titles_and_empty_lines_are_no_header(above: str, lines: int) -> None:
    assert find_header_row((above + ORDERS).encode(), ",") == lines


@pytest.mark.parametrize(("above", "lines"), [("", 1), ("Ledger,,,,\n", 2), ("Ledger,,,,\n,,,,\n", 3)])
@pytest.mark.parametrize("groups", ["Customer,,Order,,Value", "Client,,,Date,", "Buyer,,,,"])
def test_a_row_that_names_groups_of_columns_is_above_the_header(above: str, lines: int, groups: str) -> None:
    text = f"{above}{groups}\nCustomer no,Name,Order no,Order date,Amount\n7,Ann,1,2026-01-01,5\n"
    assert find_header_row(text.encode(), ",") == lines


@pytest.mark.parametrize(
    "text",
    [
        "customer,,order,,amount\n7,Ann,1,2026-01-01,5\n",
        "customer,amount,date,\nname,email,phone,date\n",
        "wer,was,wann,wie\nC1,email,phone,\n",  # answers that are known names, below a full header
        "customer_id,x\nemail,phone\n",
        "a,b\n1,2\n",
    ],
)
def test_a_full_first_record_is_the_header(text: str) -> None:
    assert find_header_row(text.encode(), ",") == 0


def test_skipped_lines_are_said_and_line_numbers_stay_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(f'Orders of 2026\n\n{ORDERS},2026-01-02,1\nb,"x"y,2\nc,soon,3\n', encoding="utf-8")
    reading = load_customers(IngestSettings(transactions=Source(path=str(path)))).input_reports[0]
    assert "2 lines above the header skipped" in reading.notes
    assert reading.reconciliation is not None
    rejected = {fate.reason: (fate.lines, fate.line) for fate in reading.reconciliation.rejected}
    assert rejected == {"no_customer_id": (1, 5), "broken_quotes": (1, 6), "unreadable_date": (1, 7)}
    assert reading.reconciliation.read == 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("28/01/2018,00:00,2,$74.69\n29/01/2018,00:15,0,$29.81\n", ":1: the first record looks like data"),
        (ORDERS + ORDERS, ":3: repeated header"),
        ("customer_id,order_date,amount\n" + ORDERS, ":2: repeated header"),
    ],
)
def test_no_header_and_two_headers_are_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputProblem, match=says):
        load_customers(IngestSettings(transactions=Source(path=str(path))))

"""A table of one row per customer is read back as it was written, whoever wrote it."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.ingest import customer_table as table_reading
from segcli.ingest.input_file import open_input
from segcli.model import Customers
from segcli.reports.formats import Page, csv
from segcli.reports.results import build_customers_result

ROOT = Path(__file__).parents[2]


def table(tmp_path: Path, text: str, **source: object) -> Customers:
    path = tmp_path / "customers.csv"
    path.write_text(text, encoding="utf-8")
    return load_customers(IngestSettings(transactions=Source.model_validate({"path": str(path), **source})))


def test_written_and_read_back_it_is_the_same_table(tmp_path: Path) -> None:
    """CSV out, CSV in: values, kinds and bytes."""
    sample = ROOT / "sample_data"
    made = load_customers(
        IngestSettings(
            transactions=Source(path=str(sample / "orders.csv")),
            customers=Source(path=str(sample / "customers.csv")),
            responses=Source(path=str(sample / "responses.csv")),
            id_case="upper",
        )
    )
    text = csv.render(build_customers_result(made), Page())
    back = table(tmp_path, text)
    pd.testing.assert_frame_equal(back.table, made.table)
    assert back.as_of == made.as_of
    assert csv.render(build_customers_result(back), Page()) == text


def test_codes_stay_text_and_counts_stay_whole(tmp_path: Path) -> None:
    found = table(tmp_path, "id,store,visits,children,big\na,007,3,2,12345678901234567890\nb,012,4,,1\n").table
    assert found["store"].tolist() == ["007", "012"]
    assert found["big"].tolist() == ["12345678901234567890", "1"]
    assert found["visits"].tolist() == [3, 4]
    assert found["children"].dropna().tolist() == [2]
    assert "2.0" not in found.to_csv()


def test_rows_are_sorted_by_id_so_that_file_order_plays_no_part(tmp_path: Path) -> None:
    assert table(tmp_path, "id,x\nb,1\na,2\n").table["customer_id"].tolist() == ["a", "b"]


def test_repeats_are_left_out_and_contradictions_refused(tmp_path: Path) -> None:
    assert table(tmp_path, "id,x\na,1\na,1\n").input_reports[0].notes == ("1 exact duplicate row skipped",)
    with pytest.raises(InputProblem, match=r":3: another row of this customer has different values"):
        table(tmp_path, "id,x\na,1\na,2\n")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.sampled_from("xy")), min_size=1, max_size=4))
def test_blank_ids_repeats_and_contradictions_are_told_apart_in_any_order(rows: list[tuple[str, str]]) -> None:
    text = "customer_id,plan\n" + "".join(f"{customer},{plan}\n" for customer, plan in rows)
    kept = sorted({row for row in rows if row[0]})
    filled = [row for row in rows if row[0]]
    notes = []
    if blank := len(rows) - len(filled):
        row = "1 row" if blank == 1 else f"{blank} rows"
        notes.append(f"{row} without a customer id skipped")
    if again := len(filled) - len(kept):
        row = "row" if again == 1 else "rows"
        notes.append(f"{again} exact duplicate {row} skipped")
    with TemporaryDirectory() as folder:
        if len({customer for customer, _ in kept}) < len(kept):
            with pytest.raises(InputProblem, match="another row of this customer has different values"):
                table(Path(folder), text)
            return
        found = table(Path(folder), text)
    assert list(found.table.itertuples(index=False, name=None)) == kept
    assert list(found.input_reports[0].notes) == notes


def test_unreadable_values_of_a_known_column_are_counted(tmp_path: Path) -> None:
    found = table(tmp_path, "id,age\na,30\nb,old\nc,40\n")
    assert found.table["age"].isna().tolist() == [False, True, False]
    assert found.input_reports[0].notes == ("column 'age': 1 value is not a number and counts as missing",)


def test_as_of_is_read_back_from_recency(tmp_path: Path) -> None:
    text = "customer_id,last_order,orders,recency_days\na,2026-01-01,1,9\nb,2026-01-05,2,5\n"
    assert table(tmp_path, text).as_of == date(2026, 1, 10)


def test_recency_is_counted_where_only_the_last_order_is_known(tmp_path: Path) -> None:
    found = table(tmp_path, "id,last order,number of orders\na,2026-01-01,1\nb,2026-01-05,2\n")
    assert (found.as_of, found.table["recency_days"].tolist()) == (date(2026, 1, 6), [5, 1])


COUNTS = st.sampled_from(["", "0", "7", "12.0", "2.5", "1e+16", "1e-05", "-3", "+4", " 5 ", "1234567890123456"])
ODD = COUNTS | st.sampled_from(["x", "nan", "inf", "0x1F", "1,5", "5 EUR", "1.2.3", "007", "-", "null", '"8"'])
MEASURED = ("recency_days", "orders", "revenue", "refunds", "items", "r_score")


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(*[COUNTS] * len(MEASURED)), max_size=5), st.data())
def test_a_table_of_our_own_is_read_as_if_its_numbers_were_read_from_their_texts(
    rows: list[tuple[str, ...]], draws: st.DataObject
) -> None:
    """Whatever stands in them; the texts are read where nobody asks for numbers."""
    lists = [list(row) for row in rows]
    if lists and draws.draw(st.booleans()):
        lists[draws.draw(st.integers(0, len(lists) - 1))][draws.draw(st.integers(0, 5))] = draws.draw(ODD)
    lines = [",".join([f"c{place}", *row]) for place, row in enumerate(lists)]
    text = "\n".join([",".join(["customer_id", *MEASURED]), *lines, *draws.draw(st.sampled_from([[], ["c9,1"], [""]]))])
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        ours = read_or_refused(Path(folder), text)
        patch.setattr(table_reading, "find_numeric_columns", lambda _: [])
        by_text = read_or_refused(Path(folder), text)
    assert type(ours) is type(by_text)
    if isinstance(ours, str) or isinstance(by_text, str):
        assert ours == by_text
        return
    pd.testing.assert_frame_equal(ours.table, by_text.table, check_exact=True)
    assert (ours.input_reports, ours.as_of, ours.warnings) == (by_text.input_reports, by_text.as_of, by_text.warnings)


def read_or_refused(folder: Path, text: str) -> Customers | str:
    try:
        return table(folder, text)
    except InputProblem as problem:
        return str(problem)


def test_numbers_of_our_own_are_not_read_as_text(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,orders,recency_days,revenue,city\na,1,,2.50,x\nb,2,9,3.00,y\n", encoding="utf-8")
    source = open_input(Source(path=str(path)))
    found = source.read_table(numeric_columns=table_reading.find_numeric_columns(source.mapping)).columns
    kinds = {
        "customer_id": "string",
        "orders": "double",
        "recency_days": "double",
        "revenue": "double",
        "city": "string",
    }
    assert {name: str(column.type) for name, column in found.items()} == kinds
    assert found["recency_days"].to_pylist() == [None, 9.0]

"""Every line of an export has one fate, and lines and money add up whatever the policies."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.model import Customers, Reconciliation

HEADER = "customer_id,order_id,order_date,quantity,unit_price"


def customers(tmp_path: Path, lines: str, as_of: date | None = None, **policies: Any) -> Customers:
    path = tmp_path / "orders.csv"
    path.write_text(f"{HEADER}\n{lines}", encoding="utf-8")
    return load_customers(IngestSettings(transactions=Source(path=str(path)), **policies), as_of)


def lost(found: Customers) -> Reconciliation:
    lines = found.input_reports[0].reconciliation
    assert lines is not None
    return lines


def fates(found: Customers) -> dict[str, int]:
    return {fate.reason: fate.lines for fate in (*lost(found).rejected, *lost(found).ignored)}


DIRTY = """a,1,2026-01-01,2,10.00
,2,2026-01-02,1,5.00
a,3,soon,1,5.00
b,4,2026-01-03,1,n/a
b,5,2026-01-04,1,3.00
b,5,2026-01-04,1,3.00
a,R1,2026-01-05,-1,10.00
c,R2,2026-01-05,-1,4.00
b,6,2026-01-06,1,0.00
"""


def test_each_line_has_the_fate_of_its_first_fault(tmp_path: Path) -> None:
    found = customers(tmp_path, DIRTY)
    assert fates(found) == {
        "no_customer_id": 1,
        "unreadable_date": 1,
        "unreadable_amount": 1,
        "return_without_purchase": 1,
    }
    assert (lost(found).read, lost(found).kept, lost(found).returns.lines) == (9, 5, 1)


def test_the_first_line_of_each_fate_is_known(tmp_path: Path) -> None:
    first = {fate.reason: fate.line for fate in lost(customers(tmp_path, DIRTY)).rejected}
    assert first == {"no_customer_id": 3, "unreadable_date": 4, "unreadable_amount": 5}


@pytest.mark.parametrize(
    ("policies", "revenue", "refunds"),
    [
        ({"returns": "net"}, {"a": 10.0, "b": 6.0}, {"a": 10.0, "b": 0.0}),
        ({"returns": "separate"}, {"a": 20.0, "b": 6.0}, {"a": 10.0, "b": 0.0}),
        ({"returns": "exclude"}, {"a": 20.0, "b": 6.0}, {"a": 0.0, "b": 0.0}),
        ({"dedupe": "lines"}, {"a": 10.0, "b": 3.0}, {"a": 10.0, "b": 0.0}),
        ({"free_lines": "exclude"}, {"a": 10.0, "b": 6.0}, {"a": 10.0, "b": 0.0}),
    ],
)
def test_policies_on_money(
    tmp_path: Path, policies: dict[str, str], revenue: dict[str, float], refunds: dict[str, float]
) -> None:
    table = customers(tmp_path, DIRTY, **policies).table.set_index("customer_id")
    assert table["revenue"].to_dict() == revenue
    assert table["refunds"].to_dict() == refunds


def test_a_return_is_no_order_and_does_not_move_recency(tmp_path: Path) -> None:
    table = customers(tmp_path, DIRTY, date(2026, 1, 10)).table.set_index("customer_id")
    assert table.loc["a", ["orders", "recency_days"]].tolist() == [1, 9]


def test_a_free_line_is_an_order_unless_excluded(tmp_path: Path) -> None:
    for policy, orders in (("keep", 2), ("exclude", 1)):
        table = customers(tmp_path, DIRTY, free_lines=policy).table.set_index("customer_id")
        assert table.loc["b", "orders"] == orders


def test_a_customer_with_returns_only_is_counted_and_left_out(tmp_path: Path) -> None:
    found = customers(tmp_path, DIRTY)
    assert "c" not in set(found.table["customer_id"])
    assert found.warnings[-1:] == ("1 return line of customers without a purchase excluded",)


def test_as_of_defaults_to_the_day_after_the_last_order(tmp_path: Path) -> None:
    """The return on the 5th would be later than the free order is: only orders count."""
    assert customers(tmp_path, DIRTY).as_of == date(2026, 1, 7)
    assert customers(tmp_path, DIRTY, free_lines="exclude").as_of == date(2026, 1, 5)


def test_lines_after_as_of_are_ignored_and_counted(tmp_path: Path) -> None:
    found = customers(tmp_path, DIRTY, date(2026, 1, 3))
    assert found.table["customer_id"].tolist() == ["a"]
    assert fates(found)["after_as_of"] == 4 + 1  # the order on the 4th twice, two returns, the free order


def test_an_order_on_the_as_of_day_has_recency_zero(tmp_path: Path) -> None:
    assert customers(tmp_path, "a,1,2026-01-03,1,5\n", date(2026, 1, 3)).table["recency_days"].tolist() == [0]


def test_ids_are_text_and_trimmed_and_case_is_a_policy(tmp_path: Path) -> None:
    lines = "007,1,2026-01-01,1,5\n 007 ,2,2026-01-02,1,5\nNA,3,2026-01-02,1,5\nna,4,2026-01-02,1,5\n"
    kept = customers(tmp_path, lines)
    assert kept.table["customer_id"].tolist() == ["007", "NA", "na"]
    assert "2 customer ids differ only in letter case" in " ".join(kept.input_reports[0].notes)
    assert customers(tmp_path, lines, id_case="upper").table["customer_id"].tolist() == ["007", "NA"]


def test_an_amount_is_the_line_s_total_even_beside_a_quantity(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,order_date,quantity,amount\na,2026-01-01,3,10\n", encoding="utf-8")
    found = load_customers(IngestSettings(transactions=Source(path=str(path))))
    assert found.table["revenue"].tolist() == [10.0]


def test_without_amounts_there_is_no_revenue_column(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,order_date\na,2026-01-01\na,2026-01-02\n", encoding="utf-8")
    found = load_customers(IngestSettings(transactions=Source(path=str(path))))
    assert "revenue" not in found.table
    assert found.table["orders"].tolist() == [2]


@pytest.mark.parametrize("lines", [",1,2026-01-01,1,5\n", "a,1,2026-01-01,-1,5\n"])
def test_an_export_without_a_purchase_is_refused(tmp_path: Path, lines: str) -> None:
    with pytest.raises(InputProblem):
        customers(tmp_path, lines)


def test_a_header_alone_is_an_empty_table_and_said(tmp_path: Path) -> None:
    found = customers(tmp_path, "")
    assert found.table.empty
    assert found.input_reports[0].notes == ("no transactions: the file has only a header",)


CELL = st.sampled_from(["a", "b", "B", "", " a"])
LINE = st.tuples(
    CELL,
    st.sampled_from(["1", "2", "3", ""]),
    st.sampled_from(["2026-01-01", "2026-02-03", "2026-02-31", "", "2027-01-01"]),
    st.sampled_from(["1", "2", "-1", "0", "x"]),
    st.sampled_from(["1.10", "0.00", "0.333", "-2.50", "n/a", ""]),
)


@settings(deadline=None, max_examples=50, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    lines=st.lists(LINE, min_size=1, max_size=25),
    policies=st.fixed_dictionaries(
        {
            "returns": st.sampled_from(["net", "exclude", "separate"]),
            "free_lines": st.sampled_from(["keep", "exclude"]),
            "dedupe": st.sampled_from(["none", "lines"]),
        }
    ),
    as_of=st.sampled_from([None, date(2026, 6, 30)]),
)
def test_lines_and_money_add_up(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[tuple[str, ...]],
    policies: dict[str, str],
    as_of: date | None,
) -> None:
    """read = kept + ignored + rejected, and the table's revenue is the kept money; or the export is refused."""
    text = "".join(",".join(line) + "\n" for line in [*lines, ("z", "9", "2026-01-01", "1", "2.50")])
    try:
        found = customers(tmp_path_factory.mktemp("orders"), text, as_of, **policies)
    except InputProblem:
        return
    counted = lost(found)
    left_out = (*counted.ignored, *counted.rejected)
    assert counted.read == len(lines) + 1 == counted.kept + sum(fate.lines for fate in left_out)
    assert counted.money_read == pytest.approx(counted.money_kept + sum(fate.money for fate in left_out), abs=1e-6)
    net = found.table["revenue"].sum() - (found.table["refunds"].sum() if policies["returns"] == "separate" else 0.0)
    assert net == pytest.approx(counted.money_kept, abs=1e-6)


def test_a_note_counts_the_returns_after_the_last_order(tmp_path: Path) -> None:
    text = "a,1,2026-01-03,1,5\nb,2,2026-01-04,1,9\na,3,2026-01-05,-1,5\na,4,2026-01-07,-1,5\nb,5,2026-01-08,-1,9\n"
    found = customers(tmp_path, text)
    note = "2 return lines (-14.00) more than a day after the last order excluded from revenue"
    assert f"{note}; hint: set a later day with --as-of" in found.input_reports[0].decisive_notes
    assert found.table["revenue"].tolist() == [0, 9]
    later = customers(tmp_path, text, date(2026, 1, 8))
    assert later.table["revenue"].tolist() == [-5, 0]
    assert note not in " ".join(later.input_reports[0].notes)

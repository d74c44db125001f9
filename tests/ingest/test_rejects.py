"""Every rejected line is listed with its number, its place in the file, the reason and what stands there."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.ingest.reasons import REASONS
from segcli.model import InputReport

GOOD = "a,2026-01-01,5,é\n"
LINES = [
    GOOD,
    ",2026-01-02,1,x\n",
    'a,"2026-01-03",2,"two\nlines"\n',
    "b,soon,1,x\n",
    "b,2026-01-04,n/a,é\n",
    "b,2026-01-05,1\n",
    'b,2026-01-06,1,"x"y\n',
    GOOD,
    GOOD,
    GOOD,
    "c,2026-02-31,1,x\n",
]
HEADER = "customer_id,order_date,amount,note\n"


def reading(path: Path) -> InputReport:
    asked = IngestSettings(transactions=Source(path=str(path)), rejects="rejects.csv")
    return load_customers(asked).input_reports[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("above", ["", "Orders of 2026\n\n", "sep=,\n"])
def test_each_is_found_again_in_the_file(tmp_path: Path, encoding: str, ends: str, above: str) -> None:
    path = tmp_path / "orders.csv"
    text = (above + HEADER + "".join(LINES)).replace("\n", ends)
    path.write_bytes(text.encode(encoding))
    found = reading(path)
    physical = text.split(ends)
    assert [(one.reason, one.column) for one in found.rejects] == [
        ("no_customer_id", "customer_id"),
        ("unreadable_date", "order_date"),
        ("unreadable_amount", "amount"),
        ("wrong_field_count", ""),
        ("broken_quotes", ""),
        ("unreadable_date", "order_date"),
    ]
    for one in found.rejects:
        assert one.raw == physical[one.line - 1]
        if one.byte_offset is not None:
            assert path.read_bytes()[one.byte_offset :].startswith(one.raw.encode(encoding.removesuffix("-sig")))
    assert (encoding == "utf-16") == all(one.byte_offset is None for one in found.rejects)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=20))
def test_they_are_as_many_as_were_counted(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    path.write_text(HEADER + GOOD * 20 + "".join(lines), encoding="utf-8")
    found = reading(path)
    assert found.reconciliation is not None
    counted = {fate.reason: fate.lines for fate in found.reconciliation.rejected}
    listed = [one.reason for one in found.rejects]
    assert {reason: listed.count(reason) for reason in set(listed)} == counted
    assert [one.line for one in found.rejects] == sorted(one.line for one in found.rejects)


def test_they_are_not_gathered_unless_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + "".join(LINES), encoding="utf-8")
    assert load_customers(IngestSettings(transactions=Source(path=str(path)))).input_reports[0].rejects == ()


@pytest.mark.parametrize("reason", list(REASONS.values()), ids=lambda reason: reason.code)
def test_every_reason_can_be_told(reason: object) -> None:
    assert all(str(text).strip() for text in vars(reason).values())

"""Ids that stand for many, ids that were damaged, amounts that cannot be added."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.ingest.customer_ids import id_notes
from segcli.model import Customers


def said(**lines: int) -> list[str]:
    return list(id_notes(pa.array(list(lines), pa.string()), np.array(list(lines.values()))))


def customers(tmp_path: Path, text: str, **policies: Any) -> Customers:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    return load_customers(IngestSettings(transactions=Source(path=str(path)), **policies))


def test_plain_ids_need_no_note() -> None:
    assert said(**{f"C{i}": 1 for i in range(50)}) == []


@pytest.mark.parametrize(
    ("ids", "note"),
    [
        (["a1", "A1", "b"], "2 customer ids differ only in letter case"),
        (["1.23457E+11", "5"], "1 customer id looks like 1.23457E+11"),
        (["22086.0", "22086", "7.0"], "1 customer id occurs with and without a trailing .0"),
        (["Guest", "b", "0"], "ids that look like placeholders: 0 (1 line), Guest (1 line); hint: ingest.exclude_ids"),
        (["a@x.org", "b@x.org", "c"], "customer ids are e-mail addresses"),
    ],
)
def test_what_ids_say(ids: list[str], note: str) -> None:
    assert [one for one in said(**dict.fromkeys(ids, 1)) if one.startswith(note)]


def test_one_id_for_many_people_is_named_once_there_are_enough_customers() -> None:
    many = {f"C{i}": 1 for i in range(40)}
    assert "customer 'guest' has 20% of all lines" in said(**many, guest=10)[0]
    assert said(a=1, visitor=10) == []


ORDERS = "customer_id,order_date,amount,currency\na,2026-01-01,10,EUR\nguest,2026-01-02,5,eur\nb,2026-01-03,20,USD\n"


def test_excluded_ids_are_ignored_and_counted(tmp_path: Path) -> None:
    found = customers(tmp_path, ORDERS.replace("USD", "EUR"), exclude_ids=["guest"])
    assert found.table["customer_id"].tolist() == ["a", "b"]
    assert found.input_reports[0].reconciliation is not None
    assert [(fate.reason, fate.lines, fate.money) for fate in found.input_reports[0].reconciliation.ignored] == [
        ("excluded_id", 1, 5.0)
    ]


def test_several_currencies_are_refused_and_rates_make_them_one(tmp_path: Path) -> None:
    with pytest.raises(InputProblem, match=r"column 'currency': amounts in several currencies \(EUR, USD\)"):
        customers(tmp_path, ORDERS)
    with pytest.raises(InputProblem, match="without a rate for USD"):
        customers(tmp_path, ORDERS, rates={"EUR": 1.0})
    found = customers(tmp_path, ORDERS, rates={"EUR": 1.0, "USD": 0.5})
    assert found.table.set_index("customer_id")["revenue"].to_dict() == {"a": 10.0, "b": 10.0, "guest": 5.0}
    lines = found.input_reports[0].reconciliation
    assert lines is not None
    assert lines.money_kept == 25.0


def test_currencies_of_rejected_lines_do_not_count(tmp_path: Path) -> None:
    text = ORDERS.replace("b,2026-01-03", ",2026-01-03")
    assert customers(tmp_path, text).table["revenue"].sum() == 15.0


def test_excluded_ids_follow_the_case_policy(tmp_path: Path) -> None:
    found = customers(tmp_path, ORDERS.replace("USD", "EUR"), exclude_ids=["Guest"], id_case="upper")
    assert found.table["customer_id"].tolist() == ["A", "B"]

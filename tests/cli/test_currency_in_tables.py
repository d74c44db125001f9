"""Money with its currency, where all amounts are in one currency or converted to one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEADER = "customer,order,date,amount,currency"


@pytest.mark.parametrize(
    ("currencies", "options", "shown"),
    [
        (["EUR", "EUR"], [], "EUR"),
        (["", ""], [], ""),
        (["EUR", "USD"], ["--set", "ingest.rates={EUR: 1, USD: 0.5}"], "EUR"),
    ],
)
def test_tables_and_messages_name_the_currency(
    segcli: Callable[..., Any], folder: Path, currencies: list[str], options: list[str], shown: str
) -> None:
    rows = [f"c{number},{number},2026-01-0{number + 1},10.00,{code}" for number, code in enumerate(currencies)]
    (folder / "sales.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    done = segcli("rfm", "sales.csv", "-f", "table", *options)
    assert done.returncode == 0, done.stderr
    assert (f"Revenue ({shown})" in done.stdout) == bool(shown)
    total = "15.00" if options else "20.00"
    assert f"revenue {total} {shown}".rstrip() in done.stderr

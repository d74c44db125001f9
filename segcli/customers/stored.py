"""A file's tally as tables and facts on disk, and back."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from segcli.customers.runs import Pairs, Returned, Runs
from segcli.customers.tallied import Tallied
from segcli.customers.tally import Tally
from segcli.files import bundle
from segcli.ingest.account import Account, Group
from segcli.ingest.coded import Coded
from segcli.ingest.encoding import Twice
from segcli.ingest.opening import Opened
from segcli.ingest.outliers import Amounts


def save(found: Tallied, facts: Mapping[str, Any], folder: Path) -> None:
    """Write a tally beside its further facts; errors as of `bundle.save`."""
    runs, returned = _runs(found), found.returned
    texts = {"customer": runs.customer} | ({} if runs.order is None else {"order": runs.order})
    numbers = {"marks": runs.marks, "first": runs.first, "last": runs.last, **runs.sums}
    back = {"day": returned.day, "money": returned.money, "refunded": returned.refunded, "line": found.return_lines}
    tables = {
        "runs": pa.table({**texts, **numbers}),
        "returned": pa.table({"customer": returned.customer, **back}),
        **{f"value-{name}": _table(pairs) for name, pairs in runs.values.items()},
    }
    bundle.save(folder, tables, {**facts, **_facts(found)})


def _runs(found: Tallied) -> Runs:
    assert found.runs is not None
    return found.runs


def _table(pairs: Pairs) -> pa.Table:
    values = pa.DictionaryArray.from_arrays(pa.array(pairs.value.codes), pairs.value.texts)
    return pa.table({"run": pairs.run, "value": values, "lines": pairs.lines})


def load(folder: Path, file: Opened) -> Tallied:
    """The tally of a file from its folder."""
    facts = bundle.facts(folder)
    columns = _read(folder, "runs")
    named = {name: columns.pop(name) for name in ("customer", "order") if name in columns}
    runs = Runs(
        customer=named["customer"],
        order=named.get("order"),
        marks=columns.pop("marks"),
        first=columns.pop("first"),
        last=columns.pop("last"),
        sums=columns,
        values={name: _pairs(folder, f"value-{name}") for name in facts["values"]},
        by_day=facts["by_day"],
    )
    back = _read(folder, "returned")
    returned = Returned(back["customer"].combine_chunks(), back["day"], back["money"], back["refunded"])
    return Tallied(
        file,
        facts["dates"],
        runs,
        ((_tally(facts, returned, back["line"]), 0),),
        tuple(facts["notes"]),
        is_whole=facts["is_whole"],
    )


def _facts(found: Tallied) -> dict[str, Any]:
    amounts = found.amounts
    used = np.flatnonzero(amounts.counts)
    return {
        "dates": found.dates,
        "notes": list(found.notes),
        "by_day": _runs(found).by_day,
        "values": list(_runs(found).values),
        "account": asdict(found.account),
        "amounts": {"bins": used.tolist(), "counts": amounts.counts[used].tolist(), "largest": amounts.largest},
        "size": len(amounts.counts),
        "largest_line": found.largest_line,
        "rewritten": sorted(found.rewritten),
        "statuses": found.statuses,
        "repeated": found.repeated,
        "is_whole": found.is_whole,
        "twice": asdict(found.twice),
    }


def _tally(facts: Mapping[str, Any], returned: Returned, lines: Any) -> Tally:  # noqa: ANN401 - an array
    amounts = facts["amounts"]
    counts = np.zeros(facts["size"], dtype=np.int64)
    counts[amounts["bins"]] = amounts["counts"]
    return Tally(
        runs=None,
        returned=returned,
        return_lines=lines,
        account=_account(facts["account"]),
        lines=0,
        amounts=Amounts(counts, amounts["largest"], 0),
        largest_line=facts["largest_line"],
        highest=0,
        rewritten=frozenset(facts["rewritten"]),
        currencies=frozenset(),
        statuses={name: Counter(found) for name, found in facts["statuses"].items()},
        repeated=facts["repeated"],
        alike=0,
        varied=0,
        marks=(),
        strange=frozenset(),
        twice=Twice(**facts["twice"]),
    )


def _account(facts: Mapping[str, Any]) -> Account:
    read, kept, returns = (Group(**facts[name]) for name in ("read", "kept", "returns"))
    left_out = {name: Group(**group) for name, group in facts["left_out"].items()}
    return Account(read, kept, returns, left_out, facts["refunded"])


def _pairs(folder: Path, name: str) -> Pairs:
    columns = _read(folder, name)
    value = columns["value"].combine_chunks()
    codes = np.asarray(value.indices, dtype=np.int32)
    return Pairs(columns["run"], Coded(value.dictionary, codes), columns["lines"])


def _read(folder: Path, name: str) -> dict[str, Any]:
    """Columns by name: texts as Arrow has them, numbers as arrays."""
    found = bundle.table(folder, name)
    return {
        name: column if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type) else column.to_numpy()
        for name, column in zip(found.column_names, found.columns, strict=True)
    }

"""A file's tally on disk, and back: columns as Arrow files, facts as JSON, in one folder that appears all at once."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import ipc

from segcli.customers.runs import Pairs, Returned, Runs
from segcli.customers.tallied import Tallied
from segcli.customers.tally import Tally
from segcli.files.write import TEMPORARY
from segcli.ingest.account import Account, Group
from segcli.ingest.coded import Coded
from segcli.ingest.encoding import Twice
from segcli.ingest.opening import Opened
from segcli.ingest.outliers import Amounts

FACTS = "facts.json"


def save(found: Tallied, facts: Mapping[str, Any], folder: Path) -> None:
    """Write a tally beside its further facts; a folder of this name is complete, whenever the power goes."""
    made = folder.with_name(folder.name + TEMPORARY)
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    runs, returned = found.runs, found.returned
    texts = {"customer": runs.customer} | ({} if runs.order is None else {"order": runs.order})
    numbers = {"marks": runs.marks, "first": runs.first, "last": runs.last, **runs.sums}
    _write(made / "runs", {**{name: column.combine_chunks() for name, column in texts.items()}, **numbers})
    numbers = {"day": returned.day, "money": returned.money, "refunded": returned.refunded, "line": found.return_lines}
    _write(made / "returned", {"customer": returned.customer, **numbers})
    for name, pairs in runs.values.items():
        values = pa.DictionaryArray.from_arrays(pa.array(pairs.value.codes), pairs.value.texts)
        _write(made / f"value-{name}", {"run": pairs.run, "value": values, "lines": pairs.lines})
    text = json.dumps({**facts, **_facts(found)}, ensure_ascii=False, sort_keys=True)
    with (made / FACTS).open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    shutil.rmtree(folder, ignore_errors=True)
    made.rename(folder)


def load(folder: Path, file: Opened) -> Tallied:
    """The tally of a file from its folder."""
    facts = facts_of(folder)
    columns = _read(folder / "runs")
    named = {name: columns.pop(name) for name in ("customer", "order") if name in columns}
    values = {path.name.removeprefix("value-"): _pairs(path) for path in sorted(folder.glob("value-*"))}
    runs = Runs(
        customer=named["customer"],
        order=named.get("order"),
        marks=columns.pop("marks"),
        first=columns.pop("first"),
        last=columns.pop("last"),
        sums=columns,
        values={name: values[name] for name in facts["values"]},
        by_day=facts["by_day"],
    )
    back = _read(folder / "returned")
    returned = Returned(back["customer"].combine_chunks(), back["day"], back["money"], back["refunded"])
    return Tallied(file, facts["dates"], runs, ((_tally(facts, returned, back["line"]), 0),), tuple(facts["notes"]))


def facts_of(folder: Path) -> dict[str, Any]:
    """What is said of a stored tally."""
    found: dict[str, Any] = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    return found


def _facts(found: Tallied) -> dict[str, Any]:
    amounts = found.amounts
    used = np.flatnonzero(amounts.counts)
    return {
        "dates": found.dates,
        "notes": list(found.notes),
        "by_day": found.runs.by_day,
        "values": list(found.runs.values),
        "account": asdict(found.account),
        "amounts": {"bins": used.tolist(), "counts": amounts.counts[used].tolist(), "largest": amounts.largest},
        "size": len(amounts.counts),
        "largest_line": found.largest_line,
        "rewritten": sorted(found.rewritten),
        "statuses": found.statuses,
        "repeated": found.repeated,
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


def _pairs(path: Path) -> Pairs:
    columns = _read(path)
    value = columns["value"].combine_chunks()
    codes = np.asarray(value.indices, dtype=np.int32)
    return Pairs(columns["run"], Coded(value.dictionary, codes), columns["lines"])


def _write(path: Path, columns: Mapping[str, Any]) -> None:
    table = pa.table(
        {name: column if isinstance(column, pa.Array) else pa.array(column) for name, column in columns.items()}
    )
    with pa.OSFile(str(path), "wb") as file, ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _read(path: Path) -> dict[str, Any]:
    """Columns by name: texts as Arrow has them, numbers as arrays."""
    with pa.OSFile(str(path), "rb") as file:
        table = ipc.open_file(file).read_all()
    return {
        name: column if pa.types.is_string(column.type) or pa.types.is_dictionary(column.type) else column.to_numpy()
        for name, column in zip(table.column_names, table.columns, strict=True)
    }

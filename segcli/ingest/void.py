"""Lines that are no orders: cancelled, failed, unpaid, tests - by the values that the source's `void` lists."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli.ingest.export import Export
from segcli.ingest.languages import words
from segcli.ingest.recognise import normalised

ANY = "*"


def void(export: Export) -> npt.NDArray[np.bool_]:
    """Which lines are void; values are compared without blanks around them and without regard to case."""
    found = np.zeros(export.cells.rows, dtype=bool)
    for name, values in (export.source.void or {}).items():
        column = export.cells.coded(name).trimmed
        meant = {value.strip().casefold() for value in values}
        listed = [bool(text) and (ANY in meant or text.casefold() in meant) for text in column.texts.to_pylist()]
        found |= np.array(listed, dtype=bool)[column.codes]
    return found


def status_columns(header: Sequence[str]) -> list[str]:
    """The columns by which a file may say that an order came to nothing."""
    names = {normalised(word) for word in words("status_columns")}
    return [name for name in header if normalised(name) in names and header.count(name) == 1]


def counted(export: Export) -> dict[str, Counter[str]]:
    """How often each status stands there, where nobody said which of them are void."""
    names = status_columns(export.cells.header) if export.source.void is None else []
    return {name: _counter(export.cells.columns[name]) for name in names}


def _counter(texts: pa.ChunkedArray) -> Counter[str]:
    found = pc.value_counts(pc.utf8_trim_whitespace(texts)).to_pylist()
    return Counter({one["values"]: one["counts"] for one in found})


def unsaid(statuses: Mapping[str, Counter[str]]) -> Iterator[str]:
    """A note on lines whose status says that the order came to nothing, where nobody said what that means."""
    nothing = {normalised(word) for word in words("void")}
    for name, counts in statuses.items():
        found = sorted((value, count) for value, count in counts.items() if normalised(value) in nothing)
        if found:
            values = ", ".join(value for value, _ in found)
            yield (
                f"column '{name}' says {', '.join(f'{value} ({count:,})' for value, count in found)}: these lines "
                f"count as orders; ingest.transactions.void: {{{name}: [{values}]}} leaves them out"
            )

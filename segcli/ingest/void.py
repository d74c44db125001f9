"""Lines that are no orders: cancelled, failed, unpaid, tests - by the values that the source's `void` lists."""

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from segcli.ingest.export import Export

ANY = "*"


def void(export: Export) -> npt.NDArray[np.bool_]:
    """Which lines are void; values are compared without blanks around them and without regard to case."""
    found = np.zeros(export.cells.rows, dtype=bool)
    for name, values in (export.source.void or {}).items():
        coded = pc.dictionary_encode(pc.utf8_trim_whitespace(export.cells.columns[name])).combine_chunks()
        meant = {value.strip().casefold() for value in values}
        listed = [bool(text) and (ANY in meant or text.casefold() in meant) for text in coded.dictionary.to_pylist()]
        found |= np.array(listed, dtype=bool)[np.asarray(coded.indices)]
    return found

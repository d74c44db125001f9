"""Money in one currency: amounts in several cannot be added."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.errors import InputProblem
from segcli.ingest.export import Export


def rates(export: Export, usable: npt.NDArray[np.bool_], given: Mapping[str, float]) -> npt.NDArray[np.float64] | None:
    """What 1 of each line's currency is worth; None where all money is in one.

    Args:
        export: with or without a currency column.
        usable: the lines whose currency matters.
        given: what 1 of each currency is worth.

    Raises:
        InputProblem: several currencies and no rate for one of them.
    """
    written = export.coded(c.CURRENCY)
    if written is None:
        return None
    column = written.trimmed.mapped(pc.utf8_upper)
    codes, names = column.codes, column.texts.to_pylist()
    found = sorted(present(export, usable))
    if not given and len(found) <= 1:
        return None
    missing = [name for name in found if name not in given]
    if missing:
        raise InputProblem(
            f"amounts in several currencies ({', '.join(found)}), and no rate for {', '.join(missing)}",
            source=export.content.name,
            column=export.recognition.columns[c.CURRENCY],
            remedy="Give what 1 of each is worth in one currency: --set 'ingest.rates={EUR: 1, USD: 0.92}'",
        )
    worth: npt.NDArray[np.float64] = np.array([given.get(name, 1.0) for name in names])[codes]
    return worth


def present(export: Export, usable: npt.NDArray[np.bool_]) -> frozenset[str]:
    """The currencies on these lines."""
    written = export.coded(c.CURRENCY)
    if written is None:
        return frozenset()
    column = written.trimmed.mapped(pc.utf8_upper)
    return frozenset(column.texts.take(pa.array(np.unique(column.codes[usable]))).to_pylist()) - {""}

"""Money in one currency: amounts in several cannot be added."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.errors import InputProblem
from segcli.ingest import plain
from segcli.ingest.amount_spelling import split_amount
from segcli.ingest.coded import Coded
from segcli.ingest.export import Export


def rates(export: Export, usable: npt.NDArray[np.bool_], given: Mapping[str, float]) -> npt.NDArray[np.float64] | None:
    """Return what 1 of each line's currency is worth; None where all money is in one.

    Args:
        export: with a currency column, currencies beside the amounts, or neither.
        usable: the lines whose currency matters.
        given: what 1 of each currency is worth.

    Raises:
        InputProblem: several currencies and no rate for one of them.
    """
    written = _written(export)
    if written is None:
        return None
    name, column = written
    codes, names = column.codes, column.texts.to_pylist()
    found = sorted(_present(column, usable))
    if not given and len(found) <= 1:
        return None
    missing = [currency for currency in found if currency not in given]
    if missing:
        raise InputProblem(
            f"amounts in several currencies ({', '.join(found)}), and no rate for {', '.join(missing)}",
            source=export.content.name,
            column=name,
            remedy=describe_rates(found),
        )
    worth: npt.NDArray[np.float64] = np.array([given.get(currency, 1.0) for currency in names])[codes]
    return worth


def describe_rates(currencies: Sequence[str]) -> str:
    """Return a hint at the setting that makes several currencies one."""
    example = ", ".join(f"{currency}: {1 if currency == currencies[0] else '...'}" for currency in currencies)
    return f"Give what 1 of each is worth in one of them: --set 'ingest.rates={{{example}}}'"


def present(export: Export, usable: npt.NDArray[np.bool_]) -> frozenset[str]:
    """Return the currencies on these lines."""
    written = _written(export)
    return frozenset() if written is None else _present(written[1], usable)


def _present(column: Coded, usable: npt.NDArray[np.bool_]) -> frozenset[str]:
    return frozenset(column.texts.take(pa.array(np.unique(column.codes[usable]))).to_pylist()) - {""}


def _written(export: Export) -> tuple[str, Coded] | None:
    """Return the column that names each line's currency, and the currency of each line."""
    named = export.coded(columns.CURRENCY)
    if named is not None:
        return export.recognition.columns[columns.CURRENCY], named.trimmed.mapped(pc.utf8_upper)
    for standard in (columns.AMOUNT, columns.UNIT_PRICE):
        texts = export.texts(standard)
        if texts is not None and plain.numbers(texts) is None:
            name = export.recognition.columns[standard]
            column = export.cells.coded(name).mapped(_currencies)
            return (name, column) if len(column.texts) > 1 or column.texts[0].as_py() else None
    return None


def _currencies(amounts: pa.StringArray) -> pa.StringArray:
    return pa.array([split_amount(amount).currency for amount in amounts.to_pylist()], pa.string())

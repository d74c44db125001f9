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
from segcli.ingest.coded import EncodedColumn
from segcli.ingest.export import OrderExport


def get_line_rates(
    export: OrderExport, usable_mask: npt.NDArray[np.bool_], rate_by_currency: Mapping[str, float]
) -> npt.NDArray[np.float64] | None:
    """Return what 1 of each line's currency is worth; None where all money is in one.

    Args:
        export: with a currency column, currencies beside the amounts, or neither.
        usable_mask: the lines whose currency matters.
        rate_by_currency: what 1 of each currency is worth.

    Raises:
        InputProblem: several currencies and no rate for one of them.
    """
    currency_column = _find_currency_column(export)
    if currency_column is None:
        return None
    name, column = currency_column
    codes, names = column.codes, column.categories.to_pylist()
    currencies = sorted(_list_currencies(column, usable_mask))
    if not rate_by_currency and len(currencies) <= 1:
        return None
    missing = [currency for currency in currencies if currency not in rate_by_currency]
    if missing:
        raise InputProblem(
            f"amounts in several currencies ({', '.join(currencies)}), and no rate for {', '.join(missing)}",
            source=export.content.name,
            column=name,
            remedy=suggest_rates(currencies),
        )
    line_rate: npt.NDArray[np.float64] = np.array([rate_by_currency.get(currency, 1.0) for currency in names])[codes]
    return line_rate


def suggest_rates(currencies: Sequence[str]) -> str:
    """Return a hint at the setting that makes several currencies one."""
    example = ", ".join(f"{currency}: {1 if currency == currencies[0] else '...'}" for currency in currencies)
    return f"Give what 1 of each is worth in one of them: --set 'ingest.rates={{{example}}}'"


def find_currencies(export: OrderExport, usable_mask: npt.NDArray[np.bool_]) -> frozenset[str]:
    """Return the currencies on these lines."""
    currency_column = _find_currency_column(export)
    return frozenset() if currency_column is None else _list_currencies(currency_column[1], usable_mask)


def _list_currencies(currency_codes: EncodedColumn, usable_mask: npt.NDArray[np.bool_]) -> frozenset[str]:
    return frozenset(
        currency_codes.categories.take(pa.array(np.unique(currency_codes.codes[usable_mask]))).to_pylist()
    ) - {""}


def _find_currency_column(export: OrderExport) -> tuple[str, EncodedColumn] | None:
    """Return the column that names each line's currency, and the currency of each line."""
    named_column = export.get_encoded_column(columns.CURRENCY)
    if named_column is not None:
        return export.mapping.columns[columns.CURRENCY], named_column.without_outer_blanks.map_texts(pc.utf8_upper)
    for standard in (columns.AMOUNT, columns.UNIT_PRICE):
        texts = export.get_text_column(standard)
        if texts is not None and plain.parse_simple_numbers(texts) is None:
            name = export.mapping.columns[standard]
            column = export.raw_table.encode_column(name).map_texts(_extract_currencies)
            return (name, column) if len(column.categories) > 1 or column.categories[0].as_py() else None
    return None


def _extract_currencies(amount_texts: pa.StringArray) -> pa.StringArray:
    return pa.array([split_amount(amount).currency for amount in amount_texts.to_pylist()], pa.string())

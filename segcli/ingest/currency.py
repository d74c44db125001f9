"""Convert amounts to one currency: amounts in several currencies cannot be summed."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.errors import InputProblem
from segcli.ingest import text_columns
from segcli.ingest.currency_names import split_currency_name
from segcli.ingest.number_parsing import split_amount
from segcli.ingest.order_export import OrderExport
from segcli.ingest.text_columns import EncodedColumn


def get_line_rates(
    export: OrderExport, usable_mask: npt.NDArray[np.bool_], rate_by_currency: Mapping[str, float]
) -> npt.NDArray[np.float64] | None:
    """Return the value of one unit of each line's currency; None if all amounts are in one currency.

    Args:
        export: order export with a currency column, currencies in the amounts, or neither.
        usable_mask: lines whose currency matters.
        rate_by_currency: value of one unit of each currency.

    Raises:
        InputProblem: if there are several currencies and one has no rate.
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
            f"amounts in several currencies ({', '.join(currencies)}) without a rate for {', '.join(missing)}",
            source=export.content.name,
            column=name,
            remedy=suggest_rates(currencies),
        )
    line_rate: npt.NDArray[np.float64] = np.array([rate_by_currency.get(currency, 1.0) for currency in names])[codes]
    return line_rate


def suggest_rates(currencies: Sequence[str]) -> str:
    """Return a hint for the setting that converts several currencies to one."""
    example = ", ".join(f"{currency}: {1 if currency == currencies[0] else '...'}" for currency in currencies)
    return f"set the value of 1 unit of each in one of them: --set 'ingest.rates={{{example}}}'"


def find_currencies(export: OrderExport, usable_mask: npt.NDArray[np.bool_]) -> frozenset[str]:
    """Return the currencies of the selected lines."""
    currency_column = _find_currency_column(export)
    return frozenset() if currency_column is None else _list_currencies(currency_column[1], usable_mask)


def _list_currencies(currency_codes: EncodedColumn, usable_mask: npt.NDArray[np.bool_]) -> frozenset[str]:
    return frozenset(
        currency_codes.categories.take(pa.array(np.unique(currency_codes.codes[usable_mask]))).to_pylist()
    ) - {""}


def _find_currency_column(export: OrderExport) -> tuple[str, EncodedColumn] | None:
    """Return the currency of each line, and the column that has it: of currencies, of amounts, or by its name."""
    named_column = export.get_encoded_column(columns.CURRENCY)
    if named_column is not None:
        return export.mapping.columns[columns.CURRENCY], named_column.without_outer_blanks.map_texts(pc.utf8_upper)
    for standard in (columns.AMOUNT, columns.UNIT_PRICE):
        texts = export.get_text_column(standard)
        if texts is not None and not text_columns.has_number_characters(texts):
            name = export.mapping.columns[standard]
            column = export.raw_table.encode_column(name).map_texts(_extract_currencies)
            if len(column.categories) > 1 or column.categories[0].as_py():
                return name, column
            break
    return _read_currency_of_name(export)


def _read_currency_of_name(export: OrderExport) -> tuple[str, EncodedColumn] | None:
    """Return the column of amounts whose name ends with a currency, and this currency for each line."""
    for standard in (columns.AMOUNT, columns.UNIT_PRICE):
        name = export.mapping.columns.get(standard)
        currency_name = split_currency_name(name) if name else None
        if name and currency_name:
            codes = np.zeros(export.raw_table.rows, dtype=np.int32)
            return name, EncodedColumn(pa.array([currency_name[1]], pa.string()), codes)
    return None


def _extract_currencies(amount_texts: pa.StringArray) -> pa.StringArray:
    return pa.array([split_amount(amount).currency for amount in amount_texts.to_pylist()], pa.string())

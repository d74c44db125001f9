"""Money in minor units, such as cents: recognised by the names of columns, converted by the decimals of currencies."""

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from segcli import columns
from segcli.columns import ColumnKind
from segcli.config.ingest import Source
from segcli.ingest.column_topics import split_words
from segcli.ingest.locales import word_list
from segcli.ingest.number_parsing import currency_code
from segcli.ingest.text_columns import EncodedColumn

MINOR_UNITS = 100  # minor units of most currencies, and of amounts without a currency
# Currencies with other minor units, by ISO 4217
WHOLE_CURRENCIES = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV")
FINE_CURRENCIES = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
UNITS_BY_CURRENCY = {
    **dict.fromkeys((*WHOLE_CURRENCIES, "XAF", "XOF", "XPF"), 1),
    **dict.fromkeys(FINE_CURRENCIES, 1000),
}


def strip_unit_name(name: str) -> str | None:
    """Return the name of a column of minor units without their name; None if it does not end with one.

    >>> strip_unit_name("amount_cents"), strip_unit_name("priceInCents"), strip_unit_name("Rabatt in Prozent")
    ('amount', 'price', None)
    """
    text = " ".join(split_words(name))
    phrase = next((phrase for phrase in _list_unit_phrases() if text.endswith(f" {phrase}")), None)
    return None if phrase is None else text.removesuffix(phrase).strip()


def uses_minor_units(standard: str, name: str, source: Source) -> bool:
    """Return whether a column of money is in minor units: as the source declares, or by the column's name."""
    if columns.TRANSACTION_COLUMNS.get(standard) is not ColumnKind.MONEY:
        return False
    if standard == columns.DISCOUNT and source.discount in {"percent", "fraction"}:
        return False
    return strip_unit_name(name) is not None if source.amount_unit is None else source.amount_unit == "minor"


def list_units_per_line(currencies: EncodedColumn | None) -> npt.NDArray[np.float64] | float:
    """Return the minor units in 1.00 of each line's currency.

    Args:
        currencies: codes or symbols of the currency column; None if there is none.
    """
    if currencies is None:
        return float(MINOR_UNITS)
    codes = [currency_code(text.strip()).upper() for text in currencies.categories.to_pylist()]
    units = np.array([UNITS_BY_CURRENCY.get(code, MINOR_UNITS) for code in codes], dtype=np.float64)
    return units[currencies.codes]


def note_minor_units(file_columns: Mapping[str, str], source: Source) -> Iterator[str]:
    """Yield a note on the columns whose names say that they are in minor units.

    Args:
        file_columns: the file's name of each standard column.
        source: settings of the file.
    """
    names = [name for standard, name in file_columns.items() if uses_minor_units(standard, name, source)]
    if names and source.amount_unit is None:
        exceptions = " (1 for JPY, 1,000 for KWD)" if columns.CURRENCY in file_columns else ""
        yield (
            f"amounts are in minor units by the name of {', '.join(names)}: divided by {MINOR_UNITS}{exceptions}; "
            "hint: --set ingest.transactions.amount_unit=major reads them undivided"
        )


@cache
def _list_unit_phrases() -> tuple[str, ...]:
    """Return the names of minor units, the longest first."""
    return tuple(sorted((phrase.casefold() for phrase in word_list("minor_units")), key=len, reverse=True))

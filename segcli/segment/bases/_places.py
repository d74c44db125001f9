"""Lookup of customers' places in a user's table, by postcode, city, region or country."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.bases import require_column
from segcli.segment.lookup_table import LookupTable

TextArray = npt.NDArray[np.object_]

PLACE_COLUMNS = (columns.POSTCODE, columns.CITY, columns.REGION, columns.COUNTRY)  # finest first
ANY_PLACE_COLUMN = "|".join(PLACE_COLUMNS)


def look_up_places(
    customers: Customers, lookup: LookupTable | None, value_column: str
) -> tuple[TextArray, tuple[str, ...]]:
    """Return the value of each customer's place, empty without a match, and notes with the number of matches.

    Without a table, the customers' own column `value_column` counts. With a table, the key is the finest of postcode,
    city, region and country that the table shares with the customers. A postcode matches its longest prefix in the
    table.

    Args:
        customers: customers with a place column.
        lookup: the user's table.
        value_column: name of the value column.
    """
    if lookup is None:
        return _column_texts(require_column(customers, value_column)), ()
    key_column = next(
        (
            place_column
            for place_column in PLACE_COLUMNS
            if place_column in lookup.rows and place_column in customers.table
        ),
        None,
    )
    if key_column is None:
        raise InputProblem(
            f"has no column to match customers by: {', '.join(PLACE_COLUMNS)}",
            source=lookup.source_input.name,
            remedy="rename one of its columns",
        )
    values_by_place = _read_place_values(lookup, key_column, value_column)
    place_texts = _column_texts(customers.table[key_column])
    value_by_text = {
        text: _find_place_value(_normalise_place(text), values_by_place, match_prefixes=key_column == columns.POSTCODE)
        for text in set(place_texts)
    }
    looked_up = np.array([value_by_text[text] for text in place_texts], dtype=object)
    return looked_up, tuple(_describe_matches(place_texts, looked_up, key_column, lookup.source_input.name))


def _column_texts(values: pd.Series) -> TextArray:
    if pd.api.types.is_numeric_dtype(values):
        values = values.map(lambda number: f"{number:.15g}", na_action="ignore")
    texts: TextArray = values.astype("str").fillna("").str.strip().to_numpy(dtype=object)
    return texts


def _normalise_place(text: str) -> str:
    return "".join(text.split()).casefold()


def _read_place_values(lookup: LookupTable, key_column: str, value_column: str) -> Mapping[str, str]:
    """Return the value of each place key in the table.

    Raises:
        InputProblem: the table has two values for one place.
    """
    rows = lookup.rows
    values_by_place: dict[str, str] = {}
    for normalised_place, place_value in zip(rows[key_column].map(_normalise_place), rows[value_column], strict=True):
        if values_by_place.setdefault(normalised_place, place_value) != place_value:
            raise InputProblem(
                f"has both '{values_by_place[normalised_place]}' and '{place_value}' for the same {key_column}",
                source=lookup.source_input.name,
                remedy="keep one of the two",
            )
    return values_by_place


def _find_place_value(text: str, values_by_place: Mapping[str, str], *, match_prefixes: bool) -> str:
    lengths = range(len(text), 0, -1) if match_prefixes else [len(text)] * bool(text)
    return next((values_by_place[text[:length]] for length in lengths if text[:length] in values_by_place), "")


def _describe_matches(place_texts: TextArray, looked_up: TextArray, key_column: str, source_name: str) -> Iterator[str]:
    missing_places = sorted({str(place_text) for place_text in place_texts[(place_texts != "") & (looked_up == "")]})
    match_count = int((looked_up != "").sum())
    remainder_text = (f", and {len(missing_places) - 5:,} more") if len(missing_places) > 5 else ""  # noqa: PLR2004 - five examples
    missing_text = f"; not found: {', '.join(missing_places[:5])}{remainder_text}" if missing_places else ""
    yield f"{match_count:,} of {len(place_texts):,} customers matched in {source_name} by {key_column}{missing_text}"


def parse_lookup_numbers(texts: TextArray, value_name: str, source_name: str) -> npt.NDArray[np.float64]:
    """Parse looked-up numbers, NaN where blank.

    Raises:
        InputProblem: a text is not a number.
    """
    try:
        return np.array([float(text) if text else np.nan for text in texts], dtype=np.float64)
    except ValueError as error:
        raise InputProblem(f"{value_name}: {error}", source=source_name) from None


def order_by_frequency(segment_labels: TextArray, unknown: str) -> Sequence[str]:
    """Return the distinct labels, most frequent first, then by name, without `unknown`."""
    names, counts = np.unique(segment_labels[segment_labels != unknown].astype(str), return_counts=True)
    return [str(name) for _, name in sorted(zip(-counts, names, strict=True))]

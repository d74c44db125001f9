"""Lookup tables: the user's own tables of stores, postcode areas or occasions, which bases read."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from segcli.errors import InputProblem
from segcli.io.csv_injection import unescape_table
from segcli.model import Input


@dataclass(frozen=True)
class LookupTable:
    """The table as text with standard column names, blanks as empty text, and its source."""

    rows: pd.DataFrame
    source_input: Input


def load_lookup_table(path: str, required_columns: Sequence[str]) -> LookupTable:
    """Read a lookup table; header matching ignores case, blanks and punctuation.

    Args:
        path: a CSV file.
        required_columns: the required columns; `a|b` requires at least one of them.

    Raises:
        InputProblem: the file cannot be read, a column is missing, or there are no rows.
    """
    from segcli.config.ingest import Source
    from segcli.ingest.column_matching import is_name_of, normalise_name
    from segcli.ingest.input_file import open_input

    lookup_file = open_input(Source(path=path), may_hold_orders=False)
    raw_table = lookup_file.read_table()
    rows = pd.DataFrame({name: pd.Series(texts.to_pandas(), dtype="str") for name, texts in raw_table.columns.items()})
    rows, _ = unescape_table(rows.apply(lambda texts: texts.fillna("").str.strip()))
    standard_by_name = {
        name: standard
        for column_choice in required_columns
        for standard in column_choice.split("|")
        for name in rows.columns
        if normalise_name(name) == normalise_name(standard) or is_name_of(name, standard)
    }
    rows = rows.rename(columns=standard_by_name)
    for column_choice in required_columns:
        if not set(column_choice.split("|")) & set(rows.columns):
            raise InputProblem(
                f"no column {column_choice.replace('|', ' or ')}; the header has: {', '.join(raw_table.header)}",
                source=path,
                line=1,
                remedy="rename one of them",
            )
    if rows.empty:
        raise InputProblem("only a header, no rows", source=path, remedy="add rows to the table")
    return LookupTable(
        rows, Input(lookup_file.content.name, lookup_file.content.size, lookup_file.content.sha256, len(rows))
    )

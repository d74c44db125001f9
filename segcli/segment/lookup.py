"""A table of the user's own that a base looks things up in: stores, areas by postcode, days to celebrate."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from segcli.errors import InputProblem
from segcli.files.formulas import unescape_table
from segcli.model import Input


@dataclass(frozen=True)
class Lookup:
    """The table as text under the names that the base knows, blanks as empty text, and where it came from."""

    rows: pd.DataFrame
    read_from: Input


def load(path: str, wanted: Sequence[str]) -> Lookup:
    """Read a table; header names are compared without case, blanks and punctuation.

    Args:
        path: a CSV file.
        wanted: the columns that there must be; `a|b` asks for at least one of them.

    Raises:
        InputProblem: the file cannot be read, a column is missing, or there are no rows.
    """
    from segcli.config.ingest import Source
    from segcli.ingest.opening import opened
    from segcli.ingest.recognise import means, normalised

    file = opened(Source(path=path), may_hold_orders=False)
    cells = file.cells()
    rows = pd.DataFrame({name: pd.Series(texts.to_pandas(), dtype="str") for name, texts in cells.columns.items()})
    rows, _ = unescape_table(rows.apply(lambda texts: texts.fillna("").str.strip()))
    known = {
        name: standard
        for choice in wanted
        for standard in choice.split("|")
        for name in rows.columns
        if normalised(name) == normalised(standard) or means(name, standard)
    }
    rows = rows.rename(columns=known)
    for choice in wanted:
        if not set(choice.split("|")) & set(rows.columns):
            raise InputProblem(
                f"no column {choice.replace('|', ' or ')}; the header has: {', '.join(cells.header)}",
                source=path,
                line=1,
                remedy="Call one of them so",
            )
    if rows.empty:
        raise InputProblem("there is a header and nothing below it", source=path, remedy="Fill the table")
    return Lookup(rows, Input(file.content.name, file.content.size, file.content.sha256, len(rows)))

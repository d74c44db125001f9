"""Demographic: language of a customer."""

from dataclasses import replace

from segcli.model import Customers
from segcli.segment.bases import BaseResult, _column_values
from segcli.segment.bases._column_values import NamedColumnOptions as Options

__all__ = ["ADDS", "NEEDS", "SOURCE", "Options", "assign_segments"]

SOURCE = "the values in the customer file; of codes, the language without the region (BCP 47): de-AT is de"
NEEDS = "a column with the language, in the customer file"
ADDS = ()
_CODE = r"^([A-Za-z]{2,3})(?:[-_][A-Za-z0-9_-]+)?$"


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer's language. Codes of a language in several regions are one segment."""
    column = _column_values.find_column(customers, "language", options.column)
    texts = customers.table[column].astype("str").str.strip()
    languages = texts.str.replace(_CODE, lambda code: str(code[1]).lower(), regex=True)
    coded = replace(customers, table=customers.table.assign(**{column: languages}))
    return _column_values.segments_from_column(coded, (column,), options)

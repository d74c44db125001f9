"""Check that the first records of a column fit the standard column that its name means."""

import re
from collections.abc import Collection, Sequence

import pyarrow as pa

from segcli import columns
from segcli.columns import ColumnKind
from segcli.config.ingest import Source
from segcli.ingest import dates, locales, number_parsing, parser
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.dialect import Dialect
from segcli.ingest.discounts import is_percent_name

SAMPLE_RECORDS = 200
NUMERIC_KINDS = (ColumnKind.NUMBER, ColumnKind.MONEY, ColumnKind.COUNT, ColumnKind.DAYS)
UNITLESS_TENURES = {"tenure", "customertenure"}
QUESTION_MARKS = ("?", "\uff1f")  # at the end of names such as Refunded?
MAX_TENURE_MONTHS = 600  # 50 years
_SIGNED_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+")
_PLAIN_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


class ContentChecker:
    """Check that the first records of a column fit the standard column that its name means."""

    def __init__(self, file_dialect: Dialect, header: tuple[str, ...], source: Source) -> None:
        self._open = [name for name in header if name not in source.leave_out]
        self._indices = {name: index for index, name in reversed(list(enumerate(header)))}  # the first of equal names
        self.source, self._locale = source, locales.get_locale(source)
        self._sample = [
            record for record in parser.sample_records(file_dialect, SAMPLE_RECORDS) if len(record) == len(header)
        ]

    def __call__(self, standard: str, name: str) -> bool:
        """Return whether the values of a column fit a standard column."""
        kind = columns.TRANSACTION_COLUMNS.get(standard, columns.column_kind(standard))
        index = self._indices[name]
        cell_values = [record[index] for record in self._sample]
        if kind is ColumnKind.DATE:
            return dates.looks_like_dates(cell_values, self.source)
        if standard == columns.TENURE_DAYS and not _names_days(name) and not _exceeds_months(cell_values):
            return False
        if standard == columns.QUANTITY:
            cell_values = number_parsing.strip_units(pa.array(cell_values, pa.string())).to_pylist()
        if standard == columns.DISCOUNT:
            cell_values = [value.strip().removesuffix("%") for value in cell_values]
        if kind not in NUMERIC_KINDS:
            return True
        if standard == columns.REFUNDED and (name.endswith(QUESTION_MARKS) or _are_flags(cell_values)):
            return False
        if standard == columns.AMOUNT_AFTER_REFUNDS and _are_mostly_zero(cell_values):
            return False
        is_share = standard == columns.MARGIN and (is_percent_name(name) or _are_shares(cell_values))
        return number_parsing.looks_like_numbers(cell_values, self._locale) and not is_share

    def get_column_values(self, name: str) -> list[str]:
        """Return the values of a column in the first records, stripped of blanks."""
        index = self._indices[name]
        return [record[index].strip() for record in self._sample]

    @property
    def has_records(self) -> bool:
        """Whether there are records below the header."""
        return bool(self._sample)

    def has_distinct_values(self, name: str) -> bool:
        """Return whether every first record has a value of its own in a column."""
        cell_values = self.get_column_values(name)
        return all(cell_values) and len(set(cell_values)) == len(cell_values)

    def has_repeated_records(self, name: str) -> bool:
        """Return whether a value of a column occurs in different records, which rules out one row per customer."""
        cell_values = self.get_column_values(name)
        distinct_records = {(value, *record) for value, record in zip(cell_values, self._sample, strict=True) if value}
        return len(distinct_records) > len({value for value in cell_values if value})

    def get_unmatched_values(self, matched_columns: Collection[str]) -> dict[str, list[str]]:
        """Return the values of all columns that are read but not matched."""
        return {name: self.get_column_values(name) for name in self._open if name not in matched_columns}


def _names_days(name: str) -> bool:
    """Return whether the name of a tenure shows that it is counted in days."""
    return normalise_name(name) not in UNITLESS_TENURES


def _are_shares(cell_values: Sequence[str]) -> bool:
    """Return whether no number exceeds 1, as in shares of an amount; money would."""
    numbers = [float(value) for value in cell_values if _SIGNED_NUMBER.fullmatch(value.strip())]
    return bool(numbers) and max(map(abs, numbers)) <= 1


def _are_flags(cell_values: Sequence[str]) -> bool:
    """Return whether the values are 0 and 1 only: a mark on some orders rather than money."""
    return {value.strip() for value in cell_values} - {""} == {"0", "1"}


def _are_mostly_zero(cell_values: Sequence[str]) -> bool:
    """Return whether most records have a zero: then it means "not refunded", since no shop refunds most orders."""
    zeros = [value for value in cell_values if _PLAIN_NUMBER.fullmatch(value.strip()) and not float(value)]
    return len(zeros) > len(cell_values) / 2


def _exceeds_months(cell_values: Sequence[str]) -> bool:
    """Return whether a tenure is longer than customers can be, in months: it must be in days."""
    numbers = [float(value) for value in cell_values if _PLAIN_NUMBER.fullmatch(value.strip())]
    return max(numbers, default=0.0) > MAX_TENURE_MONTHS

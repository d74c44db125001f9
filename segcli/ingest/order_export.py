"""Order export as text, with access to typed columns; unreadable columns are rejected with a hint."""

from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns
from segcli.columns import ColumnKind
from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.ingest import dates, minor_units, number_parsing, text_columns
from segcli.ingest.column_matching import ColumnMapping
from segcli.ingest.date_errors import DateError
from segcli.ingest.dates import ParsedDates
from segcli.ingest.locales import has_foreign_digits
from segcli.ingest.number_parsing import ParsedNumbers
from segcli.ingest.parser import RawTable
from segcli.ingest.status_columns import StatusColumns
from segcli.ingest.text_columns import EncodedColumn, dictionary_encode
from segcli.io.read import FileContent

UNIT_CHOICE = "choose --set ingest.transactions.amount_unit=major   or   --set ingest.transactions.amount_unit=minor"
MAX_UNREADABLE_SHARE = 0.5  # share of unreadable values from which a column is the wrong one, not a dirty one


@dataclass(frozen=True)
class OrderExport:
    """Order export as text: its cells, and the mapping of its columns.

    `status` holds the columns with the status of lines. `date_formats` are the formats of the order dates, if known.
    `unreadable_counts` counts the texts that are not numbers, by column, for the columns that `read_numbers` has
    parsed.
    """

    content: FileContent
    raw_table: RawTable
    mapping: ColumnMapping
    source: Source
    preset: str = ""
    advice: str = ""
    status: StatusColumns = field(default_factory=StatusColumns)
    date_formats: tuple[str, ...] = ()
    unreadable_counts: dict[str, int] = field(default_factory=dict, init=False)

    def get_text_column(self, standard: str) -> pa.ChunkedArray | None:
        """Return the texts of a standard column, or None."""
        name = self.mapping.columns.get(standard)
        return None if name is None else self.raw_table.columns[name]

    def get_encoded_column(self, standard: str) -> EncodedColumn | None:
        """Return a standard column as distinct texts and codes, or None."""
        name = self.mapping.columns.get(standard)
        return None if name is None else self.raw_table.encode_column(name)

    def get_row_column(self, standard: str) -> EncodedColumn:
        """Return an existing standard column by row; dictionary-encode it only for whole files or if already done."""
        return self.raw_table.get_row_column(self.mapping.columns[standard])

    def get_stripped_rows(self, standard: str) -> EncodedColumn:
        """Return a standard column by row, with texts stripped of blanks."""
        column = self.get_row_column(standard)
        return column if text_columns.is_bare_text(column.categories) else column.without_outer_blanks

    def get_order_ids(self) -> EncodedColumn | None:
        """Return the stripped order ids, or None; with customer and day appended if ids restart daily."""
        if columns.ORDER_ID not in self.mapping.columns:
            return None
        ids = self.get_stripped_rows(columns.ORDER_ID)
        if self.source.order_ids != "daily":
            return ids
        texts = ids.take_rows()
        days = pa.array(self.read_order_dates().values.astype("datetime64[D]")).cast(pa.string())
        keys = pc.binary_join_element_wise(texts, days, self.get_stripped_rows(columns.CUSTOMER_ID).take_rows(), " ")
        keys = pc.if_else(pc.equal(texts, ""), "", pc.coalesce(keys, texts))
        return dictionary_encode(pa.chunked_array([keys]))

    def require_columns(self, *standards: str, remedy: str = "") -> None:
        """Reject an export without these columns.

        Args:
            standards: required columns, any of which may be missing.
            remedy: hint, instead of a mapping of the first missing column.

        Raises:
            InputProblem: with the missing columns and the header.
        """
        missing = [standard for standard in standards if standard not in self.mapping.columns]
        if missing:
            raise InputProblem(
                f"no column recognised as {' or '.join(missing)}; available: {', '.join(self.raw_table.header)}",
                source=self.content.name,
                line=1,
                remedy=(self.advice if self.preset else "")
                or remedy
                or self.advice
                or f"choose the column with --map {missing[0]}=NAME",
            )

    def read_order_dates(self) -> ParsedDates:
        """Parse the order dates.

        Raises:
            InputProblem: if no single format parses the column, or two formats parse it differently.
        """
        try:
            return self._read_padded_dates() or dates.read_dates(
                self.raw_table.encode_column(self.mapping.columns[columns.ORDER_DATE]), self.source, self.date_formats
            )
        except DateError as problem:
            self._raise_problem(columns.ORDER_DATE, problem, problem.remedy)

    def read_numbers(self, standard: str, *, blank: float = np.nan) -> npt.NDArray[np.float64] | None:
        """Parse a column of numbers (NaN if unreadable, `blank` if blank); None if the export lacks the column.

        Raises:
            InputProblem: if the decimal mark is ambiguous, or most values are not numbers.
        """
        if standard not in self.mapping.columns:
            return None
        values, is_missing = self._read_simple_numbers(standard) or self._read_any_numbers(standard)
        if minor_units.uses_minor_units(standard, self.mapping.columns[standard], self.source):
            self._require_whole_units(standard, values)
            values = values / minor_units.list_units_per_line(self.get_encoded_column(columns.CURRENCY))
        return np.where(is_missing, blank, values)

    def _require_whole_units(self, standard: str, values: npt.NDArray[np.float64]) -> None:
        """Reject amounts with decimals in a column that is in minor units only by its name."""
        is_fractional = np.nan_to_num(values) % 1 != 0
        if self.source.amount_unit is None and is_fractional.any():
            row = int(is_fractional.argmax())
            value = self.raw_table.encode_column(self.mapping.columns[standard]).value_at(row)
            raise self._column_problem(
                f"'{value}' has decimals, but the name of the column says minor units", standard, row, UNIT_CHOICE
            ).with_quoted_values([value])

    def _read_any_numbers(self, standard: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Parse a column of numbers in any notation; return values and a mask of blanks."""
        texts = self.raw_table.encode_column(self.mapping.columns[standard])
        if standard == columns.QUANTITY:
            texts = texts.map_texts(number_parsing.strip_units)
        try:
            parsed_numbers = self._parse_numbers(texts)
        except (number_parsing.AmbiguousDecimalError, number_parsing.MixedDecimalError) as error:
            self._raise_problem(standard, error, number_parsing.suggest_decimal(texts, self.source))
        self.unreadable_counts[standard] = int(parsed_numbers.unreadable.sum())
        if self.raw_table.is_whole_file and parsed_numbers.unreadable.mean() > MAX_UNREADABLE_SHARE:
            row = int(parsed_numbers.unreadable.argmax())
            declared_mark = f" (decimal '{self.source.decimal}')" if self.source.decimal else ""
            remedy = f"if the numbers are in another column, use --map {standard}=NAME"
            if has_foreign_digits(texts.value_at(row)) and not self.source.locale:
                remedy = "declare a language to read digits of any script: --locale en"
            elif self.source.decimal:
                remedy = number_parsing.suggest_decimal(texts, self.source, declared_mark=self.source.decimal) or remedy
            value = texts.value_at(row)
            raise self._column_problem(
                f"cannot read '{value}' as a number{declared_mark}", standard, row, remedy
            ).with_quoted_values([value])
        return parsed_numbers.values, parsed_numbers.missing

    def _parse_numbers(self, texts: EncodedColumn) -> ParsedNumbers:
        """Parse a column; if it does not prove its decimal mark, with the one that the columns of money prove."""
        try:
            return number_parsing.read_numbers(texts, self.source)
        except number_parsing.AmbiguousDecimalError:
            money_marks = self._find_money_marks()
            if len(money_marks) != 1:
                raise
            (decimal,) = money_marks
            return number_parsing.read_numbers(texts, self.source.model_copy(update={"decimal": decimal}))

    def _find_money_marks(self) -> frozenset[str]:
        """Return the decimal marks that the columns of money prove; one program writes all of them."""
        money_columns = [
            self.raw_table.encode_column(name).without_outer_blanks
            for standard, name in self.mapping.columns.items()
            if columns.TRANSACTION_COLUMNS.get(standard) is ColumnKind.MONEY
        ]
        return frozenset[str]().union(
            *(number_parsing.decimal_evidence(column.categories).proven_marks for column in money_columns)
        )

    def _read_padded_dates(self) -> ParsedDates | None:
        """Parse dates with one known format, if all are zero-padded; else return None."""
        texts = self.get_text_column(columns.ORDER_DATE)
        return None if texts is None else dates.read_padded_dates(texts, self.source, self.date_formats)

    def _read_simple_numbers(self, standard: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None:
        """Parse a column of plain numbers with a known decimal point; return values and a mask of blanks, or None."""
        texts = self.get_text_column(standard)
        is_known_format = self.source.decimal == "." and not self.source.locale
        return text_columns.parse_simple_numbers(texts) if is_known_format and texts is not None else None

    def _raise_problem(self, standard: str, error: Exception, remedy: str) -> NoReturn:
        raise self._column_problem(str(error), standard, None, remedy).with_quoted_values(
            [getattr(error, "example", "")]
        ) from None

    def _column_problem(self, message: str, standard: str, row: int | None, remedy: str) -> InputProblem:
        """Return an error about a column, with the column's name in the file."""
        return InputProblem(
            message,
            source=self.content.name,
            line=None if row is None else self.raw_table.line_number(row),
            column=self.mapping.columns[standard],
            remedy=remedy,
        )

"""An order export as text, and its columns as typed values; what cannot be read is refused with the way out."""

from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.arrow import differ_from_previous
from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.files.read import Content
from segcli.ingest import dates, numbers, padded_dates, plain
from segcli.ingest.cells import Cells
from segcli.ingest.coded import Coded, coded
from segcli.ingest.date_problems import DateProblem
from segcli.ingest.dates import Dates
from segcli.ingest.digits import has_other_digits
from segcli.ingest.recognise import Recognition
from segcli.ingest.status_columns import StatusColumns

MOSTLY = 0.5  # share of unreadable values from which a column is the wrong one, not a dirty one


@dataclass(frozen=True)
class Export:
    """An order export as text: its cells, and which column is which.

    `status` names the columns that say what lines are. `date_formats` are those of the order dates, if known;
    `unreadable` counts the texts that are no numbers, by column, for the columns that `numbers` has read.
    """

    content: Content
    cells: Cells
    recognition: Recognition
    source: Source
    preset: str = ""
    advice: str = ""
    status: StatusColumns = field(default_factory=StatusColumns)
    date_formats: tuple[str, ...] = ()
    unreadable: dict[str, int] = field(default_factory=dict, init=False)

    def texts(self, standard: str) -> pa.ChunkedArray | None:
        """The text of a standard column, if the export has it."""
        name = self.recognition.columns.get(standard)
        return None if name is None else self.cells.columns[name]

    def coded(self, standard: str) -> Coded | None:
        """A standard column as distinct texts and codes, if the export has it."""
        name = self.recognition.columns.get(standard)
        return None if name is None else self.cells.coded(name)

    def rows(self, standard: str) -> Coded:
        """A standard column that the export has, row by row; coded only if it is so already or that is wanted."""
        return self.cells.by_row(self.recognition.columns[standard])

    def rows_trimmed(self, standard: str) -> Coded:
        """A standard column row by row without blanks at the ends of texts."""
        column = self.rows(standard)
        return column if plain.is_bare(column.texts) else column.trimmed

    def order_ids(self) -> Coded | None:
        """The trimmed order ids, if the export has them; with customer and day where ids start again every day."""
        if c.ORDER_ID not in self.recognition.columns:
            return None
        ids = self.rows_trimmed(c.ORDER_ID)
        if self.source.order_ids != "daily":
            return ids
        texts = ids.at_rows()
        days = pa.array(self.dates().values.astype("datetime64[D]")).cast(pa.string())
        keys = pc.binary_join_element_wise(texts, days, self.rows_trimmed(c.CUSTOMER_ID).at_rows(), " ")
        keys = pc.if_else(pc.equal(texts, ""), "", pc.coalesce(keys, texts))
        return coded(pa.chunked_array([keys]))

    def require(self, *standards: str, remedy: str = "") -> None:
        """Refuse an export without these columns.

        Args:
            standards: the columns.
            remedy: what to do instead of mapping the first that is missing.

        Raises:
            InputProblem: naming what is missing and what was found.
        """
        missing = [s for s in standards if s not in self.recognition.columns]
        if missing:
            raise InputProblem(
                f"no column recognised as {' or as '.join(missing)}; the header has: {', '.join(self.cells.header)}",
                source=self.content.name,
                line=1,
                remedy=(self.advice if self.preset else "")
                or remedy
                or self.advice
                or f"Say which with --map {missing[0]}=NAME",
            )

    def dates(self) -> Dates:
        """The order dates.

        Raises:
            InputProblem: no single format reads the column, or two read it differently.
        """
        try:
            return self._padded_dates() or dates.of(
                self.cells.coded(self.recognition.columns[c.ORDER_DATE]), self.source, self.date_formats
            )
        except DateProblem as problem:
            self._refuse(c.ORDER_DATE, problem, problem.remedy)

    def numbers(self, standard: str, *, blank: float = np.nan) -> npt.NDArray[np.float64] | None:
        """A column of numbers (NaN where unreadable, `blank` where nothing is written), if the export has it.

        Raises:
            InputProblem: the decimal mark cannot be told, or most values are no numbers.
        """
        if standard not in self.recognition.columns:
            return None
        plainly = self._plain_numbers(standard)
        if plainly is not None:
            return np.where(plainly[1], blank, plainly[0])
        texts = self.cells.coded(self.recognition.columns[standard])
        if standard == c.QUANTITY:
            texts = texts.mapped(numbers.drop_units)
        try:
            parsed = numbers.of(texts, self.source)
        except (numbers.AmbiguousDecimal, numbers.MixedDecimal) as error:
            self._refuse(standard, error, numbers.suggest_decimal(texts, self.source))
        self.unreadable[standard] = int(parsed.unreadable.sum())
        if self.cells.whole and parsed.unreadable.mean() > MOSTLY:
            row = int(parsed.unreadable.argmax())
            mark = f" (decimal '{self.source.decimal}')" if self.source.decimal else ""
            remedy = f"If the numbers stand in another column, say --map {standard}=NAME"
            if has_other_digits(texts.at(row)) and not self.source.locale:
                remedy = "Declare a language, and segcli reads the digits of any script: --locale en"
            elif self.source.decimal:
                remedy = numbers.suggest_decimal(texts, self.source, besides=self.source.decimal) or remedy
            value = texts.at(row)
            raise self._problem(f"cannot read '{value}' as a number{mark}", standard, row, remedy).quoting([value])
        return np.where(parsed.missing, blank, parsed.values)

    def _padded_dates(self) -> Dates | None:
        """Read the dates of a column with one known format, if all of them are padded to one width."""
        texts = self.texts(c.ORDER_DATE)
        if len(self.date_formats) != 1 or self.source.locale or self.source.calendar != "gregorian" or texts is None:
            return None
        strings = texts.combine_chunks()
        starts = np.flatnonzero(differ_from_previous(strings))  # lines of one order share its date
        values = padded_dates.parse(strings.take(pa.array(starts)), self.date_formats[0])
        if values is None or not dates.in_range(values).all():
            return None
        nothing = np.zeros(len(strings), dtype=bool)
        every = np.repeat(values, np.diff(starts, append=len(strings)))
        return Dates(every, nothing, nothing, self.date_formats[0])

    def _plain_numbers(self, standard: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]] | None:
        """The values of a column with a known decimal point and where there is none, if all of them are plain."""
        texts = self.texts(standard)
        known = self.source.decimal == "." and not self.source.locale
        return plain.numbers(texts) if known and texts is not None else None

    def _refuse(self, standard: str, error: Exception, remedy: str) -> NoReturn:
        raise self._problem(str(error), standard, None, remedy).quoting([getattr(error, "example", "")]) from None

    def _problem(self, what: str, standard: str, row: int | None, remedy: str) -> InputProblem:
        """An error about one of the columns, by the name the file gives it."""
        return InputProblem(
            what,
            source=self.content.name,
            line=None if row is None else self.cells.line(row),
            column=self.recognition.columns[standard],
            remedy=remedy,
        )

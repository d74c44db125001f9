"""Cells of an order export -> clean order lines, with the fate of every line."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli import columns as c
from segcli.config.ingest import IngestSettings, Source
from segcli.errors import InputProblem
from segcli.files.read import Content
from segcli.ingest import dates, money, numbers
from segcli.ingest.cells import Cells
from segcli.ingest.fates import Fates
from segcli.ingest.recognise import Recognition
from segcli.model import Input, Reading, Reconciliation, Transactions

Mask = npt.NDArray[np.bool_]
CARRIED = (c.PRODUCT, *c.DOMINANT, "country", "region", "city", "gender")


@dataclass(frozen=True)
class Export:
    """An order export as text: its cells, and which column is which."""

    content: Content
    cells: Cells
    recognition: Recognition
    source: Source

    def texts(self, standard: str) -> pa.ChunkedArray | None:
        """The text of a standard column, if the export has it."""
        name = self.recognition.columns.get(standard)
        return None if name is None else self.cells.columns[name]

    def problem(self, what: str, *, column: str, row: int | None = None, remedy: str = "") -> InputProblem:
        """An error about one of the columns, by the name the file gives it."""
        return InputProblem(
            what,
            source=self.content.name,
            line=None if row is None else self.cells.line(row),
            column=self.recognition.columns[column],
            remedy=remedy,
        )


@dataclass(frozen=True)
class _Amounts:
    """Money per line (NaN unreadable), the quantity where there is one, and which lines are returns."""

    values: npt.NDArray[np.float64]
    quantity: npt.NDArray[np.float64] | None
    returned: Mask
    known: bool


def clean(export: Export, settings: IngestSettings, as_of: date | None) -> Transactions:
    """Type the lines, apply the policies, and account for every line.

    Raises:
        InputProblem: a needed column is missing or cannot be read, or no purchase is left.
    """
    _require(export)
    ids = _ids(export, settings)
    when = _dates(export)
    amounts = _amounts(export)
    scale = money.scale_for(amounts.values)
    units = money.units(amounts.values, scale)
    fates = Fates(len(units))
    fates.mark(np.asarray(pc.equal(ids, "")), "no_customer_id")
    fates.mark(np.isnat(when.values), "unreadable_date")
    fates.mark(np.isnan(amounts.values), "unreadable_amount")
    notes = _duplicates(export, fates, settings)
    purchases = _apply_policies(fates, amounts, units, settings)
    day = when.values.astype("datetime64[D]")
    last = as_of or _default_as_of(day[fates.kept & purchases], export.content.name)
    fates.mark(day > np.datetime64(last, "D"), "after_as_of")
    codes = np.asarray(pc.dictionary_encode(ids).combine_chunks().indices)
    buyers = np.isin(codes, np.unique(codes[fates.kept & purchases]))
    fates.mark(~buyers & amounts.returned, "return_without_purchase")
    if not (fates.kept & purchases).any():
        raise InputProblem("no purchase is left after cleaning", source=export.content.name)
    lines = _lines(export, ids, when, amounts, units, fates.kept)
    lost = fates.reconcile(
        units, scale, returns=amounts.returned, malformed=export.cells.malformed, line=export.cells.lines
    )
    return Transactions(
        lines, scale, amounts.known, last, _reading(export, when.format, (*notes, *_case_notes(lines)), lost)
    )


def _require(export: Export) -> None:
    missing = [s for s in (c.CUSTOMER_ID, c.ORDER_DATE) if s not in export.recognition.columns]
    if missing:
        raise InputProblem(
            f"no column recognised as {' or as '.join(missing)}; the header has: {', '.join(export.cells.header)}",
            source=export.content.name,
            line=1,
            remedy=f"Say which with --map {missing[0]}=NAME",
        )
    if export.cells.rows == 0:
        raise InputProblem("no transactions: there is a header and nothing below it", source=export.content.name)


def _ids(export: Export, settings: IngestSettings) -> pa.ChunkedArray:
    """Customer ids as text, exactly as written but for surrounding blanks."""
    trimmed = pc.utf8_trim_whitespace(export.texts(c.CUSTOMER_ID))
    case = {"keep": lambda ids: ids, "upper": pc.utf8_upper, "lower": pc.utf8_lower}
    return case[settings.id_case](trimmed)


def _case_notes(lines: pd.DataFrame) -> tuple[str, ...]:
    distinct = pd.Series(lines[c.CUSTOMER_ID].unique())
    alike = int(distinct.str.casefold().duplicated(keep=False).sum())
    if not alike:
        return ()
    return (f"{alike:,} customer ids differ from another only by case; ingest.id_case: upper makes them one",)


def _dates(export: Export) -> dates.Dates:
    texts = export.texts(c.ORDER_DATE)
    try:
        return dates.parse(texts, export.source.date_format, export.source.timezone)
    except dates.AmbiguousDates as error:
        flags = "   or   ".join(f"--date-format '{form}'" for form in error.formats)
        _refuse(export, c.ORDER_DATE, error, f"Say which: {flags}")
    except dates.MixedOffsets as error:
        _refuse(export, c.ORDER_DATE, error, "Name the zone: --set ingest.transactions.timezone=Europe/Berlin")
    except dates.UnknownDates as error:
        _refuse(export, c.ORDER_DATE, error, "Give it with --date-format, such as '%d.%m.%y'")
    except dates.MixedDates as error:
        _refuse(export, c.ORDER_DATE, error, "Choose one with --date-format; the other lines are then rejected")


def _refuse(export: Export, column: str, error: Exception, remedy: str) -> NoReturn:
    raise export.problem(str(error), column=column, remedy=remedy) from None


def _numbers(export: Export, standard: str) -> npt.NDArray[np.float64] | None:
    texts = export.texts(standard)
    if texts is None:
        return None
    try:
        parsed = numbers.parse(texts, export.source.decimal)
    except (numbers.AmbiguousDecimal, numbers.MixedDecimal) as error:
        _refuse(export, standard, error, "Say which mark is the decimal one: --decimal .   or   --decimal ,")
    if parsed.unreadable.mean() > 0.5:  # noqa: PLR2004 - mostly unreadable is a wrong column, not dirty lines
        row = int(parsed.unreadable.argmax())
        cell = texts[row].as_py()
        raise export.problem(f"cannot read '{cell}' as a number", column=standard, row=row, remedy="Try --decimal")
    return parsed.values


def _amounts(export: Export) -> _Amounts:
    """Money per line: the amount as given, or quantity x unit price; zero where the export has no money."""
    amount, quantity, price = (_numbers(export, s) for s in (c.AMOUNT, c.QUANTITY, c.UNIT_PRICE))
    rows = export.cells.rows
    if amount is not None:
        values = amount
    elif price is not None:
        values = price if quantity is None else price * quantity
    else:
        values = np.zeros(rows)
    returned = values < 0 if quantity is None else (values < 0) | (quantity < 0)
    return _Amounts(values, quantity, returned, amount is not None or price is not None)


def _duplicates(export: Export, fates: Fates, settings: IngestSettings) -> tuple[str, ...]:
    """Exact repeats of a line, judged on every column that was read."""
    used = {name: pc.dictionary_encode(texts).combine_chunks().indices for name, texts in export.cells.columns.items()}
    repeated = pd.DataFrame({name: np.asarray(codes) for name, codes in used.items()}).duplicated().to_numpy()
    if settings.dedupe == "lines":
        fates.mark(repeated, "duplicate")
        return ()
    count = int((repeated & fates.kept).sum())
    return (f"{count:,} lines repeat another in every column used and are kept; ingest.dedupe: lines ignores exact repeats",) * bool(count)


def _apply_policies(fates: Fates, amounts: _Amounts, units: npt.NDArray[np.int64], settings: IngestSettings) -> Mask:
    """Leave out what the policies leave out; returns which lines are purchases."""
    if settings.returns == "exclude":
        fates.mark(amounts.returned, "return_excluded")
    if settings.free_lines == "exclude" and amounts.known:
        fates.mark(units == 0, "free_line")
    return ~amounts.returned


def _default_as_of(days: npt.NDArray[np.datetime64], name: str) -> date:
    if len(days) == 0:
        raise InputProblem("no purchase is left after cleaning", source=name)
    last: date = days.max().astype(object)
    return last + timedelta(days=1)


def _lines(  # noqa: PLR0913 - the pieces of a line
    export: Export,
    ids: pa.ChunkedArray,
    when: dates.Dates,
    amounts: _Amounts,
    units: npt.NDArray[np.int64],
    kept: Mask,
) -> pd.DataFrame:
    """The kept lines, typed; repeated text is held once."""
    keep = pa.array(kept)

    def text(values: pa.ChunkedArray) -> Any:  # noqa: ANN401 - a pandas categorical
        return pc.dictionary_encode(values.filter(keep)).combine_chunks().to_pandas()

    lines = {
        c.CUSTOMER_ID: text(ids),
        c.ORDER_DATE: when.values[kept],
        c.AMOUNT: units[kept],
        "is_return": amounts.returned[kept],
    }
    if amounts.quantity is not None:
        lines[c.QUANTITY] = np.nan_to_num(amounts.quantity[kept])
    for standard in (c.ORDER_ID, *CARRIED):
        texts = export.texts(standard)
        if texts is not None:
            lines[standard] = text(pc.utf8_trim_whitespace(texts))
    return pd.DataFrame(lines)


def _reading(export: Export, date_format: str, notes: tuple[str, ...], lines: Reconciliation) -> Reading:
    content, cells = export.content, export.cells
    return Reading(
        Input(content.name, content.size, content.sha256, cells.rows + cells.malformed),
        "orders",
        f"{cells.dialect}  dates {date_format}",
        export.recognition.columns,
        lines,
        (*cells.dialect.notes, *notes),
    )

"""Excel workbook: the rows on the first sheet, then one sheet per table; needs the extra excel.

Numbers are numbers, days are dates, and text is always text: no cell is a formula or a link.
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from segcli import columns
from segcli.errors import EnvironmentProblem, UsageProblem
from segcli.io.arrow_files import WRITER_KEY
from segcli.reports.blocks import Heading, Result, Table, iterate_blocks
from segcli.reports.formats import Page
from segcli.reports.formats._binary import refuse_terminal

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS, MAX_TEXT_LENGTH, MAX_NAME_LENGTH = 1_048_576, 32_767, 31  # limits of Excel: rows, UTF-16 units, characters
MAX_WHOLE_NUMBER = 2**53  # larger numbers lose digits in a workbook, so they are written as text
FIXED_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - the time of creation; the same result has the same bytes
DAY_FORMAT, SHARE_FORMAT = "yyyy-mm-dd", "0.0%"
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def render(result: Result, page: Page) -> str:  # noqa: ARG001 - same signature as other formats
    """Refuse to show a binary format on a terminal.

    Raises:
        UsageProblem: always.
    """
    refuse_terminal("xlsx")


def render_chunks(result: Result, page: Page) -> Iterator[bytes]:  # noqa: ARG001 - same signature as other formats
    """Yield the workbook.

    Raises:
        EnvironmentProblem: the extra is missing.
        UsageProblem: the rows or a text exceed a limit of Excel.
    """
    try:
        import xlsxwriter
    except ImportError:
        raise EnvironmentProblem("--format xlsx needs the extra excel; hint: pip install 'segcli[excel]'") from None
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as workbook:
        workbook.set_properties({"created": FIXED_TIME, "comments": WRITER_KEY.decode()})
        writer = _SheetWriter(workbook)
        for title, header, rows in _list_sheets(result):
            writer.add_sheet(title, header, rows)
    yield body.getvalue()


def _list_sheets(result: Result) -> "Iterator[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]":
    """Yield title, header and rows of each sheet."""
    title = "Customers" if columns.CUSTOMER_ID in result.rows else "Rows"
    yield title, [str(name) for name in result.rows.columns], _list_values(result.rows)
    heading = "Table"
    for block in iterate_blocks(result.blocks):
        if isinstance(block, Heading):
            heading = block.text
        elif isinstance(block, Table):
            yield heading, [column.title for column in block.columns], block.rows


def _list_values(rows: "pd.DataFrame") -> list[tuple[Any, ...]]:
    """Return the values of a table by row, None where missing."""
    as_objects = rows.astype(object)
    return list(as_objects.where(rows.notna(), None).itertuples(index=False, name=None))


class _SheetWriter:
    """Adds sheets with unique names to a workbook."""

    def __init__(self, workbook: Any) -> None:  # noqa: ANN401 - of an optional package
        self._workbook, self._names = workbook, set[str]()
        self._header_format = workbook.add_format({"bold": True})
        self._day_format = workbook.add_format({"num_format": DAY_FORMAT})
        self._share_format = workbook.add_format({"num_format": SHARE_FORMAT})

    def add_sheet(self, title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) >= MAX_ROWS:
            raise UsageProblem(
                f"--format xlsx: {len(rows):,} rows; a sheet has at most {MAX_ROWS - 1:,}; hint: use -f csv or parquet"
            )
        sheet = self._workbook.add_worksheet(self._choose_name(title))
        sheet.freeze_panes(1, 0)
        for column_number, name in enumerate(header):
            self._write_text(sheet, 0, column_number, name, self._header_format)
        for row_number, row in enumerate(rows, 1):
            for column_number, value in enumerate(row):
                self._write_value(sheet, row_number, column_number, value)

    def _choose_name(self, title: str) -> str:
        """Return a name that Excel allows and that no other sheet has, in any letter case."""
        base_name = _FORBIDDEN_IN_NAMES.sub(" ", title).strip(" '")[:MAX_NAME_LENGTH].rstrip(" '") or "Table"
        name, number = base_name, 1
        while name.casefold() in {*self._names, "history"}:  # Excel reserves History
            number += 1
            ending = f" {number}"
            name = base_name[: MAX_NAME_LENGTH - len(ending)] + ending
        self._names.add(name.casefold())
        return name

    def _write_value(self, sheet: Any, row: int, column: int, value: Any) -> None:  # noqa: ANN401 - a cell
        if isinstance(value, str):
            number = getattr(value, "number", None)
            if number is None or not math.isfinite(number):
                self._write_text(sheet, row, column, str(value))
            else:
                sheet.write_number(row, column, number, self._share_format if value.endswith("%") else None)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, date):
            self._write_day(sheet, row, column, value)
        elif value is not None:
            self._write_number(sheet, row, column, value)

    def _write_day(self, sheet: Any, row: int, column: int, day: date) -> None:  # noqa: ANN401 - a sheet
        if day.year < 1900:  # noqa: PLR2004 - the first year of a workbook
            self._write_text(sheet, row, column, day.isoformat()[:10])
        else:
            sheet.write_datetime(row, column, datetime(day.year, day.month, day.day), self._day_format)  # noqa: DTZ001 - a day

    def _write_number(self, sheet: Any, row: int, column: int, value: Any) -> None:  # noqa: ANN401 - a number
        number = value.item() if hasattr(value, "item") else value
        if isinstance(number, int) and abs(number) > MAX_WHOLE_NUMBER:
            self._write_text(sheet, row, column, str(number))
        elif isinstance(number, bool):
            sheet.write_boolean(row, column, number)
        elif isinstance(number, int) or (isinstance(number, float) and math.isfinite(number)):
            sheet.write_number(row, column, number)
        elif not isinstance(number, float):
            self._write_text(sheet, row, column, str(number))

    def _write_text(self, sheet: Any, row: int, column: int, text: str, cell_format: Any = None) -> None:  # noqa: ANN401
        """Write text as text; `write_string` never makes a formula or a link of it."""
        if len(text.encode("utf-16-le", errors="replace")) // 2 > MAX_TEXT_LENGTH:
            raise UsageProblem(
                f"--format xlsx: row {row:,}: a text of {len(text):,} characters; a cell has at most "
                f"{MAX_TEXT_LENGTH:,}; hint: use -f csv or parquet"
            )
        sheet.write_string(row, column, text.encode(errors="replace").decode(), cell_format)

"""Convert a sheet of a workbook (.xlsx, .xlsb, .xls, .ods) to CSV, with days as dates and ids as displayed."""

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from segcli.errors import InputProblem
from segcli.io.compression import check_unpacked_size, maximum_unpacked_size
from segcli.io.csv_stream import CsvStream, encode_records
from segcli.io.workbook_display import CellTexts, find_displayed_ids
from segcli.location import find_table_name, name_table, split_location

MIN_TABLE_CELLS = 2  # filled cells of a row of a table; a title has one
EXTRA_REMEDY = "install segcli with the extra excel: pip install 'segcli[excel]'; or save the sheet as CSV"


def workbook_to_csv(stream: IO[bytes], name: str, size: int) -> CsvStream:
    """Convert the sheet that the user named, or the one with most rows of a table.

    Empty rows become empty lines, so line numbers in messages are row numbers of the sheet.

    Raises:
        InputProblem: if python-calamine is not installed, the workbook cannot be read or is protected by a password,
            or has no rows.
    """
    try:
        import python_calamine
    except ImportError:
        raise InputProblem(
            "a spreadsheet, and python-calamine is not installed", source=name, remedy=EXTRA_REMEDY
        ) from None
    body = stream.read()
    archive = zipfile.ZipFile(io.BytesIO(body)) if zipfile.is_zipfile(io.BytesIO(body)) else None
    if archive is not None:
        check_unpacked_size(sum(member.file_size for member in archive.infolist()), name, maximum_unpacked_size(size))
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
        rows_by_sheet = _read_sheets(python_calamine, workbook, find_table_name(name), name)
    except python_calamine.PasswordError:
        raise InputProblem(
            "protected by a password", source=name, remedy="save the workbook without a password, or save it as CSV"
        ) from None
    except python_calamine.CalamineError as error:
        raise InputProblem(
            f"looks like a spreadsheet, but cannot be read ({error})", source=name, remedy="save the sheet as CSV"
        ) from None
    sheet = max(rows_by_sheet, key=lambda sheet_name: _count_table_rows(rows_by_sheet[sheet_name]))
    if not _count_table_rows(rows_by_sheet[sheet]):
        raise InputProblem("a spreadsheet without a table", source=name, remedy="choose another file")
    texts = find_displayed_ids(archive, sheet) if archive is not None else {}
    notes = (_describe_choice(sheet, list(rows_by_sheet), name),) if len(rows_by_sheet) > 1 else ()
    return CsvStream(encode_records(_iterate_rows(rows_by_sheet[sheet], texts), name), notes)


def _read_sheets(
    calamine: Any,  # noqa: ANN401 - the module
    workbook: Any,  # noqa: ANN401 - of calamine
    requested: str,
    name: str,
) -> dict[str, list[list[Any]]]:
    """Return the rows of the sheet that the user named, or of all visible sheets, by name."""
    sheets = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if requested
        or (sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet)
    ]
    if requested:
        if requested not in sheets:
            raise InputProblem(
                f"no sheet '{requested}'; available: {', '.join(sheets)}", source=name, remedy="choose one of them"
            )
        sheets = [requested]
    if not sheets:
        raise InputProblem("a spreadsheet without a visible sheet", source=name, remedy="save the sheet as CSV")
    return {sheet: workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in sheets}


def _count_table_rows(rows: Sequence[Sequence[Any]]) -> int:
    return sum(sum(value != "" for value in row) >= MIN_TABLE_CELLS for row in rows)


def _describe_choice(sheet: str, sheets: Sequence[str], name: str) -> str:
    others = [other for other in sheets if other != sheet]
    path = split_location(name)[1]
    return (
        f"segcli reads the sheet '{sheet}', the longest one (other sheets: {', '.join(others)}); "
        f"hint: {name_table(path, 'sheet', others[0])} reads another"
    )


def _iterate_rows(rows: Sequence[Sequence[Any]], texts: CellTexts) -> Iterator[Sequence[object]]:
    for row_number, row in enumerate(rows):
        displayed: Mapping[int, str] = texts.get(row_number, {})
        yield [displayed.get(column, value) for column, value in enumerate(row)] if displayed else row

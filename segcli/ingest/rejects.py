"""The rejected lines of an export, one by one: where, why, and what stood there."""

from collections.abc import Iterator

import numpy as np

from segcli import columns
from segcli.ingest.export import OrderExport
from segcli.ingest.fates import LineStatus
from segcli.model import RejectedLine

# The standard columns a reason can be about; the first that the export has is named.
FAULTY_COLUMNS = {
    "no_customer_id": (columns.CUSTOMER_ID,),
    "unreadable_date": (columns.ORDER_DATE,),
    "unreadable_amount": (columns.AMOUNT, columns.UNIT_PRICE, columns.QUANTITY),
}


WITHHELD_TEXT = "(withheld: privacy)"


def list_rejects(
    export: OrderExport, line_status: LineStatus, *, may_show_text: bool = True
) -> tuple[RejectedLine, ...]:
    """Every rejected line, in the order of the file; what stands in it only if that may be told."""
    rows, reasons = line_status.list_rejected_rows()
    raw_table = export.raw_table
    rejected_lines = list(zip(raw_table.find_line_numbers(rows), reasons, strict=True))
    rejected_lines += [(line, "wrong_field_count") for line in raw_table.find_bad_row_lines()]
    rejected_lines += [(line, "broken_quotes") for line in raw_table.dialect.broken_lines]
    physical_lines = _PhysicalLines(export)
    return tuple(
        RejectedLine(
            line,
            physical_lines.byte_offset(line),
            reason,
            _faulty_column(export, reason),
            physical_lines.line_text(line) if may_show_text else WITHHELD_TEXT,
        )
        for line, reason in sorted(rejected_lines)
    )


def _faulty_column(export: OrderExport, reason: str) -> str:
    candidates = (export.mapping.columns.get(standard) for standard in FAULTY_COLUMNS.get(reason, ()))
    return next((name for name in candidates if name), "")


class _PhysicalLines:
    """The physical lines of a file as it is stored (unpacked)."""

    def __init__(self, export: OrderExport) -> None:
        encoding = export.raw_table.dialect.encoding
        is_utf16 = encoding.startswith("utf-16")
        self._body = export.content.body.decode(encoding).encode() if is_utf16 else export.content.body
        self._encoding, self._has_offsets = "utf-8" if is_utf16 else encoding, not is_utf16
        self._starts = np.fromiter(_line_starts(self._body), dtype=np.int64)

    def byte_offset(self, line: int) -> int | None:
        """Byte at which a line (from 1) begins; None where the stored bytes are not the text's."""
        return int(self._starts[line - 1]) if self._has_offsets else None

    def line_text(self, line: int) -> str:
        """A line without its line end."""
        end = self._starts[line] if line < len(self._starts) else len(self._body)
        return self._body[self._starts[line - 1] : end].decode(self._encoding, errors="replace").rstrip("\r\n")


def _line_starts(body: bytes) -> Iterator[int]:
    """Where physical lines begin, whatever ends them."""
    position = 0
    for line in body.splitlines(keepends=True):
        yield position
        position += len(line)

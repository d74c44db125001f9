"""The rejected lines of an export, one by one: where, why, and what stood there."""

from collections.abc import Iterator

import numpy as np

from segcli import columns as c
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.model import Reject

# The standard columns a reason can be about; the first that the export has is named.
AT_FAULT = {
    "no_customer_id": (c.CUSTOMER_ID,),
    "unreadable_date": (c.ORDER_DATE,),
    "unreadable_amount": (c.AMOUNT, c.UNIT_PRICE, c.QUANTITY),
}


WITHHELD = "(withheld: privacy)"


def listing(export: Export, fates: Fates, *, told: bool = True) -> tuple[Reject, ...]:
    """Every rejected line, in the order of the file; what stands in it only if that may be told."""
    rows, reasons = fates.rejected()
    cells = export.cells
    found = list(zip(cells.lines(rows), reasons, strict=True))
    found += [(line, "wrong_field_count") for line in cells.malformed_lines()]
    found += [(line, "broken_quotes") for line in cells.dialect.broken_lines]
    lines = _Lines(export)
    return tuple(
        Reject(line, lines.offset(line), reason, _column(export, reason), lines.text(line) if told else WITHHELD)
        for line, reason in sorted(found)
    )


def _column(export: Export, reason: str) -> str:
    names = (export.recognition.columns.get(standard) for standard in AT_FAULT.get(reason, ()))
    return next((name for name in names if name), "")


class _Lines:
    """The physical lines of a file as it is stored (unpacked)."""

    def __init__(self, export: Export) -> None:
        encoding = export.cells.dialect.encoding
        wide = encoding.startswith("utf-16")
        self._body = export.content.body.decode(encoding).encode() if wide else export.content.body
        self._encoding, self._has_offsets = "utf-8" if wide else encoding, not wide
        self._starts = np.fromiter(_starts(self._body), dtype=np.int64)

    def offset(self, line: int) -> int | None:
        """Byte at which a line (from 1) begins; None where the stored bytes are not the text's."""
        return int(self._starts[line - 1]) if self._has_offsets else None

    def text(self, line: int) -> str:
        """A line without its line end."""
        end = self._starts[line] if line < len(self._starts) else len(self._body)
        return self._body[self._starts[line - 1] : end].decode(self._encoding, errors="replace").rstrip("\r\n")


def _starts(body: bytes) -> Iterator[int]:
    """Where physical lines begin, whatever ends them."""
    position = 0
    for line in body.splitlines(keepends=True):
        yield position
        position += len(line)

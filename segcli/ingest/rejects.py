"""List the rejected lines of an export: location, reason and original text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from segcli import columns
from segcli.formatting import pluralize
from segcli.ingest import money
from segcli.ingest.order_export import OrderExport
from segcli.ingest.order_lines import OrderLines
from segcli.ingest.outliers import AmountHistogram
from segcli.ingest.reconciliation import LineStatus
from segcli.model import RejectedLine

# Standard columns that can cause a rejection; the first one in the export is reported.
FAULTY_COLUMNS = {
    "no_customer_id": (columns.CUSTOMER_ID,),
    "unreadable_date": (columns.ORDER_DATE,),
    "unreadable_amount": (columns.AMOUNT, columns.UNIT_PRICE, columns.QUANTITY),
}


WITHHELD_TEXT = "(withheld: privacy)"


def list_rejects(
    export: OrderExport, line_status: LineStatus, *, may_show_text: bool = True
) -> tuple[RejectedLine, ...]:
    """List every rejected line, in the order of the file; the text is withheld unless `may_show_text`."""
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
    """Physical lines of a stored file, after decompression."""

    def __init__(self, export: OrderExport) -> None:
        encoding = export.raw_table.dialect.encoding
        is_utf16 = encoding.startswith("utf-16")
        self._body = export.content.body.decode(encoding).encode() if is_utf16 else export.content.body
        self._encoding, self._has_offsets = "utf-8" if is_utf16 else encoding, not is_utf16
        self._starts = np.fromiter(_line_starts(self._body), dtype=np.int64)

    def byte_offset(self, line: int) -> int | None:
        """Return the byte offset of a line (from 1); None if the text was transcoded."""
        return int(self._starts[line - 1]) if self._has_offsets else None

    def line_text(self, line: int) -> str:
        """Return a line without its line end."""
        end = self._starts[line] if line < len(self._starts) else len(self._body)
        return self._body[self._starts[line - 1] : end].decode(self._encoding, errors="replace").rstrip("\r\n")


def _line_starts(body: bytes) -> Iterator[int]:
    """Yield the offsets of physical lines, for all kinds of line ends."""
    position = 0
    for line in body.splitlines(keepends=True):
        yield position
        position += len(line)


# Unreadable money: number of affected lines, and an estimate from their digits
MIN_WARNING_SHARE = 0.01  # share of lines from which unreadable amounts cause a warning
LARGE_QUANTILE = 0.999  # quantile of the readable amounts above which a single unreadable amount causes a warning
AMOUNT_FACTOR_COLUMNS = (columns.UNIT_PRICE, columns.QUANTITY)
_EMBEDDED_NUMBER = re.compile(r"[0-9][0-9.,' \u00a0\u202f\u2019]*")
_DECIMAL_PART = re.compile(r"[.,]([0-9]{1,2})$")


@dataclass(frozen=True)
class UnreadableMoney:
    """Unreadable amounts: number of lines, of those `with_digits`, their estimated sum and maximum in units."""

    lines: int = 0
    with_digits: int = 0
    units: int = 0
    largest: int = 0

    def __add__(self, other: "UnreadableMoney") -> "UnreadableMoney":
        return UnreadableMoney(
            self.lines + other.lines,
            self.with_digits + other.with_digits,
            self.units + other.units,
            max(self.largest, other.largest),
        )


def total_unreadable_money(export: OrderExport, order_lines: OrderLines, line_status: LineStatus) -> UnreadableMoney:
    """Total the lines with an unreadable amount, except void orders, total rows and lines that separate others."""
    if not order_lines.is_unreadable.any():
        return UnreadableMoney()
    rows = np.flatnonzero(
        order_lines.is_unreadable & ~line_status.reason_mask("total_row") & ~line_status.reason_mask("void_order")
    )
    standards = (columns.AMOUNT,) if columns.AMOUNT in export.mapping.columns else AMOUNT_FACTOR_COLUMNS
    estimates = np.ones(len(rows))
    for standard in standards:
        if standard in export.mapping.columns:
            column = export.raw_table.encode_column(export.mapping.columns[standard])
            distinct_estimates = np.array(
                [estimate_number(text) for text in column.categories.to_pylist()], dtype=np.float64
            )
            estimates *= distinct_estimates[column.codes[rows]]
    estimates = np.where(estimates < money.UNIT_CAPACITY, estimates, np.nan)
    is_separator = line_status.reason_mask("no_customer_id") & np.isnat(order_lines.times)
    estimates = estimates[~(is_separator[rows] & np.isnan(estimates))]
    units = money.to_minor_units(np.nan_to_num(estimates), order_lines.scales.money)
    with_digits = int((~np.isnan(estimates)).sum())
    return UnreadableMoney(len(estimates), with_digits, int(units.sum()), int(units.max(initial=0)))


def estimate_number(text: str) -> float:
    """Estimate the absolute value of an unreadable number; NaN if the text has no digits.

    >>> estimate_number("~1.2.3,45 approx"), estimate_number("12,50 or 13"), estimate_number("n/a")
    (123.45, 12.5, nan)
    """
    match = _EMBEDDED_NUMBER.search(text)
    if match is None:
        return float("nan")
    digits = match.group().strip(" .,'\u00a0\u202f\u2019")
    decimals = _DECIMAL_PART.search(digits)
    integer_part = re.sub(r"[^0-9]", "", digits[: decimals.start()] if decimals else digits) or "0"
    return float(f"{integer_part}.{decimals.group(1)}" if decimals else integer_part)


def unreadable_money_warnings(
    unreadable_money: UnreadableMoney, histogram: AmountHistogram, line_count: int, scale: int
) -> Iterator[str]:
    """Yield a warning if many amounts, or a very large one, are unreadable.

    Args:
        unreadable_money: unreadable amounts of the file.
        histogram: histogram of the readable amounts of kept lines.
        line_count: number of lines of the file.
        scale: units per 1.00.
    """
    is_large = unreadable_money.largest > histogram.quantile(LARGE_QUANTILE)
    if unreadable_money.lines > MIN_WARNING_SHARE * line_count or (is_large and unreadable_money.with_digits):
        estimate = f", about {unreadable_money.units / scale:,.2f} in all" if unreadable_money.with_digits else ""
        yield (
            f"unreadable amounts on {pluralize(unreadable_money.lines, 'line')} of {line_count:,}{estimate}; "
            "hint: save the lines with --rejects FILE, or limit them with quality.max_unreadable_money"
        )

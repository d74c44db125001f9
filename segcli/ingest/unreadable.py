"""Money that cannot be read: how many lines have it, and about how much it is where digits show it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from segcli import columns
from segcli.counting import pluralize
from segcli.ingest import money
from segcli.ingest.export import OrderExport
from segcli.ingest.fates import LineStatus
from segcli.ingest.lines import OrderLines
from segcli.ingest.outliers import AmountHistogram

MIN_WARNING_SHARE = 0.01  # share of lines from which unreadable amounts are a warning
LARGE_QUANTILE = 0.999  # quantile of the readable amounts above which one unreadable amount is a warning
AMOUNT_FACTOR_COLUMNS = (columns.UNIT_PRICE, columns.QUANTITY)
_EMBEDDED_NUMBER = re.compile(r"[0-9][0-9.,' \u00a0\u202f\u2019]*")
_DECIMAL_PART = re.compile(r"[.,]([0-9]{1,2})$")


@dataclass(frozen=True)
class UnreadableMoney:
    """Lines whose amount cannot be read; those `with_digits`, their estimated money in units, and the largest."""

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
    """Total the lines whose amount cannot be read, void orders and rows of totals aside."""
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
    units = money.to_minor_units(np.nan_to_num(estimates), order_lines.scales.money)
    with_digits = int((~np.isnan(estimates)).sum())
    return UnreadableMoney(len(rows), with_digits, int(units.sum()), int(units.max(initial=0)))


def estimate_number(text: str) -> float:
    """Estimate the size of a number that cannot be read, without its sign; NaN if the text has no digits.

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
    """Yield a warning if many amounts, or a very large one, cannot be read.

    Args:
        unreadable_money: of the file.
        histogram: the readable amounts of the kept lines.
        line_count: lines of the file.
        scale: units of money in 1.00.
    """
    is_large = unreadable_money.largest > histogram.quantile(LARGE_QUANTILE)
    if unreadable_money.lines > MIN_WARNING_SHARE * line_count or (is_large and unreadable_money.with_digits):
        estimate = f", about {unreadable_money.units / scale:,.2f} in all" if unreadable_money.with_digits else ""
        yield (
            f"the amount cannot be read on {pluralize(unreadable_money.lines, 'line')} of {line_count:,}{estimate}; "
            "--rejects FILE writes them to a file, and quality.max_unreadable_money limits them"
        )

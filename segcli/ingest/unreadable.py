"""Money that cannot be read: how many lines have it, and about how much it is where digits show it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from segcli import columns
from segcli.counting import counted
from segcli.ingest import money
from segcli.ingest.export import Export
from segcli.ingest.fates import Fates
from segcli.ingest.lines import Lines
from segcli.ingest.outliers import Amounts

MANY = 0.01  # share of lines from which unreadable amounts are a warning
LARGE = 0.999  # quantile of the readable amounts above which one unreadable amount is a warning
FACTORS = (columns.UNIT_PRICE, columns.QUANTITY)
_NUMBER = re.compile(r"[0-9][0-9.,' \u00a0\u202f\u2019]*")
_DECIMALS = re.compile(r"[.,]([0-9]{1,2})$")


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


def total_unreadable(export: Export, lines: Lines, fates: Fates) -> UnreadableMoney:
    """Total the lines whose amount cannot be read, void orders and rows of totals aside."""
    if not lines.unreadable.any():
        return UnreadableMoney()
    rows = np.flatnonzero(lines.unreadable & ~fates.have_reason("total_row") & ~fates.have_reason("void_order"))
    standards = (columns.AMOUNT,) if columns.AMOUNT in export.recognition.columns else FACTORS
    estimates = np.ones(len(rows))
    for standard in standards:
        if standard in export.recognition.columns:
            column = export.cells.coded(export.recognition.columns[standard])
            known = np.array([estimate_number(text) for text in column.texts.to_pylist()], dtype=np.float64)
            estimates *= known[column.codes[rows]]
    estimates = np.where(estimates < money.CAPACITY, estimates, np.nan)
    units = money.units(np.nan_to_num(estimates), lines.scales.money)
    found = int((~np.isnan(estimates)).sum())
    return UnreadableMoney(len(rows), found, int(units.sum()), int(units.max(initial=0)))


def estimate_number(text: str) -> float:
    """Estimate the size of a number that cannot be read, without its sign; NaN if the text has no digits.

    >>> estimate_number("~1.2.3,45 approx"), estimate_number("12,50 or 13"), estimate_number("n/a")
    (123.45, 12.5, nan)
    """
    match = _NUMBER.search(text)
    if match is None:
        return float("nan")
    digits = match.group().strip(" .,'\u00a0\u202f\u2019")
    decimals = _DECIMALS.search(digits)
    whole = re.sub(r"[^0-9]", "", digits[: decimals.start()] if decimals else digits) or "0"
    return float(f"{whole}.{decimals.group(1)}" if decimals else whole)


def warnings(unreadable: UnreadableMoney, amounts: Amounts, read: int, scale: int) -> Iterator[str]:
    """Yield a warning if many amounts, or a very large one, cannot be read.

    Args:
        unreadable: of the file.
        amounts: the readable amounts of the kept lines.
        read: lines of the file.
        scale: units of money in 1.00.
    """
    is_large = unreadable.largest > amounts.quantile(LARGE)
    if unreadable.lines > MANY * read or (is_large and unreadable.with_digits):
        about = f", about {unreadable.units / scale:,.2f} in all" if unreadable.with_digits else ""
        yield (
            f"the amount cannot be read on {counted(unreadable.lines, 'line')} of {read:,}{about}; "
            "--rejects FILE writes them to a file, and quality.max_unreadable_money limits them"
        )

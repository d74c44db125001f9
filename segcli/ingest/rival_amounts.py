"""Find other columns that may be the amount: other known names, and multiples of quantity x unit price."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli import columns
from segcli.config.ingest import Source
from segcli.ingest import minor_units, money, number_parsing
from segcli.ingest.column_matching import is_money_name_of, unique_texts

COMPARED_COLUMNS = (columns.QUANTITY, columns.UNIT_PRICE, columns.AMOUNT)
MIN_COMPARED_LINES = 5  # minimum number of lines for a comparison
MIN_AGREEING_SHARE = 0.9  # share of lines that must match
MIN_MULTIPLE, MAX_MULTIPLE = 0.5, 2.0  # multiples of quantity x unit price that taxes and discounts can explain
MULTIPLE_TOLERANCE = 0.02
FULL_PERCENT = 100.0
MIN_DIFFERENCE = 0.01  # share of the money by which another amount must differ

_Amounts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RivalAmount:
    """Column that may be the amount: a description, and the relative difference from the money in use."""

    text: str
    share: float


def find_rival_amounts(
    header: Sequence[str], records: Sequence[Sequence[str]], file_columns: Mapping[str, str], source: Source
) -> Iterator[RivalAmount]:
    """Compare unused columns of the first records with the amount in use.

    Args:
        header: names of the columns.
        records: the first records, without the header.
        file_columns: the file's name of each standard column.
        source: settings of the file.
    """
    if columns.AMOUNT in source.columns or source.amount_per == "order":
        return
    sample = _NumberSample(header, records, source)
    quantity, price, amount = (sample.read_amounts(file_columns.get(name)) for name in COMPARED_COLUMNS)
    product = price if quantity is None or price is None else price * quantity
    used_amounts = product if amount is None else amount
    if used_amounts is None or len(records) < MIN_COMPARED_LINES:
        return
    used_label = "quantity x unit price" if amount is None else f"'{file_columns[columns.AMOUNT]}'"
    unread_columns = unique_texts(header).difference(file_columns.values(), source.leave_out)
    for name in header:
        if name not in unread_columns:
            continue
        is_named = is_money_name_of(name, columns.AMOUNT)
        if not is_named and (quantity is None or amount is not None):
            continue
        rival = sample.read_amounts(name)
        if rival is not None and (is_named or _is_multiple(rival, product, quantity)):
            share = _relative_difference(rival, used_amounts)
            if abs(share) > MIN_DIFFERENCE:
                yield RivalAmount(_describe_rival(name, used_label, share, len(records)), share)


def has_discounted_prices(
    header: Sequence[str], records: Sequence[Sequence[str]], file_columns: Mapping[str, str], source: Source
) -> bool:
    """Return whether unit prices are after discount: adding the discount gives the usual price of the product.

    The arguments are those of `find_rival_amounts`.
    """
    if not {columns.UNIT_PRICE, columns.DISCOUNT} <= set(file_columns):
        return False
    sample = _NumberSample(header, records, source)
    price, discount = (
        sample.read_amounts(file_columns[columns.UNIT_PRICE]),
        sample.read_amounts(file_columns[columns.DISCOUNT], blank_text="0"),
    )
    if price is None or discount is None:
        return False
    numeric = {file_columns[standard] for standard in (*COMPARED_COLUMNS, columns.DISCOUNT) if standard in file_columns}
    lines = pd.DataFrame({"price": price, "off": np.abs(discount)})
    unique_names = unique_texts(header)
    return any(
        _have_reduced_prices(lines.assign(product=sample.get_column_texts(name)))
        for name in header
        if name not in numeric and name in unique_names
    )


def _have_reduced_prices(priced_lines: pd.DataFrame) -> bool:
    """Return whether discounted products cost their usual price less the discount."""
    usual_prices = priced_lines["product"].map(
        priced_lines[priced_lines["off"] == 0].groupby("product")["price"].median()
    )
    discounted_lines = priced_lines[(priced_lines["off"] > 0) & usual_prices.notna()]
    usual_prices = usual_prices[discounted_lines.index]
    discount, price = discounted_lines["off"], discounted_lines["price"]
    discount_shares = discount / discount.where(discount <= 1, FULL_PERCENT).where(discount > 1, 1.0)
    is_explained = ((price + discount - usual_prices).abs() < money.CENT_TOLERANCE) | (
        (usual_prices * (1 - discount_shares) - price).abs() < money.CENT_TOLERANCE
    )
    return bool(is_explained.sum() >= MIN_COMPARED_LINES and is_explained.mean() > MIN_AGREEING_SHARE)


class _NumberSample:
    """Columns of the first records, with numbers parsed on demand."""

    def __init__(self, header: Sequence[str], records: Sequence[Sequence[str]], source: Source) -> None:
        self._header, self._source = list(header), source
        self._records = [record for record in records if len(record) == len(self._header)]

    def get_column_texts(self, name: str) -> list[str]:
        """Return the texts of a column."""
        index = self._header.index(name)
        return [record[index] for record in self._records]

    def read_amounts(self, name: str | None, blank_text: str = "") -> _Amounts | None:
        """Parse a column of numbers; None if the column is missing or most of its values are not numbers."""
        if name is None or not self._records:
            return None
        filled_values = [text.strip().removesuffix("%") or blank_text for text in self.get_column_texts(name)]
        texts = pa.chunked_array([pa.array(filled_values, pa.string())])
        try:
            parsed_numbers = number_parsing.read_numbers(texts, self._source)
        except ValueError:
            return None
        values = parsed_numbers.values
        if self._source.amount_unit is None and minor_units.strip_unit_name(name) is not None:
            values = values / minor_units.MINOR_UNITS
        return values if np.isfinite(parsed_numbers.values).mean() >= MIN_AGREEING_SHARE else None


def _is_multiple(rival: _Amounts, product: _Amounts | None, quantity: _Amounts | None) -> bool:
    """Return whether a column is nearly a constant multiple of quantity x unit price on lines with several pieces."""
    if product is None or quantity is None:
        return False
    row_mask = np.isfinite(rival) & np.isfinite(product) & (np.abs(quantity) > 1) & (product != 0)
    if row_mask.sum() < MIN_COMPARED_LINES:
        return False
    ratios = rival[row_mask] / product[row_mask]
    median_ratio = float(np.median(ratios))
    return (
        MIN_MULTIPLE < median_ratio < MAX_MULTIPLE
        and float((np.abs(ratios - median_ratio) < MULTIPLE_TOLERANCE * median_ratio).mean()) >= MIN_AGREEING_SHARE
    )


def _relative_difference(rival: _Amounts, used_amounts: _Amounts) -> float:
    row_mask = np.isfinite(rival) & np.isfinite(used_amounts)
    total = float(np.abs(used_amounts[row_mask]).sum())
    return float(np.abs(rival[row_mask]).sum() / total - 1) if total else 0.0


def _describe_rival(name: str, used_label: str, share: float, line_count: int) -> str:
    option = f"--map {shlex.quote(f'{columns.AMOUNT}={name}')}"
    size = f"{abs(share):.0%} {'more' if share > 0 else 'less'}"
    return (
        f"column '{name}' may also be the amount: "
        f"{size} than {used_label}, which segcli uses, on the first {line_count:,} lines; "
        f"hint: {option} uses it"
    )

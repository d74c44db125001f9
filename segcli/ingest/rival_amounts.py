"""Columns that may be the amount as well: other known names, and multiples of quantity x unit price."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from segcli import columns
from segcli.config.ingest import Source
from segcli.ingest import money, numbers
from segcli.ingest.recognise import means

FACTORS = (columns.QUANTITY, columns.UNIT_PRICE, columns.AMOUNT)
FEW_LINES = 5  # on which numbers are compared
NEARLY_ALL = 0.9  # share of lines that must agree
LOWEST, HIGHEST = 0.5, 2.0  # multiples of quantity x unit price that taxes and discounts explain
TOLERANCE = 0.02
PERCENT = 100.0
DIFFERENT = 0.01  # share of the money by which another amount differs

Amounts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RivalAmount:
    """A column that may be the amount: what it is, and by which share of the money it differs from what is used."""

    text: str
    share: float


def find_rival_amounts(
    header: Sequence[str], records: Sequence[Sequence[str]], found: Mapping[str, str], source: Source
) -> Iterator[RivalAmount]:
    """Compare unused columns of the first records with the money that is read from them.

    Args:
        header: names of the columns.
        records: the first records, without the header.
        found: the file's name of each standard column.
        source: how the file is read.
    """
    if columns.AMOUNT in source.columns or source.amount_per == "order":
        return
    sample = _Sample(header, records, source)
    quantity, price, amount = (sample.read(found.get(name)) for name in FACTORS)
    product = price if quantity is None or price is None else price * quantity
    used = product if amount is None else amount
    if used is None or len(records) < FEW_LINES:
        return
    what = "quantity x unit price" if amount is None else f"'{found[columns.AMOUNT]}'"
    for name in _unique(header):
        if name in found.values() or name in source.leave_out:
            continue
        is_named = means(name, columns.AMOUNT)
        if not is_named and (quantity is None or amount is not None):
            continue
        rival = sample.read(name)
        if rival is not None and (is_named or _is_multiple(rival, product, quantity)):
            share = _difference(rival, used)
            if abs(share) > DIFFERENT:
                yield RivalAmount(_describe(name, what, share, len(records)), share)


def contains_discount(
    header: Sequence[str], records: Sequence[Sequence[str]], found: Mapping[str, str], source: Source
) -> bool:
    """Tell whether unit prices are after discount: with the discount added, products cost what they cost without one.

    Args: as of `find_rival_amounts`.
    """
    if not {columns.UNIT_PRICE, columns.DISCOUNT} <= set(found):
        return False
    sample = _Sample(header, records, source)
    price, discount = sample.read(found[columns.UNIT_PRICE]), sample.read(found[columns.DISCOUNT], blank="0")
    if price is None or discount is None:
        return False
    numeric = {found[standard] for standard in (*FACTORS, columns.DISCOUNT) if standard in found}
    lines = pd.DataFrame({"price": price, "off": np.abs(discount)})
    return any(_cost_less(lines.assign(product=sample.texts(name))) for name in _unique(header) if name not in numeric)


def _unique(header: Sequence[str]) -> list[str]:
    return [name for name, count in Counter(header).items() if count == 1]


def _cost_less(lines: pd.DataFrame) -> bool:
    """Tell whether products with a discount cost their usual price less that discount."""
    usual = lines["product"].map(lines[lines["off"] == 0].groupby("product")["price"].median())
    reduced = lines[(lines["off"] > 0) & usual.notna()]
    usual = usual[reduced.index]
    off, price = reduced["off"], reduced["price"]
    parts = off / off.where(off <= 1, PERCENT).where(off > 1, 1.0)
    after = ((price + off - usual).abs() < money.TOLERANCE) | ((usual * (1 - parts) - price).abs() < money.TOLERANCE)
    return bool(after.sum() >= FEW_LINES and after.mean() > NEARLY_ALL)


class _Sample:
    """The columns of the first records as numbers."""

    def __init__(self, header: Sequence[str], records: Sequence[Sequence[str]], source: Source) -> None:
        self._header, self._source = list(header), source
        self._records = [record for record in records if len(record) == len(self._header)]

    def texts(self, name: str) -> list[str]:
        """Return a column as text."""
        place = self._header.index(name)
        return [record[place] for record in self._records]

    def read(self, name: str | None, blank: str = "") -> Amounts | None:
        """Return a column of numbers; None where there is none, or most of its values are no numbers."""
        if name is None or not self._records:
            return None
        filled = [text.strip().removesuffix("%") or blank for text in self.texts(name)]
        texts = pa.chunked_array([pa.array(filled, pa.string())])
        try:
            parsed = numbers.of(texts, self._source)
        except ValueError:
            return None
        return parsed.values if np.isfinite(parsed.values).mean() >= NEARLY_ALL else None


def _is_multiple(rival: Amounts, product: Amounts | None, quantity: Amounts | None) -> bool:
    """Tell whether a column is nearly the same multiple of quantity x unit price on lines of several pieces."""
    if product is None or quantity is None:
        return False
    rows = np.isfinite(rival) & np.isfinite(product) & (np.abs(quantity) > 1) & (product != 0)
    if rows.sum() < FEW_LINES:
        return False
    ratios = rival[rows] / product[rows]
    middle = float(np.median(ratios))
    return LOWEST < middle < HIGHEST and float((np.abs(ratios - middle) < TOLERANCE * middle).mean()) >= NEARLY_ALL


def _difference(rival: Amounts, used: Amounts) -> float:
    rows = np.isfinite(rival) & np.isfinite(used)
    total = float(np.abs(used[rows]).sum())
    return float(np.abs(rival[rows]).sum() / total - 1) if total else 0.0


def _describe(name: str, used: str, share: float, lines: int) -> str:
    option = f"--map {shlex.quote(f'{columns.AMOUNT}={name}')}"
    size = f"{abs(share):.0%} {'more' if share > 0 else 'less'}"
    return (
        f"column '{name}' may be the amount as well: {size} than {used}, which is used, on the first {lines:,} lines; "
        f"{option} uses it"
    )

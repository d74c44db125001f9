"""Items that customers buy together: pairs with lift, the next item of each customer, and a test of it over time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from segcli import columns
from segcli.arrays import FloatArray
from segcli.customers.order_history import CUSTOMER_ROW, ORDER_DAY
from segcli.segment.confidence_intervals import wilson_interval

BLOCK_CELLS = 4_000_000  # customers x items whose next items are found together
TEST_COLUMNS = ["method", columns.CUSTOMERS, "hits", "hit_rate", "low_rate", "high_rate"]
RULE_METHOD, POPULAR_METHOD = "pairs", "most popular"

ItemNumbers = npt.NDArray[np.int64]
CustomerMask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Purchases:
    """Whether each customer bought each item, shape (customers, items); the item with the most buyers comes first.

    Among items with as many buyers, the first in the alphabet comes first. Items with few buyers are left out.
    """

    matrix: "sparse.csr_matrix"
    items: list[str]

    @classmethod
    def from_lines(cls, lines: pd.DataFrame, item_column: str, customer_count: int, minimum_buyers: int) -> "Purchases":
        """Collect the items of order lines, of `list_purchase_lines`; lines with a blank item do not count."""
        buyers = _list_item_buyers(lines, item_column)["item"].value_counts()
        items = sorted(buyers.index[buyers >= minimum_buyers], key=lambda item: (-buyers[item], item))
        no_purchases = cls(sparse.csr_matrix((customer_count, len(items))), items)
        return no_purchases.collect_like(lines, item_column)

    def collect_like(self, lines: pd.DataFrame, item_column: str) -> "Purchases":
        """Collect the purchases of other lines, of the same customers and items."""
        pairs = _list_item_buyers(lines, item_column)
        numbers = pd.Index(self.items, dtype="object").get_indexer(pd.Index(pairs["item"]))
        rows, numbers = pairs["customer"].to_numpy()[numbers >= 0], numbers[numbers >= 0]
        return Purchases(sparse.csr_matrix((np.ones(len(rows)), (rows, numbers)), self.matrix.shape), self.items)

    def count_pairs(self) -> tuple[FloatArray, FloatArray]:
        """Return the number of buyers of both items of each pair, shape (items, items), and the buyers of each item."""
        pair_counts: FloatArray = (self.matrix.T @ self.matrix).toarray()
        return pair_counts, np.asarray(self.matrix.sum(axis=0), dtype=np.float64).ravel()

    def select(self, is_selected: CustomerMask) -> "Purchases":
        """Return the purchases of some customers."""
        return Purchases(self.matrix[np.flatnonzero(is_selected)], self.items)


def _list_item_buyers(lines: pd.DataFrame, item_column: str) -> pd.DataFrame:
    """Return the distinct pairs of customer and item; blank items do not count."""
    texts = lines[item_column].astype("str").where(lines[item_column].notna(), "")
    return pd.DataFrame({"customer": lines[CUSTOMER_ROW], "item": texts})[texts != ""].drop_duplicates()


@dataclass(frozen=True, eq=False)
class AffinityRules:
    """Share of the buyers of one item (row) who also bought another (column); 0 without enough buyers or lift.

    `purchases` are the purchases that the rules were learned from.
    """

    confidence: FloatArray
    purchases: Purchases

    @classmethod
    def learn(cls, purchases: Purchases, minimum_customers: int) -> "AffinityRules":
        """Learn a rule from each pair of items that enough customers bought, and with a lift above 1."""
        pair_counts, buyers = purchases.count_pairs()
        size = purchases.matrix.shape[0]
        is_rule = (pair_counts >= minimum_customers) & (pair_counts * size > np.outer(buyers, buyers))
        np.fill_diagonal(is_rule, val=False)
        return cls(np.where(is_rule, pair_counts / np.maximum(buyers, 1)[:, None], 0.0), purchases)

    def find_next_items(self) -> tuple[ItemNumbers, ItemNumbers]:
        """Return the next item of each customer by the rules, and the most popular item; -1 if there is none.

        Both are items that the customer has not bought. By the rules, it is the item with the highest confidence, from
        any item that the customer bought; among equals, the most popular.
        """
        count = self.purchases.matrix.shape[0]
        if not self.purchases.items:
            return np.full(count, -1), np.full(count, -1)
        blocks = list(self._iterate_blocks())
        return np.concatenate([block[0] for block in blocks]), np.concatenate([block[1] for block in blocks])

    def _iterate_blocks(self) -> Iterator[tuple[ItemNumbers, ItemNumbers]]:
        matrix, item_count = self.purchases.matrix, len(self.purchases.items)
        step = max(BLOCK_CELLS // item_count, 1)
        for start in range(0, matrix.shape[0], step):
            block = matrix[start : start + step].tocsc()
            is_owned = block.toarray() > 0
            scores = np.zeros(is_owned.shape)
            for item in range(item_count):
                rows = block.indices[block.indptr[item] : block.indptr[item + 1]]
                if self.confidence[item].any():
                    scores[rows] = np.maximum(scores[rows], self.confidence[item])
            scores[is_owned] = 0
            has_rule, has_all = scores.max(axis=1) > 0, is_owned.all(axis=1)
            yield np.where(has_rule, scores.argmax(axis=1), -1), np.where(has_all, -1, is_owned.argmin(axis=1))


def tabulate_pairs(
    purchases: Purchases, segment: str, item_column: str, minimum_customers: int, limit: int
) -> pd.DataFrame:
    """Return the pairs of items that enough customers bought both of, by highest lift.

    Returns:
        Columns segment, item, and (the other item), customers (with both), support (share of customers with both),
        lift, confidence (share of the buyers of the item with both) and confidence_reversed (of the other item).
    """
    pair_counts, buyers = purchases.count_pairs()
    size = purchases.matrix.shape[0]
    first, second = np.nonzero(np.triu(pair_counts >= minimum_customers, k=1))
    rows: list[list[Any]] = []
    for pair in zip(first.tolist(), second.tolist(), strict=True):
        one, other = sorted(pair, key=lambda number: purchases.items[number])
        both = pair_counts[one, other]
        lift = float(both * size / (buyers[one] * buyers[other]))
        shares = [both / size, lift, both / buyers[one], both / buyers[other]]
        rows.append([segment, purchases.items[one], purchases.items[other], int(both), *map(float, shares)])
    rows.sort(key=lambda row: (-float(row[5]), row[1], row[2]))
    measures = [columns.CUSTOMERS, "support", "lift", "confidence", "confidence_reversed"]
    return pd.DataFrame(rows[:limit], columns=[columns.SEGMENT_NAME, item_column, "and", *measures])


@dataclass(frozen=True)
class NextItemTest:
    """Hits of the next items that were found from the lines before a day, among the items bought from that day on.

    `only_rules` and `only_popular` count the customers for whom only one of the two methods was right.
    """

    customers: int
    rule_hits: int
    popular_hits: int
    only_rules: int
    only_popular: int

    def tabulate(self) -> pd.DataFrame:
        """Return one row per method: the hits, and their rate with its interval."""
        rows = []
        for method, hits in ((RULE_METHOD, self.rule_hits), (POPULAR_METHOD, self.popular_hits)):
            rows.append([method, self.customers, hits, hits / self.customers, *wilson_interval(hits, self.customers)])
        return pd.DataFrame(rows, columns=TEST_COLUMNS)

    @property
    def p_value(self) -> float:
        """Probability of such a difference by chance (exact test of McNemar, two-sided)."""
        from scipy.stats import binomtest

        different = self.only_rules + self.only_popular
        return float(binomtest(self.only_rules, different).pvalue) if different else 1.0


def evaluate_next_items(
    lines: pd.DataFrame, item_column: str, customer_count: int, minimum_customers: int, day: np.datetime64
) -> NextItemTest | None:
    """Learn rules from the lines before a day, and test the next items on the lines from that day on.

    The test counts customers who had bought an item before, and later bought at least one item that was new to them.
    Without a rule, the next item by rules is the most popular one.

    Returns:
        None if there is no such customer or no rule.
    """
    is_before = (lines[ORDER_DAY].to_numpy() < day).astype(bool)
    earlier = Purchases.from_lines(lines[is_before], item_column, customer_count, minimum_customers)
    rules = AffinityRules.learn(earlier, minimum_customers)
    if not rules.confidence.any():
        return None
    later = earlier.collect_like(lines[~is_before], item_column)
    is_new = (later.matrix - later.matrix.multiply(earlier.matrix)).tocsr()
    is_new.eliminate_zeros()
    by_rules, by_popularity = rules.find_next_items()
    by_rules = np.where(by_rules >= 0, by_rules, by_popularity)
    tested = np.flatnonzero((np.diff(earlier.matrix.indptr) > 0) & (np.diff(is_new.indptr) > 0))
    if not len(tested):
        return None
    rule_hits, popular_hits = (
        np.asarray(is_new[tested, numbers[tested]]).ravel() > 0 for numbers in (by_rules, by_popularity)
    )
    return NextItemTest(
        len(tested),
        int(rule_hits.sum()),
        int(popular_hits.sum()),
        int((rule_hits & ~popular_hits).sum()),
        int((popular_hits & ~rule_hits).sum()),
    )

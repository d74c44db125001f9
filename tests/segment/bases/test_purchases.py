"""Next items and price response, each beside a slow computation from the order lines."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from statistics import mean

import numpy as np
import pytest
from scipy.stats import binomtest, t

from segcli.errors import InputProblem
from segcli.model import Customers
from tests.segment.bases.conftest import DAY, customers, decided, labels

Bought = Callable[..., Customers]
Lines = list[tuple[str, str, str, str]]  # customer, day, product, category
AGES = 300  # days of orders before the as-of day


def shop_lines(seed: int, customer_count: int = 60) -> Lines:
    """Each customer prefers one of three groups of four products; a fifth of the lines is of any product."""
    rng = np.random.default_rng(seed)
    lines = []
    for number in range(customer_count):
        group = int(rng.integers(3))
        for _ in range(int(rng.integers(1, 8))):
            product = group * 4 + int(rng.integers(4)) if rng.random() < 0.8 else int(rng.integers(12))
            day = DAY - timedelta(days=int(rng.integers(1, AGES)))
            lines.append((f"c{number:02}", day.isoformat(), f"p{product:02}", f"k{product // 2}"))
    return lines


def recommend(bought: dict[str, set[str]], minimum: int, everyone: int) -> tuple[dict[str, str], dict[str, str]]:
    """Return the next item of each customer by pairs, and the most popular one that they have not bought."""
    buyers = Counter(item for items in bought.values() for item in items)
    ranked = sorted((item for item in buyers if buyers[item] >= minimum), key=lambda item: (-buyers[item], item))
    both = Counter((one, other) for items in bought.values() for one in items for other in items if one != other)
    by_pairs, popular = {}, {}
    for customer, items in bought.items():
        candidates = [item for item in ranked if item not in items]
        best = {
            item: max(
                (
                    both[one, item] / buyers[one]
                    for one in items
                    if both[one, item] >= minimum and both[one, item] * everyone > buyers[one] * buyers[item]
                ),
                default=0,
            )
            for item in candidates
        }
        top = max(candidates, key=lambda item: best[item], default=None)  # of equals, the first is the most popular
        if top is not None and best[top]:
            by_pairs[customer] = top
        if candidates:
            popular[customer] = candidates[0]
    return by_pairs, popular


@pytest.mark.base("product_affinity")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("level", ["product", "category"])
def test_next_items_customer_by_customer(bought: Bought, seed: int, level: str) -> None:
    lines = shop_lines(seed)
    items = {"product": 2, "category": 3}[level]
    table = bought(lines, "product", "category")
    made = decided("product_affinity", table, level=level, minimum_customers=4, test_days=100, minimum_share=0)
    owned, everyone = defaultdict[str, set[str]](set), len({line[0] for line in lines})
    for line in lines:
        owned[line[0]].add(line[items])
    by_pairs, _ = recommend(owned, 4, everyone)
    found = made.table.set_index("customer_id")["product_affinity_next"].dropna().to_dict()
    assert found == by_pairs
    assert found

    cut = (DAY - timedelta(days=100)).isoformat()
    earlier, later = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for line in lines:
        (earlier if line[1] < cut else later)[line[0]].add(line[items])
    by_pairs, popular = recommend(earlier, 4, everyone)
    counts = Counter(item for items in earlier.values() for item in items)
    known = {item for item, count in counts.items() if count >= 4}
    tested = [who for who in earlier if earlier[who] & known and (later[who] & known) - earlier[who]]
    right = [(by_pairs.get(who, popular[who]) in later[who], popular[who] in later[who]) for who in tested]
    test = made.tables["Test of the next item"].set_index("method")
    assert test["customers"].to_dict() == {"pairs": len(tested), "most popular": len(tested)}
    assert test["hits"].to_dict() == {"pairs": sum(r for r, _ in right), "most popular": sum(p for _, p in right)}
    wins, losses = right.count((True, False)), right.count((False, True))
    is_better = wins > losses and binomtest(wins, wins + losses).pvalue < 0.05
    assert made.notes[-1].endswith("pairs are better" if is_better else "pairs are not better")


@pytest.mark.base("product_affinity")
def test_planted_pairs_beat_the_most_popular_item(bought: Bought) -> None:
    """Half of the customers buy bread and then butter, the other half tea and then milk; everyone buys gum at first."""
    lines = []
    for number in range(80):
        first, second = ("bread", "butter") if number % 2 else ("tea", "milk")
        moment = "2026-01-05" if number < 40 else "2026-06-05"
        lines += [(f"c{number:02}", "2026-01-01", first), (f"c{number:02}", moment, second)]
        lines += [(f"c{number:02}", "2026-06-06", "gum")] if number % 3 == 0 else []
    made = decided("product_affinity", bought(lines, "product"), level="product", minimum_customers=5)
    test = made.tables["Test of the next item"].set_index("method")
    assert test.loc["pairs", "hit_rate"] > test.loc["most popular", "hit_rate"]
    assert made.notes[-1].endswith("pairs are better")


@pytest.mark.base("product_affinity")
def test_the_main_product_is_that_of_most_lines(bought: Bought) -> None:
    lines = [("A", "2026-01-01", "rum"), ("A", "2026-01-02", "tea"), ("A", "2026-01-03", "tea")]
    lines += [("B", "2026-01-01", "tea"), ("B", "2026-01-02", "rum"), ("C", "2026-01-02", "")]
    made = decided("product_affinity", bought(lines, "product"), level="product")
    assert list(made.labels) == ["tea", "rum", "unknown"]
    assert made.notes == ("the next item cannot be tested: too few customers bought pairs of items before the test",)
    with pytest.raises(InputProblem, match="no order lines with products"):
        labels("product_affinity", customers(category=["x"]), level="product")


def weekly_lines(seed: int, slope: float, weeks: int, price_spread: float) -> list[tuple[str, str, str, str, str, str]]:
    """Lines of one product: a price per week, and units that follow it with noise."""
    rng = np.random.default_rng(seed)
    lines = []
    for week in range(weeks):
        price = round(10 * math.exp(price_spread * float(rng.normal())), 2)
        units = max(round(200 * (price / 10) ** slope * math.exp(0.05 * float(rng.normal()))), 1)
        day = (date(2026, 1, 1) + timedelta(days=7 * week)).isoformat()
        lines += [(f"c{week}", day, f"{price * units:.2f}", str(units), "mug", "0")]
    return lines


@pytest.mark.base("price_behaviour")
@pytest.mark.parametrize("seed", range(3))
def test_price_response_by_the_formulas_of_least_squares(bought: Bought, seed: int) -> None:
    lines = weekly_lines(seed, -1.8, 20, 0.15)
    lines += [("x", "2026-01-02", "70.00", "7", "cup", "0"), ("x", "2026-02-02", "60.00", "6", "cup", "0")]
    made = decided("price_behaviour", bought(lines, "amount", "quantity", "product", "discount"))
    table = made.tables["Own-price response"].set_index("product")
    x = [math.log(float(line[2]) / float(line[3])) for line in lines[:-2]]
    y = [math.log(float(line[3])) for line in lines[:-2]]
    squares = sum((value - mean(x)) ** 2 for value in x)
    slope = sum((a - mean(x)) * (b - mean(y)) for a, b in zip(x, y, strict=True)) / squares
    residuals = [b - mean(y) - slope * (a - mean(x)) for a, b in zip(x, y, strict=True)]
    half_width = t.ppf(0.975, 18) * math.sqrt(sum(value**2 for value in residuals) / 18 / squares)
    found = table.loc["mug", ["price_response", "low", "high"]].tolist()
    assert found == pytest.approx([slope, slope - half_width, slope + half_width])
    assert found[0] == pytest.approx(-1.8, abs=0.2)
    assert table.loc["cup", "note"] == "fewer than 12 weeks with sales"
    assert "known for 1 of 2 products" in made.notes[0]


@pytest.mark.base("price_behaviour")
def test_prices_that_do_not_vary_identify_nothing(bought: Bought) -> None:
    lines = weekly_lines(1, -1.8, 20, 0.01)
    made = decided("price_behaviour", bought(lines, "amount", "quantity", "product", "discount"))
    assert made.tables["Own-price response"]["note"].tolist() == ["prices vary too little"]
    assert made.tables["Own-price response"]["price_response"].isna().all()
    assert "not identifiable" in made.notes[0]
    assert not decided("price_behaviour", customers(discount_share=[0.5])).tables


@pytest.mark.base("price_behaviour")
def test_revenue_at_discount_by_hand(bought: Bought) -> None:
    """A: 10 of 100 at discount, in one of two lines; B: no discount; C: only a return is left of its money."""
    lines = [("A", "2026-01-01", "90", "0"), ("A", "2026-01-02", "10", "1"), ("B", "2026-01-01", "5", "0")]
    table = bought(lines, "amount", "discount")
    made = decided("price_behaviour", table, some=0.2)
    assert list(made.labels) == ["mostly on discount", "full price"]
    assert made.table["price_behaviour_revenue_share"].tolist() == pytest.approx([10 / 100, 0], abs=0.011)
    assert labels("price_behaviour", table, some=0.2, by_revenue=True) == ["full price", "full price"]
    with pytest.raises(InputProblem, match="no order lines with discounts"):
        labels("price_behaviour", customers(discount_share=[0.5]), by_revenue=True)

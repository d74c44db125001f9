"""Seeded exports of order lines, written in pieces of a million lines so that memory stays bounded.

    python benchmarks/order_lines.py --lines 5000000 --kind realistic --out FILE

The plain kind has fixed-width codes, whole dates and nothing quoted. The realistic kind looks like the export of a
shop: timestamps, quoted product names, skewed products and customers, and returns. Both have about four lines an order.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

CHUNK_LINES = 1_000_000
SEED = 20260630
FIRST_DAY = np.datetime64("2024-07-01")
DAYS = 730
SECONDS_PER_DAY = 86_400

# Plain kind.
COLUMNS = (
    "line", "order_id", "order_date", "customer_id", "shelf", "warehouse", "quantity", "unit_price", "tax",
)  # fmt: skip
NEEDED = ("order_id", "order_date", "customer_id", "quantity", "unit_price")

# Realistic kind.
REALISTIC_COLUMNS = ("order_id", "order_date", "customer_id", "product", "quantity", "unit_price", "country")
COUNTRIES = (
    "Germany", "France", "Austria", "Poland", "Italy", "Spain", "Belgium", "Netherlands", "Switzerland", "Sweden",
    "Denmark", "Norway", "Finland", "Portugal", "Ireland", "Greece", "Hungary", "Romania", "Bulgaria", "Croatia",
    "Slovenia", "Slovakia", "Estonia", "Latvia", "Lithuania", "Cyprus", "Malta", "Luxembourg", "Iceland", "Japan",
)  # fmt: skip
COLOURS = ("red", "blue", "green", "black", "white", "grey", "pink", "ivory", "teal", "amber")
MATERIALS = ("oak", "steel", "glass", "linen", "cotton", "wool", "clay", "cork", "brass", "paper")
THINGS = ("mug", "lamp", "plate", "bowl", "vase", "frame", "clock", "shelf", "box", "tray", "chair", "rug", "candle")
ORDERS_PER_CUSTOMER = 3  # orders drawn, on average, for each customer; customers without an order do not appear
QUANTITY_SHARES = (0.58, 0.2, 0.08, 0.06, 0.02, 0.03, 0.0, 0.0, 0.0, 0.015, 0.0, 0.015)  # of 1, 2, 3, ... pieces
DISCOUNTED_SHARE = 0.15  # of the lines
DISCOUNT = 0.8
RETURN_DAYS = 12.0  # from the order to its return, on average
MOST_LINES_PER_ORDER = 1 << 10
FIRST_ORDER_ID = 10_000_000
FIRST_CUSTOMER_ID = 1_000_000

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RealisticOptions:
    """Traits of the realistic kind; shares are from 0 to 1."""

    return_share: float = 0.02  # of the orders that are returned later, under an order id of the return
    quoted_share: float = 0.3  # of the lines whose product name is quoted
    doubled_quote_share: float = 0.25  # of the quoted names that contain doubled quotes; the others contain a comma
    products: int = 4_000
    product_skew: float = 1.0  # exponent of Zipf's law
    countries: int = len(COUNTRIES)
    dominant_country_share: float = 0.6  # of the customers who live in the most frequent country
    abroad_share: float = 0.02  # of the orders that go to another country than the customer's
    customer_skew: float = 1.2  # sigma of the lognormal activity of customers
    lines_per_order: float = 4.0  # mean; the number of lines is geometric
    seed: int = SEED


def write_cached_export(folder: Path, lines: int, kind: str = "plain") -> Path:
    """Write an export with all columns into a folder unless it is there, and return its path."""
    path = folder / f"{kind}_{lines}_lines.csv"
    if not path.exists():
        write_export(path, lines, kind)
    return path


def write_export(path: Path, lines: int, kind: str = "plain", options: RealisticOptions | None = None) -> None:
    """Write an export; an interrupted run leaves no file that looks complete."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        if kind == "plain":
            write_plain(file, lines)
        else:
            write_realistic(file, lines, options or RealisticOptions())
    unfinished.rename(path)


def write_plain(file: BinaryIO, lines: int, columns: Sequence[str] = COLUMNS) -> None:
    """Write the plain kind: 68 bytes a line with all columns, 38 with the needed ones."""
    file.write((",".join(columns) + "\n").encode())  # pyarrow would quote the header
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    for table in plain_tables(lines):
        csv.write_csv(table.select(columns), file, options)


def plain_tables(lines: int) -> Iterator[pa.Table]:
    """Yield tables of a million lines; lines of an order stand together, and orders are in order of their days."""
    random = np.random.default_rng(SEED)
    orders = max(lines // 4, 1)
    order = np.sort(random.integers(0, orders, lines))
    customer = random.integers(0, max(lines // 12, 1), orders)
    day = FIRST_DAY + np.sort(random.integers(0, DAYS, orders))
    for start in range(0, lines, CHUNK_LINES):
        chunk = order[start : start + CHUNK_LINES]
        yield plain_table(random, start, chunk, customer[chunk], day[chunk])


def plain_table(
    random: np.random.Generator, start: int, order: Whole, customer: Whole, day: npt.NDArray[np.datetime64]
) -> pa.Table:
    """Return one table: orders, customers and days are given, the other columns are drawn."""
    size = len(order)
    return pa.table(
        {
            "line": np.arange(start, start + size),
            "order_id": format_codes("I", order, 8),
            "order_date": pc.cast(pa.array(day.astype("datetime64[D]")), pa.string()),
            "customer_id": format_codes("C", customer, 7),
            "shelf": format_codes("A-", random.integers(0, 20_000, size), 5),
            "warehouse": np.array(["north", "south", "east", "west"])[random.integers(0, 4, size)],
            "quantity": random.integers(1, 6, size),
            "unit_price": random.integers(100, 10_000, size) / 100,
            "tax": np.array(["standard", "reduced"])[random.integers(0, 2, size)],
        }
    )


def format_codes(prefix: str, numbers: Whole, width: int) -> pa.Array:
    """Format numbers as codes of one width, such as C0000012."""
    padded = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, padded, "")


@dataclass(frozen=True, eq=False)
class ShopOrders:
    """Purchases and returns in order of time, one entry each.

    `first_line` is the line an order begins at (one entry more than orders). `origin` numbers the purchase whose
    lines an order has: its own, or that of the purchase it returns. `sign` is 1 or -1 for returns.
    """

    customer: Whole
    seconds: Whole
    origin: Whole
    sign: Whole
    country: Whole
    first_line: Whole


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Products by popularity, as texts of a CSV file; `popularity` is cumulative."""

    names: pa.Array
    prices: pa.Array
    reduced_prices: pa.Array
    popularity: Real


def write_realistic(file: BinaryIO, lines: int, options: RealisticOptions) -> None:
    """Write the realistic kind, about 70 bytes a line.

    The text is joined here: pyarrow's writer quotes either all texts or none.
    """
    file.write((",".join(REALISTIC_COLUMNS) + "\n").encode())
    orders, catalogue = draw_orders(lines, options), make_catalogue(options)
    file.writelines(
        format_lines(orders, catalogue, start, min(start + CHUNK_LINES, lines), options.seed)
        for start in range(0, lines, CHUNK_LINES)
    )


def draw_orders(lines: int, options: RealisticOptions) -> ShopOrders:
    """Draw as many orders as the lines need, beginning some weeks before the export does.

    Returns of orders from before the export are in it, so that some customers have returns only.
    """
    random = np.random.default_rng(options.seed)
    weeks_before = round(4 * RETURN_DAYS)
    count = int(lines / options.lines_per_order * (DAYS + weeks_before) / DAYS * 1.02) + 40
    day = np.sort(random.integers(-weeks_before, DAYS, count))
    seconds = day * SECONDS_PER_DAY + (random.beta(4, 2.5, count) * SECONDS_PER_DAY).astype(np.int64)
    size = np.minimum(random.geometric(1 / options.lines_per_order, count), MOST_LINES_PER_ORDER)
    customer = draw_customers(random, count, options.customer_skew)
    country = draw_countries(random, customer, options)
    returned = np.flatnonzero(random.random(count) < options.return_share)
    wait = (1 + random.exponential(RETURN_DAYS, len(returned))) * SECONDS_PER_DAY
    origin = np.concatenate([np.arange(count), returned])
    sign = np.concatenate([np.ones(count, np.int64), np.full(len(returned), -1)])
    seconds = np.concatenate([seconds, seconds[returned] + wait.astype(np.int64)])
    size = np.concatenate([size, np.ceil(size[returned] * random.random(len(returned))).astype(np.int64)])
    order = np.argsort(seconds, kind="stable")
    order = order[seconds[order] >= 0]
    order = order[: 1 + np.flatnonzero(sign[order] > 0)[-1]]  # the export ends with a purchase
    first_line = np.concatenate([[0], np.cumsum(size[order])])
    origin = origin[order]
    return ShopOrders(customer[origin], seconds[order], origin, sign[order], country[origin], first_line)


def draw_customers(random: np.random.Generator, orders: int, skew: float) -> Whole:
    """Draw the customer of each order; activity is lognormal."""
    activity = np.cumsum(random.lognormal(0, skew, max(orders // ORDERS_PER_CUSTOMER, 1)))
    found = np.searchsorted(activity, np.sort(random.random(orders)) * activity[-1], side="right")
    return random.permutation(found)


def draw_countries(random: np.random.Generator, customer: Whole, options: RealisticOptions) -> Whole:
    """Draw the country of each order: that of the customer, for few orders another."""
    others = 1 / np.arange(1, options.countries)
    shares = np.concatenate(
        [[options.dominant_country_share], (1 - options.dominant_country_share) * others / others.sum()]
    )
    upper = np.cumsum(shares / shares.sum())
    home = draw_ranks(upper, random.random(int(customer.max()) + 1))
    abroad = random.random(len(customer)) < options.abroad_share
    return np.where(abroad, draw_ranks(upper, random.random(len(customer))), home[customer])


def draw_ranks(cumulative: Real, uniform: Real) -> Whole:
    """Return the rank each uniform number falls on, given cumulative shares."""
    return np.minimum(np.searchsorted(cumulative, uniform, side="right"), len(cumulative) - 1)


def make_catalogue(options: RealisticOptions) -> Catalogue:
    """Name and price the products, and spread quoted names over all ranks by their share of the lines."""
    random = np.random.default_rng(options.seed + 1)
    popularity = 1 / np.arange(1, options.products + 1) ** options.product_skew
    popularity /= popularity.sum()
    style = spread(popularity, options.quoted_share)
    quoted = np.flatnonzero(style)
    doubled = set(quoted[spread(popularity[quoted], options.doubled_quote_share)].tolist())
    names = [
        format_product(number, "quotes" if number in doubled else "comma" if is_quoted else "plain")
        for number, is_quoted in enumerate(style)
    ]
    cents = np.maximum(np.round(np.exp(random.normal(2.6, 0.9, options.products)) * 100), 50).astype(np.int64)
    return Catalogue(
        pa.array(names),
        format_money(cents),
        format_money(np.round(cents * DISCOUNT).astype(np.int64)),
        np.cumsum(popularity),
    )


def spread(weights: Real, share: float) -> npt.NDArray[np.bool_]:
    """Choose items one by one so that those chosen have this share of the weights of all items up to each."""
    chosen = np.zeros(len(weights), bool)
    missing = 0.0
    for place, weight in enumerate(weights.tolist()):
        missing += weight * share
        if missing >= weight / 2 and share > 0:
            chosen[place] = True
            missing -= weight
    return chosen


def format_product(number: int, style: str) -> str:
    """Format the name of a product for the file: plain, quoted for a comma, or quoted with doubled quotes."""
    rest, colour = divmod(number, len(COLOURS))
    rest, thing = divmod(rest, len(THINGS))
    material = MATERIALS[rest % len(MATERIALS)]
    model = rest // len(MATERIALS)
    what, colour_name = f"{material} {THINGS[thing]}", COLOURS[colour]
    if style == "quotes":
        return f'"{model + 5}"" {what} {colour_name}"'
    if style == "comma":
        return f'"{what}, {colour_name} {model}"'
    return f"{colour_name} {what} {model}"


def format_money(cents: Whole) -> pa.Array:
    """Format cents with two decimals."""
    return pa.array([f"{amount // 100}.{amount % 100:02}" for amount in cents.tolist()])


def format_lines(orders: ShopOrders, catalogue: Catalogue, start: int, stop: int, seed: int) -> pa.Buffer:
    """Format lines as the bytes of a CSV file, each with a line end.

    The values of a line depend only on its purchase and its position there, so a return repeats lines of its purchase.
    """
    line = np.arange(start, stop)
    first = int(np.searchsorted(orders.first_line, start, side="right")) - 1
    last = int(np.searchsorted(orders.first_line, stop - 1, side="right"))
    lengths = np.diff(np.clip(orders.first_line[first : last + 1], start, stop)).astype(np.int64)
    local = np.repeat(np.arange(last - first), lengths)  # the order of a line, counted from the first of this chunk
    order = local + first
    key = orders.origin[order] * MOST_LINES_PER_ORDER + (line - orders.first_line[order])
    product = draw_ranks(catalogue.popularity, hash_uniform(key, seed))
    quantity = 1 + draw_ranks(np.cumsum(QUANTITY_SHARES), hash_uniform(key, seed + 1))
    is_reduced = pa.array(hash_uniform(key, seed + 2) < DISCOUNTED_SHARE)
    regular, reduced = (prices.take(pa.array(product)) for prices in (catalogue.prices, catalogue.reduced_prices))
    here = slice(first, last)
    seconds = FIRST_DAY.astype("datetime64[s]") + orders.seconds[here]
    head = pc.binary_join_element_wise(
        pc.cast(pa.array(np.arange(first, last) + FIRST_ORDER_ID), pa.string()),
        pc.cast(pa.array(seconds), pa.string()),
        pc.cast(pa.array(orders.customer[here] + FIRST_CUSTOMER_ID), pa.string()),
        ",",
    )
    countries = pa.array([f"{name}\n" for name in name_countries(int(orders.country.max()) + 1)])
    texts = pc.binary_join_element_wise(
        head.take(pa.array(local)),
        catalogue.names.take(pa.array(product)),
        pc.cast(pa.array(quantity * orders.sign[order]), pa.string()),
        pc.if_else(is_reduced, reduced, regular),
        countries.take(pa.array(orders.country[order])),
        ",",
    )
    return texts.buffers()[2]


def name_countries(count: int) -> list[str]:
    """Return names of countries, the most frequent first."""
    return [*COUNTRIES[:count], *(f"Country {number}" for number in range(len(COUNTRIES), count))]


def hash_uniform(keys: Whole, salt: int) -> Real:
    """Map keys to uniform numbers from 0 to 1 (splitmix64), always the same ones for the same key and salt."""
    mixed = keys.astype(np.uint64) + np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)) / 2.0**53


def parse_arguments() -> tuple[Path, int, str, RealisticOptions]:
    """Parse the command line; each trait of the realistic kind is an option."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000, help="number of lines (default: 1000000)")
    parser.add_argument("--kind", choices=["plain", "realistic"], default="plain", help="default: plain")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    for trait in fields(RealisticOptions):
        option, default = f"--{trait.name.replace('_', '-')}", trait.default
        parser.add_argument(
            option, type=type(default), default=default, help=f"realistic kind only (default: {default})"
        )
    arguments = vars(parser.parse_args())
    path, lines, kind = (arguments.pop(name) for name in ("out", "lines", "kind"))
    return path, lines, kind, RealisticOptions(**arguments)


if __name__ == "__main__":
    write_export(*parse_arguments())

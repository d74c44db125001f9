"""Write the sample shop: orders.csv, customers.csv, responses.csv and the hidden truth.csv.

The planted process is "buy till you die". Every customer belongs to one of five archetypes (the table is in
archetypes.py) and draws from it a yearly purchase rate ~ Gamma(rate), a dropout probability ~ Beta(dropout)
and a mean order value ~ lognormal(median, sigma). The first order falls on the start date. After each order,
the first included, the customer leaves for good with the dropout probability; otherwise the next order
follows as a Poisson process with that rate, until the window closes on 2026-06-30. November and December
carry `winter` times the average rate. Baskets, channels, payments, personal data and answers depend on the
archetype too.

Usage: python sample_data/generate.py [FOLDER]     (default: the folder of this file)
"""

import csv
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from archetypes import (
    ARCHETYPES,
    CATALOGUE,
    CATEGORIES,
    CHANNELS,
    CITIES,
    COUNTRY_SHARES,
    DEVICES,
    EDUCATION,
    FREE_PRODUCT,
    INCOME,
    LOADINGS,
    MARITAL,
    PAYMENTS,
    Archetype,
)

SEED, BUYERS, PROSPECTS, NOT_REGISTERED = 20260630, 2000, 60, 7
START, END = datetime.fromisoformat("2024-07-01"), datetime.fromisoformat("2026-06-30")
DAYS = (END - START).days + 1
RETURN_SHARE, GUEST_LINES, FREE_LINES, LOWER_IDS, PADDED_IDS, DUPLICATES = 0.03, 150, 25, 20, 20, 12
BAD_DATES, BAD_PRICES = ("2025-02-31 10:00:00", "soon", "2025-13-04 09:15:00"), ("n/a", "n/a")
Row = list[str]
PRODUCTS = [[*item.rsplit(" ", 1), kind] for kind, items in CATALOGUE.items() for item in items.split(",")]
PRICES = np.array([float(price) for _, price, _ in PRODUCTS])
ORDER_HEADER = "Invoice,Ordered at,Customer ID,Product,Category,Qty,Price,Channel,Payment"
CUSTOMER_HEADER = "id,birth_date,gender,city,country,income_band,education,marital_status,children,newsletter,device"
RESPONSE_HEADER = "customer_id,answered_on,nps,csat,ces," + ",".join(f"q{i:02d}" for i in range(1, 11))
TRUTH_HEADER = "id,archetype,rate_per_year,dropout,mean_order_value,active_until,quality,planning"

rng = np.random.default_rng(SEED)


@dataclass(frozen=True)
class Line:
    """A product bought or, with a negative quantity, returned."""

    product: str
    price: str
    category: str
    qty: int


@dataclass(frozen=True)
class Order:
    """An invoice: a sale or a return."""

    when: datetime
    customer: str
    lines: tuple[Line, ...]
    channel: str
    payment: str
    is_return: bool = False


@dataclass(frozen=True)
class Customer:
    """A buyer or prospect with the hidden values drawn for them."""

    id: str
    kind: Archetype
    rate: float
    dropout: float
    value: float
    days: tuple[float, ...]  # days of the orders since START; none for a prospect
    dropped: bool
    quality: float
    planning: float


def pick(options: Sequence[str], weights: Sequence[float]) -> str:
    """One option, drawn by weight."""
    return options[int(rng.choice(len(options), p=np.array(weights) / sum(weights)))]


def season(kind: Archetype, day: float) -> float:
    """How many times its yearly average the purchase rate is on this day (the year averages to one)."""
    month = (START + timedelta(days=day)).month
    return kind.winter if month >= 11 else (12 - 2 * kind.winter) / 10


def start_day(kind: Archetype) -> float:
    """First order: more customers joined early than late, with the season of the archetype."""
    while True:
        day = DAYS * float(rng.beta(1.0, 1.5))
        if rng.random() < season(kind, day) / 4:
            return day


def next_day(kind: Archetype, rate: float, day: float) -> float:
    """The next event of a seasonal Poisson process, by thinning a faster even one."""
    peak = max(kind.winter, (12 - 2 * kind.winter) / 10)
    while day < DAYS:
        day += float(rng.exponential(365.25 / (rate * peak)))
        if day < DAYS and rng.random() < season(kind, day) / peak:
            break
    return day


def buy_till_you_die(kind: Archetype, rate: float, dropout: float) -> tuple[tuple[float, ...], bool]:
    """The days of all orders, and whether the customer has left before the window closes."""
    days, day = [], start_day(kind)
    while day < DAYS:
        days.append(day)
        if rng.random() < dropout:
            return tuple(days), True
        day = next_day(kind, rate, day)
    return tuple(days), False


def make_customer(number: int, *, prospect: bool) -> Customer:
    """Draw the hidden values of a customer and, for a buyer, the days of the orders."""
    kind = ARCHETYPES[int(rng.choice(len(ARCHETYPES), p=[kind.share for kind in ARCHETYPES]))]
    rate, dropout = float(rng.gamma(*kind.rate)), float(rng.beta(*kind.dropout))
    value = float(rng.lognormal(math.log(kind.value[0]), kind.value[1]))
    days, dropped = ((), False) if prospect else buy_till_you_die(kind, rate, dropout)
    quality, planning = float(rng.normal(kind.quality, 0.6)), float(rng.normal(kind.planning, 0.6))
    return Customer(f"C-{number:05d}", kind, rate, dropout, value, days, dropped, quality, planning)


def basket(kind: Archetype, value: float) -> tuple[Line, ...]:
    """Lines worth about `value`: products of the archetype's categories, near the price each line aims at."""
    count = min(1 + int(rng.poisson(kind.lines - 1)), 10)
    target = value * float(rng.lognormal(-0.045, 0.3)) / count
    taste = np.repeat(kind.category, len(PRODUCTS) // len(CATEGORIES))
    weights = taste * np.exp(-0.5 * ((np.log(PRICES / target) + 0.15) / 0.4) ** 2) + 1e-9
    lines = []
    for index in rng.choice(len(PRODUCTS), count, replace=False, p=weights / weights.sum()):
        name, _, category = PRODUCTS[index]
        cut = float(rng.choice((0.9, 0.75))) if rng.random() < kind.discount else 1.0
        qty = min(max(round(target / PRICES[index]), 1), 8)
        lines.append(Line(name, f"{PRICES[index] * cut:.2f}", category, qty))
    return tuple(lines)


def make_order(customer: str, kind: Archetype, value: float, day: float) -> Order:
    """A sale on this day, at an hour between seven and half past eleven at night."""
    seconds = int(3600 * rng.triangular(7, 19, 23.5))
    when = START + timedelta(days=int(day), seconds=seconds)
    lines = basket(kind, value)
    return Order(when, customer, lines, pick(CHANNELS, kind.channel), pick(PAYMENTS, kind.payment))


def guest_orders() -> list[Order]:
    """Sales without a customer id, exactly GUEST_LINES lines of them."""
    orders, missing = [], GUEST_LINES
    while missing:
        kind = ARCHETYPES[int(rng.integers(1, 4))]
        order = make_order("", kind, kind.value[0], float(rng.uniform(0, DAYS)))
        orders.append(replace(order, lines=order.lines[:missing]))
        missing -= len(orders[-1].lines)
    return orders


def returns_of(orders: Sequence[Order]) -> list[Order]:
    """Send back some lines: the lines returned from one order share one return 3 to 21 days later."""
    returns = []
    for order in orders:
        back = tuple(replace(line, qty=-line.qty) for line in order.lines if rng.random() < RETURN_SHARE)
        day = order.when.replace(hour=10, minute=0, second=0) + timedelta(days=int(rng.integers(3, 22)))
        if back and day.date() <= END.date():
            when = day + timedelta(seconds=int(rng.integers(0, 28800)))
            returns.append(replace(order, when=when, lines=back, is_return=True))
    return returns


def add_free_lines(orders: list[Order]) -> None:
    """Put a free product into some sales."""
    for index in rng.choice(len(orders), FREE_LINES, replace=False):
        lines = (*orders[index].lines, Line(*FREE_PRODUCT, qty=1))
        orders[index] = replace(orders[index], lines=lines)


def order_rows(customers: Sequence[Customer]) -> list[Row]:
    """All sales and returns as rows sorted by time, still clean."""
    orders = [make_order(c.id, c.kind, c.value, day) for c in customers for day in c.days]
    returns = returns_of(orders)
    add_free_lines(orders)
    everything = sorted(orders + returns + guest_orders(), key=lambda o: (o.when, o.customer))
    return [
        [
            f"{'R' * o.is_return}{number}",
            str(o.when),
            o.customer,
            line.product,
            line.category,
            str(line.qty),
            line.price,
            o.channel,
            o.payment,
        ]
        for number, o in enumerate(everything, 100001)
        for line in o.lines
    ]


def soil(rows: list[Row]) -> list[Row]:
    """Plant the dirty corner in clean purchase lines that were never returned, one flaw a line."""
    returned = {(row[2], row[3]) for row in rows if row[0].startswith("R")}
    clean = [row for row in rows if row[2] and (row[2], row[3]) not in returned and row[6] != "0.00"]
    targets = iter([clean[index] for index in rng.permutation(len(clean))])
    for _ in range(LOWER_IDS):
        row = next(targets)
        row[2] = row[2].lower()
    for number in range(PADDED_IDS):
        row = next(targets)
        row[2] = (f" {row[2]}", f"{row[2]}  ", f" {row[2]} ")[number % 3]
    for column, texts in ((1, BAD_DATES), (6, BAD_PRICES)):
        for text in texts:
            next(targets)[column] = text
    twice = {id(next(targets)) for _ in range(DUPLICATES)}
    return [list(row) for row in rows for _ in range(1 + (id(row) in twice))]


def customer_row(customer: Customer) -> Row:
    """The personal data, drawn from the archetype."""
    kind = customer.kind
    age = min(max(float(rng.normal(*kind.age)), 21.0), 88.0)
    born = "" if rng.random() < 0.04 else str((END - timedelta(days=int(age * 365.25))).date())
    gender = pick(("female", "male", "other", ""), (0.94 * kind.female, 0.94 * (1 - kind.female), 0.01, 0.05))
    country = pick(tuple(CITIES), COUNTRY_SHARES)
    city = CITIES[country][int(rng.integers(len(CITIES[country])))]
    newsletter = "yes" if rng.random() < kind.newsletter else "no"
    return [
        customer.id,
        born,
        gender,
        city,
        country,
        pick(INCOME, kind.income),
        pick(EDUCATION, kind.education),
        pick(MARITAL, kind.marital),
        str(min(int(rng.poisson(kind.children)), 4)),
        newsletter,
        pick(DEVICES, kind.device),
    ]


def score(value: float, low: int, high: int, blank: float) -> str:
    """An answer on a scale, sometimes left blank."""
    return "" if rng.random() < blank else str(min(max(round(value), low), high))


def response_row(customer: Customer) -> Row:
    """Answers some days after one of the customer's orders."""
    day = min(int(rng.choice(customer.days)) + int(rng.integers(2, 15)), DAYS - 1)
    content = float(rng.normal(customer.kind.content, 0.8))
    scores = [
        score(7.0 + 1.9 * content + rng.normal(0, 0.8), 0, 10, 0.01),
        score(3.6 + 0.7 * content + rng.normal(0, 0.5), 1, 5, 0.02),
        score(4.7 + 0.9 * content + rng.normal(0, 0.9), 1, 7, 0.02),
    ]
    factors = [customer.quality] * 5 + [customer.planning] * 5
    items = [
        score(3.1 + load * factor + rng.normal(0, 0.55), 1, 5, 0.015)
        for load, factor in zip(LOADINGS, factors, strict=True)
    ]
    return [customer.id, str((START + timedelta(days=day)).date()), *scores, *items]


def truth_row(customer: Customer) -> Row:
    """The hidden values of a buyer."""
    last = str((START + timedelta(days=int(customer.days[-1]))).date()) if customer.dropped else ""
    return [
        customer.id,
        customer.kind.name,
        f"{customer.rate:.4f}",
        f"{customer.dropout:.4f}",
        f"{customer.value:.2f}",
        last,
        f"{customer.quality:.3f}",
        f"{customer.planning:.3f}",
    ]


def write(path: Path, header: str, rows: Iterable[Row]) -> None:
    """Write one CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header.split(","), *rows])


def generate(folder: Path) -> None:
    """Write the four files; the random stream starts anew, so a second call writes the same bytes."""
    rng.bit_generator.state = np.random.default_rng(SEED).bit_generator.state
    total = BUYERS + PROSPECTS
    prospects = set(rng.choice(total, PROSPECTS, replace=False).tolist())
    customers = [make_customer(number + 1, prospect=number in prospects) for number in range(total)]
    buyers = [customer for customer in customers if customer.days]
    absent = {buyers[index].id for index in rng.choice(len(buyers), NOT_REGISTERED, replace=False)}
    registered = [customer for customer in customers if customer.id not in absent]
    write(folder / "orders.csv", ORDER_HEADER, soil(order_rows(customers)))
    write(folder / "customers.csv", CUSTOMER_HEADER, map(customer_row, registered))
    answering = [c for c in buyers if rng.random() < c.kind.answers]
    write(folder / "responses.csv", RESPONSE_HEADER, map(response_row, answering))
    write(folder / "truth.csv", TRUTH_HEADER, map(truth_row, buyers))


def main() -> None:
    """Write the files to the folder asked for."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    generate(folder)


if __name__ == "__main__":
    main()

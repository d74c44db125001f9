"""Write the sample bank: payments.csv, customers.csv, branches.csv and the hidden truth.csv.

Every customer belongs to one of five archetypes (the table is in bank_archetypes.py) and draws from it a yearly
number of payments ~ Gamma(rate), a usual payment ~ lognormal(payment) and a risk appetite ~ Normal(appetite, 0.6).
Payments fall as a Poisson process over the twelve months to 2026-06-30; December has `december` times the payments
of an average month. With the chance `leaves` the card falls out of use on some day. What customers earn, own, hold
and answer depends on the archetype too; the town does not.

Usage: python sample_data/bank/generate_bank.py [FOLDER]     (default: the folder of this file)
"""

import csv
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from bank_archetypes import (
    ARCHETYPES,
    CATEGORIES,
    CHANNELS,
    CITIES,
    CITY_SHARES,
    CONDITIONS,
    MARITAL,
    OCCUPATIONS,
    PRICE_LEVEL,
    PRODUCTS,
    REMARKS,
    RISK_LOADINGS,
    TIERS,
    Archetype,
)

SEED, CUSTOMERS = 20260601, 800
START, END = date.fromisoformat("2025-07-01"), date.fromisoformat("2026-06-30")
DAYS = (END - START).days + 1
BLANK_IDS, BLANK_INCOMES, BLANK_PLACES = 12, 9, 10
Row = list[str]
PAYMENT_HEADER = "Payment ID,Customer No,Booked on,Amount,Merchant category,Channel,Device"
CUSTOMER_HEADER = (
    "customer_no,birth_date,occupation,marital_status,children,income,net_worth,city,postcode,latitude,longitude,"
    "email_consent,risk_1,risk_2,risk_3,risk_4,risk_5,risk_6,"
    + ",".join(PRODUCTS)
    + ",tier_held,logins_per_month,branch_visits_per_year,nps,health_note"
)
BRANCH_HEADER = "store,latitude,longitude"
TRUTH_HEADER = "customer_no,archetype,payments_per_year,usual_payment,appetite,active_until"

rng = np.random.default_rng(SEED)


@dataclass(frozen=True)
class Customer:
    """A customer with the hidden values drawn for them."""

    number: str
    kind: Archetype
    rate: float
    payment: float
    appetite: float
    until: int  # first day without the card, counted from START; DAYS: still in use


def pick(options: Sequence[str], weights: Sequence[float]) -> str:
    """One option, drawn by weight."""
    return options[int(rng.choice(len(options), p=np.array(weights) / sum(weights)))]


def yes(chance: float) -> bool:
    """Whether something of this chance happens."""
    return bool(rng.random() < chance)


def spread(median: float, sigma: float) -> float:
    """A lognormal draw."""
    return float(rng.lognormal(math.log(median), sigma))


def make_customer(number: int) -> Customer:
    """Draw the hidden values of a customer."""
    kind = ARCHETYPES[int(rng.choice(len(ARCHETYPES), p=[kind.share for kind in ARCHETYPES]))]
    until = int(rng.integers(30, DAYS)) if yes(kind.leaves) else DAYS
    appetite = float(rng.normal(kind.appetite, 0.6))
    return Customer(f"K{number:04d}", kind, float(rng.gamma(*kind.rate)), spread(*kind.payment), appetite, until)


def payment_days(customer: Customer) -> list[int]:
    """The days of all payments: more in December, none once the card is out of use."""
    december = customer.kind.december
    months = [(START + timedelta(days=day)).month for day in range(customer.until)]
    weights = np.array([december if month == 12 else (12 - december) / 11 for month in months])
    count = int(rng.poisson(customer.rate * weights.sum() / DAYS))
    return sorted(rng.choice(customer.until, count, p=weights / weights.sum()).tolist())


def device(kind: Archetype, channel: str) -> str:
    """What was held in the hand: cash machines take cards only."""
    if channel == "atm":
        return "card"
    if not yes(kind.phone):
        return "card" if channel == "pos" else "computer"
    return "watch" if channel == "pos" and yes(0.2) else "phone"


def amount(customer: Customer, category: str) -> float:
    """About the customer's usual payment; cash comes in tens."""
    if category == "cash":
        return max(10.0 * round(customer.payment * spread(2.2, 0.4) / 10), 20.0)
    return max(customer.payment * PRICE_LEVEL[CATEGORIES.index(category)] * spread(0.92, 0.4), 1.0)


def payment_row(customer: Customer, day: int) -> Row:
    """A payment, still without its number."""
    channel = pick(CHANNELS, customer.kind.channel)
    category = "cash" if channel == "atm" else pick(CATEGORIES, customer.kind.category)
    booked = str(START + timedelta(days=day))
    money = f"{amount(customer, category):.2f}"
    return [customer.number, booked, money, category, channel, device(customer.kind, channel)]


def payment_rows(customers: Sequence[Customer]) -> list[Row]:
    """All payments by day; BLANK_IDS of them lost their customer."""
    rows = [payment_row(customer, day) for customer in customers for day in payment_days(customer)]
    rows.sort(key=lambda row: (row[1], row[0]))
    for index in rng.choice(len(rows), BLANK_IDS, replace=False):
        rows[index][0] = ""
    return [[f"P{number}", *row] for number, row in enumerate(rows, 100001)]


def birth_date(kind: Archetype) -> str:
    """Born so many years before the window closes."""
    low, high = kind.ages
    age = min(max(float(rng.normal(*kind.age)), low + rng.random()), high + rng.random())
    return str(END - timedelta(days=int(age * 365.25)))


def home(kind: Archetype) -> Row:
    """City, postcode and coordinates: families live further out."""
    city = pick(tuple(CITIES), CITY_SHARES)
    latitude, longitude, codes = CITIES[city]
    north, east = rng.normal(0, kind.distance, 2)
    code = codes.split()[int(rng.integers(len(codes.split())))]
    return [city, code, f"{latitude + north:.4f}", f"{longitude + 1.6 * east:.4f}"]  # a degree east is shorter here


def answer(value: float, low: int, high: int, blank: float) -> str:
    """An answer on a scale, sometimes left blank."""
    return "" if yes(blank) else str(min(max(round(value), low), high))


def risk_answers(appetite: float) -> Row:
    """Six items; those with a negative loading ask the other way round."""
    return [answer(3.0 + load * appetite + rng.normal(0, 0.55), 1, 5, 0.02) for load in RISK_LOADINGS]


def health_note(kind: Archetype) -> str:
    """What somebody at the counter wrote down: a special category of data, never to be segmented on."""
    condition, remark = (str(rng.choice(words)) for words in (CONDITIONS, REMARKS))
    return f"{condition}; {remark}" if yes(kind.health) else ""


def customer_row(customer: Customer) -> Row:
    """What the bank knows of a customer, drawn from the archetype."""
    kind = customer.kind
    content = float(rng.normal(kind.content, 0.8))
    return [
        customer.number,
        birth_date(kind),
        pick(OCCUPATIONS, kind.occupation),
        pick(MARITAL, kind.marital),
        str(min(int(rng.poisson(kind.children)), 4)),
        f"{round(spread(*kind.income), -2):.0f}",
        f"{round(spread(*kind.net_worth), -2):.0f}",
        *home(kind),
        "yes" if yes(kind.consent) else "no",
        *risk_answers(customer.appetite),
        *(str(int(yes(chance))) for chance in kind.products),
        pick(TIERS, kind.tier),
        str(int(rng.poisson(spread(kind.logins, 0.3)))),
        str(int(rng.poisson(spread(kind.visits, 0.3)))),
        answer(6.6 + 1.9 * content + rng.normal(0, 0.8), 0, 10, 0.5),
        health_note(kind),
    ]


def customer_rows(customers: Sequence[Customer]) -> list[Row]:
    """All customers; some told no income, some places were not found on the map."""
    rows = [customer_row(customer) for customer in customers]
    columns = CUSTOMER_HEADER.split(",")
    for names, count in ((("income",), BLANK_INCOMES), (("latitude", "longitude"), BLANK_PLACES)):
        for index in rng.choice(len(rows), count, replace=False):
            for name in names:
                rows[index][columns.index(name)] = ""
    return rows


def branch_rows() -> list[Row]:
    """One branch in the middle of each town."""
    return [[f"{city} Market", f"{north:.4f}", f"{east:.4f}"] for city, (north, east, _) in CITIES.items()]


def truth_row(customer: Customer) -> Row:
    """The hidden values of a customer."""
    return [
        customer.number,
        customer.kind.name,
        f"{customer.rate:.3f}",
        f"{customer.payment:.2f}",
        f"{customer.appetite:.3f}",
        "" if customer.until == DAYS else str(START + timedelta(days=customer.until - 1)),
    ]


def write(path: Path, header: str, rows: Iterable[Row]) -> None:
    """Write one CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header.split(","), *rows])


def generate(folder: Path) -> None:
    """Write the four files; the random stream starts anew, so a second call writes the same bytes."""
    rng.bit_generator.state = np.random.default_rng(SEED).bit_generator.state
    customers = [make_customer(number + 1) for number in range(CUSTOMERS)]
    write(folder / "payments.csv", PAYMENT_HEADER, payment_rows(customers))
    write(folder / "customers.csv", CUSTOMER_HEADER, customer_rows(customers))
    write(folder / "branches.csv", BRANCH_HEADER, branch_rows())
    write(folder / "truth.csv", TRUTH_HEADER, map(truth_row, customers))


def main() -> None:
    """Write the files to the folder asked for."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    generate(folder)


if __name__ == "__main__":
    main()

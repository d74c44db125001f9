"""Write the sample shop with activity: orders, campaign sends, visits, tickets, reviews, subscriptions, hidden truth.

Every customer has one of four archetypes with its own rates (ARCHETYPES). Twelve monthly campaigns go to everybody;
a customer opens each with the chance `opens`, and clicks half of what is opened. Sessions, tickets and reviews fall on
random days; a complainer rates support 1 or 2. A few rows are flawed in each log: unknown customers, blank customers,
unreadable times, times after the as-of day 2026-07-01, and events that were delivered twice.

Usage: python sample_data/activity/generate_activity.py [FOLDER]     (default: the folder of this file)
"""

import csv
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

SEED, CUSTOMERS = 20260701, 120
START, DAYS = datetime(2025, 7, 1), 365  # noqa: DTZ001 - wall-clock times of the shop
PAGES = ("/", "/sale", "/pricing", "/help", "/account", *(f"/product/{number}" for number in range(1, 21)))
CATEGORIES = ("toys", "books", "garden", "kitchen")
TOUCHPOINTS = ("chat", "e-mail", "phone")
PLANS = {"basic": "9.00", "plus": "19.50"}
EMAIL_COLUMN = 2
Row = list[str]


@dataclass(frozen=True)
class Archetype:
    """Rates a year of orders, sessions and tickets; chances to open, to review and to subscribe; usual ratings."""

    orders: float
    sessions: float
    tickets: float
    opens: float
    reviews: float
    subscribes: float
    csat: tuple[int, ...]


ARCHETYPES = {
    "reader": Archetype(4, 10, 0.4, 0.8, 0.3, 0.2, (4, 5)),
    "browser": Archetype(1.5, 30, 0.4, 0.3, 0.1, 0.1, (3, 4, 5)),
    "complainer": Archetype(4, 8, 4, 0.2, 0.5, 0.2, (1, 2)),
    "quiet buyer": Archetype(8, 4, 0.2, 0.02, 0.1, 0.5, (4, 5)),
}
chance = random.Random(SEED)


def pick_time() -> datetime:
    """Return a random second of the year."""
    return START + timedelta(seconds=int(chance.random() * DAYS * 86_400))


def count_events(rate: float) -> int:
    """Return a number of events with this mean, by waiting times."""
    count, waited = 0, chance.expovariate(1)
    while waited < rate:
        count, waited = count + 1, waited + chance.expovariate(1)
    return count


def choose(values: Iterable[str]) -> str:
    """Return one of several texts."""
    texts = list(values)
    return texts[int(chance.random() * len(texts))]


def write_table(folder: Path, name: str, header: str, rows: Iterable[Row]) -> None:
    """Write a file, sorted by all columns."""
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(sorted(rows))


def make_orders(number: int, archetype: Archetype) -> list[Row]:
    """Return the orders of a customer, at least one."""
    times = [pick_time() for _ in range(1 + count_events(archetype.orders))]
    return [
        [
            f"{time:%Y-%m-%d %H:%M:%S}",
            f"O-{number:03}-{index}",
            f"K-{number:03}",
            choose(CATEGORIES),
            f"{5 + chance.random() * 95:.2f}",
        ]
        for index, time in enumerate(times)
    ]


def make_sends(number: int, archetype: Archetype) -> list[Row]:
    """Return what a customer did with the campaigns: sent, opened, clicked."""
    rows = []
    for month in range(12):
        sent = START + timedelta(days=30 * month + 9, hours=9)
        events = [("sent", sent)]
        if chance.random() < archetype.opens:
            opened = sent + timedelta(seconds=int(chance.expovariate(1) * 20_000))
            events.append(("opened", opened))
            if chance.random() < 0.5:
                events.append(("clicked", opened + timedelta(minutes=1)))
        for kind, time in events:
            event_id = f"s{number:03}-{month:02}-{kind[0]}"
            rows.append([f"{time:%Y-%m-%d %H:%M:%S}", event_id, address(number), kind, f"campaign {month + 1}"])
    return rows


def make_visits(number: int, archetype: Archetype) -> list[Row]:
    """Return the page views of a customer: pauses in a session are shorter than 30 minutes, or just as long."""
    rows = []
    for _ in range(count_events(archetype.sessions)):
        time = pick_time()
        for _ in range(1 + count_events(2)):
            rows.append([f"{time:%Y-%m-%dT%H:%M:%SZ}", f"K-{number:03}", "page_view", choose(PAGES)])
            time += timedelta(seconds=1800 if chance.random() < 0.1 else int(1 + chance.random() * 1_799))
    return rows


def make_tickets(number: int, archetype: Archetype) -> list[Row]:
    """Return the tickets of a customer: some have no reply, no solution or no rating."""
    rows = []
    for index in range(count_events(archetype.tickets)):
        opened = pick_time()
        replied = opened + timedelta(minutes=int(chance.expovariate(1) * 300))
        solved = replied + timedelta(minutes=int(chance.expovariate(1) * 4_000))
        is_open, is_rated = chance.random() < 0.15, chance.random() < 0.7
        rows.append(
            [
                f"{opened:%Y-%m-%d %H:%M}",
                f"T-{number:03}-{index}",
                address(number).upper(),
                choose(TOUCHPOINTS),
                "" if chance.random() < 0.1 else f"{replied:%Y-%m-%d %H:%M}",
                "" if is_open else f"{solved:%Y-%m-%d %H:%M}",
                f"{5 + chance.random() * 40:.1f}",
                choose(map(str, archetype.csat)) if is_rated else "",
                str(1 + int(chance.random() * 7)) if is_rated and chance.random() < 0.5 else "",
            ]
        )
    return rows


def make_reviews(number: int, archetype: Archetype) -> list[Row]:
    """Return the reviews of a customer."""
    count = count_events(archetype.reviews * 4)
    stars = choose(map(str, archetype.csat))
    texts = ("fine", "broken", "as described")
    return [[f"{pick_time():%Y-%m-%d}", f"K-{number:03}", stars, choose(texts)] for _ in range(count)]


def make_subscriptions(number: int, archetype: Archetype) -> list[Row]:
    """Return the subscriptions of a customer, one after the other; the last one may go on."""
    rows, start = [], pick_time()
    while chance.random() < archetype.subscribes and start < START + timedelta(days=DAYS):
        end = start + timedelta(days=30 + int(chance.expovariate(1) * 200))
        plan, is_yearly = choose(PLANS), chance.random() < 0.2
        price = f"{float(PLANS[plan]) * (12 if is_yearly else 1):.2f}"
        last_day = "" if end > START + timedelta(days=DAYS + 30) else f"{end:%Y-%m-%d}"
        rows.append([f"{start:%Y-%m-%d}", f"K-{number:03}", last_day, plan, price, "year" if is_yearly else "month"])
        start = end + timedelta(days=1 + int(chance.random() * 60))
    return rows


def address(number: int) -> str:
    """Return the e-mail address of a customer."""
    return f"person{number:03}@example.com"


def add_flaws(rows: list[Row], customer_column: int, late: str) -> list[Row]:
    """Return the rows with flawed copies: unknown and blank customer, unreadable and late time, repeated delivery."""
    unknown = "x@example.com" if "@" in rows[0][customer_column] else "X-999"
    flaws = [(customer_column, unknown), (customer_column, ""), (0, "soon"), (0, late)]
    flawed = []
    for number, (column, text) in enumerate(flaws):
        row = list(rows[number * 3])
        row[column] = text
        if customer_column == EMAIL_COLUMN:  # logs keyed by address have event ids
            row[1] = f"flaw-{number}"
        flawed.append(row)
    return [*rows, *flawed, list(rows[5]), list(rows[5])]


def main(folder: Path) -> None:
    """Write all files."""
    names = list(ARCHETYPES)
    people = [(number, names[number % len(names)]) for number in range(1, CUSTOMERS + 1)]

    def make_rows(make: Callable[[int, Archetype], list[Row]]) -> list[Row]:
        return [row for number, name in people for row in make(number, ARCHETYPES[name])]

    write_table(folder, "orders.csv", "Ordered at,Order,Customer ID,Category,Total", make_rows(make_orders))
    contacts = [[f"K-{number:03}", address(number)] for number, _ in people]
    write_table(folder, "contacts.csv", "customer_id,email", contacts)
    sends = add_flaws(make_rows(make_sends), 2, "2026-07-02 00:00:00")
    write_table(folder, "sends.csv", "Timestamp,Event ID,Email,Event,Campaign", sends)
    visits = add_flaws(make_rows(make_visits), 1, "2026-07-02T00:00:00Z")
    write_table(folder, "visits.csv", "time,user_id,event_name,page_path", visits)
    tickets = add_flaws(make_rows(make_tickets), 2, "2026-07-02 00:00")
    ticket_header = "Opened at,Event ID,Requester email,Channel,First reply at,Solved at,Handle time,CSAT,CES"
    write_table(folder, "tickets.csv", ticket_header, tickets)
    write_table(folder, "reviews.csv", "review_date,customer_id,stars,review_text", make_rows(make_reviews))
    subscription_header = "start_date,customer_id,end_date,plan,mrr,interval"
    write_table(folder, "subscriptions.csv", subscription_header, make_rows(make_subscriptions))
    write_table(folder, "truth.csv", "customer_id,archetype", [[f"K-{number:03}", name] for number, name in people])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

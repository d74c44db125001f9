"""Count what a correct reader finds in the sample files, with the standard library only.

It shares no code with the generator. Usage: python sample_data/count.py [FOLDER]
"""

import csv
import sys
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """The rows of a CSV file by column name."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def readable_date(row: Row) -> bool:
    """Whether the order time is a real moment."""
    try:
        return bool(datetime.fromisoformat(row["Ordered at"]))
    except ValueError:
        return False


def readable_price(row: Row) -> bool:
    """Whether the price is a number."""
    try:
        return Decimal(row["Price"]).is_finite()
    except InvalidOperation:
        return False


def distinct(rows: list[Row]) -> list[Row]:
    """The rows without exact repeats, in file order."""
    return [dict(pairs) for pairs in dict.fromkeys(tuple(row.items()) for row in rows)]


def customer_id(row: Row) -> str:
    """The id trimmed and in upper case."""
    return row["Customer ID"].strip().upper()


def amount(row: Row) -> Decimal:
    """Quantity times price; negative for a return."""
    return int(row["Qty"]) * Decimal(row["Price"])


def raw_counts(rows: list[Row]) -> dict[str, object]:
    """What the order file holds as it stands."""
    ids = [row["Customer ID"] for row in rows]
    return {
        "lines in the file": len(rows),
        "exact duplicate lines": len(rows) - len(distinct(rows)),
        "guest lines (blank customer id)": ids.count(""),
        "lines with a lower-case id": sum(text != text.upper() for text in ids),
        "lines with blanks around the id": sum(text != text.strip() for text in ids),
        "free lines (price 0.00)": sum(row["Price"] == "0.00" for row in rows),
        "lines with an unreadable date": sum(not readable_date(row) for row in rows),
        "lines with an unreadable price": sum(not readable_price(row) for row in rows),
        "return lines (negative quantity)": sum(int(row["Qty"]) < 0 for row in rows),
        "different customer ids as written": len(set(ids) - {""}),
    }


def clean_counts(rows: list[Row]) -> dict[str, object]:
    """After dropping duplicates and unreadable lines; a purchase has a positive quantity and price."""
    usable = [row for row in distinct(rows) if readable_date(row) and readable_price(row)]
    known = [row for row in usable if customer_id(row)]
    bought = [row for row in known if amount(row) > 0]
    net: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in known:
        net[customer_id(row)] += amount(row)
    orders = Counter(customer for customer, _ in {(customer_id(row), row["Invoice"]) for row in bought})
    ranked = sorted(net.values(), reverse=True)
    return {
        "usable lines": len(usable),
        "usable lines of known customers": len(known),
        "customers with a purchase": len(orders),
        "orders of known customers": sum(orders.values()),
        "customers with one order only": sum(count == 1 for count in orders.values()),
        "customers who returned everything": sum(value == 0 for value in net.values()),
        "first order": min(row["Ordered at"] for row in bought),
        "last order": max(row["Ordered at"] for row in bought),
        "net revenue, with guests": sum(map(amount, usable)),
        "net revenue of known customers": sum(ranked),
        "share of the top 20 % of customers": f"{sum(ranked[: round(len(ranked) / 5)]) / sum(ranked):.4f}",
    }


def other_counts(folder: Path, rows: list[Row]) -> dict[str, object]:
    """What the other three files hold."""
    registered = {row["id"]: row for row in read(folder / "customers.csv")}
    answers = read(folder / "responses.csv")
    buyers = {customer_id(row) for row in rows} - {""}
    return {
        "rows in customers.csv": len(registered),
        "registered, never ordered": len(registered.keys() - buyers),
        "ordered, not registered": len(buyers - registered.keys()),
        "birth date blank": sum(not row["birth_date"] for row in registered.values()),
        "gender blank": sum(not row["gender"] for row in registered.values()),
        "newsletter consent": sum(row["newsletter"] == "yes" for row in registered.values()),
        "rows in responses.csv": len(answers),
        "blank answers": sum(not text for row in answers for text in row.values()),
        "rows in truth.csv": len(read(folder / "truth.csv")),
    }


def main() -> None:
    """Print every count."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    rows = read(folder / "orders.csv")
    for name, value in (raw_counts(rows) | clean_counts(rows) | other_counts(folder, rows)).items():
        print(f"{name:36}{value}")


if __name__ == "__main__":
    main()

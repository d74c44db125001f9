"""Write contacts.csv for the shop, the bank and the school: addresses and names of their customers, all invented.

    python sample_data/generate_contacts.py [FOLDER]

Everything follows from the customer ids, so that running it again changes nothing. The addresses are of example.com
(RFC 2606), the phone numbers from ranges that Germany's regulator keeps for films and books.
"""

import csv
import hashlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
FIRST = [
    "Anna",
    "Ben",
    "Clara",
    "David",
    "Emma",
    "Felix",
    "Greta",
    "Hugo",
    "Ida",
    "Jonas",
    "Lena",
    "Max",
    "Nora",
    "Paul",
]
LAST = ["Becker", "Dubois", "Fischer", "Garcia", "Klein", "Kowalski", "Martin", "Novak", "Richter", "Silva", "Weber"]
RANGES = ["+493023125", "+496990009", "+494066969", "+492214710", "+498999998"]  # each with 000 to 999
FILES = {
    # customer file -> its id column and, where it has one, its country
    HERE / "customers.csv": ("id", "country"),
    HERE / "bank" / "customers.csv": ("customer_no", ""),
    HERE / "learning" / "learners.csv": ("learner_id", "country"),
}
HOME = "Germany"  # where the bank's customers live
NO_EMAIL, HAS_PHONE = 0.08, 0.4  # shares


def main(folder: Path) -> None:
    """Write one file beside each customer file, or where it would be in another folder."""
    for path, (id_column, country) in FILES.items():
        with path.open(encoding="utf-8", newline="") as file:
            people = {row[id_column].strip().upper(): row for row in csv.DictReader(file)}
        target = folder / path.parent.relative_to(HERE) / "contacts.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow([id_column, "first_name", "last_name", "email", "phone", "postcode", "country"])
            phones = 0
            for name in sorted(people):
                phones += chance(name, "phone") < HAS_PHONE
                where = people[name].get(country) or HOME
                writer.writerow([name, *contact(name, phones), where])
        print(f"{target}: {len(people):,} people")


def contact(name: str, phones: int) -> list[str]:
    """First and last name, address, phone number and postcode of a customer."""
    first, last = (names[int(chance(name, what) * len(names))] for what, names in (("first", FIRST), ("last", LAST)))
    address = f"{first}.{last}.{name.replace('-', '')}@example.com".lower()
    number = f"{RANGES[phones // 1000 % len(RANGES)]}{phones % 1000:03d}"
    return [
        first,
        last,
        "" if chance(name, "address") < NO_EMAIL else address,
        number if chance(name, "phone") < HAS_PHONE else "",
        f"{int(1000 + chance(name, 'postcode') * 89_000):05d}",
    ]


def chance(name: str, what: str) -> float:
    """A number from 0 to below 1 that a customer always has."""
    return int(hashlib.sha256(f"{what} {name}".encode()).hexdigest()[:13], 16) / 16**13


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)

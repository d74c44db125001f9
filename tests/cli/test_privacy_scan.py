"""No file of a run with pseudonyms holds an id, address, phone number or name, wherever the inputs have them.

Only destinations that find people by their address get contacts, and no ids.
`pytest -m slow tests/cli/test_privacy_scan.py` plants 2,000 people.
"""

import csv
import html
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DESTINATIONS = ("google-ads", "hubspot", "klaviyo", "mailchimp", "meta", "plain", "posthog", "salesforce", "tiktok")
ADDRESSED = ("hubspot", "klaviyo", "mailchimp", "salesforce")
CONFIG = """version: 1
output: out
ingest:
  transactions: {path: orders.csv}
  customers: {path: people.csv}
  contacts: {path: contacts.csv}
  rejects: rejects.csv
  exclude_ids: [EXCLUDED-77120001]
  phone_region: DE
rfm: {bins: 3}
rules: [{name: tier, segments: [{segment: high, when: orders >= 3}]}]
cluster: {features: [orders, revenue], k: 2, pairs: 4}
persona: {of: [rfm, cluster]}
target: {of: rfm, choose: 1-2}
plan: {of: rfm}
cohort: {}
clv: {}
privacy: {pseudonymise: [customer_id, email], key_file: secret/key, suppression: objected.csv}
export:
EXPORTS
report: {sections: [summary, quality, segments, personas, targets, plan, scorecard, privacy, settings, provenance]}
"""
EMAILS = ("{}@planted.example", "{}@Planted.Example", "{}.NAME@PLANTED.example")


class Planted:
    """People whose identities are searched for: id, address, phone number, first and last name of each."""

    def __init__(self, count: int, *, by_address: bool) -> None:
        self.people = []
        for n in range(count):
            email = EMAILS[n % 3].format(f"user{n:05}x")
            number = ("CUST-77{:06}", "77{:06}", "'77{:06}", "77{:06}.0")[n % 4].format(n)
            phone = ("+49 30 77{:06}", "030/77{:06}", "+493077{:06}")[n % 3].format(n)
            self.people.append((email if by_address else number, email, phone, f"Firstly{n:05}", f"Lastly{n:05}"))
        self.pattern = re.compile(
            r"user\d{5}x|planted\.example|firstly\d{5}|lastly\d{5}"
            r"|(?<![0-9a-f])77\d{6}(?![0-9a-f])|(?<![0-9a-f])(?:49|0)[ /]?30[ /]?77\d{6}(?![0-9a-f])",
            re.IGNORECASE,
        )

    def orders(self) -> Iterator[str]:
        yield "customer_id,email,Billing Phone,order_id,order_date,amount"
        for n, (name, email, phone, *_) in enumerate(self.people):
            for o in range(1 + n % 5):
                yield f"{name},{email},{phone},{n}-{o},2026-{1 + (n + o) % 6:02}-{1 + n % 28:02},{10 + n * o % 700}.50"
        big = self.people[5]
        yield from (f"{big[0]},{big[1]},{big[2]},b{n},2026-05-01,1.00" for n in range(len(self.people)))
        yield f"{self.people[3][0]},{self.people[3][1]},,x1,no day,5.00"
        yield f"{self.people[4][0]},,{self.people[4][2]},x2,2026-01-01,no money"
        yield "EXCLUDED-77120001,,,x3,2026-01-01,1.00"

    def table(self) -> Iterator[str]:
        more = "Second Email,Emergency Phone,Full Name,who"
        yield f"customer_id,email,phone,first_name,last_name,email_consent,phone_consent,referrer,age,{more}"
        for n, (name, email, phone, first, last) in enumerate(self.people):
            more = f"{email},{phone},{first} {last},{email}"
            yield f"{name},{email},{phone},{first},{last},yes,yes,{self.people[n - 1][0]},{20 + n % 60},{more}"


def write_inputs(folder: Path, planted: Planted) -> None:
    (folder / "orders.csv").write_text("\n".join(planted.orders()) + "\n")
    (folder / "people.csv").write_text("\n".join(planted.table()) + "\n")
    (folder / "contacts.csv").write_text("\n".join(planted.table()) + "\n")
    objected = [f"{planted.people[7][0]},,", f",{planted.people[8][1]},", f",,{planted.people[9][2]}"]
    (folder / "objected.csv").write_text("\n".join(["customer_id,email,phone", *objected]) + "\n")
    (folder / "secret").mkdir()
    exports = [f"  - {{to: {name}, of: rfm, holdout: 10%}}" for name in DESTINATIONS]
    (folder / "scan.yaml").write_text(CONFIG.replace("EXPORTS", "\n".join([*exports, "  - {to: sql, of: rfm}"])))


def scan(folder: Path, planted: Planted, segcli: Callable[..., Any]) -> dict[str, list[str]]:
    """Run with all exports, and return what is found, by file; of addressed exports only what is not their purpose."""
    made = segcli("run", "scan.yaml", "-v", "--log-format", "json")
    assert made.returncode == 0, made.stderr
    texts = {"stdout": made.stdout, "stderr": made.stderr, "rejects.csv": (folder / "rejects.csv").read_text()}
    names = {path.name for path in (folder / "out").rglob("*") if path.is_file()}
    assert {f"export-{name}.csv" for name in DESTINATIONS} | {"customers.csv", "report.html", "run.json"} <= names
    for path in (folder / "out").rglob("*"):
        if path.is_file():
            text = path.read_text()
            is_addressed = path.name in {f"export-{name}.csv" for name in ADDRESSED}
            texts[path.name] = _without_contacts(text) if is_addressed else text
    return {
        name: sorted(set(found))[:5]
        for name, text in texts.items()
        if (found := planted.pattern.findall(text) + planted.pattern.findall(html.unescape(text).replace("\\", "")))
    }


def _without_contacts(text: str) -> str:
    """Return an export without the columns of addresses, numbers and names that its destination asks for."""
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    words = ("email", "phone", "name", "mobile")
    kept = [place for place, name in enumerate(header) if not any(word in name.lower() for word in words)]
    return "\n".join(",".join(row[place] for place in kept) for row in [header, *rows])


def test_the_scan_finds_what_the_inputs_have() -> None:
    planted = Planted(300, by_address=False)
    for person in planted.people:
        assert all(planted.pattern.search(f"a,{text},b") for text in person), person


@pytest.mark.parametrize("by_address", [False, True], ids=["ids", "addresses as ids"])
def test_a_run_with_all_exports_holds_nothing_that_was_planted(
    folder: Path, segcli: Callable[..., Any], *, by_address: bool
) -> None:
    planted = Planted(300, by_address=by_address)
    write_inputs(folder, planted)
    assert scan(folder, planted, segcli) == {}


@pytest.mark.slow
@pytest.mark.parametrize("by_address", [False, True], ids=["ids", "addresses as ids"])
def test_the_same_of_2000_people(folder: Path, segcli: Callable[..., Any], *, by_address: bool) -> None:
    planted = Planted(2_000, by_address=by_address)
    write_inputs(folder, planted)
    assert scan(folder, planted, segcli) == {}

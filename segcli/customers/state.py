"""State: the totals of each file read before, by the digest of the file and of the settings."""

import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from segcli import __version__
from segcli.config.ingest import IngestSettings
from segcli.customers.file_totals import FileTotals
from segcli.customers.order_runs import OrderRuns, ReturnLines, day_number, divide, encode_place, sort_returns
from segcli.customers.overlap import LineHashes
from segcli.customers.run_tables import TABLES, from_tables, to_tables
from segcli.errors import InputProblem, UsageProblem
from segcli.files import bundle, lock, overwrite, parts, write
from segcli.files.overwrite import ENTRY
from segcli.files.person import Person
from segcli.files.read import Content
from segcli.files.write import TEMPORARY
from segcli.ingest.account import Account, Group
from segcli.ingest.customer_ids import IdChanges
from segcli.ingest.date_outliers import DayCounts
from segcli.ingest.encoding import Twice
from segcli.ingest.line_types import LineTypes
from segcli.ingest.notes import Note
from segcli.ingest.opening import Opened
from segcli.ingest.order_keys import OrderSample
from segcli.ingest.outliers import Amounts
from segcli.ingest.price_evidence import PriceEvidence
from segcli.ingest.unreadable import UnreadableMoney
from segcli.ingest.value_totals import ValueTotals

LINE_HASHES = "line-hashes"
LAYOUT = 9  # of the folder; another one is not read
UNRELATED = ("path", "memory_guard")  # settings of a source that change nothing in what is read
APPLIED_LATER = (
    "measures",
    "rejects",
    "max_rejects",
    "date_outliers",
    "engine",
    "memory",
    "spark_master",
    "state",
    "overlap",
)

Stored = tuple[FileTotals, OrderRuns, ReturnLines]


@contextlib.contextmanager
def open_state(settings: IngestSettings, carried: Sequence[str]) -> Iterator["State | None"]:
    """Open the state that the settings name, for the length of a run; only this user may read it: it holds raw ids.

    Raises:
        Locked: another run holds it.
        UsageProblem: the folder holds other files.
    """
    if not settings.state:
        yield None
        return
    folder = Path(settings.state)
    if folder.is_dir() and not overwrite.is_state(folder):
        raise UsageProblem(f"{folder}: holds other files than a state; name a folder that is new or empty")
    is_new = not folder.exists()
    write.folder(settings.state)
    if is_new:
        folder.chmod(0o700)
    with lock.held(folder):
        write.sweep_folders(folder)
        yield State(folder, settings, carried)


def empty_state(path: str) -> None:
    """Remove the totals that a state stores; a state that does not exist is not made.

    Raises:
        Locked: another run holds it.
    """
    folder = Path(path)
    if folder.is_dir():
        with lock.held(folder):
            write.sweep_folders(folder)
            for place in folder.iterdir():
                if ENTRY.fullmatch(place.name):
                    bundle.remove(place)


@dataclass
class State:
    """A folder of file totals. A file counts once, whatever it is called: its content decides, not its name."""

    folder: Path
    settings: IngestSettings
    carried: Sequence[str] = ()
    _seen: dict[str, str] = field(default_factory=dict, init=False)
    _damaged: set[str] = field(default_factory=set, init=False)

    def digest(self, file: Opened) -> str:
        """Return the SHA-256 of a file's content.

        Raises:
            InputProblem: another file of this run has the same content, and its orders would count twice.
        """
        name = file.content.name
        digest = self._digest(file.content)
        if digest in self._seen:
            raise InputProblem(
                f"holds what {self._seen[digest]} does; its orders would count twice",
                source=name,
                remedy="Take one of the two away",
            )
        self._seen[digest] = name
        return digest

    def get(self, file: Opened, digest: str, number: int, as_of: date | None, first: date | None) -> Stored | None:
        """Return the stored totals, runs and returns of a file, if there are some that hold for these days.

        Args:
            file: the export.
            digest: of its content.
            number: of the file in this run.
            as_of: the last day that counts, where it is given.
            first: the first day that may be kept, where there is one.
        """
        folder = self._place(digest)
        if not folder.exists():
            return None
        try:
            facts = bundle.load_facts(folder)
            return _load(folder, facts, file, number) if _is_within(facts, as_of, first) else None
        except bundle.DamagedBundle:
            self._damaged.add(digest)
            return None

    def notes(self, digest: str) -> tuple[Note, ...]:
        """Return a note if the stored totals of a file could not be used."""
        text = "the stored totals of this file were damaged; segcli read the file again and replaced them"
        return (Note(text),) if digest in self._damaged else ()

    def put(self, totals: FileTotals, runs: OrderRuns, returns: ReturnLines, digest: str) -> None:
        """Store the totals of a file."""
        content = totals.file.content
        days = (runs.first, runs.last, returns.day)
        facts = {
            "layout": LAYOUT,
            "sha256": digest,
            "version": content.version,
            "name": content.name,
            "first_day": min((int(one.min()) for one in days if len(one)), default=0),
            "last_day": max((int(one.max()) for one in days if len(one)), default=0),
        }
        tables = to_tables(runs, returns)
        hashes = totals.line_hashes or LineHashes.merge(())
        lines = {LINE_HASHES: pa.table({"hash": hashes.hashes, "order": hashes.orders})}
        facts |= {"chunk_starts": hashes.chunk_starts.tolist()}
        bundle.save(self._place(digest), {**tables, **lines}, {**facts, **_facts(totals), TABLES: list(tables)})

    def _digest(self, content: Content) -> str:
        """Return the digest of a file; the stored one, if its name and version are what they were."""
        for facts in self._facts:
            if facts["name"] == content.name and tuple(facts["version"] or ()) == content.version:
                return str(facts["sha256"])
        return parts.digest(content)

    @cached_property
    def _facts(self) -> list[dict[str, Any]]:
        """The facts of all entries that are not damaged, as they were when the run began."""
        found = []
        for folder in self._folders():
            with contextlib.suppress(bundle.DamagedBundle):
                found.append(bundle.load_facts(folder))
        return found

    def _folders(self) -> Iterator[Path]:
        return (place for place in sorted(self.folder.iterdir()) if place.is_dir() and place.suffix != TEMPORARY)

    def _place(self, digest: str) -> Path:
        key = json.dumps([LAYOUT, __version__, digest, *self.carried, _relevant(self.settings)], sort_keys=True)
        return self.folder / hashlib.sha256(key.encode()).hexdigest()[:40]


def entries_of(folder: Path, person: Person) -> list[Path]:
    """Return the entries of the states in a folder that name a person, and those that cannot be read.

    Args:
        folder: a state, or a folder with states below it.
        person: to find.
    """
    entries = (path.parent for path in sorted(folder.rglob(bundle.FACTS)) if ENTRY.fullmatch(path.parent.name))
    return [entry for entry in entries if _mentions(entry, person)]


def _mentions(entry: Path, person: Person) -> bool:
    try:
        facts = bundle.load_facts(entry)
        tables = [bundle.load_table(entry, facts, name) for name in facts[TABLES]]
    except bundle.DamagedBundle:
        return True
    if person.mentions.search(json.dumps(facts, ensure_ascii=False)):
        return True
    known = pa.array(sorted(person.ids | person.marks), pa.string())
    customers = [table["customer"] for table in tables if "customer" in table.column_names]
    texts = [chunk.dictionary for table in tables if "value" in table.column_names for chunk in table["value"].chunks]
    digits = [pc.replace_substring_regex(ids, "[^0-9]", "") for ids in customers]
    return (
        any(pc.any(pc.is_in(ids, value_set=known)).as_py() for ids in customers)
        or any(pc.any(pc.is_in(ids, value_set=pa.array(sorted(person.phones), pa.string()))).as_py() for ids in digits)
        or any(person.has_mark(text) for dictionary in texts for text in dictionary.to_pylist() if text)
    )


def _relevant(settings: IngestSettings) -> dict[str, Any]:
    """Return the settings that decide what a file's lines become."""
    relevant = settings.model_dump(mode="json", exclude=set(APPLIED_LATER))
    source = {name: value for name, value in relevant["transactions"].items() if name not in UNRELATED}
    return {**relevant, "transactions": source, "measures": sorted(settings.measures)}


def _is_within(facts: Mapping[str, Any], as_of: date | None, first: date | None) -> bool:
    """Tell whether all lines are of days that count."""
    late = as_of is not None and facts["last_day"] > day_number(as_of)
    return not late and (first is None or facts["first_day"] >= day_number(first))


def _facts(totals: FileTotals) -> dict[str, Any]:
    amounts = totals.amounts
    used = np.flatnonzero(amounts.counts)
    return {
        "dates": totals.dates,
        "notes": [[note.text, note.money] for note in totals.notes],
        "account": asdict(totals.account),
        "last_purchase": totals.last_day,
        "days": {**asdict(totals.days), "days": totals.days.days.tolist(), "lines": totals.days.lines.tolist()},
        "has_money": totals.has_money,
        "currencies": sorted(totals.currencies),
        "amounts": {"bins": used.tolist(), "counts": amounts.counts[used].tolist(), "largest": amounts.largest},
        "bins": len(amounts.counts),
        "largest_line": totals.largest_line,
        "lines_above": list(totals.lines_above),
        "rewritten": sorted(totals.rewritten),
        "id_changes": asdict(totals.id_changes),
        "statuses": totals.statuses.to_json(),
        "types": [totals.types.returns.to_json(), totals.types.unclear.to_json()],
        "prices": asdict(totals.prices),
        "order_ids": totals.file.source.order_ids,
        "order_sample": totals.order_sample.to_json(),
        "unreadable": asdict(totals.unreadable),
        "repeated": totals.repeated,
        "is_whole": totals.is_whole,
        "twice": asdict(totals.twice),
        "finer": totals.finer,
        "magnitude": totals.magnitude,
    }


def _load(folder: Path, facts: Mapping[str, Any], file: Opened, number: int) -> Stored:
    runs, returns = from_tables({name: bundle.load_table(folder, facts, name) for name in facts[TABLES]})
    place = returns.place & (encode_place(1, 0) - 1) | encode_place(number, 0)
    returns = sort_returns(returns.customer, returns.day, returns.money, returns.refunded, place)
    amounts = facts["amounts"]
    counts = np.zeros(facts["bins"], dtype=np.int64)
    counts[amounts["bins"]] = amounts["counts"]
    totals = FileTotals(
        file=file.with_order_ids(facts["order_ids"]),
        dates=facts["dates"],
        account=_account(facts["account"]),
        last_day=facts["last_purchase"],
        days=_days(facts["days"]),
        has_money=facts["has_money"],
        currencies=frozenset(facts["currencies"]),
        amounts=Amounts(counts, amounts["largest"], 0),
        largest_line=facts["largest_line"],
        rewritten=frozenset(facts["rewritten"]),
        id_changes=IdChanges(**{**facts["id_changes"], "filled": Counter(facts["id_changes"]["filled"])}),
        statuses=ValueTotals.from_json(facts["statuses"]),
        types=LineTypes(*(ValueTotals.from_json(entries) for entries in facts["types"])),
        prices=PriceEvidence(**facts["prices"]),
        order_sample=OrderSample.from_json(facts["order_sample"]),
        unreadable=UnreadableMoney(**facts["unreadable"]),
        repeated=facts["repeated"],
        twice=Twice(**facts["twice"]),
        lines_above=facts["lines_above"],
        notes=tuple(Note(*entry) for entry in facts["notes"]),
        is_whole=facts["is_whole"],
        finer=facts["finer"],
        magnitude=facts["magnitude"],
        line_hashes=_load_hashes(folder, facts),
    )
    return totals, divide(runs), returns


def _days(facts: Mapping[str, Any]) -> DayCounts:
    days, lines = (np.array(facts[name], dtype=np.int64) for name in ("days", "lines"))
    return DayCounts(days, lines, facts["earliest_line"], facts["latest_line"])


def _load_hashes(folder: Path, facts: Mapping[str, Any]) -> LineHashes:
    stored = bundle.load_table(folder, facts, LINE_HASHES)
    starts = np.array(facts["chunk_starts"], dtype=np.int64)
    return LineHashes(stored["hash"].to_numpy(), stored["order"].to_numpy(), starts)


def _account(facts: Mapping[str, Any]) -> Account:
    read, kept, returns = (Group(**facts[name]) for name in ("read", "kept", "returns"))
    left_out = {name: Group(**group) for name, group in facts["left_out"].items()}
    return Account(read, kept, returns, left_out, facts["refunded"])

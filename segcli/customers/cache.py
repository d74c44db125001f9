"""Cache of file totals (`ingest.state`), keyed by the digest of the file and of the settings."""

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
from segcli.customers.order_runs import OrderRuns, ReturnLines, day_number, encode_place, partition_runs, sort_returns
from segcli.customers.overlap import LineHashes
from segcli.customers.run_store import TABLES_KEY, runs_from_tables, runs_to_tables
from segcli.errors import InputProblem, UsageProblem
from segcli.ingest.customer_ids import IdChanges
from segcli.ingest.encoding import Mojibake
from segcli.ingest.evidence import PriceEvidence
from segcli.ingest.input_file import InputFile
from segcli.ingest.notes import Note
from segcli.ingest.order_id_reuse import OrderIdSample
from segcli.ingest.order_status import LineTypes, ValueTotals
from segcli.ingest.outliers import AmountHistogram, DayCounts
from segcli.ingest.reconciliation import Bucket, ReconciliationTotals
from segcli.ingest.rejects import UnreadableMoney
from segcli.io import atomic_directory, lock, overwrite_guard, paths, write
from segcli.io.overwrite_guard import CACHE_ENTRY_NAME
from segcli.io.person import Person
from segcli.io.read import FileContent
from segcli.io.write import TEMPORARY_SUFFIX
from segcli.message import message

LINE_HASHES_TABLE = "line-hashes"
LAYOUT_VERSION = 10  # of the folder; other versions are ignored
UNRELATED_SETTINGS = ("path", "memory_guard")  # settings of a source that do not affect the lines
LATER_SETTINGS = (
    "measures",
    "rejects",
    "max_rejects",
    "date_outliers",
    "engine",
    "memory",
    "spark_master",
    "state",
    "overlap",
    "identity",
    "lookups",
)

CacheEntry = tuple[FileTotals, OrderRuns, ReturnLines]


@contextlib.contextmanager
def open_cache(settings: IngestSettings, contact_columns: Sequence[str]) -> Iterator["TotalsCache | None"]:
    """Open the state folder of the settings for the duration of a run.

    Only the current user may read the folder, because it holds raw customer ids. Yields None if no state is configured.

    Raises:
        Locked: another run uses the state.
        UsageProblem: the folder contains other files.
    """
    if not settings.state:
        yield None
        return
    folder = Path(settings.state)
    if folder.is_dir() and not overwrite_guard.is_cache_folder(folder):
        raise UsageProblem(f"{folder}: not a state folder; hint: choose a new or empty folder")
    is_new = not folder.exists()
    write.make_folder(settings.state)
    if is_new:
        folder.chmod(0o700)
    with lock.lock_directory(folder):
        write.remove_temporary_folders(folder)
        yield TotalsCache(folder, settings, contact_columns)


def clear_cache(path: str) -> None:
    """Remove the totals that a state stores; do nothing if the state does not exist.

    Raises:
        Locked: another run uses the state.
    """
    folder = Path(path)
    if folder.is_dir():
        with lock.lock_directory(folder):
            write.remove_temporary_folders(folder)
            for entry in folder.iterdir():
                if CACHE_ENTRY_NAME.fullmatch(entry.name):
                    atomic_directory.remove_directory(entry)


@dataclass
class TotalsCache:
    """Folder of file totals. The content of a file identifies it, not its name."""

    folder: Path
    settings: IngestSettings
    contact_columns: Sequence[str] = ()
    _names_by_digest: dict[str, str] = field(default_factory=dict, init=False)
    _damaged_digests: set[str] = field(default_factory=set, init=False)

    def register_file(self, input_file: InputFile) -> str:
        """Return the SHA-256 of a file's content.

        Raises:
            InputProblem: another file of this run has the same content, so its orders would count twice.
        """
        name = input_file.content.name
        digest = self._file_digest(input_file.content)
        if digest in self._names_by_digest:
            raise InputProblem(
                f"same content as {self._names_by_digest[digest]}, so its orders would count twice",
                source=name,
                remedy="remove one of the two files",
            )
        self._names_by_digest[digest] = name
        return digest

    def get_totals(
        self, input_file: InputFile, digest: str, file_number: int, as_of: date | None, first_day: date | None
    ) -> CacheEntry | None:
        """Return the stored totals, runs and returns of a file if they are valid for these days.

        Args:
            input_file: the export.
            digest: digest of its content.
            file_number: number of the file in this run.
            as_of: the last day that counts, if given.
            first_day: the first day that may be kept, if any.
        """
        folder = self._entry_folder(digest)
        if not folder.exists():
            return None
        try:
            metadata = atomic_directory.load_facts(folder)
            return (
                _load_entry(folder, metadata, input_file, file_number)
                if _covers_days(metadata, as_of, first_day)
                else None
            )
        except atomic_directory.DirectoryDamage:
            self._damaged_digests.add(digest)
            return None

    def note_damage(self, digest: str) -> tuple[Note, ...]:
        """Return a note if the stored totals of a file are damaged."""
        text = message("stored totals of this file were damaged; segcli read the file again and replaced them")
        return (Note(text),) if digest in self._damaged_digests else ()

    def put_totals(self, totals: FileTotals, runs: OrderRuns, returns: ReturnLines, digest: str) -> None:
        """Store the totals of a file."""
        content = totals.input_file.content
        days = (runs.first_day, runs.last_day, returns.day)
        metadata = {
            "layout": LAYOUT_VERSION,
            "sha256": digest,
            "version": content.version,
            "name": content.name,
            "first_day": min((int(array.min()) for array in days if len(array)), default=0),
            "last_day": max((int(array.max()) for array in days if len(array)), default=0),
        }
        tables = runs_to_tables(runs, returns)
        hashes = totals.line_hashes
        hash_tables = {LINE_HASHES_TABLE: pa.table({"hash": hashes.line_hashes, "order": hashes.order_hashes})}
        metadata |= {"chunk_starts": hashes.chunk_starts.tolist()}
        atomic_directory.save_directory(
            self._entry_folder(digest),
            {**tables, **hash_tables},
            {**metadata, **_totals_to_facts(totals), TABLES_KEY: list(tables)},
        )

    def _file_digest(self, content: FileContent) -> str:
        """Return the digest of a file; use the stored one if name and version of the file are unchanged."""
        for metadata in self._entry_facts:
            if metadata["name"] == content.name and tuple(metadata["version"] or ()) == content.version:
                return str(metadata["sha256"])
        return paths.compute_digest(content)

    @cached_property
    def _entry_facts(self) -> list[dict[str, Any]]:
        """Metadata of all entries that were undamaged when the run began."""
        all_metadata = []
        for folder in self._list_folders():
            with contextlib.suppress(atomic_directory.DirectoryDamage):
                all_metadata.append(atomic_directory.load_facts(folder))
        return all_metadata

    def _list_folders(self) -> Iterator[Path]:
        return (
            folder for folder in sorted(self.folder.iterdir()) if folder.is_dir() and folder.suffix != TEMPORARY_SUFFIX
        )

    def _entry_folder(self, digest: str) -> Path:
        cache_key = json.dumps(
            [LAYOUT_VERSION, __version__, digest, *self.contact_columns, _relevant_settings(self.settings)],
            sort_keys=True,
        )
        return self.folder / hashlib.sha256(cache_key.encode()).hexdigest()[:40]


def find_person_entries(folder: Path, person: Person) -> list[Path]:
    """Return the state entries in a folder that contain a person, and those that cannot be read.

    Args:
        folder: a state, or a folder with states in its subfolders.
        person: the person to find.
    """
    entries = (
        path.parent
        for path in sorted(folder.rglob(atomic_directory.FACTS_FILE))
        if CACHE_ENTRY_NAME.fullmatch(path.parent.name)
    )
    return [entry for entry in entries if _mentions_person(entry, person)]


def _mentions_person(entry: Path, person: Person) -> bool:
    try:
        metadata = atomic_directory.load_facts(entry)
        tables = [atomic_directory.load_table(entry, metadata, name) for name in metadata[TABLES_KEY]]
    except atomic_directory.DirectoryDamage:
        return True
    if person.mention_pattern.search(json.dumps(metadata, ensure_ascii=False)):
        return True
    person_ids = pa.array(sorted(person.ids | person.identifiers), pa.string())
    customers = [table["customer"] for table in tables if "customer" in table.column_names]
    texts = [chunk.dictionary for table in tables if "value" in table.column_names for chunk in table["value"].chunks]
    digits = [pc.replace_substring_regex(ids, "[^0-9]", "") for ids in customers]
    return (
        any(pc.any(pc.is_in(ids, value_set=person_ids)).as_py() for ids in customers)
        or any(pc.any(pc.is_in(ids, value_set=pa.array(sorted(person.phones), pa.string()))).as_py() for ids in digits)
        or any(person.has_identifier(text) for dictionary in texts for text in dictionary.to_pylist() if text)
    )


def _relevant_settings(settings: IngestSettings) -> dict[str, Any]:
    """Return the settings that affect how the lines of a file are read."""
    relevant = settings.model_dump(mode="json", exclude=set(LATER_SETTINGS))
    source = {name: value for name, value in relevant["transactions"].items() if name not in UNRELATED_SETTINGS}
    return {**relevant, "transactions": source, "measures": sorted(settings.measures)}


def _covers_days(metadata: Mapping[str, Any], as_of: date | None, first_day: date | None) -> bool:
    """Return whether all lines of the entry fall on days that count."""
    is_late = as_of is not None and metadata["last_day"] > day_number(as_of)
    return not is_late and (first_day is None or metadata["first_day"] >= day_number(first_day))


def _totals_to_facts(totals: FileTotals) -> dict[str, Any]:
    amounts = totals.amounts
    used_bins = np.flatnonzero(amounts.counts)
    return {
        "dates": totals.date_format,
        "notes": [[note.text, note.money] for note in totals.notes],
        "account": asdict(totals.reconciliation),
        "last_purchase": totals.last_day,
        "days": {
            **asdict(totals.day_counts),
            "days": totals.day_counts.days.tolist(),
            "lines": totals.day_counts.lines.tolist(),
        },
        "has_money": totals.has_money,
        "currencies": sorted(totals.currencies),
        "amounts": {
            "bins": used_bins.tolist(),
            "counts": amounts.counts[used_bins].tolist(),
            "largest": amounts.largest,
        },
        "bins": len(amounts.counts),
        "largest_line": totals.largest_line,
        "lines_above": list(totals.lines_above_chunks),
        "rewritten": sorted(totals.normalised_ids),
        "id_changes": asdict(totals.id_changes),
        "statuses": totals.statuses.to_json(),
        "types": [totals.line_types.returns.to_json(), totals.line_types.unclear.to_json()],
        "prices": asdict(totals.price_evidence),
        "order_ids": totals.input_file.source.order_ids,
        "order_sample": totals.order_sample.to_json(),
        "unreadable": asdict(totals.unreadable_money),
        "repeated": totals.repeated_lines,
        "is_whole": totals.is_whole,
        "twice": asdict(totals.mojibake),
        "finer": totals.too_fine,
        "magnitude": totals.magnitude,
    }


def _load_entry(folder: Path, metadata: Mapping[str, Any], input_file: InputFile, file_number: int) -> CacheEntry:
    runs, returns = runs_from_tables(
        {name: atomic_directory.load_table(folder, metadata, name) for name in metadata[TABLES_KEY]}
    )
    return_places = returns.place & (encode_place(1, 0) - 1) | encode_place(file_number, 0)
    returns = sort_returns(returns.customer, returns.day, returns.money, returns.refunded, return_places)
    amounts = metadata["amounts"]
    counts = np.zeros(metadata["bins"], dtype=np.int64)
    counts[amounts["bins"]] = amounts["counts"]
    totals = FileTotals(
        input_file=input_file.with_order_ids(metadata["order_ids"]),
        date_format=metadata["dates"],
        reconciliation=_load_reconciliation(metadata["account"]),
        last_day=metadata["last_purchase"],
        day_counts=_load_days(metadata["days"]),
        has_money=metadata["has_money"],
        currencies=frozenset(metadata["currencies"]),
        amounts=AmountHistogram(counts, amounts["largest"], 0),
        largest_line=metadata["largest_line"],
        normalised_ids=frozenset(metadata["rewritten"]),
        id_changes=IdChanges(**{**metadata["id_changes"], "filled": Counter(metadata["id_changes"]["filled"])}),
        statuses=ValueTotals.from_json(metadata["statuses"]),
        line_types=LineTypes(*(ValueTotals.from_json(entries) for entries in metadata["types"])),
        price_evidence=PriceEvidence(**metadata["prices"]),
        order_sample=OrderIdSample.from_json(metadata["order_sample"]),
        unreadable_money=UnreadableMoney(**metadata["unreadable"]),
        repeated_lines=metadata["repeated"],
        mojibake=Mojibake(**metadata["twice"]),
        lines_above_chunks=metadata["lines_above"],
        notes=tuple(Note(*entry) for entry in metadata["notes"]),
        is_whole=metadata["is_whole"],
        too_fine=metadata["finer"],
        magnitude=metadata["magnitude"],
        line_hashes=_load_hashes(folder, metadata),
    )
    return totals, partition_runs(runs), returns


def _load_days(metadata: Mapping[str, Any]) -> DayCounts:
    days, line_counts = (np.array(metadata[name], dtype=np.int64) for name in ("days", "lines"))
    return DayCounts(days, line_counts, metadata["earliest_line"], metadata["latest_line"])


def _load_hashes(folder: Path, metadata: Mapping[str, Any]) -> LineHashes:
    hash_table = atomic_directory.load_table(folder, metadata, LINE_HASHES_TABLE)
    starts = np.array(metadata["chunk_starts"], dtype=np.int64)
    return LineHashes(hash_table["hash"].to_numpy(), hash_table["order"].to_numpy(), starts)


def _load_reconciliation(metadata: Mapping[str, Any]) -> ReconciliationTotals:
    read, kept_lines, returns = (Bucket(**metadata[name]) for name in ("read", "kept", "returns"))
    left_out = {name: Bucket(**group) for name, group in metadata["left_out"].items()}
    return ReconciliationTotals(read, kept_lines, returns, left_out, metadata["refunded"])

"""What was read before: the tally of each file that was absorbed, by the digest of the file and the settings."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from segcli import __version__
from segcli.config.ingest import IngestSettings
from segcli.customers import stored
from segcli.customers.runs import day_number
from segcli.customers.tallied import Tallied
from segcli.errors import InputProblem
from segcli.files import bundle, lock, parts, write
from segcli.files.write import TEMPORARY
from segcli.ingest.opening import Opened

LAYOUT = 2  # of the folder; another one is not read
ASIDE = ("path", "memory_guard")  # settings that change nothing in what is read
LATER = ("measures", "rejects", "max_rejects", "engine", "memory", "spark_master", "state")


@contextlib.contextmanager
def kept_in(settings: IngestSettings, carried: Sequence[str]) -> Iterator["State | None"]:
    """The state that the settings name, for the length of a run; only this user may look: it holds ids as they are.

    Raises:
        Locked: another run holds it.
    """
    if not settings.state:
        yield None
        return
    made = write.folder(settings.state)
    made.chmod(0o700)
    with lock.held(made):
        write.sweep_folders(made)
        yield State(made, settings, carried)


@dataclass
class State:
    """A folder of tallies. A file counts once, whatever it is called; what it holds decides, not its name."""

    folder: Path
    settings: IngestSettings
    carried: Sequence[str] = ()
    _seen: dict[str, str] = field(default_factory=dict, init=False)

    def tally(self, file: Opened, as_of: date | None, first: date | None) -> tuple[Tallied | None, str]:
        """The stored tally of a file, if there is one that holds for these days, and the file's digest.

        Args:
            file: to be read.
            as_of: the last day that counts, where it is given.
            first: the first day that may be kept, where there is one.

        Raises:
            InputProblem: another file of this run has the same content: its orders would count twice.
        """
        name = file.content.name
        digest = self._digest(name)
        if digest in self._seen:
            raise InputProblem(
                f"holds what {self._seen[digest]} does; its orders would count twice",
                source=name,
                remedy="Take one of the two away",
            )
        self._seen[digest] = name
        return self.again(file, digest, as_of, first), digest

    def again(self, file: Opened, digest: str, as_of: date | None, first: date | None) -> Tallied | None:
        """The same by the digest of a file."""
        place = self._place(digest)
        holds = place.is_dir() and _within(bundle.facts(place), as_of, first)
        return stored.load(place, file) if holds else None

    def keep(self, found: Tallied, digest: str) -> None:
        """Store the tally of a file."""
        there = Path(found.name).stat()
        bought = () if found.runs is None else (found.runs.first, found.runs.last)
        days = (*bought, found.returned.day)
        facts = {
            "layout": LAYOUT,
            "sha256": digest,
            "size": there.st_size,
            "modified": there.st_mtime_ns,
            "name": found.name,
            "first_day": min((int(one.min()) for one in days if len(one)), default=0),
            "last_day": max((int(one.max()) for one in days if len(one)), default=0),
        }
        stored.save(found, facts, self._place(digest))

    def _digest(self, name: str) -> str:
        """Of a file; the stored one, if its name, size and time of change are what they were."""
        there = Path(name).stat()
        for place in self._places():
            facts = bundle.facts(place)
            if (facts["name"], facts["size"], facts["modified"]) == (name, there.st_size, there.st_mtime_ns):
                return str(facts["sha256"])
        return parts.digest(name)

    def _places(self) -> Iterator[Path]:
        return (place for place in sorted(self.folder.iterdir()) if place.is_dir() and place.suffix != TEMPORARY)

    def _place(self, digest: str) -> Path:
        told = json.dumps([LAYOUT, __version__, digest, *self.carried, _telling(self.settings)], sort_keys=True)
        return self.folder / hashlib.sha256(told.encode()).hexdigest()[:40]


def _telling(settings: IngestSettings) -> dict[str, Any]:
    """The settings that decide what a file's lines become."""
    told = settings.model_dump(mode="json", exclude=set(LATER))
    told["transactions"] = {name: value for name, value in told["transactions"].items() if name not in ASIDE}
    return {**told, "measures": sorted(settings.measures)}


def _within(facts: dict[str, Any], as_of: date | None, first: date | None) -> bool:
    """Whether all lines of a tally are of days that count."""
    late = as_of is not None and facts["last_day"] > day_number(as_of)
    return not late and (first is None or facts["first_day"] >= day_number(first))

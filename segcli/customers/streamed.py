"""A large order export -> its pieces added up, on all cores: memory grows with customers and orders, not with lines."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import TypeVar

from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.customers.tally import Tally, tally
from segcli.files import stream
from segcli.ingest import plan as plans
from segcli.ingest.opening import Opened
from segcli.ingest.pieces import understood
from segcli.ingest.plan import Plan

WAITING = 2  # pieces that wait for each core: enough that none is idle, few enough for the memory

Given = TypeVar("Given")
Found = TypeVar("Found")


def tallies(
    file: Opened, wanted: Sequence[str], settings: IngestSettings, privacy: PrivacySettings, as_of: date | None
) -> tuple[Plan, list[Tally]]:
    """The tally of each piece, in the order of the file.

    Args:
        file: the head of an order export.
        wanted: the columns to read.
        settings: policies.
        privacy: how long orders may be kept.
        as_of: the day recency is counted to, where it is given.

    Raises:
        Doubt: the file is to be read whole.
    """
    plan = plans.plan(file, wanted, settings, privacy, dated=as_of is not None)

    def one(piece: stream.Piece) -> Tally:
        return tally(understood(piece.body(), plan, settings, as_of, privacy), settings.collapse)

    quoted = b'"' in file.dialect.body
    return plan, list(_on_all_cores(one, stream.pieces(file.content.name, plan.first_record, quoted=quoted)))


def _on_all_cores(work: Callable[[Given], Found], given: Iterable[Given]) -> Iterator[Found]:
    """Results in the order of what was given; threads, since the work is arrays' and columns', not Python's."""
    cores = os.cpu_count() or 1
    running: deque[Future[Found]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        try:
            for one in given:
                running.append(pool.submit(work, one))
                if len(running) > cores * WAITING:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for left in running:
                left.cancel()

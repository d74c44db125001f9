"""A large order export -> its pieces added up, on all cores: memory grows with customers and orders, not with lines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from segcli import cores
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.customers.runs import Runs, joined
from segcli.customers.tally import Tally, tally
from segcli.files import stream
from segcli.ingest import plan as plans
from segcli.ingest.opening import Opened
from segcli.ingest.pieces import understood
from segcli.ingest.plan import Plan


def tallies(
    file: Opened, wanted: Sequence[str], settings: IngestSettings, privacy: PrivacySettings, as_of: date | None
) -> tuple[Plan, tuple[Runs, list[Tally]]]:
    """The runs of all pieces, and the tally of each without them, in the order of the file.

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
        return tally(understood(piece.body(), plan, settings, as_of, privacy), settings)

    below = b"".join(file.dialect.body.splitlines(keepends=True)[file.dialect.header_lines :])
    quoted = b'"' in below
    with stream.pieces(file.content.name, plan.first_record, quoted=quoted) as found:
        parts = list(cores.in_order(one, found))
    runs = [part.runs for part in parts if part.runs is not None]
    light = [replace(part, runs=None) for part in parts]
    parts.clear()
    return plan, (joined(runs), light)

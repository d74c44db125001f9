"""A large order export -> its pieces added up, on all cores: memory grows with customers and orders, not with lines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate

from segcli import cores, memory
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.customers.agreed import agree
from segcli.customers.runs import joined
from segcli.customers.tallied import Tallied
from segcli.customers.tally import Tally, tally
from segcli.files import stream
from segcli.ingest import plan as plans
from segcli.ingest.opening import Opened
from segcli.ingest.pieces import understood


def tallied(
    file: Opened, wanted: Sequence[str], settings: IngestSettings, privacy: PrivacySettings, as_of: date | None
) -> Tallied:
    """The file added up, piece by piece.

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

    with stream.pieces(file.content.name, plan.first_record, quoted=plan.is_quoted) as found:
        parts = list(cores.in_order(one, found))
    runs = joined([part.runs for part in parts if part.runs is not None])
    light = [replace(part, runs=None) for part in parts]
    del parts
    memory.give_back()
    agree(plan, runs, light)
    above = accumulate((part.lines for part in light[:-1]), initial=plan.first_record)
    return Tallied(file, str(plan.source.date_format), runs, tuple(zip(light, above, strict=True)))

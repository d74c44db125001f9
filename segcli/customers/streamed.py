"""A large order export -> its pieces added up, on all cores: memory grows with customers and orders, not with lines."""

from dataclasses import replace
from itertools import accumulate

from segcli import cores, memory
from segcli.customers.agreed import agree
from segcli.customers.asked import Asked
from segcli.customers.runs import joined
from segcli.customers.tallied import Tallied
from segcli.customers.tally import Tally, tally
from segcli.files import stream
from segcli.ingest import plan as plans
from segcli.ingest.opening import Opened
from segcli.ingest.pieces import understood


def tallied(file: Opened, asked: Asked) -> Tallied:
    """The file added up, piece by piece.

    Args:
        file: the head of an order export.
        asked: policies, and what else decides on lines.

    Raises:
        Doubt: the file is to be read whole.
    """
    settings = asked.settings
    plan = plans.plan(file, settings, asked.privacy, dated=asked.as_of is not None)

    def one(piece: stream.Piece) -> Tally:
        return tally(understood(piece.body(), plan, settings, asked.as_of, asked.privacy), settings)

    with stream.pieces(file.content.name, plan.first_record, quoted=plan.is_quoted) as found:
        parts = list(cores.in_order(one, found))
    runs = joined([part.runs for part in parts if part.runs is not None])
    light = [replace(part, runs=None) for part in parts]
    del parts
    memory.give_back()
    agree(plan, runs, light)
    above = accumulate((part.lines for part in light[:-1]), initial=plan.first_record)
    return Tallied(file, str(plan.source.date_format), runs, tuple(zip(light, above, strict=True)))

"""A large order export -> its lines added up by an engine that works out of core, or on many machines."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from segcli import cores
from segcli.customers import engines
from segcli.customers.agreed import agree
from segcli.customers.asked import Asked
from segcli.customers.tallied import Tallied
from segcli.files import stream
from segcli.files.parts import parts
from segcli.ingest import plan as plans
from segcli.ingest.doubt import Doubt
from segcli.ingest.encoding import Twice
from segcli.ingest.opening import Opened
from segcli.ingest.pieces import sound
from segcli.ingest.plan import Plan


def tallied(file: Opened, asked: Asked) -> Tallied:
    """The purchases, and one tally of all lines, as `streamed.tallied` gives them of pieces.

    Args:
        file: the head of an order export.
        asked: policies with the engine that is used, and what else decides on lines.

    Raises:
        Doubt: the file is to be read whole.
        UsageProblem: the engine is not installed.
    """
    from segcli.customers.expressed.collected import collected
    from segcli.customers.expressed.planned import Planned

    settings = asked.settings
    engines.require(settings.engine)
    engine = engines.load(settings.engine)
    plan = plans.plan(file, settings, asked.privacy, dated=asked.as_of is not None)
    files = parts(file.content.name)
    found_twice = _sound(files, plan)
    with engine.session(settings) as session:
        texts = session.read(files, _written(plan))
        runs, tally = collected(session, texts, Planned(plan, settings, asked.as_of, asked.privacy))
    said = f"engine {settings.engine}: {engine.TITLE}; repeated lines are not looked for"
    agree(plan, runs, [tally])
    found = replace(tally, twice=found_twice)
    return Tallied(_with_note(plan.file, said), str(plan.source.date_format), runs, ((found, 0),))


def _written(plan: Plan) -> engines.Written:
    header, file = plan.file.header, plan.file.dialect
    places = tuple(sorted({header.index(name) for name in plan.wanted}))
    return engines.Written(file.encoding, file.delimiter, plan.first_record, len(header), places, plan.is_quoted)


def _sound(files: Sequence[str], plan: Plan) -> Twice:
    """Characters that are encoded twice; an engine would pass over what is wrong with quotes and line ends.

    Raises:
        Doubt: quotes do not obey, or files differ in their header.
    """
    first = _above(files[0], plan)
    found = Twice()
    for name in files:
        if _above(name, plan) != first:
            raise Doubt
        with stream.pieces(name, plan.first_record, quoted=plan.is_quoted) as pieces:
            found = sum(cores.in_order(lambda piece: sound(piece.body(), plan), pieces), found)
    return found


def _above(name: str, plan: Plan) -> list[bytes]:
    """The lines above the first record."""
    return list(islice(stream.head(name).body.splitlines(), plan.first_record))


def _with_note(file: Opened, note: str) -> Opened:
    """A file of which this is worth saying."""
    return replace(file, dialect=replace(file.dialect, notes=(*file.dialect.notes, note)))

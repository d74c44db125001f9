"""A large order export -> its lines added up by an engine that works out of core, or on many machines."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from segcli import cores
from segcli.config.ingest import IngestSettings
from segcli.config.privacy import PrivacySettings
from segcli.customers import engines
from segcli.customers.runs import Runs
from segcli.customers.tally import Tally
from segcli.files import stream
from segcli.files.parts import parts
from segcli.ingest import plan as plans
from segcli.ingest.doubt import Doubt
from segcli.ingest.encoding import Twice
from segcli.ingest.opening import Opened
from segcli.ingest.pieces import sound
from segcli.ingest.plan import Plan


def tallies(
    file: Opened, wanted: Sequence[str], settings: IngestSettings, privacy: PrivacySettings, as_of: date | None
) -> tuple[Plan, tuple[Runs, list[Tally]]]:
    """The purchases, and one tally of all lines, as `streamed.tallies` gives them of pieces.

    Args:
        file: the head of an order export.
        wanted: the columns to read.
        settings: policies, and the engine that is used.
        privacy: how long orders may be kept.
        as_of: the day recency is counted to, where it is given.

    Raises:
        Doubt: the file is to be read whole.
        UsageProblem: the engine is not installed.
    """
    from segcli.customers.expressed.asked import Asked
    from segcli.customers.expressed.collected import collected

    engines.require(settings.engine)
    engine = engines.load(settings.engine)
    plan = plans.plan(file, wanted, settings, privacy, dated=as_of is not None)
    files = parts(file.content.name)
    found_twice = _sound(files, plan)
    with engine.session(settings) as session:
        texts = session.read(files, _written(plan))
        runs, tally = collected(session, texts, Asked(plan, settings, as_of, privacy))
    said = f"engine {settings.engine}: {engine.TITLE}; repeated lines are not looked for"
    return _with_note(plan, said), (runs, [replace(tally, twice=found_twice)])


def _written(plan: Plan) -> engines.Written:
    header, file = plan.file.header, plan.file.dialect
    places = tuple(sorted({header.index(name) for name in plan.wanted}))
    return engines.Written(file.encoding, file.delimiter, plan.first_record, len(header), places, _is_quoted(plan))


def _is_quoted(plan: Plan) -> bool:
    """Whether records, not their header, have quotes, and so may hold line ends."""
    written = plan.file.dialect
    return b'"' in b"".join(written.body.splitlines(keepends=True)[written.header_lines :])


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
        with stream.pieces(name, plan.first_record, quoted=_is_quoted(plan)) as pieces:
            found = sum(cores.in_order(lambda piece: sound(piece.body(), plan), pieces), found)
    return found


def _above(name: str, plan: Plan) -> list[bytes]:
    """The lines above the first record."""
    return list(islice(stream.head(name).body.splitlines(), plan.first_record))


def _with_note(plan: Plan, note: str) -> Plan:
    """The plan of a file of which this is worth saying."""
    written = plan.file.dialect
    return replace(plan, file=replace(plan.file, dialect=replace(written, notes=(*written.notes, note))))

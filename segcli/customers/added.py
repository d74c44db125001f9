"""One file of an order export, added up in the way that suits it: from the state, in pieces, by an engine, or whole."""

import contextlib
from dataclasses import replace
from datetime import timedelta

from segcli.customers import engined, engines, streamed, whole
from segcli.customers.asked import Asked
from segcli.customers.choosing import chosen, refuse_doubt
from segcli.customers.state import State
from segcli.customers.tallied import Tallied
from segcli.ingest.doubt import Doubt
from segcli.ingest.opening import Opened


def added(file: Opened, asked: Asked, state: State | None, *, alone: bool) -> Tallied:
    """A file as it was read before, or read now, and then kept for the next time.

    Args:
        file: an order export, or the head of a large one.
        asked: policies, and what else the lines must tell.
        state: what was read before, where that is kept.
        alone: whether it is the only file, of which nothing is kept.
    """
    if state is None:
        return _read(file, asked, alone=alone)
    first = None
    if asked.as_of is not None and asked.privacy.retention_days is not None:
        first = asked.as_of - timedelta(days=asked.privacy.retention_days)
    found, digest = state.tally(file, asked.as_of, first)
    if found is None:
        everything = replace(asked, as_of=None, privacy=asked.privacy.model_copy(update={"retention": None}))
        state.keep(_read(file, everything, alone=False), digest)
        found = state.again(file, digest, asked.as_of, first)
    return found or _read(file, asked, alone=False)


def _read(file: Opened, asked: Asked, *, alone: bool) -> Tallied:
    """A file in pieces or by an engine, or in doubt whole."""
    if file.content.is_head:
        with contextlib.suppress(Doubt):
            return _in_parts(file, asked)
        refuse_doubt(file, asked)
    return whole.tallied(file, asked, alone=alone)


def _in_parts(file: Opened, asked: Asked) -> Tallied:
    if asked.rules:
        raise Doubt  # they are about columns as wholes
    settings = chosen(asked.settings, file)
    add_up = streamed.tallied if settings.engine == engines.PANDAS else engined.tallied
    return add_up(file, replace(asked, settings=settings))

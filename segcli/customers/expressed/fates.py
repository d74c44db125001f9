"""What becomes of each order line, as `ingest.transactions` decides it: the first reason to leave it out wins."""

from collections.abc import Iterator
from typing import Any

import narwhals.stable.v2 as nw

from segcli.config.privacy import PrivacySettings
from segcli.customers.expressed.names import BACK, CUSTOMER, DAY, FATES, FREE, KEPT, RETURNED, SIZE, VOID
from segcli.customers.expressed.planned import Planned
from segcli.customers.runs import day_number
from segcli.ingest import identity

Expr = Any


def fate(asked: Planned) -> Expr:
    """The place in FATES of the first reason to leave a line out; KEPT where there is none."""
    found: Expr = nw.lit(KEPT)
    conditions = dict(_conditions(asked))
    for place, name in reversed(list(enumerate(FATES))):
        if name in conditions:
            found = nw.when(conditions[name]).then(nw.lit(place)).otherwise(found)
    return found.cast(nw.Int32)


def _conditions(asked: Planned) -> Iterator[tuple[str, Expr]]:
    settings, source = asked.settings, asked.plan.source
    void = [nw.col(VOID + asked.named(name)) for name in source.void or ()]
    if void:
        yield "void_order", nw.any_horizontal(*void, ignore_nulls=True)
    yield "no_customer_id", nw.col(CUSTOMER) == ""
    yield "unreadable_date", nw.col(DAY).is_null()
    yield "unreadable_amount", nw.col(SIZE).is_null() | nw.col(BACK).is_null()
    if settings.exclude_ids:
        excluded = [identity.cased(text, settings.id_case) for text in settings.exclude_ids]
        yield "excluded_id", nw.col(CUSTOMER).is_in(excluded)
    if settings.returns == "exclude":
        yield "return_excluded", nw.col(RETURNED)
    if settings.free_lines == "exclude" and asked.has_money:
        yield "free_line", nw.col(FREE)
    if asked.as_of is not None:
        yield from _by_day(day_number(asked.as_of), asked.privacy)


def _by_day(as_of: int, privacy: PrivacySettings) -> Iterator[tuple[str, Expr]]:
    yield "after_as_of", nw.col(DAY) > as_of
    if privacy.retention_days is not None:
        yield "past_retention", nw.col(DAY) < as_of - privacy.retention_days

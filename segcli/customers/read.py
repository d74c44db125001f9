"""From the configured sources to the customer table, whatever kind of file they are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from segcli import columns as c
from segcli.config.ingest import IngestSettings, Source
from segcli.config.quality import QualitySettings
from segcli.customers import match, quality
from segcli.customers.bought import bought
from segcli.customers.join import join
from segcli.customers.known import known
from segcli.ingest.opening import opened
from segcli.model import Customers


def read(
    settings: IngestSettings,
    as_of: date | None = None,
    extra: Sequence[str] = (),
    rules: QualitySettings | None = None,
) -> Customers:
    """Read the main input (orders or a customer table), then join the other sources to it.

    A customer table as main input is taken as complete: what the config would join was joined when it was made.

    Args:
        settings: sources and policies; `settings.transactions.path` is the main input.
        as_of: the day recency is counted to; by default the day after the last order.
        extra: further files of one row per customer to join.
        rules: what the inputs must hold; a table of segcli's own was judged when it was made.

    Raises:
        InputProblem: an input is missing, unreadable or holds nothing usable.
    """
    declared = [source for source in (settings.customers, settings.responses) if source is not None and source.path]
    main = opened(settings.transactions if settings.transactions.path or not declared else declared.pop(0))
    joined = declared if main.is_orders or not settings.transactions.path else []
    sources = [*joined, *(Source(path=path) for path in extra)]
    others = [opened(source, may_hold_orders=False) for source in sources]
    found_by = [match.by(main, other) for other in others]
    contacts = tuple(sorted(set(found_by) & set(match.CONTACTS)))
    rules = rules or QualitySettings()
    on_columns = {} if main.is_ours else rules.columns
    if main.is_orders:
        customers = bought(main, settings, on_columns, as_of=as_of, contacts=contacts)
    else:
        has_id = c.CUSTOMER_ID in main.recognition.columns
        customers = known(main, settings, on_columns, by="customer_id" if has_id else "email", as_of=as_of)
    own = [name for name in contacts if main.is_orders and name in customers.table]
    for other, by in zip(others, found_by, strict=True):
        customers = join(customers, known(other, settings, on_columns, by=by), by, settings.phone_region)
    found = replace(customers, table=customers.table.drop(columns=own))
    unmet = quality.nowhere(on_columns, [main, *others])
    return replace(found, verdicts=(*unmet, *found.verdicts, *quality.judge(found, rules)))

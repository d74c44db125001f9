"""From the configured sources to the customer table, whatever kind of file they are."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from segcli import columns as c
from segcli.config.ingest import IngestSettings, Source
from segcli.config.quality import QualitySettings
from segcli.customers import anonymity, engines, match, quality
from segcli.customers.join import join
from segcli.customers.known import known
from segcli.customers.listed_people import IdentityMatcher, drop_listed, find_in_files
from segcli.customers.measures import computed_columns
from segcli.customers.private import Privacy, apart, private
from segcli.customers.read_orders import read_orders
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_store import reading_limit
from segcli.customers.state import empty_state
from segcli.customers.suppression_list import load_suppression_list
from segcli.errors import InputProblem, UsageProblem
from segcli.files.parts import parts
from segcli.files.stream import head, is_large, is_regular
from segcli.ingest.opening import Opened, opened
from segcli.model import Customers


def read(
    settings: IngestSettings,
    as_of: date | None = None,
    extra: Sequence[str] = (),
    rules: QualitySettings | None = None,
    privacy: Privacy | None = None,
) -> Customers:
    """Read the main input (orders or a customer table), then join the other sources to it.

    A customer table as main input is taken as complete: what the config would join was joined when it was made.

    Args:
        settings: sources and policies; `settings.transactions.path` is the main input.
        as_of: the day recency is counted to; by default the day after the last order.
        extra: further files of one row per customer to join.
        rules: what the inputs must hold; a table of segcli's own was judged when it was made.
        privacy: what is left out, what becomes a pseudonym, and whether addresses are needed.

    Raises:
        UsageProblem: a state is to be kept, and what is asked for needs all lines.
        InputProblem: an input is missing, unreadable or holds nothing usable.
    """
    privacy, rules = privacy or Privacy(), rules or QualitySettings()
    asked = privacy.settings
    people = load_suppression_list(asked.suppression, settings) if asked.suppression else None
    if settings.state:
        _refuse_state(settings, rules)
    if settings.state and people is not None:
        empty_state(settings.state)  # it stores totals of people who are on the list by now
        settings = settings.model_copy(update={"state": None})
    mains, others = _opened(settings, extra, mapped_only=asked.only_mapped)
    on_columns = {} if mains[0].is_ours else rules.columns
    found_by = [match.by(mains[0], other) for other in others]
    contacts = tuple(sorted(set(found_by) & set(match.CONTACTS)))
    computed = {"measures": computed_columns(settings.measures, contacts)}
    customers = _of_main(mains, ReadRequest(settings.model_copy(update=computed), asked, as_of, on_columns, contacts))
    own = [name for name in contacts if mains[0].is_orders and name in customers.table]
    for other, by in zip(others, found_by, strict=True):
        customers = join(customers, known(other, settings, on_columns, by=by), by, settings.phone_region)
    contacts_file = _open_contacts(settings) if privacy.contacts or people is not None else None
    listed = None if contacts_file is None else known(contacts_file.only_mapped(), settings, {}, by="customer_id")
    customers = apart(customers, listed, privacy.key)
    if people is not None:
        linked: list[tuple[Opened, match.By]] = list(zip(others, found_by, strict=True))
        linked += [] if contacts_file is None else [(contacts_file, "customer_id")]
        matcher = IdentityMatcher(people, settings, privacy.key)
        in_files = find_in_files(matcher, mains, linked)
        customers = drop_listed(customers, matcher, in_files, may_lack_identities=privacy.may_lack_identities)
    shown = private(replace(customers, table=customers.table.drop(columns=own)), privacy)
    unmet = quality.nowhere(on_columns, [*mains, *others])
    judged = (*quality.judge(shown, rules), *anonymity.judge(shown, asked))
    return replace(shown, verdicts=(*unmet, *shown.verdicts, *judged))


def _of_main(mains: Sequence[Opened], request: ReadRequest) -> Customers:
    """The customers of the main input, which is orders or a table of them."""
    if mains[0].is_orders or len(mains) > 1:
        return read_orders(mains, request)
    has_id = c.CUSTOMER_ID in mains[0].recognition.columns
    by: match.By = "customer_id" if has_id else "email"
    return known(mains[0], request.settings, request.rules, by=by, as_of=request.as_of)


def _opened(settings: IngestSettings, extra: Sequence[str], *, mapped_only: bool) -> tuple[list[Opened], list[Opened]]:
    """The files of the main input, and what is joined to it."""
    declared = [source for source in (settings.customers, settings.responses) if source is not None and source.path]
    source = settings.transactions if settings.transactions.path or not declared else declared.pop(0)
    mains = _mains(source, settings)
    main = mains[0]
    joined = declared if main.is_orders or not settings.transactions.path else []
    sources = [*joined, *(Source(path=path) for path in extra)]
    others = [opened(source, may_hold_orders=False) for source in sources]
    if not mapped_only:
        return mains, others
    return mains if main.is_orders else [main.only_mapped()], [other.only_mapped() for other in others]


def _refuse_state(settings: IngestSettings, rules: QualitySettings) -> None:
    sections = {"ingest.": settings, "quality.": rules}
    needing = [name for prefix, section in sections.items() for name in section.all_lines_settings(prefix, of=("run",))]
    if needing:
        raise UsageProblem(
            f"--state cannot be combined with {', '.join(needing)}: the state stores totals, not lines; "
            "leave out one of the two"
        )


def _mains(source: Source, settings: IngestSettings) -> list[Opened]:
    """The files of the main input; of several small ones a cluster reads chunks, one is better read whole here."""
    if source.path is None:
        return [opened(source)]
    memory = reading_limit(settings)
    paths = parts(source.path)
    in_chunks = settings.engine != engines.LOCAL and len(paths) > 1
    return [_main(source.model_copy(update={"path": path}), memory, in_chunks=in_chunks) for path in paths]


def _main(source: Source, memory: int | None, *, in_chunks: bool) -> Opened:
    """The main input; of an order export that is large, or to be read in chunks, only its first records."""
    if source.path is not None and (is_large(source.path) or (in_chunks and is_regular(source.path))):
        with contextlib.suppress(InputProblem, UnicodeError):
            main = opened(source, head(source.path))
            if main.is_orders and not main.dialect.is_bare:
                return main
    return opened(source, memory=memory)


def _open_contacts(settings: IngestSettings) -> Opened | None:
    """Open the file of contacts; None where there is none."""
    if settings.contacts is None or not settings.contacts.path:
        return None
    return opened(settings.contacts, may_hold_orders=False)

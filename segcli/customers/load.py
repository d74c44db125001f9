"""Load the customer table from the configured sources, whatever their kind."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.config.quality import QualitySettings
from segcli.customers import engines, join_keys, quality_rules
from segcli.customers.attributes import customers_from_table, join_attributes
from segcli.customers.cache import clear_cache
from segcli.customers.event_files import EventFile, open_event_files
from segcli.customers.event_logs import describe_event_log, find_event_log, note_event_log, refuse_event_log
from segcli.customers.events import join_events
from segcli.customers.identity import add_merged_ids, resolve_identities
from segcli.customers.identity_matcher import IdentityMatcher
from segcli.customers.lookups import join_lookups
from segcli.customers.metrics import list_computed_columns
from segcli.customers.pseudonyms import PrivacyOptions, are_addresses, pseudonymise_customers, split_contacts
from segcli.customers.read_orders import read_orders
from segcli.customers.read_request import ReadRequest
from segcli.customers.run_store import reading_memory_limit
from segcli.customers.suppression_list import load_suppression_list
from segcli.customers.suppression_matching import drop_suppressed, match_files
from segcli.errors import InputProblem, UsageProblem
from segcli.ingest.input_file import InputFile, open_input
from segcli.io.chunk_reader import is_large_file, is_regular_file, read_head
from segcli.io.paths import expand_path
from segcli.model import Customers


def load_customers(
    settings: IngestSettings,
    as_of: date | None = None,
    extra_paths: Sequence[str] = (),
    quality_settings: QualitySettings | None = None,
    privacy: PrivacyOptions | None = None,
) -> Customers:
    """Read the main input (orders or a customer table), then join the other sources to it.

    A customer table as main input is assumed to be complete: the sources of the config were joined when it was written.

    Args:
        settings: sources and policies; `settings.transactions.path` is the main input.
        as_of: the day that recency is counted to (default: the day after the last order).
        extra_paths: further files with one row per customer to join.
        quality_settings: quality rules of the inputs; a table that segcli wrote was checked when it was written.
        privacy: columns to drop or pseudonymise, and whether contacts are needed.

    Raises:
        UsageProblem: `ingest.state` is set, but another option needs all lines.
        InputProblem: an input is missing, unreadable or contains nothing usable.
    """
    privacy, quality_settings = privacy or PrivacyOptions(), quality_settings or QualitySettings()
    privacy_settings = privacy.settings
    suppression_list = (
        load_suppression_list(privacy_settings.suppression, settings) if privacy_settings.suppression else None
    )
    settings = _check_cache(settings, quality_settings, is_usable=suppression_list is None)
    main_files, joined_files = _open_files(settings, extra_paths, mapped_only=privacy_settings.only_mapped)
    is_complete = main_files[0].is_segcli_output  # lookups were joined and ids merged when it was written
    identities = None if is_complete else resolve_identities(settings)
    if identities is not None:
        settings = settings.model_copy(update={"merge_ids": {**identities.kept_ids, **settings.merge_ids}})
    column_rules = {} if is_complete else quality_settings.columns
    linked_files = [(file, join_keys.select_join_key(main_files[0], file)) for file in joined_files]
    event_files = open_event_files(settings)
    row_contacts = _list_row_contacts(settings, event_files)
    contacts = tuple(sorted({join_key for _, join_key in linked_files} & set(join_keys.CONTACT_KEYS) | row_contacts))
    computed_settings = {"measures": list_computed_columns(settings.measures, contacts)}
    customers = _load_main(
        main_files,
        ReadRequest(settings.model_copy(update=computed_settings), privacy_settings, as_of, column_rules, contacts),
    )
    own_contacts = [name for name in contacts if main_files[0].is_orders and name in customers.table]
    for joined_file, join_key in linked_files:
        attributes = customers_from_table(joined_file, settings, column_rules, join_key=join_key)
        customers = join_attributes(customers, attributes, join_key, settings.phone_region)
    needs_contacts = privacy.needs_contacts or suppression_list is not None or row_contacts
    contacts_file = _open_contacts(settings) if needs_contacts else None
    contacts_key = _select_contacts_key(contacts_file, customers)
    customers = split_contacts(customers, _read_contacts(contacts_file, settings, contacts_key), privacy.pseudonym_key)
    if event_files:
        customers = join_events(customers, event_files, settings, privacy_settings.retention_days)
    if not is_complete:
        customers = join_lookups(customers, settings)
    if identities is not None:
        customers = replace(customers, input_reports=(*customers.input_reports, identities.input_report))
    if settings.merge_ids and not is_complete and not privacy_settings.hides_identities:
        customers = add_merged_ids(customers, settings.merge_ids)
    if suppression_list is not None:
        linked_files += [] if contacts_file is None else [(contacts_file, contacts_key)]
        matcher = IdentityMatcher(suppression_list, settings, privacy.pseudonym_key)
        entries_by_id = match_files(matcher, main_files, linked_files)
        customers = drop_suppressed(customers, matcher, entries_by_id, may_lack_identities=privacy.may_lack_identities)
    result = pseudonymise_customers(replace(customers, table=customers.table.drop(columns=own_contacts)), privacy)
    quality_checks = (
        *quality_rules.check_missing_columns(column_rules, [*main_files, *joined_files]),
        *result.quality_checks,
        *quality_rules.check_customers(result, quality_settings),
        *quality_rules.check_anonymity(result, privacy_settings),
    )
    return replace(result, quality_checks=quality_checks)


def _list_row_contacts(settings: IngestSettings, event_files: Sequence[EventFile]) -> set[str]:
    """Return the contact keys by which events and lookups find their customers."""
    keys = {event_file.join_key for event_file in event_files} | {lookup.by for lookup in settings.lookups.values()}
    return keys & set(join_keys.CONTACT_KEYS)


def _load_main(main_files: Sequence[InputFile], request: ReadRequest) -> Customers:
    """Return the customers of the main input, from orders or from a customer table."""
    if main_files[0].is_orders or len(main_files) > 1:
        return read_orders(main_files, request)
    refuse_event_log(main_files[0])
    has_customer_id = columns.CUSTOMER_ID in main_files[0].mapping.columns
    join_key: join_keys.JoinKey = "customer_id" if has_customer_id else "email"
    try:
        customers = customers_from_table(
            main_files[0], request.settings, request.column_rules, join_key=join_key, as_of=request.as_of
        )
    except InputProblem:
        event_log = find_event_log(main_files[0])  # several rows of a customer are no table of customers
        if event_log is None:
            raise
        raise describe_event_log(main_files[0].content.name, event_log) from None
    return note_event_log(customers, main_files[0])


def _open_files(
    settings: IngestSettings, extra_paths: Sequence[str], *, mapped_only: bool
) -> tuple[list[InputFile], list[InputFile]]:
    """Return the files of the main input, and the files to join to it."""
    declared_sources = [
        source for source in (settings.customers, settings.responses) if source is not None and source.path
    ]
    source = settings.transactions if settings.transactions.path or not declared_sources else declared_sources.pop(0)
    main_files = _open_main_files(source, settings)
    main_file = main_files[0]
    joined_sources = declared_sources if main_file.is_orders or not settings.transactions.path else []
    sources = [*joined_sources, *(Source(path=path) for path in extra_paths)]
    joined_files = [open_input(source, may_hold_orders=False) for source in sources]
    if not mapped_only:
        return main_files, joined_files
    return main_files if main_file.is_orders else [main_file.drop_unmapped()], [
        joined_file.drop_unmapped() for joined_file in joined_files
    ]


def _check_cache(settings: IngestSettings, rules: QualitySettings, *, is_usable: bool) -> IngestSettings:
    """Return the settings without the state if it is not usable, because it includes people on the suppression list.

    Raises:
        UsageProblem: another setting needs all lines.
    """
    if not settings.state:
        return settings
    sections = {"ingest.": settings, "quality.": rules}
    conflicting_settings = [
        name
        for prefix, section in sections.items()
        for name in section.list_all_lines_settings(prefix, scopes=("run",))
    ]
    if conflicting_settings:
        raise UsageProblem(
            f"--state cannot be combined with {', '.join(conflicting_settings)}: "
            "the state stores aggregates, not lines; "
            "hint: drop one of the two"
        )
    if is_usable:
        return settings
    clear_cache(settings.state)
    return settings.model_copy(update={"state": None})


def _open_main_files(source: Source, settings: IngestSettings) -> list[InputFile]:
    """Open the files of the main input.

    A cluster reads several small files in chunks. A single small file is read whole on this machine, which is faster.
    """
    if source.path is None:
        return [open_input(source)]
    memory_limit = reading_memory_limit(settings)
    paths = expand_path(source.path)
    reads_chunks = settings.engine != engines.LOCAL_ENGINE and len(paths) > 1
    return [
        _open_main_file(source.model_copy(update={"path": path}), memory_limit, reads_chunks=reads_chunks)
        for path in paths
    ]


def _open_main_file(source: Source, memory_limit: int | None, *, reads_chunks: bool) -> InputFile:
    """Open one file of the main input; of a large order export, or one to read in chunks, only the first records."""
    if source.path is not None and (is_large_file(source.path) or (reads_chunks and is_regular_file(source.path))):
        with contextlib.suppress(InputProblem, UnicodeError):
            main_file = open_input(source, read_head(source.path))
            if main_file.is_orders and not main_file.dialect.has_no_records:
                return main_file
    return open_input(source, memory_limit=memory_limit)


def _open_contacts(settings: IngestSettings) -> InputFile | None:
    """Open the contacts file; return None if there is none."""
    if settings.contacts is None or not settings.contacts.path:
        return None
    return open_input(settings.contacts, may_hold_orders=False)


def _select_contacts_key(contacts_file: InputFile | None, customers: Customers) -> join_keys.JoinKey:
    """Return the key that joins the contacts file: the address if customer ids are addresses, else the customer id."""
    has_addresses = contacts_file is not None and columns.EMAIL in contacts_file.mapping.columns
    return "email" if has_addresses and are_addresses(customers.table[columns.CUSTOMER_ID]) else "customer_id"


def _read_contacts(
    contacts_file: InputFile | None, settings: IngestSettings, join_key: join_keys.JoinKey
) -> Customers | None:
    if contacts_file is None:
        return None
    return customers_from_table(contacts_file.drop_unmapped(), settings, {}, join_key=join_key)

"""Identity: find the ids of one person by shared e-mail addresses or phone numbers, to count them as one customer."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers.join_keys import JoinKey, normalise_keys
from segcli.errors import InputProblem
from segcli.ingest.customer_ids import normalise_id
from segcli.ingest.input_file import InputFile, open_input
from segcli.message import count_message
from segcli.model import Customers, Input, InputReport


@dataclass(frozen=True)
class ResolvedIdentities:
    """Each merged id with the id that replaces it, and a report on the file of addresses."""

    kept_ids: Mapping[str, str]
    input_report: InputReport


def resolve_identities(settings: IngestSettings) -> ResolvedIdentities | None:
    """Find the ids that share an address; of the ids of one person, the first in the order of texts is kept.

    An address of more ids than `ingest.identity.max_ids` belongs to no single person and merges nothing.

    Raises:
        InputProblem: the file cannot be read, or lacks a column.
    """
    identity = settings.identity
    if identity is None:
        return None
    path = identity.path or (settings.contacts.path if settings.contacts else None)
    if path is None:
        raise InputProblem(
            "there is no file with addresses",
            source="ingest.identity",
            remedy="name a file with customer_id and email or phone in ingest.identity.path or ingest.contacts.path",
        )
    source = settings.contacts if settings.contacts and settings.contacts.path == path else Source(path=path)
    address_file = open_input(source, may_hold_orders=False)
    addresses = _read_addresses(address_file, settings)
    groups, shared_count = _group_ids(addresses, identity.max_ids)
    kept_ids = {customer_id: min(group) for group in groups for customer_id in group if customer_id != min(group)}
    notes = [
        count_message(
            "identity: {merged} ids merged into {count} customer",
            "identity: {merged} ids merged into {count} customers",
            len(groups),
            merged=sum(map(len, groups)),
        )
    ]
    if shared_count:
        notes.append(
            count_message(
                "identity: {count} address of more than {most} ids not used",
                "identity: {count} addresses of more than {most} ids not used",
                shared_count,
                most=identity.max_ids,
            )
        )
    content = address_file.content
    file_columns = {name: column for name, column in address_file.mapping.columns.items() if name in _ADDRESS_COLUMNS}
    row_count = len(addresses[columns.CUSTOMER_ID])
    report = InputReport(
        Input(content.name, content.size, content.sha256, row_count),
        "addresses",
        str(address_file.dialect),
        file_columns,
        notes=tuple(notes),
    )
    return ResolvedIdentities(kept_ids, report)


_ADDRESS_COLUMNS = (columns.CUSTOMER_ID, columns.EMAIL, columns.PHONE)


def _read_addresses(address_file: InputFile, settings: IngestSettings) -> dict[str, list[str]]:
    """Return the normalised ids and addresses of the file, aligned."""
    assert settings.identity is not None
    names: list[JoinKey] = ["customer_id", *settings.identity.by]
    missing = [name for name in names if name not in address_file.mapping.columns]
    if missing:
        raise InputProblem(
            f"no column {', '.join(missing)}",
            source=address_file.content.name,
            line=1,
            remedy="name the addresses that the file has in ingest.identity.by",
        )
    raw_columns = address_file.read_table().columns
    texts: dict[str, pd.Series] = {
        name: raw_columns[address_file.mapping.columns[name]].to_pandas().fillna("").astype("str") for name in names
    }
    ids = [normalise_id(text, settings) for text in texts[columns.CUSTOMER_ID]]
    addresses: dict[str, list[str]] = {
        name: normalise_keys(texts[name], name, settings.phone_region).tolist() for name in names[1:]
    }
    return {columns.CUSTOMER_ID: ids, **addresses}


def _group_ids(addresses: Mapping[str, list[str]], max_ids: int) -> tuple[list[frozenset[str]], int]:
    """Return the groups of ids that addresses connect, and the number of addresses of too many ids."""
    ids_by_address: dict[tuple[str, str], set[str]] = defaultdict(set)
    ids = addresses[columns.CUSTOMER_ID]
    for kind, values in addresses.items():
        for customer_id, address in zip(ids, values, strict=True):
            if kind != columns.CUSTOMER_ID and customer_id and address:
                ids_by_address[kind, address].add(customer_id)
    groups: dict[str, frozenset[str]] = {}
    shared_count = 0
    for members in ids_by_address.values():
        if len(members) > max_ids:
            shared_count += 1
        elif len(members) > 1:
            united = frozenset[str]().union(*(groups.get(member, {member}) for member in members))
            groups |= dict.fromkeys(united, united)
    return sorted(set(groups.values()), key=min), shared_count


def add_merged_ids(customers: Customers, merge_ids: Mapping[str, str]) -> Customers:
    """Add the column `merged_ids` with all ids of a customer who has several, joined by `; `; missing for the others.

    Args:
        customers: the customers, of whom each id is already the kept one.
        merge_ids: each merged id with the id that replaces it.
    """
    ids_by_kept: dict[str, list[str]] = {}
    for customer_id, kept_id in sorted(merge_ids.items()):
        if customer_id != kept_id:
            ids_by_kept.setdefault(kept_id, [kept_id]).append(customer_id)
    joined = {kept_id: "; ".join(ids) for kept_id, ids in ids_by_kept.items()}
    values = customers.table[columns.CUSTOMER_ID].astype("str").map(joined)
    table = customers.table.assign(**{columns.MERGED_IDS: pd.Series(values, customers.table.index, dtype="str")})
    return replace(customers, table=table)

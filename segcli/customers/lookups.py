"""Lookup tables: add the columns of a file to the customers, or to the order lines, whose key it describes."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.config.lookups import LookupSource
from segcli.customers.join_keys import CONTACT_KEYS, JoinKey, normalise_keys
from segcli.errors import InputProblem
from segcli.ingest import customer_table
from segcli.ingest.column_matching import is_name_of, normalise_name
from segcli.ingest.customer_ids import normalise_unicode
from segcli.ingest.input_file import open_input
from segcli.ingest.parser import RawTable
from segcli.message import message
from segcli.model import Customers, Input, InputReport, LineLookup

LookupFile = tuple[pd.DataFrame, InputReport]
LINE_KEYS = (columns.PRODUCT, columns.ORDER_DATE, *columns.MODE_COLUMNS)  # described by line, not by customer


def join_lookups(customers: Customers, settings: IngestSettings) -> Customers:
    """Add the lookup tables of the settings, in their order; a later one may use a column of an earlier one.

    Raises:
        InputProblem: a file cannot be read, lacks a column, or has two different rows for one key; or neither the
            customers nor the order lines have the column that it describes.
    """
    for name, lookup in settings.lookups.items():
        rows, input_report = lookup_file = _read_lookup(lookup)
        if lookup.by in customers.table or lookup.by in CONTACT_KEYS:
            customers = _join_to_customers(customers, name, lookup, settings.phone_region, lookup_file)
        elif lookup.by in LINE_KEYS and customers.transactions is not None:
            index_by_key(rows, lookup.by, lookup.path, None)
            line_lookup = LineLookup(lookup.by, lookup.path, rows)
            customers = replace(
                customers,
                line_lookups=(*customers.line_lookups, line_lookup),
                input_reports=(*customers.input_reports, input_report),
            )
        else:
            raise InputProblem(
                f"neither the customers nor the order lines have a column '{lookup.by}'",
                source=lookup.path,
                column=lookup.by,
                remedy=f"name one of them in ingest.lookups.{name}.by",
            )
    return customers


def normalise_lookup_keys(values: pd.Series, by: str, region: str | None) -> pd.Series:
    """Return keys as texts for comparison, blank where missing: days as 2026-01-31, other texts without case."""
    if by in (columns.CUSTOMER_ID, *CONTACT_KEYS):
        kind: JoinKey = by  # type: ignore[assignment]  # one of the three
        return normalise_keys(values.astype("str"), kind, region)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        days: pd.Series = values.dt.strftime("%Y-%m-%d").fillna("")
        return days
    if pd.api.types.is_numeric_dtype(values.dtype):
        return pd.Series([f"{value:.15g}" for value in values.astype("float64")], values.index).replace("nan", "")
    forms = {text: normalise_unicode(str(text)).casefold() for text in values.dropna().unique()}
    return pd.Series([forms.get(text, "") for text in values], values.index, dtype="str")


def _read_lookup(lookup: LookupSource) -> LookupFile:
    """Return the rows, with the key in a column named as `lookup.by`, and a report on the file."""
    shared = {name: getattr(lookup, name) for name in ("encoding", "delimiter", "decimal")}
    source = Source.model_validate({"path": lookup.path, "preset": "none", **shared})
    lookup_file = open_input(source, may_hold_orders=False)
    raw_table = lookup_file.read_table()
    wanted = lookup.key or lookup.by
    key_columns = [name for name in raw_table.columns if name == wanted] or [
        name
        for name in raw_table.columns
        if normalise_name(name) == normalise_name(wanted) or (lookup.key is None and is_name_of(name, lookup.by))
    ]
    missing = [name for name in lookup.columns if name not in raw_table.columns] + [wanted] * (not key_columns)
    if missing:
        raise InputProblem(
            f"no column {', '.join(missing)}; the header has: {', '.join(raw_table.header)}",
            source=lookup.path,
            line=1,
            remedy="name the column in key, and the columns to add in columns",
        )
    key_column = key_columns[0]
    names = lookup.columns or [name for name in raw_table.columns if name != key_column]
    keys = pd.Series(raw_table.columns[key_column].to_pandas(), dtype="str")
    if lookup.by == columns.ORDER_DATE:
        _require_days(keys, lookup, key_column, raw_table)
    values = {name: customer_table.parse_by_content(raw_table.columns[name], source) for name in names}
    rows = pd.DataFrame({lookup.by: keys, **{name: column for name, column in values.items() if name != lookup.by}})
    content = lookup_file.content
    source_input = Input(content.name, content.size, content.sha256, raw_table.record_count)
    return rows, InputReport(source_input, "lookup", str(lookup_file.dialect), {lookup.by: key_column})


def _require_days(keys: pd.Series, lookup: LookupSource, key_column: str, raw_table: RawTable) -> None:
    """Reject keys that are no days, which no order could match."""
    unreadable = keys[pd.to_datetime(keys, format="%Y-%m-%d", errors="coerce").isna() & (keys.fillna("") != "")]
    if len(unreadable):
        raise InputProblem(
            f"'{unreadable.iloc[0]}' is not a day such as 2026-01-31",
            source=lookup.path,
            line=raw_table.line_number(int(unreadable.index[0])),
            column=key_column,
            remedy="write days as YYYY-MM-DD",
        )


def index_by_key(rows: pd.DataFrame, by: str, path: str, region: str | None) -> pd.DataFrame:
    """Return the rows by normalised key; repeated rows count once.

    Raises:
        InputProblem: a key has two different rows.
    """
    keyed = rows.drop(columns=by).assign(**{by: normalise_lookup_keys(rows[by], by, region)})
    distinct = keyed[keyed[by] != ""].drop_duplicates()
    repeated = distinct[by][distinct[by].duplicated()]
    if len(repeated):
        raise InputProblem(
            f"'{repeated.iloc[0]}' has several rows that differ",
            source=path,
            column=by,
            remedy="keep one row per value, or name the columns to add in columns",
        )
    return distinct.set_index(by)


def _find_customer_keys(customers: Customers, name: str, lookup: LookupSource, region: str | None) -> pd.Series:
    """Return the normalised key of each customer."""
    if lookup.by in customers.table:
        return normalise_lookup_keys(customers.table[lookup.by], lookup.by, region)
    if customers.contacts is not None and lookup.by in customers.contacts:
        return normalise_lookup_keys(customers.contacts[lookup.by], lookup.by, region)
    raise InputProblem(
        f"{name} describes customers by {lookup.by}, and the customers have none",
        source=lookup.path,
        column=lookup.by,
        remedy=f"name a file with customer_id and {lookup.by} under ingest.contacts.path",
    )


def _join_to_customers(
    customers: Customers, name: str, lookup: LookupSource, region: str | None, lookup_file: LookupFile
) -> Customers:
    table, keys = customers.table, _find_customer_keys(customers, name, lookup, region)
    by_key = index_by_key(lookup_file[0], lookup.by, lookup.path, region)
    matched = by_key.drop(columns=[column for column in columns.PERSONAL_COLUMNS if column in by_key]).reindex(keys)
    matched = matched.set_axis(table.index).rename(
        columns=lambda column: f"{name}_{column}" if column in table.columns else column
    )
    is_matched = keys.isin(by_key.index).to_numpy()
    note = message(
        "{lookup}: {found} of {total} customers matched by {key}",
        lookup=name,
        found=int(np.count_nonzero(is_matched)),
        total=len(table),
        key=lookup.by,
    )
    return replace(
        customers,
        table=pd.concat([table, matched], axis=1),
        input_reports=(*customers.input_reports, replace(lookup_file[1], notes=(note,))),
    )


def describe_lines(lines: pd.DataFrame, line_lookups: tuple[LineLookup, ...]) -> Mapping[str, pd.Series]:
    """Return the columns that lookup tables add to order lines, missing where a table lacks the key."""
    added: dict[str, pd.Series] = {}
    for lookup in line_lookups:
        if lookup.by in lines:
            by_key = index_by_key(lookup.rows, lookup.by, lookup.path, None)
            values = lines[lookup.by]
            texts = values if pd.api.types.is_datetime64_any_dtype(values.dtype) else values.astype("str")
            matched = by_key.reindex(normalise_lookup_keys(texts, lookup.by, None)).set_axis(lines.index)
            added |= {str(name): matched[name] for name in matched if name not in lines and name not in added}
    return added

"""Open an export and tell what it is: orders, or one row per customer."""

import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import pyarrow as pa

from segcli import columns as c
from segcli.columns import Kind
from segcli.config.ingest import Source
from segcli.errors import InputProblem, UsageProblem
from segcli.files import read as files
from segcli.ingest import cells, dates, dialect, locales, numbers, presets
from segcli.ingest.amount_spelling import is_currency
from segcli.ingest.candidates import find_customer_column, find_date_column
from segcli.ingest.recognise import (
    MEASURED,
    TRANSACTIONS,
    Recognition,
    check_declared,
    in_order,
    means,
    normalised,
    recognise,
)
from segcli.ingest.rival_amounts import RivalAmount, contains_discount, find_rival_amounts
from segcli.ingest.status_columns import StatusColumns, find_status_columns

JUDGED_RECORDS = 200
MAY_HOLD_STATUSES = (c.CATEGORY, c.CHANNEL, c.PAYMENT, c.REGION)  # a State may be one of an order
STATUS_RECORDS = 1000  # in which a column shows that it holds statuses
MEMORY_PER_BYTE = 10  # of text; measured on an order export of a million lines (benchmarks/README.md)
FIRST_LINE = 64_000  # bytes looked at to tell a table of segcli's own
ROW = "row number"  # the column that numbers rows which have no id
_NOTHING = Recognition({}, {})
NUMERIC = (Kind.NUMBER, Kind.MONEY, Kind.COUNT, Kind.DAYS)


@dataclass(frozen=True)
class Opened:
    """An export whose header is understood and whose body is not yet parsed.

    `asked` is what the user said of it, `status` names the columns that say what lines are, and `rivals` may be the
    amount as well. `contains_discount` tells that prices are after discount.
    """

    content: files.Content
    dialect: dialect.Dialect
    header: tuple[str, ...]
    recognition: Recognition
    is_orders: bool
    is_ours: bool
    source: Source
    preset: str = ""
    advice: str = ""
    asked: Source = field(default_factory=Source)
    status: StatusColumns = field(default_factory=StatusColumns)
    rivals: tuple[RivalAmount, ...] = ()
    contains_discount: bool = False

    @property
    def known_by(self) -> str | None:
        """What identifies customers in this file: customer_id, or email where that is all there is."""
        name = self.recognition.columns.get(c.CUSTOMER_ID)
        if name is None:
            return c.EMAIL if c.EMAIL in self.recognition.columns else None
        return c.EMAIL if means(name, c.EMAIL) else c.CUSTOMER_ID

    @property
    def is_bare(self) -> bool:
        """Whether nothing stands below the header, which the head of a large file does not tell."""
        return self.dialect.is_bare and not self.content.is_head

    def identified_by(self, standard: str) -> "Opened":
        """The same file with another of its columns as the customer id.

        Raises:
            InputProblem: there is no such column.
        """
        found = dict(self.recognition.columns)
        if standard not in found:
            raise InputProblem(
                f"no column recognised as {standard}, by which customers are to be found",
                source=self.content.name,
                line=1,
                remedy=f"Say which with columns: {{{standard}: NAME}}",
            )
        found[c.CUSTOMER_ID] = found.pop(standard)
        return replace(self, recognition=in_order(Recognition(found, self.recognition.why)))

    def without(self, standards: Collection[str]) -> "Opened":
        """The same file, of which these standard columns stay unread."""
        columns = {name: own for name, own in self.recognition.columns.items() if name not in standards}
        return replace(self, recognition=Recognition(columns, self.recognition.why))

    def only_mapped(self) -> "Opened":
        """The same file, of which columns that are not recognised stay unread; a table of segcli's own stays whole."""
        if self.is_ours:
            return self
        others = [name for name in self.header if name not in self.recognition.columns.values()]
        return replace(self, source=self.source.model_copy(update={"leave_out": others}))

    def with_order_ids(self, order_ids: Literal["unique", "daily"] | None) -> "Opened":
        """The same file, whose order ids are read so."""
        return replace(self, source=self.source.model_copy(update={"order_ids": order_ids}))

    @property
    def may_start_order_ids_again(self) -> bool:
        """Whether neither the user nor a preset says what an order id names."""
        return self.source.order_ids is None and not self.preset

    def cells(self, wanted: list[str] | None = None, numbers: Collection[str] = ()) -> cells.Cells:
        """The wanted columns (by default all that the source does not leave out) as text, or as numbers if they are."""
        out = self.source.leave_out
        if out and wanted is None:
            wanted = [name for name in self.header if name not in out]
        found = cells.read(self.dialect, self.content.name, wanted, numbers)
        return cells.numbered(found, ROW) if self.source.row_ids else found


def opened(
    source: Source, content: files.Content | None = None, *, may_hold_orders: bool = True, memory: int | None = None
) -> Opened:
    """Read a file's bytes (or take those that are given), dialect and header, and recognise its columns.

    A file with an order count and a last order (or recency) per row holds customers; one with an order date
    holds orders; anything else with a customer id holds customers. A file that is joined to orders holds
    customers whatever dates it has: customers are created on a day, too. A packed file that needs more than `memory`
    bytes is refused.
    """
    if source.path is None:
        raise UsageProblem("no input: name a file, pipe one in, or give a config with ingest.transactions.path")
    asked = source
    content = content or files.read(
        source.path, memory_per_byte=MEMORY_PER_BYTE if source.memory_guard or memory else 0, memory_limit=memory
    )
    is_ours = _is_ours(content)
    if is_ours:
        source = Source(path=source.path)  # how the user's exports are written says nothing about segcli's own tables
    written = dialect.detect(content, source)
    names = cells.header(written, content.name)
    declared = [("void", name) for name in source.void or ()] + [("leave_out", name) for name in source.leave_out]
    declared += [("returned", name) for name in source.returned or ()]
    declared += [(c.CUSTOMER_ID, name) for name in source.fallback_ids]
    check_declared([*source.columns.items(), *declared], names, content.name)
    found = None if is_ours else presets.chosen(source.preset, names, content.name)
    if found and (may_hold_orders or found[1].holds == "customers"):
        return _by_preset(Opened(content, written, names, _NOTHING, False, is_ours, source, asked=asked), *found)
    fits = _Fits(written, names, source)
    open_names = [name for name in names if name not in source.leave_out]
    customers = recognise(open_names, MEASURED, _only(source.columns, MEASURED), fits=fits)
    orders = _identified(recognise(open_names, TRANSACTIONS, _only(source.columns, TRANSACTIONS), fits=fits))
    if source.row_ids:
        if c.CUSTOMER_ID in source.columns:
            raise InputProblem(
                "rows are to be numbered (row_ids), and customer_id is mapped as well",
                source=content.name,
                remedy="Leave one out",
            )
        numbered = in_order(Recognition({**customers.columns, c.CUSTOMER_ID: ROW}, customers.why))
        return Opened(content, written, names, numbered, False, is_ours, source, asked=asked)
    if may_hold_orders and not is_ours and not _measures(customers.columns):
        orders, notes = _with_date(orders, customers, fits)
        written = replace(written, notes=(*written.notes, *notes))
    is_orders = may_hold_orders and not _measures(customers.columns) and c.ORDER_DATE in orders.columns
    chosen = orders if is_orders else customers
    first = cells.sample(written, STATUS_RECORDS) if is_orders else []
    chosen = _with_currency(names, first, chosen, source) if is_orders else chosen
    status = _status_columns(names, first, chosen, source)
    rivals = tuple(find_rival_amounts(names, first, chosen.columns, source)) if is_orders else ()
    advice = _advise_customer(orders, fits) if is_orders and c.CUSTOMER_ID not in orders.columns else ""
    opened = Opened(content, written, names, chosen, is_orders, is_ours, source, advice=advice, asked=asked)
    has_discount = is_orders and contains_discount(names, first, chosen.columns, source)
    return replace(opened, status=status, rivals=rivals, contains_discount=has_discount)


def open_again(file: Opened, *, memory: int | None = None) -> Opened:
    """Read the whole of a file of which only the first records were read.

    Args:
        file: as its first records show it.
        memory: bytes of memory that a packed file may take.

    Raises:
        InputProblem: the file was changed meanwhile.
    """
    again = opened(file.asked, memory=memory)
    files.check_version(file.content.name, again.content.version, file.content.version)
    return again


def _with_currency(
    names: tuple[str, ...], records: Sequence[Sequence[str]], chosen: Recognition, source: Source
) -> Recognition:
    """Take a column of currency codes with an unknown name as the currency."""
    taken = {*chosen.columns.values(), *source.leave_out}
    if c.CURRENCY in chosen.columns:
        return chosen
    for place, name in enumerate(names):
        values = {record[place].strip() for record in records if place < len(record)} - {""}
        if name not in taken and values and all(is_currency(value) for value in values):
            why = {**chosen.why, c.CURRENCY: "its values are currencies"}
            return in_order(Recognition({**chosen.columns, c.CURRENCY: name}, why))
    return chosen


def _status_columns(
    names: tuple[str, ...], records: Sequence[Sequence[str]], chosen: Recognition, source: Source
) -> StatusColumns:
    declared = [*source.leave_out, *(source.void or ()), *(source.returned or ())]
    taken = [name for standard, name in chosen.columns.items() if standard not in MAY_HOLD_STATUSES]
    return find_status_columns(names, records, {*taken, *declared})


def _by_preset(file: Opened, name: str, preset: presets.Preset) -> Opened:
    """The file as its preset reads it; what the user declared is kept."""
    source = preset.applied(file.source, file.header).model_copy(update={"preset": name})
    if c.UNIT_PRICE in file.source.columns and c.AMOUNT in set(source.columns) - set(file.source.columns):
        raise InputProblem(
            f"unit_price is declared, and the preset {name} takes the money from {source.columns[c.AMOUNT]}",
            source=file.content.name,
            remedy="Leave unit_price out, or say --preset none",
        )
    is_orders = preset.holds == "orders"
    why = dict.fromkeys(source.columns, f"preset {name}") | dict.fromkeys(file.source.columns, "declared")
    found = in_order(Recognition(_only(source.columns, TRANSACTIONS if is_orders else MEASURED), why))
    note = f"{preset.title}: {'recognised by the header' if file.source.preset is None else 'as asked'} (preset {name})"
    return replace(file, recognition=found, is_orders=is_orders, source=source, preset=note, advice=preset.advice)


def _is_ours(content: files.Content) -> bool:
    """Whether segcli wrote this table: its first line names measures or segments as only segcli does."""
    first = content.body[:FIRST_LINE].partition(b"\n")[0].decode(errors="replace")
    names = set(first.strip().replace("\t", ",").split(","))
    return c.CUSTOMER_ID in names and ({c.RECENCY_DAYS, c.ORDERS} <= names or any(n.endswith(c.SEGMENT) for n in names))


def _identified(orders: Recognition) -> Recognition:
    """Orders without a customer id belong to an e-mail address; a bare `Id` in an order export is the order's."""
    found = dict(orders.columns)
    if orders.why.get(c.CUSTOMER_ID) != "declared" and normalised(found.get(c.CUSTOMER_ID, "")) == "id":
        del found[c.CUSTOMER_ID]
    if c.CUSTOMER_ID not in found and c.EMAIL in found:
        found = {c.CUSTOMER_ID: found.pop(c.EMAIL), **found}
        return Recognition(found, {**orders.why, c.CUSTOMER_ID: "there is no customer id, only an e-mail address"})
    return Recognition(found, orders.why)


def _with_date(orders: Recognition, customers: Recognition, fits: "_Fits") -> tuple[Recognition, tuple[str, ...]]:
    """Take the only column of dates with an unknown name as the order date, where customers have several lines."""
    ids = orders.columns.get(c.CUSTOMER_ID) or customers.columns.get(c.CUSTOMER_ID)
    if c.ORDER_DATE in orders.columns or ids is None or not fits.have_several_records(ids):
        return orders, ()
    date = find_date_column(fits.values_without({*orders.columns.values(), *customers.columns.values()}), fits.source)
    if date is None:
        return orders, ()
    found = Recognition(
        {**orders.columns, c.CUSTOMER_ID: ids, c.ORDER_DATE: date}, {**orders.why, c.ORDER_DATE: "its values are dates"}
    )
    note = f"order_date is column '{date}', the only one with dates; --map order_date=NAME names another"
    return in_order(found), (note,)


def _advise_customer(orders: Recognition, fits: "_Fits") -> str:
    """Suggest the column that says who bought; blank where none does."""
    name = find_customer_column(fits.values_without(set(orders.columns.values())), fits.source)
    return f"Say which with --map {shlex.quote(f'customer_id={name}')}" if name else ""


def _only(declared: Mapping[str, str], vocabulary: frozenset[str]) -> dict[str, str]:
    return {standard: name for standard, name in declared.items() if standard in vocabulary}


def _measures(found: Mapping[str, str]) -> bool:
    return c.ORDERS in found and (c.RECENCY_DAYS in found or c.LAST_ORDER in found)


class _Fits:
    """Whether a column's first records can hold what its name promises."""

    def __init__(self, written: dialect.Dialect, names: tuple[str, ...], source: Source) -> None:
        self._names, self._open = names, [name for name in names if name not in source.leave_out]
        self.source, self._locale = source, locales.of(source)
        self._sample = [r for r in cells.sample(written, JUDGED_RECORDS) if len(r) == len(names)]

    def __call__(self, standard: str, name: str) -> bool:
        kind = c.TRANSACTIONS.get(standard, c.kind(standard))
        place = self._names.index(name)
        values = [record[place] for record in self._sample]
        if kind is Kind.DATE:
            return dates.looks_dated(values, self.source)
        if standard == c.QUANTITY:
            values = numbers.drop_units(pa.array(values, pa.string())).to_pylist()
        if standard == c.DISCOUNT:
            values = [value.strip().removesuffix("%") for value in values]
        return numbers.looks_numeric(values, self._locale) if kind in NUMERIC else True

    def values(self, name: str) -> list[str]:
        """Return the values of a column in the first records, without blanks at their ends."""
        place = self._names.index(name)
        return [record[place].strip() for record in self._sample]

    def have_several_records(self, name: str) -> bool:
        """Whether some value of a column has records that differ, which one row per customer rules out."""
        values = self.values(name)
        different = {(value, *record) for value, record in zip(values, self._sample, strict=True) if value}
        return len(different) > len({value for value in values if value})

    def values_without(self, known: Collection[str]) -> dict[str, list[str]]:
        """Return the values of all columns that are read and not known."""
        return {name: self.values(name) for name in self._open if name not in known}

"""Order exports of many kinds and languages, made by chance, whose true revenue is known.

    made("refunds by type", "pl", seed=7)

Each kind has one thing in it that can lead a reader to a wrong revenue; the words are those of `made_exports.yaml`.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

import yaml

PRODUCTS = [f"P{number}" for number in range(1, 10)]
DATE_FORMATS = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "%Y/%m/%d"]
SIGN_COLUMNS = ["+/-", "Sign", "Vorz."]
FAR = datetime(2042, 5, 5)  # noqa: DTZ001 - exports have local times
HALF, QUARTER, TENTH = 0.5, 0.25, 0.1  # chances
ORDERS_PER_TOTAL = 9


class Header(NamedTuple):
    """What a platform calls its columns."""

    customer: str
    order: str
    date: str
    amount: str
    quantity: str
    price: str
    product: str


@dataclass(frozen=True)
class Words:
    """How exports in one language say things."""

    headers: Sequence[Header]
    types: Sequence[Sequence[str]]
    statuses: Sequence[Sequence[str]]
    totals: Sequence[str]
    order_totals: Sequence[str]
    discounts: Sequence[str]


def _words() -> dict[str, Words]:
    known = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return {
        language: Words(**{**entry, "headers": [Header(*names) for names in entry["headers"]]})
        for language, entry in known.items()
    }


WORDS = _words()
LANGUAGES = tuple(WORDS)


def _english(cents: int) -> str:
    return f"{cents / 100:,.2f}"


def _german(cents: int) -> str:
    return _english(cents).translate(str.maketrans(",.", ".,"))


def _plain(cents: int) -> str:
    return f"{cents / 100:.2f}"


def _with_comma(cents: int) -> str:
    return _plain(cents).replace(".", ",")


def _dollars(cents: int) -> str:
    return ("-" if cents < 0 else "") + f"${_english(abs(cents))}"


Form = Callable[[int], str]
FORMS: list[Form] = [
    _plain,
    _with_comma,
    _english,
    _german,
    lambda cents: _english(cents).replace(",", "'"),
    lambda cents: _english(cents).translate(str.maketrans(",.", " ,")),
]
CURRENCIES: dict[str, list[Form]] = {
    "USD": [_dollars, lambda cents: f"{_plain(cents)} USD"],
    "EUR": [lambda cents: f"{_german(cents)} €"],
    "INR": [lambda cents: f"₹{_english(cents)}", lambda cents: f"Rs. {_english(cents)}"],
    "BRL": [lambda cents: f"R$ {_german(cents)}"],
    "SEK": [lambda cents: f"{_with_comma(cents)} kr"],
    "PLN": [lambda cents: f"{_with_comma(cents)} zł"],
    "CHF": [lambda cents: f"CHF {_plain(cents)}"],
}
SIGNED: list[Form] = [
    _plain,
    _with_comma,
    _dollars,
    lambda cents: f"({_plain(-cents)})" if cents < 0 else _plain(cents),
    lambda cents: f"{_plain(abs(cents))}{'-' if cents < 0 else ''}",
    lambda cents: f"{_plain(abs(cents))} {'Cr' if cents < 0 else 'Dr'}",
]


@dataclass(frozen=True)
class MadeExport:
    """The files of an export and its true revenue; None where it has several currencies, which have no sum."""

    kind: str
    language: str
    texts: tuple[str, ...]
    revenue: float | None


@dataclass(frozen=True)
class Line:
    """A line of an order; money in cents."""

    quantity: int
    price: int
    product: str

    @property
    def cents(self) -> int:
        return self.quantity * self.price


@dataclass(frozen=True)
class Order:
    """An order as it was."""

    number: str
    customer: str
    time: datetime
    lines: tuple[Line, ...]

    @property
    def cents(self) -> int:
        return sum(line.cents for line in self.lines)


@dataclass(frozen=True)
class Row:
    """A row of a file: the order it names, and the cells behind its date."""

    order: Order
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Shop:
    """A shop with its orders, its words, its way to write money, and the chance by which all was made."""

    chance: Random
    words: Words
    header: Header
    orders: tuple[Order, ...]
    money: Form

    @property
    def lines(self) -> list[tuple[Order, Line]]:
        return [(order, line) for order in self.orders for line in order.lines]

    @property
    def cents(self) -> int:
        return sum(order.cents for order in self.orders)


@dataclass(frozen=True)
class Table:
    """What a kind makes of a shop: columns behind the date, rows, and the true cents; `cut` where two files share."""

    columns: tuple[str, ...]
    rows: list[Row]
    cents: float | None
    cut: bool = False


def clean(shop: Shop) -> Table:
    """Lines with an amount, or with quantity and price."""
    if shop.chance.random() < HALF:
        return amounts_of_lines(shop)
    rows = [Row(order, (line.product, str(line.quantity), shop.money(line.price))) for order, line in shop.lines]
    return Table((shop.header.product, shop.header.quantity, shop.header.price), rows, shop.cents)


def amounts_of_lines(shop: Shop) -> Table:
    """Lines with their amount."""
    rows = [Row(order, (line.product, shop.money(line.cents))) for order, line in shop.lines]
    return Table((shop.header.product, shop.header.amount), rows, shop.cents)


def order_totals(shop: Shop) -> Table:
    """The whole order's money stands on each of its lines."""
    rows = [Row(order, (shop.money(order.cents), line.product)) for order, line in shop.lines]
    return Table((shop.chance.choice(shop.words.order_totals), shop.header.product), rows, shop.cents)


def order_totals_and_prices(shop: Shop) -> Table:
    """The whole order's money stands on each of its lines, beside their quantities and prices."""
    rows = [
        Row(order, (shop.money(order.cents), str(line.quantity), shop.money(line.price), line.product))
        for order, line in shop.lines
    ]
    total = shop.chance.choice(shop.words.order_totals)
    return Table((total, shop.header.quantity, shop.header.price, shop.header.product), rows, shop.cents)


def refunds_by_type(shop: Shop) -> Table:
    """Refunds are told by a type, and their amounts have no minus."""
    return _told_apart(shop, *shop.chance.choice(shop.words.types))


def refunds_by_sign(shop: Shop) -> Table:
    """The minus of refunds stands in a column of its own."""
    return _told_apart(shop, shop.chance.choice(SIGN_COLUMNS), "+", "-")


def negative_refunds(shop: Shop) -> Table:
    """Refunds have a minus, in one of the ways to write it."""
    money, booked = shop.chance.choice(SIGNED), _booked(shop)
    rows = [Row(order, (money(cents),)) for order, cents in booked]
    return Table((shop.header.amount,), rows, sum(cents for _, cents in booked))


def _told_apart(shop: Shop, column: str, sale: str, refund: str) -> Table:
    booked = _booked(shop)
    rows = [Row(order, (sale if cents > 0 else refund, shop.money(abs(cents)))) for order, cents in booked]
    return Table((column, shop.header.amount), rows, sum(cents for _, cents in booked))


def _booked(shop: Shop) -> list[tuple[Order, int]]:
    """Return the money of every order, and of every fourth or so a refund of half of it."""
    booked = []
    for order in shop.orders:
        booked.append((order, order.cents))
        if shop.chance.random() < QUARTER:
            number = order.number + shop.chance.choice(["R", ""])
            booked.append((replace(order, number=number), -(order.cents // 2)))
    return booked


def statuses(shop: Shop) -> Table:
    """Some orders came to nothing, which only their status says; their money is no revenue."""
    column, sale, *no_sales = shop.chance.choice(shop.words.statuses)
    told = [shop.chance.choice(no_sales) if shop.chance.random() < QUARTER else sale for _ in shop.orders]
    rows = [Row(order, (status, shop.money(order.cents))) for order, status in zip(shop.orders, told, strict=True)]
    sold = sum(order.cents for order, status in zip(shop.orders, told, strict=True) if status == sale)
    return Table((column, shop.header.amount), rows, sold)


def one_currency(shop: Shop) -> Table:
    """Amounts with their currency, in all the ways to write it: `$` and `USD` are the same."""
    forms = CURRENCIES[shop.chance.choice(list(CURRENCIES))]
    rows = [Row(order, (shop.chance.choice(forms)(order.cents),)) for order in shop.orders]
    return Table((shop.header.amount,), rows, shop.cents)


def several_currencies(shop: Shop) -> Table:
    """Amounts in two currencies, whose sum means nothing."""
    pair = [shop.chance.choice(CURRENCIES[name]) for name in shop.chance.sample(list(CURRENCIES), 2)]
    forms = [*pair, *shop.chance.choices(pair, k=len(shop.orders) - len(pair))]
    rows = [Row(order, (form(order.cents),)) for order, form in zip(shop.orders, forms, strict=True)]
    return Table((shop.header.amount,), rows, None)


def total_rows(shop: Shop) -> Table:
    """Rows that add up the orders above them, every few orders and at the end."""
    names_customer, rows = shop.chance.random() < HALF, list[Row]()
    for start in range(0, len(shop.orders), ORDERS_PER_TOTAL):
        orders = shop.orders[start : start + ORDERS_PER_TOTAL]
        rows += [Row(order, (order.lines[0].product, shop.money(order.cents))) for order in orders]
        label, total = shop.chance.choice(shop.words.totals), shop.money(sum(order.cents for order in orders))
        nobody = replace(orders[-1], number="", customer=label if names_customer else "")
        rows.append(Row(nobody, ("" if names_customer else label, total)))
    return Table((shop.header.product, shop.header.amount), rows, shop.cents)


def empty_prices(shop: Shop) -> Table:
    """The line's total stands beside prices of which some are empty."""
    prices = ["" if shop.chance.random() < TENTH else shop.money(line.price) for _, line in shop.lines]
    rows = [
        Row(order, (line.product, str(line.quantity), price, shop.money(line.cents)))
        for (order, line), price in zip(shop.lines, prices, strict=True)
    ]
    return Table(_priced_columns(shop), rows, shop.cents)


def with_tax(shop: Shop) -> Table:
    """The line's total contains a tax of 20 %, its price does not."""
    paid = [round(line.cents * 1.2) for _, line in shop.lines]
    rows = [
        Row(order, (line.product, str(line.quantity), shop.money(line.price), shop.money(cents)))
        for (order, line), cents in zip(shop.lines, paid, strict=True)
    ]
    return Table(_priced_columns(shop), rows, sum(paid))


def _priced_columns(shop: Shop) -> tuple[str, ...]:
    header = shop.header
    return header.product, header.quantity, header.price, header.amount


def line_discounts(shop: Shop) -> Table:
    """A discount for each line beside its price, in money."""
    off = [_discount(shop, line.cents) for _, line in shop.lines]
    return _discounted(shop, shop.chance.choice(shop.words.discounts), list(map(shop.money, off)), sum(off))


def order_discounts(shop: Shop) -> Table:
    """The discount of the whole order, on each of its lines."""
    off = {order.number: _discount(shop, order.cents) for order in shop.orders}
    cells = [shop.money(off[order.number]) for order, _ in shop.lines]
    return _discounted(shop, shop.chance.choice(shop.words.discounts), cells, sum(off.values()))


def percent_discounts(shop: Shop) -> Table:
    """A discount in percent, which either the column or each of its values says."""
    percents = [shop.chance.choice([0, 0, 10, 25]) for _ in shop.lines]
    off = sum(line.cents * percent / 100 for (_, line), percent in zip(shop.lines, percents, strict=True))
    column, sign = shop.chance.choice(shop.words.discounts), shop.chance.random() < HALF
    cells = [f"{percent}%" if sign else str(percent) for percent in percents]
    return _discounted(shop, column if sign else f"{column} %", cells, off)


def _discount(shop: Shop, cents: int) -> int:
    """Return nothing, or a few coins, or up to a third of the money."""
    return shop.chance.choice([0, 0, shop.chance.randint(1, 200), cents // shop.chance.randint(3, 12)])


def _discounted(shop: Shop, column: str, cells: Sequence[str], off: float) -> Table:
    rows = [
        Row(order, (str(line.quantity), shop.money(line.price), cell))
        for (order, line), cell in zip(shop.lines, cells, strict=True)
    ]
    return Table((shop.header.quantity, shop.header.price, column), rows, shop.cents - off)


def restarting_numbers(shop: Shop) -> Table:
    """Numbers of receipts that begin again at 1 after every five orders."""
    numbers = {order.number: str(place % 5 + 1) for place, order in enumerate(shop.orders)}
    table = clean(shop)
    rows = [replace(row, order=replace(row.order, number=numbers[row.order.number])) for row in table.rows]
    return replace(table, rows=rows)


def overlapping_files(shop: Shop) -> Table:
    """Two files, of which the second repeats the last lines of the first."""
    return replace(clean(shop), cut=True)


def far_date(shop: Shop) -> Table:
    """One line's date is years after all others."""
    table = clean(shop)
    rows, place = list(table.rows), len(table.rows) // 2
    rows[place] = replace(rows[place], order=replace(rows[place].order, time=FAR))
    return replace(table, rows=rows)


def unreadable_amount(shop: Shop) -> Table:
    """One line's amount has a word or a mark before it that is no part of a number."""
    table = amounts_of_lines(shop)
    rows, place = list(table.rows), shop.chance.randrange(len(table.rows))
    product, amount = rows[place].cells
    rows[place] = replace(rows[place], cells=(product, shop.chance.choice(["approx ", "~", "? "]) + amount))
    return replace(table, rows=rows)


KINDS: dict[str, Callable[[Shop], Table]] = {
    "clean": clean,
    "order totals": order_totals,
    "order totals beside prices": order_totals_and_prices,
    "refunds by type": refunds_by_type,
    "refunds by sign": refunds_by_sign,
    "negative refunds": negative_refunds,
    "statuses": statuses,
    "one currency": one_currency,
    "several currencies": several_currencies,
    "rows of totals": total_rows,
    "line totals beside empty prices": empty_prices,
    "line totals with tax": with_tax,
    "discounts of lines": line_discounts,
    "discounts of orders": order_discounts,
    "discounts in percent": percent_discounts,
    "restarting receipt numbers": restarting_numbers,
    "overlapping files": overlapping_files,
    "a date far from all others": far_date,
    "an unreadable amount": unreadable_amount,
}


def made(kind: str, language: str, seed: int) -> MadeExport:
    """Make an export; the same arguments make the same one."""
    chance = Random(f"{kind}, {language}, {seed}")  # noqa: S311 - no secret
    shop = _shop(chance, WORDS[language])
    table = KINDS[kind](shop)
    return MadeExport(kind, language, _texts(shop, table), None if table.cents is None else table.cents / 100)


def _shop(chance: Random, words: Words) -> Shop:
    header = chance.choice(words.headers)
    customers = _customers(chance, header)
    orders, time = [], datetime(2023, chance.randint(1, 12), chance.randint(1, 28), 9)  # noqa: DTZ001 - as in exports
    for number in range(7000, 7000 + chance.randint(8, 60)):
        time += timedelta(days=chance.randint(0, 4), minutes=chance.randint(1, 300))
        lines = tuple(
            Line(chance.randint(1, 4), chance.randint(400, 30_000), chance.choice(PRODUCTS))
            for _ in range(chance.choice([1, 1, 2, 3]))
        )
        orders.append(Order(str(number), chance.choice(customers), time, lines))
    return Shop(chance, words, header, tuple(orders), chance.choice(FORMS))


def _customers(chance: Random, header: Header) -> list[str]:
    count = chance.randint(3, 12)
    if header.customer == "Email":
        return [f"c{number}@x.com" for number in range(count)]
    letters = chance.choice(["C", "K-", "1"])
    return [f"{letters}{1000 + number}" for number in range(count)]


def _texts(shop: Shop, table: Table) -> tuple[str, ...]:
    """Write the rows as one file, or as two which have a tenth of the rows in common."""
    written, delimiter = shop.chance.choice(DATE_FORMATS), shop.chance.choice([",", ";", "\t"])
    header = [shop.header.customer, shop.header.order, shop.header.date, *table.columns]
    cells = [[row.order.customer, row.order.number, row.order.time.strftime(written), *row.cells] for row in table.rows]
    end, start = len(cells) * 55 // 100, len(cells) * 45 // 100
    return tuple(_text([header, *part], delimiter) for part in ([cells[:end], cells[start:]] if table.cut else [cells]))


def _text(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()

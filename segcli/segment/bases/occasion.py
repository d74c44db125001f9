"""Behavioural: the occasion a customer buys for: holidays, days of one's own, birthday, weekend, season."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli import columns as c
from segcli.config.section import Section
from segcli.customers import history
from segcli.customers.history import CUSTOMER
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, Decided
from segcli.segment.lookup import Lookup

SOURCE = (
    "occasion index = share of orders inside the window / share of days inside it (after Dubow, Occasion-based vs. "
    "user-based benefit segmentation, Journal of Advertising Research, 1992)"
)
NEEDS = f"an order export; {c.BIRTH_DATE} for birthdays; a country or a table for holidays"
ADDS = ("occasion_index",)
LOOKUP = ("name", "start")
NONE = "no occasion"
BIRTHDAY = "birthday"
A_DAY = np.timedelta64(1, "D")
SEASONS = ("winter", "spring", "summer", "autumn")  # meteorological: winter begins on 1 December
SATURDAY = 5
YEAR = 365.25

Mask = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]


class Options(Section):
    """Which occasions there are, and who buys for one."""

    holidays: str | None = Field(
        None,
        min_length=2,
        description="Country, such as DE, or DE-BY, whose public holidays count; needs segcli[occasions].",
    )
    days_before: int = Field(14, ge=0, le=90, description="Days before a holiday that belong to it.")
    days_after: int = Field(0, ge=0, le=90, description="Days after a holiday that belong to it.")
    birthday: int = Field(7, ge=0, le=60, description="Days before and after a customer's birthday that belong to it.")
    weekend: bool = Field(default=True, description="Whether Saturday and Sunday are an occasion.")
    seasons: bool = Field(default=True, description="Whether the four seasons are occasions.")
    southern: bool = Field(default=False, description="Whether seasons are those of the southern hemisphere.")
    minimum_orders: int = Field(2, ge=1, description="Orders inside a window from which a customer buys for it.")
    minimum_share: float = Field(0.5, gt=0, le=1, description="Share of orders that must lie inside the window, too.")
    minimum_index: float = Field(2.0, gt=0, description="Occasion index that a customer must have, too.")


@dataclass(frozen=True)
class Window:
    """An occasion: which purchases lie inside it, whose purchases it can be asked of, and its share of all days."""

    name: str
    inside: Mask
    asked: Mask
    share: float


def decide(customers: Customers, options: Options, lookup: Lookup | None = None) -> Decided:
    """The occasion with each customer's highest index, if enough of the orders lie inside it."""
    bought = history.purchases(customers)
    windows = [window for window in _windows(customers, bought, options, lookup) if window.share > 0]
    if not windows:
        raise InputProblem(
            "there is no column or table of any occasion",
            source=customers.readings[0].input.name,
            remedy="Give --table FILE, or an order export",
        )
    rows, size = bought[CUSTOMER].to_numpy(), len(customers.table)
    best, labels = np.zeros(size), np.full(size, NONE, dtype=object)
    for window in windows:
        inside = np.bincount(rows[window.inside], minlength=size)
        share = inside / np.maximum(np.bincount(rows[window.asked], minlength=size), 1)
        index = share / window.share
        fits = (inside >= options.minimum_orders) & (share >= options.minimum_share) & (index >= options.minimum_index)
        better = fits & (index > best)
        best, labels = np.where(better, index, best), np.where(better, window.name, labels)
    once = np.bincount(rows, minlength=size) < options.minimum_orders
    labels = np.where(once, UNKNOWN, labels).astype(object)
    named = [window.name for window in windows if (labels == window.name).any()]
    few = f"customers of fewer than {options.minimum_orders} orders"
    note = f"{few}, for whom no occasion can be told: {int(once.sum()):,}"
    order = (*named, *(name for name in (NONE, UNKNOWN) if (labels == name).any()))
    added = customers.table[[]].assign(occasion_index=np.where(best > 0, best, np.nan).round(6))
    return Decided(labels, order, (note,), scores=added, tables={"Occasions": _told(windows, labels)})


def _told(windows: list[Window], labels: npt.NDArray[np.object_]) -> pd.DataFrame:
    """For each occasion how many days and orders lie inside it, and the index of all customers together."""
    rows = []
    for window in windows:
        asked, inside = int(window.asked.sum()), int(window.inside.sum())
        share = inside / asked if asked else np.nan
        customers = int((labels == window.name).sum())
        rows.append([window.name, window.share, inside, share, share / window.share, customers])
    return pd.DataFrame(rows, columns=["occasion", "share_of_days", c.ORDERS, "share_of_orders", "index", c.CUSTOMERS])


def _windows(customers: Customers, bought: pd.DataFrame, options: Options, lookup: Lookup | None) -> Iterator[Window]:
    day = bought[history.DAY].to_numpy().astype("datetime64[D]")
    after = day.max() + A_DAY
    calendar = np.arange(day.min(), max(after, np.datetime64(customers.as_of or "1970-01-01", "D")), A_DAY)
    everybody = np.ones(len(day), dtype=bool)

    def window(name: str, within: Mask) -> Window:
        return Window(name, within[(day - calendar[0]).astype(np.int64)], everybody, float(within.mean()))

    for name, within in {**_holidays(calendar, options), **_own(calendar, lookup)}.items():
        yield window(name, within)
    if c.BIRTH_DATE in customers.table and customers.table[c.BIRTH_DATE].dtype.kind == "M":
        yield _birthday(customers, bought, day, options.birthday)
    if options.weekend:
        weekday = (calendar.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday, and Monday is 0
        yield window("weekend", weekday >= SATURDAY)
    if options.seasons:
        season = (calendar.astype("datetime64[M]").astype(np.int64) + 1) // 3 % 4
        for place, name in enumerate(SEASONS):
            yield window(name, season == (place + 2 * options.southern) % 4)


def _holidays(calendar: Days, options: Options) -> Mapping[str, Mask]:
    """The days of each public holiday, with those before and after."""
    if options.holidays is None:
        return {}
    found: dict[str, Mask] = {}
    for day, name in _public(options.holidays, calendar):
        near = _between(calendar, day - options.days_before * A_DAY, day + options.days_after * A_DAY)
        found[name] = found.get(name, np.zeros(len(calendar), dtype=bool)) | near
    return found


def _public(country: str, calendar: Days) -> Iterator[tuple[np.datetime64, str]]:
    """Public holidays of the years and of those beside them.

    In English where the package has it: otherwise a machine's language would change their names.
    """
    try:
        import holidays
    except ImportError:
        raise ConfigProblems(["rules: occasion.holidays needs the extra: pip install 'segcli[occasions]'"]) from None
    first, last = (int(str(day)[:4]) for day in (calendar[0], calendar[-1]))
    code, _, part = country.partition("-")
    try:
        known = holidays.country_holidays(code)
        english = next((one for one in ("en_US", "en_GB") if one in known.supported_languages), known.default_language)
        years = range(first - 1, last + 2)
        named = holidays.country_holidays(code, subdiv=part or None, years=years, observed=False, language=english)
    except NotImplementedError as error:
        raise ConfigProblems([f"rules: occasion.holidays: {error}"]) from None
    for day, names in sorted(named.items()):
        for name in names.split("; "):
            if not name.startswith("Day off"):  # moved working days are no occasion
                yield np.datetime64(day, "D"), name


def _own(calendar: Days, lookup: Lookup | None) -> Mapping[str, Mask]:
    """The days of the user's own table: name, start, and perhaps end."""
    found: dict[str, Mask] = {}
    for row in lookup.rows.to_dict("records") if lookup else ():
        try:
            start = np.datetime64(row["start"], "D")
            end = np.datetime64(row.get("end") or row["start"], "D")
        except ValueError:
            raise InputProblem(
                f"'{row['start']}' to '{row.get('end', '')}' are no days such as 2026-01-31",
                source=lookup.read_from.name,  # type: ignore[union-attr]  # there are rows
                remedy="Write them so",
            ) from None
        found[row["name"]] = found.get(row["name"], np.zeros(len(calendar), dtype=bool)) | _between(
            calendar, start, end
        )
    return found


def _between(calendar: Days, start: np.datetime64, end: np.datetime64) -> Mask:
    found: Mask = (calendar >= start) & (calendar <= end)
    return found


def _birthday(customers: Customers, bought: pd.DataFrame, day: Days, near: int) -> Window:
    """Purchases within so many days of a birthday, asked of those whose birthday is known; 29 February is 1 March."""
    born = customers.table[c.BIRTH_DATE].to_numpy().astype("datetime64[D]")[bought[CUSTOMER].to_numpy()]
    asked = ~np.isnat(born)
    first = np.where(asked, born, np.datetime64("2000-01-01"))
    month = first.astype("datetime64[M]") - first.astype("datetime64[Y]")
    in_month = first - first.astype("datetime64[M]")
    year = day.astype("datetime64[Y]")
    away = np.full(len(day), 366)
    for shift in np.array([-1, 0, 1], dtype="timedelta64[Y]"):
        birthday = ((year + shift).astype("datetime64[M]") + month).astype("datetime64[D]") + in_month
        away = np.minimum(away, np.abs((day - birthday).astype(np.int64)))
    return Window(BIRTHDAY, asked & (away <= near), asked, (2 * near + 1) / YEAR)

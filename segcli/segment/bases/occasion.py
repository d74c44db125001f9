"""Behavioural: purchase occasion of a customer: holiday, custom period, birthday, weekend or season."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.customers import order_history
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.errors import ConfigProblems, InputProblem
from segcli.message import CustomerCount, message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult
from segcli.segment.lookup_table import LookupTable

SOURCE = (
    "occasion index = share of orders inside the window / share of days inside it (after Dubow, Occasion-based vs. "
    "user-based benefit segmentation, Journal of Advertising Research, 1992)"
)
NEEDS = f"an order export; {columns.BIRTH_DATE} for birthdays; a country or a table for holidays"
ADDS = ("occasion_index",)
LOOKUP = ("name", "start")
NO_OCCASION = "no occasion"
BIRTHDAY = "birthday"
ONE_DAY = np.timedelta64(1, "D")
SEASONS = ("winter", "spring", "summer", "autumn")  # meteorological: winter begins on 1 December
SATURDAY = 5
DAYS_PER_YEAR = 365.25

BooleanMask = npt.NDArray[np.bool_]
DayArray = npt.NDArray[np.datetime64]


class Options(Section):
    """Occasions to test, and the thresholds for buying at an occasion."""

    holidays: str | None = Field(
        None,
        min_length=2,
        description="Country or subdivision of the public holidays, for example DE or DE-BY. Needs segcli[occasions]. "
        "Default: none.",
    )
    days_before: int = Field(14, ge=0, le=90, description="Days before a holiday that count as the occasion.")
    days_after: int = Field(0, ge=0, le=90, description="Days after a holiday that count as the occasion.")
    birthday: int = Field(
        7, ge=0, le=60, description="Days before and after a customer's birthday that count as the occasion."
    )
    weekend: bool = Field(default=True, description="Test the occasion weekend (Saturday and Sunday).")
    seasons: bool = Field(default=True, description="Test the four seasons as occasions.")
    southern: bool = Field(default=False, description="Use the seasons of the southern hemisphere.")
    minimum_orders: int = Field(2, ge=1, description="Minimum number of the customer's orders inside the occasion.")
    minimum_share: float = Field(
        0.5, gt=0, le=1, description="Minimum share of the customer's orders inside the occasion."
    )
    minimum_index: float = Field(2.0, gt=0, description="Minimum occasion index of the customer.")


@dataclass(frozen=True)
class OccasionWindow:
    """An occasion: purchases inside it, purchases of eligible customers, and its share of all days."""

    name: str
    is_inside: BooleanMask
    is_eligible: BooleanMask
    share: float


def assign_segments(customers: Customers, options: Options, lookup: LookupTable | None = None) -> BaseResult:
    """Assign the occasion with the customer's highest index, if enough of their orders lie inside it."""
    purchases = order_history.list_orders(customers)
    windows = [window for window in _find_windows(customers, purchases, options, lookup) if window.share > 0]
    if not windows:
        raise InputProblem(
            "no column or table with occasions",
            source=customers.input_reports[0].input.name,
            remedy="pass --table FILE, or an order export",
        )
    customer_rows, customer_count = purchases[CUSTOMER_ROW].to_numpy(), len(customers.table)
    best_index, labels = np.zeros(customer_count), np.full(customer_count, NO_OCCASION, dtype=object)
    for window in windows:
        inside_counts = np.bincount(customer_rows[window.is_inside], minlength=customer_count)
        share = inside_counts / np.maximum(np.bincount(customer_rows[window.is_eligible], minlength=customer_count), 1)
        index = share / window.share
        is_match = (
            (inside_counts >= options.minimum_orders)
            & (share >= options.minimum_share)
            & (index >= options.minimum_index)
        )
        is_better = is_match & (index > best_index)
        best_index, labels = np.where(is_better, index, best_index), np.where(is_better, window.name, labels)
    has_too_few = np.bincount(customer_rows, minlength=customer_count) < options.minimum_orders
    labels = np.where(has_too_few, UNKNOWN, labels).astype(object)
    present_names = [window.name for window in windows if (labels == window.name).any()]
    note = message(
        "customers with fewer than {orders} orders, no occasion assigned: {count}",
        orders=options.minimum_orders,
        count=CustomerCount(has_too_few.sum()),
    )
    order = (*present_names, *(name for name in (NO_OCCASION, UNKNOWN) if (labels == name).any()))
    extra_scores = customers.table[[]].assign(occasion_index=np.where(best_index > 0, best_index, np.nan).round(6))
    return BaseResult(
        labels,
        order,
        (note,),
        scores=extra_scores,
        tables={message("Occasions"): _summarise_occasions(windows, labels)},
    )


def _summarise_occasions(windows: list[OccasionWindow], segment_labels: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Return one row per occasion: share of days, orders inside, share of orders, index of all customers, customers."""
    rows = []
    for window in windows:
        eligible_count, inside_count = int(window.is_eligible.sum()), int(window.is_inside.sum())
        share = inside_count / eligible_count if eligible_count else np.nan
        customers = int((segment_labels == window.name).sum())
        rows.append([window.name, window.share, inside_count, share, share / window.share, customers])
    return pd.DataFrame(
        rows, columns=["occasion", "share_of_days", columns.ORDERS, "share_of_orders", "index", columns.CUSTOMERS]
    )


def _find_windows(
    customers: Customers, purchases: pd.DataFrame, options: Options, lookup: LookupTable | None
) -> Iterator[OccasionWindow]:
    purchase_days = purchases[order_history.ORDER_DAY].to_numpy().astype("datetime64[D]")
    day_after = purchase_days.max() + ONE_DAY
    calendar = np.arange(
        purchase_days.min(), max(day_after, np.datetime64(customers.as_of or "1970-01-01", "D")), ONE_DAY
    )
    all_purchases = np.ones(len(purchase_days), dtype=bool)

    def build_window(name: str, is_inside: BooleanMask) -> OccasionWindow:
        return OccasionWindow(
            name, is_inside[(purchase_days - calendar[0]).astype(np.int64)], all_purchases, float(is_inside.mean())
        )

    for name, is_inside in {**_holiday_masks(calendar, options), **_custom_masks(calendar, lookup)}.items():
        yield build_window(name, is_inside)
    if columns.BIRTH_DATE in customers.table and customers.table[columns.BIRTH_DATE].dtype.kind == "M":
        yield _birthday_window(customers, purchases, purchase_days, options.birthday)
    if options.weekend:
        weekday = (calendar.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday, and Monday is 0
        yield build_window("weekend", weekday >= SATURDAY)
    if options.seasons:
        season = (calendar.astype("datetime64[M]").astype(np.int64) + 1) // 3 % 4
        for season_number, name in enumerate(SEASONS):
            yield build_window(name, season == (season_number + 2 * options.southern) % 4)


def _holiday_masks(calendar: DayArray, options: Options) -> Mapping[str, BooleanMask]:
    """Return the mask of the days of each public holiday, with the days before and after."""
    if options.holidays is None:
        return {}
    mask_by_name: dict[str, BooleanMask] = {}
    for day, name in _public_holidays(options.holidays, calendar):
        is_near = _days_between(calendar, day - options.days_before * ONE_DAY, day + options.days_after * ONE_DAY)
        mask_by_name[name] = mask_by_name.get(name, np.zeros(len(calendar), dtype=bool)) | is_near
    return mask_by_name


def _public_holidays(country: str, calendar: DayArray) -> Iterator[tuple[np.datetime64, str]]:
    """Yield the public holidays of the calendar's years and of the adjacent years.

    Names are in English if the package has them; otherwise they would depend on the machine's language.
    """
    try:
        import holidays
    except ImportError:
        raise ConfigProblems(["rules: occasion.holidays needs the extra: pip install 'segcli[occasions]'"]) from None
    first, last = (int(str(day)[:4]) for day in (calendar[0], calendar[-1]))
    code, _, subdivision = country.partition("-")
    try:
        country_calendar = holidays.country_holidays(code)
        language = next(
            (
                language_code
                for language_code in ("en_US", "en_GB")
                if language_code in country_calendar.supported_languages
            ),
            country_calendar.default_language,
        )
        years = range(first - 1, last + 2)
        holidays_by_day = holidays.country_holidays(
            code, subdiv=subdivision or None, years=years, observed=False, language=language
        )
    except NotImplementedError as error:
        raise ConfigProblems([f"rules: occasion.holidays: {error}"]) from None
    for day, names in sorted(holidays_by_day.items()):
        for name in names.split("; "):
            if not name.startswith("Day off"):  # moved working days are not an occasion
                yield np.datetime64(day, "D"), name


def _custom_masks(calendar: DayArray, lookup: LookupTable | None) -> Mapping[str, BooleanMask]:
    """Return the mask of the days of each occasion in the user's table: name, start, and optionally end."""
    mask_by_name: dict[str, BooleanMask] = {}
    for row in lookup.rows.to_dict("records") if lookup else ():
        try:
            start = np.datetime64(row["start"], "D")
            end = np.datetime64(row.get("end") or row["start"], "D")
        except ValueError:
            raise InputProblem(
                f"'{row['start']}' to '{row.get('end', '')}' are not dates like 2026-01-31",
                source=lookup.source_input.name,  # type: ignore[union-attr]  # a bad row implies a table
                remedy="use the format YYYY-MM-DD",
            ) from None
        mask_by_name[row["name"]] = mask_by_name.get(row["name"], np.zeros(len(calendar), dtype=bool)) | _days_between(
            calendar, start, end
        )
    return mask_by_name


def _days_between(calendar: DayArray, start: np.datetime64, end: np.datetime64) -> BooleanMask:
    is_between: BooleanMask = (calendar >= start) & (calendar <= end)
    return is_between


def _birthday_window(
    customers: Customers, purchases: pd.DataFrame, purchase_days: DayArray, max_days: int
) -> OccasionWindow:
    """Return the window of purchases within `max_days` of a birthday, for customers with a known birthday.

    A birthday on 29 February counts as 1 March.
    """
    birth_dates = (
        customers.table[columns.BIRTH_DATE].to_numpy().astype("datetime64[D]")[purchases[CUSTOMER_ROW].to_numpy()]
    )
    has_birthday = ~np.isnat(birth_dates)
    filled_dates = np.where(has_birthday, birth_dates, np.datetime64("2000-01-01"))
    month = filled_dates.astype("datetime64[M]") - filled_dates.astype("datetime64[Y]")
    day_of_month = filled_dates - filled_dates.astype("datetime64[M]")
    year = purchase_days.astype("datetime64[Y]")
    days_away = np.full(len(purchase_days), 366)
    for shift in np.array([-1, 0, 1], dtype="timedelta64[Y]"):
        birthday = ((year + shift).astype("datetime64[M]") + month).astype("datetime64[D]") + day_of_month
        days_away = np.minimum(days_away, np.abs((purchase_days - birthday).astype(np.int64)))
    return OccasionWindow(
        BIRTHDAY, has_birthday & (days_away <= max_days), has_birthday, (2 * max_days + 1) / DAYS_PER_YEAR
    )

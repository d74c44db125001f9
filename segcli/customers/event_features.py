"""Features of events: columns of the customer table, such as counts in a window, sessions or satisfaction.

No event after the as-of day counts, and neither does a reply, a solution or a rating that came later.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.events import (
    COUNT_FEATURES,
    DAYS_SINCE_FEATURE,
    DAYS_SINCE_FIRST_FEATURE,
    EVENT_TIME,
    TOUCHPOINT_FEATURES,
)
from segcli.customers.event_kinds import list_value_words
from segcli.errors import UsageProblem
from segcli.ingest.column_matching import normalise_name

SESSION_GAP = np.timedelta64(30, "m")  # a longer pause begins a new session
BLOCK_ROWS = 2_000_000  # events whose features are computed together
MAX_TOUCHPOINTS = 12  # columns by touchpoint: the most frequent ones
MONTHS = {"day": 12 / 365, "week": 12 / 52, "month": 1.0, "quarter": 3.0, "year": 12.0}  # months of a billing interval
EXACT_SUM_LIMIT = 2**53  # up to here, sums of whole numbers are exact
ACTIVE, ENDED = "active", "ended"

RowMask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


def name_feature(table_name: str, feature: str) -> str:
    """Return the column of a feature, such as campaigns_count_30d."""
    return f"{table_name}_{feature}"


@dataclass(frozen=True)
class FeatureRequest:
    """Features to compute from a table of events, as of a day.

    `name` is the name of the table, which precedes the names of the columns. `is_declared` says whether the user names
    the features; if not, those whose columns are missing are left out. From the day `known_before` (default: the day
    after the as-of day), nothing is known.
    """

    name: str
    features: Sequence[str]
    as_of: date | None
    is_declared: bool = True
    known_before: date | None = None

    @property
    def horizon(self) -> np.datetime64:
        """Day from which nothing is known."""
        return np.datetime64(self.as_of) + 1 if self.known_before is None else np.datetime64(self.known_before)


def add_features(table: pd.DataFrame, events: pd.DataFrame, request: FeatureRequest) -> pd.DataFrame:
    """Add the features of a table of events to the customer table.

    Args:
        table: the customers; a feature that it has already is replaced.
        events: the events; those of other customers do not count.
        request: the features.

    Raises:
        UsageProblem: there is no as-of day, or a feature needs a column that the events lack.
    """
    name, features = request.name, request.features
    if not features:
        return table
    if request.as_of is None:
        raise UsageProblem(f"ingest.events.{name}.features need an as-of day; hint: set it with --as-of")
    computable = [feature for feature in features if _has_columns(feature, events, request)]
    event_rows = _EventRows.select(events, table[columns.CUSTOMER_ID], np.datetime64(request.as_of), request.horizon)
    blocks = [_compute_features(block, computable) for block in event_rows.split_customers(computable)]
    values = {
        name_feature(name, column): pd.concat([block[column] for block in blocks], ignore_index=True)
        for column in blocks[0]
    }
    replaced = [column for column in table.columns if column in values or _is_feature(column, name, features)]
    new_columns = {column: series.set_axis(table.index) for column, series in values.items()}
    return pd.concat([table.drop(columns=replaced), pd.DataFrame(new_columns, index=table.index)], axis=1)


def _has_columns(feature: str, events: pd.DataFrame, request: FeatureRequest) -> bool:
    """Return whether the events have the columns that a feature needs.

    Raises:
        UsageProblem: they lack one, and the user names the feature.
    """
    missing_column = next((role for role in _FEATURES[feature].roles if role not in events), None)
    if missing_column is not None and request.is_declared:
        setting = f"ingest.events.{request.name}"
        raise UsageProblem(
            f"{setting}.features: {feature} needs a column {missing_column}, which is not recognised; "
            f"hint: name it with --set {setting}.columns.{missing_column}=NAME"
        )
    return missing_column is None


def _compute_features(event_rows: "_EventRows", features: Sequence[str]) -> dict[str, pd.Series]:
    return dict(pair for feature in features for pair in _FEATURES[feature].compute(event_rows, feature))


def _is_feature(column: str, name: str, features: Sequence[str]) -> bool:
    prefixes = [
        name_feature(name, _touchpoint_prefix(feature)) for feature in features if feature in TOUCHPOINT_FEATURES
    ]
    return any(column.startswith(prefix) for prefix in prefixes)


def find_table_features(table: pd.DataFrame, name: str, features: Sequence[str]) -> list[str]:
    """Return the features that the customer table has of a table of events."""
    return [
        feature
        for feature in features
        if name_feature(name, feature) in table
        or any(_is_feature(column, name, [feature]) for column in table.columns if feature in TOUCHPOINT_FEATURES)
    ]


def list_feature_roles(features: Sequence[str]) -> set[str]:
    """Return the meanings of the columns that features use."""
    return {role for feature in features for role in (*_FEATURES[feature].roles, *_FEATURES[feature].further_roles)}


@dataclass(frozen=True, eq=False)
class _EventRows:
    """Events of the customers in the customer table: the row of each event's customer, its time, and its columns.

    `horizon` is the day from which nothing is known.
    """

    positions: npt.NDArray[np.int32]
    times: npt.NDArray[np.datetime64]
    table: pd.DataFrame
    customer_count: int
    as_of: np.datetime64
    horizon: np.datetime64

    @classmethod
    def select(
        cls, events: pd.DataFrame, customer_ids: pd.Series, as_of: np.datetime64, horizon: np.datetime64
    ) -> "_EventRows":
        event_ids = events[columns.CUSTOMER_ID]
        rows_by_category = pd.Index(customer_ids.astype("str")).get_indexer(event_ids.cat.categories.astype("str"))
        codes = event_ids.cat.codes.to_numpy()
        rows_by_category = np.append(rows_by_category, -1)  # the last one is that of the code -1
        positions = rows_by_category.astype(np.int32)[codes]
        times = events[EVENT_TIME].to_numpy()
        is_selected = (positions >= 0) & (times < horizon)
        if not is_selected.all():
            positions, times, events = positions[is_selected], times[is_selected], events[is_selected]
        return cls(positions, times, events, len(customer_ids), as_of, horizon)

    def split_customers(self, features: Sequence[str]) -> Iterator["_EventRows"]:
        """Yield the events of consecutive blocks of customers, so that the work on one block needs little memory.

        Columns by touchpoint depend on the touchpoints of all customers, so that these are not split.
        """
        block_count = 1 if set(features) & set(TOUCHPOINT_FEATURES) else 1 + len(self.times) // BLOCK_ROWS
        bounds = np.linspace(0, self.customer_count, block_count + 1).astype(int).tolist()
        for start, end in pairwise(bounds):
            if block_count == 1:
                yield self
                continue
            rows = np.flatnonzero((self.positions >= start) & (self.positions < end))
            table = self.table.take(rows)
            yield replace(
                self,
                positions=self.positions[rows] - start,
                times=self.times[rows],
                table=table,
                customer_count=end - start,
            )

    @cached_property
    def days_ago(self) -> npt.NDArray[np.int64]:
        return (self.as_of - self.times.astype("datetime64[D]")).astype(np.int64)

    def numbers(self, role: str) -> Numbers:
        """Return a column as numbers; texts are missing."""
        values = self.table[role]
        if pd.api.types.is_numeric_dtype(values.dtype):
            return values.to_numpy(dtype=np.float64, na_value=np.nan)
        return np.full(len(values), np.nan)

    def times_before_horizon(self, role: str) -> npt.NDArray[np.datetime64]:
        """Return a column of times; NaT if a time is missing or not known yet."""
        values = self.table.get(role)
        if values is None or not pd.api.types.is_datetime64_dtype(values.dtype):
            return np.full(len(self.times), np.datetime64("NaT", "us"))
        times = values.to_numpy()
        return np.where(times < self.horizon, times, np.datetime64("NaT", "us"))

    def codes(self, role: str) -> npt.NDArray[np.int64]:
        """Return a code of each value of a column; -1 if it is missing."""
        values = self.table[role]
        if isinstance(values.dtype, pd.CategoricalDtype):
            return values.cat.codes.to_numpy().astype(np.int64)
        return np.asarray(pd.factorize(values)[0], dtype=np.int64)

    def mark_words(self, role: str, list_key: str, words: str) -> RowMask:
        """Mark the rows whose value is one of these words."""
        values = self.table[role]
        if not isinstance(values.dtype, pd.CategoricalDtype):
            return np.zeros(len(values), dtype=bool)
        known_words = list_value_words(list_key, words)
        is_word = np.array([normalise_name(str(text)) in known_words for text in values.cat.categories], dtype=bool)
        codes = values.cat.codes.to_numpy()
        return (codes >= 0) & is_word[codes] if len(is_word) else np.zeros(len(codes), dtype=bool)

    def count(self, is_counted: RowMask | None = None) -> npt.NDArray[np.int64]:
        positions = self.positions if is_counted is None else self.positions[is_counted]
        return np.bincount(positions, minlength=self.customer_count)

    def count_pairs(self, codes: npt.NDArray[np.int64], is_counted: RowMask) -> npt.NDArray[np.int64]:
        """Count the distinct codes of each customer; -1 does not count."""
        return np.bincount(_unique_pairs(self.positions, codes, is_counted)[0], minlength=self.customer_count)

    def sum(self, values: Numbers, is_counted: RowMask) -> Numbers:
        """Sum numbers by customer; the sum does not depend on the order of rows."""
        positions, values = self.positions[is_counted], values[is_counted]
        if not ((values == np.rint(values)).all() and np.abs(values).sum() < EXACT_SUM_LIMIT):
            order = np.lexsort((values, positions))
            positions, values = positions[order], values[order]
        return np.bincount(positions, weights=values, minlength=self.customer_count).astype(np.float64)

    def mean(self, values: Numbers, is_counted: RowMask | None = None) -> pd.Series:
        """Return the mean of the known numbers of each customer; missing without one."""
        is_known = ~np.isnan(values) if is_counted is None else is_counted & ~np.isnan(values)
        return _divide(self.sum(values, is_known), self.count(is_known))

    def last(self, values: Numbers, is_counted: RowMask | None = None) -> pd.Series:
        """Return the latest known number of each customer; of those at the same time, the largest."""
        is_known = ~np.isnan(values) if is_counted is None else is_counted & ~np.isnan(values)
        positions, known = self.positions[is_known], values[is_known]
        order = np.lexsort((known, self.times[is_known], positions))
        result = np.full(self.customer_count, np.nan)
        result[positions[order]] = known[order]  # of several, the last assignment counts
        return pd.Series(result)


def _unique_pairs(
    positions: npt.NDArray[np.int32], codes: npt.NDArray[np.int64], is_counted: RowMask
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    is_counted = is_counted & (codes >= 0)
    size = int(codes.max(initial=0)) + 1
    pairs = positions[is_counted].astype(np.int64) * size + codes[is_counted]
    pairs.sort()  # ten times as fast as the hash table of np.unique
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    return pairs // size, pairs % size


def _divide(sums: npt.NDArray[np.float64] | npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> pd.Series:
    """Divide, with a missing result where the count is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.Series(np.where(counts > 0, sums / counts, np.nan))


Columns = Iterator[tuple[str, pd.Series]]


@dataclass(frozen=True)
class _Feature:
    """How to compute the columns of a feature: it needs the columns `roles`, and uses `further_roles` if they exist."""

    compute: Callable[[_EventRows, str], Columns]
    roles: tuple[str, ...] = ()
    further_roles: tuple[str, ...] = ()


def _count_window(rows: _EventRows, feature: str) -> Columns:
    yield feature, pd.Series(rows.count(rows.days_ago <= COUNT_FEATURES[feature]))


def _find_days_since(rows: _EventRows, feature: str) -> Columns:
    is_last = feature == DAYS_SINCE_FEATURE
    days = np.full(rows.customer_count, np.iinfo(np.int64).max if is_last else np.iinfo(np.int64).min)
    (np.minimum if is_last else np.maximum).at(days, rows.positions, rows.days_ago)
    yield feature, pd.Series(days).where(rows.count() > 0).astype("Int64")


def _compute_response_share(rows: _EventRows, feature: str) -> Columns:
    """Compute the share of messages sent that were opened or clicked; without message names, of sends."""
    is_sent, is_delivered = (rows.mark_words("type", "event_types", words) for words in ("sent", "delivered"))
    is_answer = rows.mark_words("type", "event_types", "opened" if feature == "open_share" else "clicked")
    if "message" not in rows.table:
        sends = np.maximum(rows.count(is_sent), rows.count(is_delivered))  # a log may list both
        yield feature, _divide(np.minimum(rows.count(is_answer), sends), sends)
        return
    codes = rows.codes("message")
    size = int(codes.max(initial=0)) + 1
    sent_customers, sent_codes = _unique_pairs(rows.positions, codes, is_sent | is_delivered)
    answer_customers, answer_codes = _unique_pairs(rows.positions, codes, is_answer)
    is_answered = np.isin(sent_customers * size + sent_codes, answer_customers * size + answer_codes)
    answered = np.bincount(sent_customers[is_answered], minlength=rows.customer_count)
    yield feature, _divide(answered, np.bincount(sent_customers, minlength=rows.customer_count))


def _count_pages(rows: _EventRows, feature: str) -> Columns:
    yield feature, pd.Series(rows.count_pairs(rows.codes("page"), np.ones(len(rows.times), dtype=bool)))


def _count_sessions(rows: _EventRows, feature: str) -> Columns:
    """Count the sessions that the file names, or else runs of events with pauses of at most 30 minutes."""
    if "session" in rows.table:
        yield feature, pd.Series(rows.count_pairs(rows.codes("session"), np.ones(len(rows.times), dtype=bool)))
        return
    positions, times = _sort_by_time(rows.positions, rows.times)
    is_start = np.ones(len(times), dtype=bool)
    is_start[1:] = (positions[1:] != positions[:-1]) | (times[1:] - times[:-1] > SESSION_GAP)
    yield feature, pd.Series(np.bincount(positions[is_start], minlength=rows.customer_count))


def _sort_by_time(
    positions: npt.NDArray[np.int32], times: npt.NDArray[np.datetime64]
) -> tuple[npt.NDArray[np.int64] | npt.NDArray[np.int32], npt.NDArray[np.datetime64]]:
    """Sort by customer and time; customer and second packed into one word sort ten times as fast as two columns."""
    microseconds = times.astype("datetime64[us]").astype(np.int64)
    seconds = microseconds // 1_000_000
    start = int(seconds.min(initial=0))
    if (seconds * 1_000_000 == microseconds).all() and int(seconds.max(initial=0)) - start < 2**32:
        packed = (positions.astype(np.int64) << 32) | (seconds - start)
        packed.sort()
        return packed >> 32, ((packed & 0xFFFFFFFF) + start).astype("datetime64[s]")
    order = np.lexsort((microseconds, positions))
    return positions[order], times[order]


def _compute_value(rows: _EventRows, feature: str) -> Columns:
    values = rows.numbers("value")
    if feature == "value_sum":
        yield feature, pd.Series(rows.sum(values, ~np.isnan(values)))
    else:
        yield feature, rows.mean(values) if feature == "value_mean" else rows.last(values)


def _mark_final_tickets(rows: _EventRows) -> RowMask:
    """Mark the tickets whose rating and duration are known: not those that were solved after the horizon."""
    if "solved" not in rows.table or not pd.api.types.is_datetime64_dtype(rows.table["solved"].dtype):
        return np.ones(len(rows.times), dtype=bool)
    is_rated: RowMask = np.isnat(rows.table["solved"].to_numpy()) | ~np.isnat(rows.times_before_horizon("solved"))
    return is_rated


def _compute_handle_time(rows: _EventRows, feature: str) -> Columns:
    yield feature, rows.mean(rows.numbers("duration"), _mark_final_tickets(rows))


def _compute_hours(rows: _EventRows, feature: str) -> Columns:
    """Compute the mean hours until the first reply or the solution, of tickets that had one."""
    role = "first_reply" if feature == "response_hours" else "solved"
    hours = (rows.times_before_horizon(role) - rows.times) / np.timedelta64(1, "h")
    if role == "first_reply" and "response_minutes" in rows.table:
        minutes = rows.numbers("response_minutes")
        replied = rows.times + np.nan_to_num(minutes * 60e6).astype("timedelta64[us]")
        hours = np.where(np.isnan(hours) & (replied < rows.horizon), minutes / 60, hours)
    yield feature, rows.mean(np.where(hours >= 0, hours, np.nan))


def _compute_score(rows: _EventRows, feature: str) -> Columns:
    role, _, aggregate = feature.partition("_")
    scores = rows.numbers(role)
    yield feature, (rows.mean if aggregate == "mean" else rows.last)(scores, _mark_final_tickets(rows))


def _touchpoint_prefix(feature: str) -> str:
    return f"{feature.removesuffix('_by_touchpoint')}_mean_"


def _compute_by_touchpoint(rows: _EventRows, feature: str) -> Columns:
    """Compute the mean score at each of the most frequent touchpoints."""
    scores, touchpoints = rows.numbers(feature.partition("_")[0]), rows.table["touchpoint"]
    is_scored = _mark_final_tickets(rows) & ~np.isnan(scores) & touchpoints.notna().to_numpy()
    slugs = pd.Series([_make_slug(str(text)) for text in touchpoints[is_scored]], dtype="str")
    counts = slugs[slugs != ""].value_counts()
    frequent = sorted(counts.index, key=lambda slug: (-counts[slug], slug))[:MAX_TOUCHPOINTS]
    scored_rows = np.flatnonzero(is_scored)
    for slug in sorted(frequent):
        is_here = np.zeros(len(scores), dtype=bool)
        is_here[scored_rows[(slugs == slug).to_numpy()]] = True
        yield f"{_touchpoint_prefix(feature)}{slug}", rows.mean(scores, is_here)


def _make_slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.casefold()).strip("_")


def _mark_active(rows: _EventRows) -> RowMask:
    """Mark the subscriptions that have not ended by the as-of day."""
    return np.isnat(rows.times_before_horizon("end"))


def _compute_mrr(rows: _EventRows, feature: str) -> Columns:
    """Sum the monthly revenue of active subscriptions; a price for another interval is converted to months."""
    monthly = rows.numbers("mrr")
    if "interval" in rows.table:
        for interval, months in MONTHS.items():
            monthly = np.where(rows.mark_words("interval", "intervals", interval), monthly / months, monthly)
    yield feature, pd.Series(rows.sum(monthly, _mark_active(rows) & ~np.isnan(monthly)))


def _compute_status(rows: _EventRows, feature: str) -> Columns:
    active, all_counts = rows.count(_mark_active(rows)), rows.count()
    status = np.where(active > 0, ACTIVE, ENDED)
    yield feature, pd.Series(status, dtype="str").where(all_counts > 0)


def _find_plan(rows: _EventRows, feature: str) -> Columns:
    """Find the plan of the active subscription that started last; of several, the last in the alphabet."""
    plans = rows.table["plan"].astype("str").where(rows.table["plan"].notna())
    is_known = _mark_active(rows) & plans.notna().to_numpy()
    codes, texts = pd.factorize(plans[is_known], sort=True)
    last_codes = _EventRows(
        rows.positions[is_known],
        rows.times[is_known],
        rows.table[is_known],
        rows.customer_count,
        rows.as_of,
        rows.horizon,
    ).last(codes.astype(np.float64))
    plan = pd.Series(None, index=range(rows.customer_count), dtype="str")
    has_plan = last_codes.notna()
    plan[has_plan] = np.asarray(texts, dtype=object)[last_codes[has_plan].astype(int)] if len(texts) else []
    yield feature, plan


def _compute_tenure(rows: _EventRows, feature: str) -> Columns:
    """Count the days from the first start to the as-of day, or to the last end if no subscription is active."""
    as_of = rows.as_of.astype("datetime64[D]").astype(np.int64)
    ends = rows.times_before_horizon("end").astype("datetime64[D]").astype(np.int64)
    last_days = np.where(_mark_active(rows), as_of, np.minimum(ends, as_of))
    first, last = np.full(rows.customer_count, np.iinfo(np.int64).max), np.full(rows.customer_count, -(2**62))
    np.minimum.at(first, rows.positions, as_of - rows.days_ago)
    np.maximum.at(last, rows.positions, last_days)
    yield feature, pd.Series(last - first).where(rows.count() > 0).astype("Int64")


_FEATURES: Mapping[str, _Feature] = {
    **dict.fromkeys(COUNT_FEATURES, _Feature(_count_window)),
    **dict.fromkeys((DAYS_SINCE_FEATURE, DAYS_SINCE_FIRST_FEATURE), _Feature(_find_days_since)),
    **dict.fromkeys(("open_share", "click_share"), _Feature(_compute_response_share, ("type",), ("message",))),
    **dict.fromkeys(("value_sum", "value_mean", "value_last"), _Feature(_compute_value, ("value",))),
    **dict.fromkeys(("csat_mean", "csat_last"), _Feature(_compute_score, ("csat",), ("solved",))),
    **dict.fromkeys(("ces_mean", "ces_last"), _Feature(_compute_score, ("ces",), ("solved",))),
    "csat_by_touchpoint": _Feature(_compute_by_touchpoint, ("csat", "touchpoint"), ("solved",)),
    "ces_by_touchpoint": _Feature(_compute_by_touchpoint, ("ces", "touchpoint"), ("solved",)),
    "pages": _Feature(_count_pages, ("page",)),
    "sessions": _Feature(_count_sessions, (), ("session",)),
    "handle_time": _Feature(_compute_handle_time, ("duration",), ("solved",)),
    "response_hours": _Feature(_compute_hours, (), ("first_reply", "response_minutes")),
    "resolution_hours": _Feature(_compute_hours, ("solved",)),
    "mrr": _Feature(_compute_mrr, ("mrr",), ("end", "interval")),
    "status": _Feature(_compute_status, ("end",)),
    "plan": _Feature(_find_plan, ("plan",), ("end",)),
    "tenure_days": _Feature(_compute_tenure, (), ("end",)),
}

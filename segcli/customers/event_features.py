"""Features of events: columns of the customer table, such as counts in a window, sessions or satisfaction.

No event after the as-of day counts, and neither does a reply, a solution or a rating that came later.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.config.events import (
    COUNT_FEATURES,
    DAYS_SINCE_FEATURE,
    DAYS_SINCE_FIRST_FEATURE,
    TOUCHPOINT_FEATURES,
)
from segcli.customers.event_rows import EventRows, RowMask, divide_by_count, unique_pairs
from segcli.errors import UsageProblem

SESSION_GAP = np.timedelta64(30, "m")  # a longer pause begins a new session
MAX_TOUCHPOINTS = 12  # columns by touchpoint: the most frequent ones
MONTHS = {"day": 12 / 365, "week": 12 / 52, "month": 1.0, "quarter": 3.0, "year": 12.0}  # months of a billing interval
ACTIVE, ENDED = "active", "ended"


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
        return (
            np.datetime64(self.as_of) + np.timedelta64(1, "D")
            if self.known_before is None
            else np.datetime64(self.known_before)
        )


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
    event_rows = EventRows.select(events, table[columns.CUSTOMER_ID], np.datetime64(request.as_of), request.horizon)
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


def _compute_features(event_rows: "EventRows", features: Sequence[str]) -> dict[str, pd.Series]:
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


Columns = Iterator[tuple[str, pd.Series]]


@dataclass(frozen=True)
class _Feature:
    """How to compute the columns of a feature: it needs the columns `roles`, and uses `further_roles` if they exist."""

    compute: Callable[[EventRows, str], Columns]
    roles: tuple[str, ...] = ()
    further_roles: tuple[str, ...] = ()


def _count_window(rows: EventRows, feature: str) -> Columns:
    yield feature, pd.Series(rows.count(rows.days_ago <= COUNT_FEATURES[feature]))


def _find_days_since(rows: EventRows, feature: str) -> Columns:
    is_last = feature == DAYS_SINCE_FEATURE
    days = np.full(rows.customer_count, np.iinfo(np.int64).max if is_last else np.iinfo(np.int64).min)
    (np.minimum if is_last else np.maximum).at(days, rows.positions, rows.days_ago)
    yield feature, pd.Series(days).where(rows.count() > 0).astype("Int64")


def _compute_response_share(rows: EventRows, feature: str) -> Columns:
    answered, sent = count_responses(rows, "opened" if feature == "open_share" else "clicked")
    yield feature, divide_by_count(answered, sent)


def count_responses(rows: EventRows, words: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count the messages of each customer that were answered, and those that were sent; without message names, sends.

    Args:
        rows: events with a column `type`.
        words: the answer: opened or clicked.
    """
    is_sent, is_delivered = (rows.mark_words("type", "event_types", sends) for sends in ("sent", "delivered"))
    is_answer = rows.mark_words("type", "event_types", words)
    if "message" not in rows.table:
        sends = np.maximum(rows.count(is_sent), rows.count(is_delivered))  # a log may list both
        return np.minimum(rows.count(is_answer), sends), sends
    codes = rows.codes("message")
    size = int(codes.max(initial=0)) + 1
    sent_customers, sent_codes = unique_pairs(rows.positions, codes, is_sent | is_delivered)
    answer_customers, answer_codes = unique_pairs(rows.positions, codes, is_answer)
    is_answered = np.isin(sent_customers * size + sent_codes, answer_customers * size + answer_codes)
    answered = np.bincount(sent_customers[is_answered], minlength=rows.customer_count)
    return answered, np.bincount(sent_customers, minlength=rows.customer_count)


def _count_pages(rows: EventRows, feature: str) -> Columns:
    yield feature, pd.Series(rows.count_pairs(rows.codes("page"), np.ones(len(rows.times), dtype=bool)))


def _count_sessions(rows: EventRows, feature: str) -> Columns:
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


def _compute_value(rows: EventRows, feature: str) -> Columns:
    values = rows.numbers("value")
    if feature == "value_sum":
        if "type" in rows.table:  # logs give points that were redeemed as a negative or as a positive number
            values = np.where(rows.mark_words("type", "event_types", "redeemed"), -np.abs(values), values)
        yield feature, pd.Series(rows.sum(values, ~np.isnan(values)))
    else:
        yield feature, rows.mean(values) if feature == "value_mean" else rows.last(values)


def _mark_final_tickets(rows: EventRows) -> RowMask:
    """Mark the tickets whose rating and duration are known: not those that were solved after the horizon."""
    if "solved" not in rows.table or not pd.api.types.is_datetime64_dtype(rows.table["solved"].dtype):
        return np.ones(len(rows.times), dtype=bool)
    is_rated: RowMask = np.isnat(rows.table["solved"].to_numpy()) | ~np.isnat(rows.times_before_horizon("solved"))
    return is_rated


def _compute_handle_time(rows: EventRows, feature: str) -> Columns:
    yield feature, rows.mean(rows.numbers("duration"), _mark_final_tickets(rows))


def _compute_hours(rows: EventRows, feature: str) -> Columns:
    """Compute the mean hours until the first reply or the solution, of tickets that had one."""
    role = "first_reply" if feature == "response_hours" else "solved"
    hours = (rows.times_before_horizon(role) - rows.times) / np.timedelta64(1, "h")
    if role == "first_reply" and "response_minutes" in rows.table:
        minutes = rows.numbers("response_minutes")
        replied = rows.times + np.nan_to_num(minutes * 60e6).astype("timedelta64[us]")
        hours = np.where(np.isnan(hours) & (replied < rows.horizon), minutes / 60, hours)
    yield feature, rows.mean(np.where(hours >= 0, hours, np.nan))


def _compute_score(rows: EventRows, feature: str) -> Columns:
    role, _, aggregate = feature.partition("_")
    scores = rows.numbers(role)
    yield feature, (rows.mean if aggregate == "mean" else rows.last)(scores, _mark_final_tickets(rows))


def _touchpoint_prefix(feature: str) -> str:
    return f"{feature.removesuffix('_by_touchpoint')}_mean_"


def _compute_by_touchpoint(rows: EventRows, feature: str) -> Columns:
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


def _mark_active(rows: EventRows) -> RowMask:
    """Mark the subscriptions that have not ended by the as-of day."""
    return np.isnat(rows.times_before_horizon("end"))


def _compute_mrr(rows: EventRows, feature: str) -> Columns:
    """Sum the monthly revenue of active subscriptions; a price for another interval is converted to months."""
    monthly = rows.numbers("mrr")
    if "interval" in rows.table:
        for interval, months in MONTHS.items():
            monthly = np.where(rows.mark_words("interval", "intervals", interval), monthly / months, monthly)
    yield feature, pd.Series(rows.sum(monthly, _mark_active(rows) & ~np.isnan(monthly)))


def _compute_status(rows: EventRows, feature: str) -> Columns:
    active, all_counts = rows.count(_mark_active(rows)), rows.count()
    status = np.where(active > 0, ACTIVE, ENDED)
    yield feature, pd.Series(status, dtype="str").where(all_counts > 0)


def _find_plan(rows: EventRows, feature: str) -> Columns:
    """Find the plan of the active subscription that started last; of several, the last in the alphabet."""
    plans = rows.table["plan"].astype("str").where(rows.table["plan"].notna())
    is_known = _mark_active(rows) & plans.notna().to_numpy()
    codes, texts = pd.factorize(plans[is_known], sort=True)
    last_codes = rows.filter(is_known).last(codes.astype(np.float64))
    plan = pd.Series(None, index=range(rows.customer_count), dtype="str")
    has_plan = last_codes.notna()
    plan[has_plan] = np.asarray(texts, dtype=object)[last_codes[has_plan].astype(int)] if len(texts) else []
    yield feature, plan


def _compute_tenure(rows: EventRows, feature: str) -> Columns:
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
    **dict.fromkeys(("value_mean", "value_last"), _Feature(_compute_value, ("value",))),
    "value_sum": _Feature(_compute_value, ("value",), ("type",)),
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

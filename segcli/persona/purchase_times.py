"""Purchase channels and times of the customers of a segment."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.customers.order_history import CUSTOMER_ROW, ORDER_NUMBER, encode_lines
from segcli.message import message
from segcli.model import Preference, Segmentation

WEEKDAYS = (
    message("Monday"),
    message("Tuesday"),
    message("Wednesday"),
    message("Thursday"),
    message("Friday"),
    message("Saturday"),
    message("Sunday"),
)
_WEEKDAY_BY_NAME = {str(weekday): weekday for weekday in WEEKDAYS}
DAY_PARTS = ((6, "night"), (12, "morning"), (18, "afternoon"), (24, "evening"))  # end hour, name
MIN_LIFT = 1.2  # times the base share, from which a time is preferred
MIN_OBSERVATIONS = 30  # minimum number of orders, or customers, to infer habits


def find_purchase_times(segmentation: Segmentation) -> dict[str, Preference]:
    """Return for each segment the weekday, with its part of the day if times are known, that exceeds the base most.

    A time is returned only if its share is at least `MIN_LIFT` times the base, and the segment has enough orders.
    """
    if segmentation.customers.transactions is None:
        return {}
    order_times, order_segments = _read_order_times(segmentation)
    time_names = _name_times(order_times)
    base_shares = time_names.value_counts(normalize=True)
    preferred_times = {
        segment_name: _find_preferred_time(time_names[order_segments == segment_name], base_shares)
        for segment_name in segmentation.segments
    }
    return {
        segment_name: preferred_time
        for segment_name, preferred_time in preferred_times.items()
        if preferred_time is not None
    }


def find_channels(segmentation: Segmentation) -> dict[str, Preference]:
    """Return for each segment the most common main channel of its customers."""
    channel_column = columns.TOP_PREFIX + columns.CHANNEL
    table = segmentation.customers.table
    if channel_column not in table:
        return {}
    is_known = table[channel_column].notna().to_numpy()
    base_shares = table.loc[is_known, channel_column].astype("str").value_counts(normalize=True)
    preferred_channels = {}
    for segment_name in segmentation.segments:
        in_segment = (segmentation.labels == segment_name).to_numpy() & is_known
        if in_segment.sum() >= MIN_OBSERVATIONS:
            shares = (
                table.loc[in_segment, channel_column]
                .astype("str")
                .value_counts(normalize=True, sort=False)
                .sort_index()
            )
            top_channel = str(shares.idxmax())
            preferred_channels[segment_name] = Preference(
                top_channel, float(shares.max()), float(base_shares[top_channel]), int(in_segment.sum())
            )
    return preferred_channels


def _read_order_times(segmentation: Segmentation) -> tuple[pd.Series, npt.NDArray[np.object_]]:
    """Return the time of each order's first line, and the segment of its customer."""
    transactions = segmentation.customers.transactions
    assert transactions is not None
    lines = encode_lines(transactions.lines, transactions.collapse)
    lines = lines[~lines[columns.IS_RETURN]]
    first_lines = lines.groupby(ORDER_NUMBER, sort=True).agg(
        time=(columns.ORDER_DATE, "min"), customer=(CUSTOMER_ROW, "first")
    )
    customer_ids = lines[columns.CUSTOMER_ID].cat.categories.astype("str")
    table_rows = pd.Index(segmentation.customers.table[columns.CUSTOMER_ID].astype("str")).get_indexer(customer_ids)
    order_segments = segmentation.labels.to_numpy(dtype=object)[table_rows[first_lines["customer"].to_numpy()]]
    return first_lines["time"].reset_index(drop=True), order_segments


def _name_times(order_times: pd.Series) -> pd.Series:
    """Return names such as `Tuesday evening`, or `Tuesday` if the export has no times of day."""
    weekday_names = order_times.dt.day_of_week.map(dict(enumerate(WEEKDAYS)))
    if (order_times == order_times.dt.floor("D")).all():
        return pd.Series(weekday_names.astype("str"))
    hours = order_times.dt.hour.to_numpy()
    part_names = np.array([part_name for _, part_name in DAY_PARTS], dtype=object)
    part_indices = np.searchsorted([end_hour for end_hour, _ in DAY_PARTS], hours, side="right")
    return pd.Series(
        (weekday_names + " " + pd.Series(part_names[part_indices], index=weekday_names.index)).astype("str")
    )


def _find_preferred_time(time_names: pd.Series, base_shares: pd.Series) -> Preference | None:
    if len(time_names) < MIN_OBSERVATIONS:
        return None
    shares = time_names.value_counts(normalize=True, sort=False).sort_index()
    top_time = str((shares - base_shares.reindex(shares.index)).idxmax())
    if shares[top_time] < MIN_LIFT * base_shares[top_time]:
        return None
    return Preference(_time_label(top_time), float(shares[top_time]), float(base_shares[top_time]), len(time_names))


def _time_label(time_name: str) -> str:
    """Return the label of a weekday or a part of it."""
    weekday_name, _, part_name = time_name.partition(" ")
    weekday = _WEEKDAY_BY_NAME[weekday_name]
    labels = {
        "night": message("{weekday} night", weekday=weekday),
        "morning": message("{weekday} morning", weekday=weekday),
        "afternoon": message("{weekday} afternoon", weekday=weekday),
        "evening": message("{weekday} evening", weekday=weekday),
    }
    return labels.get(part_name, weekday)

"""Laws of event tables: chunks, row order, repeated delivery, time zones, empty tables, and windows at their edges."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from segcli.config.events import EVENT_KINDS, KIND_FEATURES
from segcli.config.ingest import IngestSettings
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.io import chunk_reader
from segcli.model import Customers
from tests.customers.test_event_features import FILES, SHOP, load_shop

AS_OF = date(2026, 7, 1)
ORDERS = "customer_id,order_date,amount\na,2026-05-01,10\nb,2026-06-01,20\nc,2026-06-25,30\n"
COLUMNS = "event_id,customer_id,time,type,message,page"
LAWS = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
ReadLog = Callable[..., Customers]
Event = tuple[str, int, str, str, str]


@pytest.fixture
def read_log(file_of: Callable[..., str]) -> ReadLog:
    """Read orders of a, b and c with one table of events, given as text."""

    def read(text: str, *, table: str = "log", orders: str = ORDERS, **event_settings: Any) -> Customers:
        events = {table: {"path": file_of(text, "log.csv"), **event_settings}}
        values = {"transactions": {"path": file_of(orders, "orders.csv")}, "events": events}
        return load_customers(IngestSettings.model_validate(values), AS_OF)

    return read


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read files of any size in chunks of a few rows."""
    for name, size in (("LARGE_FILE_BYTES", 1), ("CHUNK_BYTES", 3000), ("HEAD_BYTES", 4000)):
        monkeypatch.setattr(chunk_reader, name, size)


def require_equal(customers: Customers, others: Customers) -> None:
    """The same features, accounts and events."""
    pd.testing.assert_frame_equal(customers.table, others.table)
    assert [report.notes for report in customers.input_reports] == [report.notes for report in others.input_reports]
    for name in customers.events:
        pd.testing.assert_frame_equal(customers.events[name], others.events[name])


def test_chunks_give_the_same_as_whole_files(request: pytest.FixtureRequest) -> None:
    whole = load_shop()
    whole_events = {name: whole.events[name] for name in FILES}
    request.getfixturevalue("small_chunks")
    in_chunks = load_shop()
    assert "file read as a whole" not in str([report.notes for report in in_chunks.input_reports])
    require_equal(in_chunks, whole)
    assert whole_events.keys() == in_chunks.events.keys()
    assert [report.input.rows for report in in_chunks.input_reports] == [
        report.input.rows for report in whole.input_reports
    ]
    assert [report.input.sha256 for report in in_chunks.input_reports] == [
        report.input.sha256 for report in whole.input_reports
    ]


@pytest.mark.parametrize("packing", ["gz", "parquet", "folder"])
@pytest.mark.usefixtures("small_chunks")
def test_packed_files_and_folders_give_the_same(packing: str, tmp_path: Path) -> None:
    plain = SHOP / FILES["campaigns"]
    path = tmp_path / f"sends.{packing}"
    if packing == "gz":
        path.write_bytes(gzip.compress(plain.read_bytes()))
    elif packing == "parquet":
        texts = arrow_csv.ConvertOptions(column_types=dict.fromkeys(["Timestamp", "Event ID"], pa.string()))
        parquet.write_table(arrow_csv.read_csv(plain, convert_options=texts), path)
    else:
        path.mkdir()
        header, *rows = plain.read_text(encoding="utf-8").splitlines(keepends=True)
        (path / "1.csv").write_text(header + "".join(rows[1::2]), encoding="utf-8")
        (path / "2.csv").write_text(header + "".join(rows[::2]), encoding="utf-8")
    packed, whole = load_shop(campaigns={"path": str(path)}), load_shop(campaigns={"path": str(plain)})
    pd.testing.assert_frame_equal(packed.table, whole.table)
    columns = ["customer_id", "time", "type", "message"]
    rows, whole_rows = (
        customers.events["campaigns"][columns].astype("str").sort_values(columns, ignore_index=True)
        for customers in (packed, whole)
    )
    pd.testing.assert_frame_equal(rows, whole_rows)


def test_one_event_id_in_several_files_counts_once(tmp_path: Path) -> None:
    for name in ("1.csv", "2.csv"):
        (tmp_path / name).write_bytes((SHOP / FILES["campaigns"]).read_bytes())
    twice = load_shop(campaigns={"path": str(tmp_path)}).table
    pd.testing.assert_frame_equal(twice, load_shop(campaigns={"path": str(SHOP / FILES["campaigns"])}).table)


ROW = "{number},a,{time},opened,m,/x\n"


@pytest.mark.parametrize(
    ("late_row", "reason"),
    [
        ("9,a,2026-06-01T10:00:00+02:00,opened,m,/x\n", "different UTC offsets"),
        ("9,a,2026-06-01 10:00,opened,m,/x\n", "several formats"),
        ('9,a,2026-06-01T10:00:00Z,ope"ned,m,/x\n', "stray quotes"),
    ],
)
@pytest.mark.usefixtures("small_chunks")
def test_a_file_that_contradicts_its_first_records_is_read_whole(read_log: ReadLog, late_row: str, reason: str) -> None:
    rows = "".join(ROW.format(number=number, time=f"2026-06-01T10:{number % 60:02}:00Z") for number in range(200))
    late_row = late_row.replace("9,", "900,", 1)
    if "stray" not in reason:  # neither can the whole file be read
        with pytest.raises(InputProblem, match=reason):
            read_log(f"{COLUMNS}\n{rows}{late_row}", kind="web")
        return
    notes = read_log(f"{COLUMNS}\n{rows}{late_row}", kind="web").input_reports[-1].notes
    assert notes[0].startswith(f"file read as a whole, which needs more memory: {reason}")


@pytest.mark.usefixtures("small_chunks")
def test_a_time_zone_reads_several_offsets_in_chunks(read_log: ReadLog) -> None:
    rows = "".join(
        ROW.format(number=number, time=f"2026-06-01T{number // 60:02}:{number % 60:02}:00Z") for number in range(200)
    )
    text = f"{COLUMNS}\n{rows}900,a,2026-06-01T10:00:00+02:00,opened,m,/x\n"
    customers = read_log(text, kind="web", timezone="UTC")
    assert "read as a whole" not in str(customers.input_reports[-1].notes)
    assert (customers.events["log"]["time"] == "2026-06-01 08:00").sum() == 1


@pytest.mark.usefixtures("small_chunks")
def test_another_format_in_later_chunks_is_found(read_log: ReadLog) -> None:
    rows = "".join(ROW.format(number=number, time=f"2026-06-01 10:{number % 60:02}:00") for number in range(200))
    customers = read_log(f"{COLUMNS}\n{rows}900,a,2026-06-02,opened,m,/x\n", kind="web")
    assert "another format" in customers.input_reports[-1].notes[0]
    assert len(customers.events["log"]) == 201


def write_events(events: list[Event], write_time: Callable[[datetime], str]) -> str:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    rows = [
        f"{event_id},{customer},{write_time(start + timedelta(minutes=minutes))},{kind},{message},/{message}\n"
        for event_id, minutes, customer, kind, message in events
    ]
    return f"{COLUMNS}\n{''.join(rows)}"


def write_utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["", "1", "2", "3", "4", "5", "6"]),
        st.integers(-60 * 24 * 20, 60 * 24 * 32),
        st.sampled_from(["a", "b", "", "z"]),
        st.sampled_from(["sent", "opened", "clicked"]),
        st.sampled_from("mn"),
    ),
    max_size=12,
)


@LAWS
@given(events=EVENTS, chance=st.randoms(use_true_random=False), kind=st.sampled_from(["campaigns", "web"]))
def test_row_order_does_not_matter(read_log: ReadLog, events: list[Event], chance: Any, kind: str) -> None:
    """Nor does it decide which of several events with one id counts."""
    shuffled = list(events)
    chance.shuffle(shuffled)
    first, second = (read_log(write_events(rows, write_utc), kind=kind) for rows in (events, shuffled))
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.input_reports[-1].notes == second.input_reports[-1].notes


@LAWS
@given(events=EVENTS, kind=st.sampled_from(["campaigns", "web"]))
def test_an_event_that_is_delivered_again_changes_nothing(read_log: ReadLog, events: list[Event], kind: str) -> None:
    again = [event for event in events if event[0]]
    once, twice = (read_log(write_events(rows, write_utc), kind=kind) for rows in (events, [*events, *again]))
    pd.testing.assert_frame_equal(once.table, twice.table)
    assert len(once.events["log"]) == len(twice.events["log"])


@LAWS
@given(events=EVENTS, offsets=st.lists(st.integers(-12, 14), min_size=12, max_size=12))
def test_a_moment_counts_once_however_its_offset_is_written(
    read_log: ReadLog, events: list[Event], offsets: list[int]
) -> None:
    """With a time zone, the day of an event is that of the zone, whatever the offset in the file."""
    hours = iter(offsets)

    def write_with_offset(moment: datetime) -> str:
        return moment.astimezone(timezone(timedelta(hours=next(hours)))).isoformat()

    def write_in_berlin(moment: datetime) -> str:
        return write_utc(moment.astimezone(timezone(timedelta(hours=2))))  # summer time, as all events are

    zoned = read_log(write_events(events, write_with_offset), kind="web", timezone="Europe/Berlin")
    local = read_log(write_events(events, write_in_berlin), kind="web")
    pd.testing.assert_frame_equal(zoned.table, local.table)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_an_empty_table_has_no_events(read_log: ReadLog, kind: str) -> None:
    header = "customer_id,time,type,value,message,page,session,csat,ces,touchpoint,duration,solved,end,plan,mrr"
    table = read_log(f"{header}\n", kind=kind).table
    assert (table[[f"log_count_{days}d" for days in (7, 30, 90, 365)]] == 0).all(axis=None)
    assert table[["log_days_since_last", "log_days_since_first"]].isna().all(axis=None)
    counts = {"pages", "sessions", "value_sum", "mrr"}
    for feature in KIND_FEATURES[kind]:
        if f"log_{feature}" in table:
            values = table[f"log_{feature}"]
            assert (values == 0).all() if feature in counts else values.isna().all(), feature


@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_a_window_includes_its_first_and_its_last_day(read_log: ReadLog, days: int) -> None:
    def count(moment: datetime) -> int:
        text = f"customer_id,time\na,{moment:%Y-%m-%d %H:%M:%S}\nb,2020-01-01 00:00:00\n"
        return int(read_log(text, kind="web").table[f"log_count_{days}d"].iloc[0])

    first_day = datetime.combine(AS_OF, time.min) - timedelta(days=days)
    assert count(first_day) == 1
    assert count(first_day - timedelta(seconds=1)) == 0
    assert count(datetime.combine(AS_OF, time(23, 59, 59))) == 1
    assert count(datetime.combine(AS_OF, time.min) + timedelta(days=1)) == 0


@pytest.mark.parametrize(("pause", "sessions"), [("10:30:00", 1), ("10:30:01", 2)])
def test_a_session_ends_after_a_pause_of_more_than_30_minutes(read_log: ReadLog, pause: str, sessions: int) -> None:
    for fraction in ("", ".000001"):  # whole seconds and others are sorted in different ways
        text = f"customer_id,time\na,2026-06-01 {pause}{fraction}\na,2026-06-01 10:00:00{fraction}\n"
        assert read_log(text, kind="web").table["log_sessions"].tolist() == [sessions, 0, 0]


def test_nothing_later_than_the_as_of_day_is_known(read_log: ReadLog) -> None:
    text = (
        "customer_id,time,solved,first reply at,csat,duration\n"
        "a,2026-06-01 10:00,2026-06-02 10:00,2026-06-01 11:00,5,10\n"
        "a,2026-06-30 10:00,2026-07-02 10:00,2026-07-02 09:00,1,90\n"
    )
    table = read_log(text, table="tickets").table
    found = table[["tickets_count_30d", "tickets_csat_mean", "tickets_csat_last", "tickets_handle_time"]].iloc[0]
    assert found.tolist() == [2, 5, 5, 10]
    assert table[["tickets_response_hours", "tickets_resolution_hours"]].iloc[0].tolist() == [1, 24]


def test_sums_do_not_depend_on_the_order_of_rows(read_log: ReadLog) -> None:
    values = ["0.1", "0.2", "0.3", "1e16", "-1e16", "0.7"]
    sums = {
        float(read_log(f"customer_id,time,points\n{rows}", kind="points").table["log_value_sum"].iloc[0])
        for order in (values, values[::-1], values[2:] + values[:2])
        for rows in ["".join(f"a,2026-06-01,{value}\n" for value in order)]
    }
    assert len(sums) == 1


def test_a_state_changes_no_feature(tmp_path: Path) -> None:
    """A state stores order lines only; events are read in each run."""
    values = {
        "transactions": {"path": str(SHOP / "orders.csv")},
        "contacts": {"path": str(SHOP / "contacts.csv")},
        "events": {"campaigns": {"path": str(SHOP / FILES["campaigns"])}},
        "state": str(tmp_path / "state"),
    }
    plain = load_shop(campaigns={"path": str(SHOP / FILES["campaigns"])}).table
    for _ in range(2):
        stored = load_customers(IngestSettings.model_validate(values), AS_OF).table
        pd.testing.assert_frame_equal(stored, plain[stored.columns])
        assert "campaigns_open_share" in stored

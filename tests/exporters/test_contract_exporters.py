"""One contract for every file of segcli/exporters: what any destination must keep."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli import exporters
from segcli.errors import ExportProblem, UsageProblem
from segcli.exporters import Audience, DestinationFile, FileLimits

DESTINATIONS = sorted(
    file.stem.replace("_", "-") for file in (Path(exporters.__file__).parent / "destinations").glob("[a-z]*.py")
)
every_destination = pytest.mark.parametrize("destination", DESTINATIONS)

ADDRESSES = {
    **dict.fromkeys(("google-ads", "meta", "tiktok"), True),
    **dict.fromkeys(("hubspot", "klaviyo", "mailchimp", "plain", "posthog", "salesforce"), False),
}

EMAILS = ["", " ", "ann@example.com", " Ann@Example.COM", "b.o.b@gmail.com", "bob+x@gmail.com", "n/a", "é@example.com"]
PHONES = ["", "+4930123456", "030 123456", "+49 30 123456", "+1 650 555 1212", "12", "none"]
TEXTS = ["", "Ann", "O'Neill", "Ñandú", 'a "quoted", text', "two\nlines"]
COUNTRIES = ["", "Germany", "us", "Atlantis"]
REASONS = {"no contact", "unusable contact", "repeated contact"}

people = st.lists(
    st.fixed_dictionaries(
        {
            "segment": st.sampled_from(["champion", "at risk", "new, or lost"]),
            "email": st.sampled_from(EMAILS),
            "phone": st.sampled_from(PHONES),
            **{name: st.sampled_from(TEXTS) for name in ("first_name", "last_name", "city", "region")},
            "postcode": st.sampled_from(["", "10115", "94035-1234"]),
            "country": st.sampled_from(COUNTRIES),
            "birth_date": st.sampled_from(["", "1988-03-20", "spring"]),
            "gender": st.sampled_from(["", "male", "F", "diverse"]),
            "revenue": st.sampled_from([0.0, 12.0, 0.1, -3.5, float("nan")]),
        }
    ),
    max_size=12,
)


def audience(rows: list[dict[str, Any]], properties: tuple[str, ...] = ("revenue",)) -> Audience:
    columns = ["segment", "email", "phone", "first_name", "last_name", "city", "region", "postcode", "country"]
    names = ["customer_id", *columns, "birth_date", "gender", "revenue"]
    numbered = [{"customer_id": f"C{place:03}", **row} for place, row in enumerate(rows)]
    table = pd.DataFrame(numbered, columns=names).astype(dict.fromkeys(names[:-1], "str"))
    return Audience(
        "Spring list", table.astype({"revenue": "float64"}), properties, phone_region="DE", value_column="revenue"
    )


def export(destination: str, people: Audience) -> DestinationFile:
    return exporters.load_destination(destination).export(people)


def full(count: int = 3) -> Audience:
    rows = [
        {
            "segment": "champion",
            "email": f"p{place}@example.com",
            "phone": f"+4930123{place:03}",
            **dict.fromkeys(("first_name", "last_name", "city", "region"), f"Text {place}"),
            "postcode": "10115",
            "country": "Germany",
            "birth_date": "1988-03-20",
            "gender": "female",
            "revenue": 12.5,
        }
        for place in range(count)
    ]
    return audience(rows)


def test_the_listed_destinations_are_the_files_of_the_folder() -> None:
    assert exporters.destination_names() == DESTINATIONS
    assert "google-ads" in DESTINATIONS


def test_an_unknown_destination_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageProblem, match=r"no destination 'google'; known: google-ads, .*plain"):
        exporters.load_destination("google")


@every_destination
def test_a_destination_says_what_it_is(destination: str) -> None:
    module = exporters.load_destination(destination)
    assert module.TITLE
    assert module.SOURCE.startswith("https://") or destination == "plain"
    assert set(module.REQUIRED_CONTACTS) <= {"email", "phone"}
    assert ADDRESSES.get(destination, module.IS_AD_AUDIENCE) == module.IS_AD_AUDIENCE


@every_destination
@settings(max_examples=25, deadline=None)
@given(rows=people)
def test_everybody_is_in_the_file_or_counted_by_the_reason(destination: str, rows: list[dict[str, Any]]) -> None:
    whole = audience(rows)
    made = export(destination, whole)
    assert len(made.table) + sum(made.exclusion_counts.values()) == len(rows)
    assert set(made.exclusion_counts) <= REASONS
    assert all(count > 0 for count in made.exclusion_counts.values())
    assert len(made.customer_ids) == len(made.table)
    assert made.customer_ids.is_monotonic_increasing
    assert set(made.customer_ids) <= set(whole.people_rows["customer_id"])


@every_destination
@settings(max_examples=25, deadline=None)
@given(rows=people)
def test_all_cells_are_text_under_headers_that_differ(destination: str, rows: list[dict[str, Any]]) -> None:
    made = export(destination, audience(rows))
    headers = list(made.table.columns)
    assert all(headers)
    assert len({header.casefold() for header in headers}) == len(headers) > 0
    assert all(isinstance(cell, str) for row in made.table.to_numpy().tolist() for cell in row)
    read = list(csv.reader(io.StringIO(exporters.encode_csv(made).decode(), newline="")))
    assert read == [headers, *made.table.to_numpy().tolist()]


@every_destination
@settings(max_examples=25, deadline=None)
@given(rows=people)
def test_no_contact_stands_twice_and_nobody_is_without(destination: str, rows: list[dict[str, Any]]) -> None:
    needs = exporters.load_destination(destination).REQUIRED_CONTACTS
    table = export(destination, audience(rows)).table
    words = ("email", "phone") if len(needs) == 2 else ("email",) if needs else ("customer_id", "distinct_id")
    contacts = [header for header in table.columns if any(word in header.lower() for word in words)]
    for header in contacts if needs else contacts[:1]:
        cells = [cell for cell in table[header] if cell]
        assert len(set(cells)) == len(cells)
    if needs:
        assert (table[contacts] != "").any(axis=1).all()


@every_destination
def test_the_order_of_the_rows_does_not_matter_once_sorted(destination: str) -> None:
    chosen = [
        {**full(1).people_rows.iloc[0].drop("customer_id").to_dict(), "email": email, "phone": phone}
        for email in EMAILS
        for phone in PHONES
    ]
    whole = audience(chosen)
    shuffled = whole.people_rows.sample(frac=1, random_state=3).sort_values("customer_id")
    one = export(destination, whole)
    other = export(
        destination,
        Audience(whole.audience_name, shuffled, whole.properties, phone_region="DE", value_column="revenue"),
    )
    assert exporters.encode_csv(one) == exporters.encode_csv(other)
    assert one.customer_ids.tolist() == other.customer_ids.tolist()
    assert one.exclusion_counts == other.exclusion_counts


@every_destination
def test_the_audience_is_left_as_it_was(destination: str) -> None:
    whole = full()
    before = whole.people_rows.copy()
    export(destination, whole)
    pd.testing.assert_frame_equal(whole.people_rows, before)


@every_destination
def test_an_empty_audience_gives_a_header_only(destination: str) -> None:
    made = export(destination, audience([]))
    assert made.table.shape[0] == 0
    assert exporters.encode_csv(made).count(b"\n") == 1
    assert made.exclusion_counts == {}
    exporters.check_limits(made, exporters.load_destination(destination).LIMITS, destination)


@every_destination
def test_an_audience_that_says_nothing_but_ids_gives_a_file(destination: str) -> None:
    rows = pd.DataFrame({"customer_id": ["1", "2"], "segment": ["a", "b"]}, dtype="str")
    made = export(destination, Audience("Spring list", rows))
    if exporters.load_destination(destination).REQUIRED_CONTACTS:
        assert made.exclusion_counts == {"no contact": 2}
    else:
        assert made.customer_ids.tolist() == ["1", "2"]


@every_destination
def test_a_small_file_passes_and_limits_that_are_passed_are_refused(destination: str) -> None:
    made = export(destination, full())
    exporters.check_limits(made, exporters.load_destination(destination).LIMITS, destination)
    for limits, told in {
        FileLimits(max_rows=2): f"3 rows; {destination} accepts 2",
        FileLimits(max_columns=made.table.shape[1]): f"columns; {destination} accepts fewer than",
        FileLimits(max_cell_bytes=1): f"bytes; {destination} accepts 1",
        FileLimits(max_bytes=10): f"bytes; {destination} accepts 10 in a file",
    }.items():
        with pytest.raises(ExportProblem, match=told):
            exporters.check_limits(made, limits, destination)


CARRYING = [name for name in DESTINATIONS if not exporters.load_destination(name).IS_AD_AUDIENCE and name != "posthog"]


@pytest.mark.parametrize("destination", CARRYING)
def test_properties_are_text_as_people_write_it(destination: str) -> None:
    whole = full(4)
    rows = whole.people_rows.assign(
        group=["treated", "holdout", None, "treated"],
        orders=pd.array([1, None, 3, 4], dtype="Int64"),
        clv=[12.0, 0.1, float("nan"), 1e16],
        small=[0.00001, -0.0, 2.5, float("inf")],
        last_order=pd.to_datetime(["2025-03-04 10:00", None, "2024-02-29 00:00", "2024-01-01 23:59"]),
        joined=pd.Series([date(2020, 1, 2), None, date(2021, 1, 1), date(2022, 1, 1)], dtype="object"),
        member=[True, False, True, False],
        tier=pd.Categorical(["gold", None, "gold", "silver"]),
    )
    names = ("group", "orders", "clv", "small", "last_order", "joined", "member", "tier")
    table = export(destination, Audience(whole.audience_name, rows, names)).table
    assert list(table.columns[-len(names) :]) == list(names)
    assert table[list(names)].to_numpy().tolist() == [
        ["treated", "1", "12", "0.00001", "2025-03-04", "2020-01-02", "true", "gold"],
        ["holdout", "", "0.1", "0", "", "", "false", ""],
        ["", "3", "", "2.5", "2024-02-29", "2021-01-01", "true", "gold"],
        ["treated", "4", "10000000000000000", "", "2024-01-01", "2022-01-01", "false", "silver"],
    ]


@pytest.mark.parametrize("destination", CARRYING)
def test_a_property_whose_name_is_taken_is_told(destination: str) -> None:
    whole = full()
    taken = "tags" if destination == "mailchimp" else "SEGMENT"
    rows = whole.people_rows.assign(**{taken: "x"})
    made = export(destination, Audience(whole.audience_name, rows, (taken,)))
    assert taken not in made.table.columns
    assert f"property '{taken}' is not in the file, because it already has a column of that name" in made.notes

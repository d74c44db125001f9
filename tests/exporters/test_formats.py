"""Each destination's file, read with the csv module, against what the destination documents.

Digests that are not the destinations' own examples are from `printf '%s' TEXT | sha256sum`.
"""

import csv
import io
import sys
from typing import Any

import pandas as pd
import pytest

from segcli import exporters
from segcli.errors import ConfigProblems, ExportProblem, UsageProblem
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._countries import CODES_BY_NAME, COUNTRY_CODES, country_code

DIGESTS = {
    # https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
    "john_smith@gmail.com": "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    "16505551212": "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    "mary": "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec",
    "정": "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14",
    "valéry": "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c",
    "19970216": "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c",
    "us": "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621",
    # https://ads.tiktok.com/help/article/how-to-create-a-custom-audience-with-a-customer-file
    "janedoe@gmail.com": "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69",
    # printf '%s' ... | sha256sum
    "newyork": "350c754ba4d38897693aa077ef43072a859d23f613443133fecbbd90a3512ca5",
    "f": "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111",
    "94035": "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e",
    "sw1a1aa": "830e1d4b9838bab1f5c2acdb23e0b502ff13a9832c4632e8d67a1d43d3b7f614",
    "california": "7e8eea5cc60980270c9ceb75ce8c087d48d726110fd3d17921f774eefd8e18d8",
    "o'neill": "4897794243f02aab17572801e8e9629de1efcf107bcc8671f97aeb3d565b3d68",
    "oneill": "fa0fd24b2d0175a5c48e1b82f4d707a8a95f5279c4abdc43fa2f19d8e30eb47d",
    "anna maria": "dfa29cee752c3d2bb1a935e9ea1a3d474b5634a9086fd5cc66be4178dffa865f",
    "annamaria": "fec6939d9150326486c4f459b966d7a4effccb4e125ead017da8ecde375379f0",
    "+16505551212": "1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8",
    "+4930123456": "a909469fabf3f43d0b7b6c42a85a6e7e8ceb36c7a2f0f1b9c15b80dc16384cb7",
    "joe@example.com": "2481f36dfc515ca76451aaadf1399026942a01ee50c6d0a61988b43cef039bc2",
    "": "",
}


def people(*rows: dict[str, str]) -> pd.DataFrame:
    numbered = [{"customer_id": f"C{place}", "segment": "champion", **row} for place, row in enumerate(rows, start=1)]
    return pd.DataFrame(numbered).fillna("").astype("str")


def made(destination: str, *rows: dict[str, str], name: str = "Spring", **more: Any) -> DestinationFile:
    return exporters.load_destination(destination).export(Audience(name, people(*rows), **more))


def read(made: DestinationFile) -> list[list[str]]:
    """The file as another program reads it: UTF-8, no mark, line feeds."""
    raw = exporters.encode_csv(made)
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    return list(csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), strict=True))


def hashed(*texts: str) -> list[str]:
    return [DIGESTS[text] for text in texts]


MARY = {
    "email": " John_Smith@gmail.com",
    "phone": "(650) 555-1212",
    "first_name": "Mary",
    "last_name": "O'Neill",
    "city": "New York",
    "region": "California",
    "postcode": "94035-1234",
    "country": "United States",
    "birth_date": "1997-02-16",
    "gender": "Female",
}


def test_klaviyo_starts_with_the_address_and_ends_with_properties() -> None:
    rows = people(MARY, {"phone": "+49 30 123456"}, {"email": "JOHN_SMITH@gmail.com"}, {"email": "n/a"}, {})
    rows["last_order"] = pd.to_datetime(["2025-03-04", None, None, None, None])
    found = exporters.load_destination("klaviyo").export(Audience("Spring", rows, ("last_order",), phone_region="US"))
    assert read(found) == [
        ["Email", "Phone Number", "First Name", "Last Name", "Segment", "last_order"],
        ["john_smith@gmail.com", "+16505551212", "Mary", "O'Neill", "champion", "2025-03-04"],
        ["", "+4930123456", "", "", "champion", ""],
    ]
    assert found.exclusion_counts == {"no contact": 1, "unusable contact": 1, "repeated contact": 1}
    assert found.customer_ids.tolist() == ["C1", "C2"]


def test_klaviyo_starts_with_phones_where_nobody_has_an_address_and_takes_50_mb() -> None:
    assert read(made("klaviyo", {"phone": "+4930123456"}))[0] == ["Phone Number", "Segment"]
    assert FileLimits(max_bytes=50_000_000) == exporters.load_destination("klaviyo").LIMITS


def test_who_shares_a_phone_with_somebody_left_out_stays() -> None:
    first = {"email": "a@example.com", "phone": "+4930123451"}
    found = made(
        "klaviyo",
        first,
        {"email": "a@example.com", "phone": "+4930123452"},
        {"email": "b@example.com", "phone": "+4930123452"},
        {"email": "c@example.com", "phone": "+4930123451"},
    )
    assert found.customer_ids.tolist() == ["C1", "C3"]


def test_mailchimp_tags_are_quoted_where_they_have_a_comma_and_the_kingdom_is_gb() -> None:
    found = made(
        "mailchimp",
        {"email": "joe@example.com", "first_name": "Joe", "country": "UK", "segment": "new, or lost"},
        {"email": "jané@example.com", "country": "UK"},
        {"email": "ann@exämple.com", "country": "Atlantis"},
    )
    assert read(found) == [
        ["Email Address", "First Name", "Country", "Tags"],
        ["joe@example.com", "Joe", "GB", '"new, or lost"'],
        ["ann@exämple.com", "", "", "champion"],
    ]
    assert found.exclusion_counts == {"unusable contact": 1}
    assert found.notes == ("unrecognised countries, left blank: 1",)


def test_mailchimp_tags_have_100_characters_and_texts_255_bytes() -> None:
    joe = {"email": "joe@example.com"}
    assert read(made("mailchimp", {**joe, "segment": "x" * 100}))[1][-1] == "x" * 100
    with pytest.raises(ExportProblem, match="101 characters; Mailchimp accepts tags of up to 100"):
        made("mailchimp", {**joe, "segment": "x" * 101})
    limits = exporters.load_destination("mailchimp").LIMITS
    exporters.check_limits(made("mailchimp", {**joe, "first_name": "é" * 127}), limits, "mailchimp")
    with pytest.raises(ExportProblem, match="column 'First Name': a text of 256 bytes"):
        exporters.check_limits(made("mailchimp", {**joe, "first_name": "é" * 128}), limits, "mailchimp")


def test_hubspot_has_its_default_properties_and_lets_households_share_a_phone() -> None:
    found = made("hubspot", MARY, {"email": "joe@example.com", "phone": "(650) 555-1212"})
    place = ["Country/Region", "State/Region", "City", "Postal Code"]
    assert read(found) == [
        ["Email", "First Name", "Last Name", "Phone Number", *place, "Segment"],
        [
            *("john_smith@gmail.com", "Mary", "O'Neill", "(650) 555-1212"),
            *("United States", "California", "New York", "94035-1234", "champion"),
        ],
        ["joe@example.com", "", "", "(650) 555-1212", "", "", "", "", "champion"],
    ]
    assert (
        FileLimits(max_bytes=512_000_000, max_rows=1_048_576, max_columns=1000)
        == exporters.load_destination("hubspot").LIMITS
    )


def test_salesforce_always_has_a_last_name_and_says_where_there_was_none() -> None:
    found = made("salesforce", MARY, {"email": "joe@example.com"})
    place = ["Mailing City", "Mailing State/Province", "Mailing Zip/Postal Code", "Mailing Country"]
    assert read(found) == [
        ["Email", "First Name", "Last Name", "Phone", *place, "Segment"],
        [
            *("john_smith@gmail.com", "Mary", "O'Neill", "(650) 555-1212"),
            *("New York", "California", "94035-1234", "United States", "champion"),
        ],
        ["joe@example.com", "", "-", "", "", "", "", "", "champion"],
    ]
    assert "missing last names, which Salesforce requires in new contacts: 1;" in found.notes[0]
    assert read(made("salesforce", {"email": "joe@example.com"}))[0] == ["Email", "Last Name", "Segment"]


def test_salesforce_takes_90_columns_and_50_000_records() -> None:
    rows = people({"email": "joe@example.com"})
    names = tuple(f"p{place}" for place in range(88))
    wide = pd.concat([rows, pd.DataFrame("x", rows.index, list(names))], axis=1)
    salesforce = exporters.load_destination("salesforce")
    for count, fits in ((87, True), (88, False)):
        found = salesforce.export(Audience("Spring", wide, names[:count]))
        assert found.table.shape[1] == count + 3
        if fits:
            exporters.check_limits(found, salesforce.LIMITS, "salesforce")
        else:
            with pytest.raises(ExportProblem, match="91 columns"):
                exporters.check_limits(found, salesforce.LIMITS, "salesforce")
    assert salesforce.LIMITS.max_rows == 50_000


def test_google_hashes_contacts_and_names_and_leaves_places() -> None:
    found = made(
        "google-ads",
        {**MARY, "email": "Jane.Doe+shop@Gmail.com"},
        {"email": "janedoe@gmail.com"},
        {"email": "joe@example.com", "first_name": " Anna Maria ", "last_name": "Mary", "country": "DE"},
        {"phone": "+49 30 123456", **{name: MARY[name] for name in ("first_name", "last_name", "postcode", "country")}},
        phone_region="US",
    )
    assert read(found) == [
        ["Email", "Phone", "First Name", "Last Name", "Country", "Zip"],
        [*hashed("janedoe@gmail.com", "+16505551212", "mary", "o'neill"), "US", "94035-1234"],
        [*hashed("joe@example.com"), "", "", "", "", ""],
        ["", *hashed("+4930123456", "mary", "o'neill"), "US", "94035-1234"],
    ]
    assert found.exclusion_counts == {"repeated contact": 1}
    assert exporters.encode_csv(found).isascii()


def test_google_names_keep_the_blanks_between() -> None:
    row = {**MARY, "first_name": " Anna Maria "}
    assert read(made("google-ads", row, phone_region="US"))[1][2] == DIGESTS["anna maria"]


def test_meta_hashes_as_in_its_examples() -> None:
    found = made("meta", MARY, phone_region="US")
    assert read(found) == [
        ["email", "phone", "fn", "ln", "zip", "ct", "st", "country", "dob", "gen"],
        hashed(
            *("john_smith@gmail.com", "16505551212", "mary", "oneill", "94035"),
            *("newyork", "california", "us", "19970216", "f"),
        ),
    ]
    assert found.notes == ("people in the file: 1; Meta advises against fewer than 100",)


@pytest.mark.parametrize(
    ("name", "form"), [("Valéry", "valéry"), ("Vale\u0301ry", "valéry"), ("정", "정"), ("Anna-Maria", "annamaria")]
)
def test_meta_names_keep_accents_and_lose_punctuation(name: str, form: str) -> None:
    found = made("meta", {"email": "joe@example.com", "first_name": name})
    assert read(found) == [["email", "fn"], hashed("joe@example.com", form)]


def test_meta_postcodes_are_cut_in_the_united_states_only() -> None:
    found = made("meta", {"email": "joe@example.com", "postcode": "SW1A 1AA", "country": "UK"})
    assert read(found)[1][1] == DIGESTS["sw1a1aa"]


def test_meta_values_are_plain_numbers_from_0() -> None:
    rows = people(*({"email": f"p{place}@example.com"} for place in range(5)))
    rows["clv"] = [12.0, 0.1, -4.0, float("nan"), 1e6]
    found = exporters.load_destination("meta").export(Audience("Spring", rows, value_column="clv"))
    lines = read(found)
    assert lines[0] == ["email", "value"]
    assert [line[1] for line in lines[1:]] == ["12", "0.1", "0", "0", "1000000"]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Diabetes shoppers", "diabetes"),
        ("high_income", "income"),
        ("Credit-card users", "credit"),
        ("Hoher Kredit", "kredit"),
        ("Vermögende Kunden", "vermogende"),
        ("préstamos 2025", "prestamos"),
        ("Santé", "sante"),
        ("En faillite", "faillite"),
        ("high net-worth", "net worth"),
        ("new parents: PREGNANCY", "pregnancy"),
    ],
)
def test_meta_refuses_names_that_suggest_health_or_wealth(name: str, word: str) -> None:
    with pytest.raises(UsageProblem, match=rf"audience '.*'.* such as '{word}'\. Set another name with --name"):
        made("meta", {"email": "joe@example.com"}, name=name)


@pytest.mark.parametrize("name", ["Top revenue", "Champions", "Reichweite", "Fertiliser buyers", "psychographic: calm"])
def test_meta_takes_other_names(name: str) -> None:
    assert len(made("meta", {"email": "joe@example.com"}, name=name).table) == 1


def test_tiktok_hashes_addresses_and_numbers_and_says_when_they_are_few() -> None:
    found = made(
        "tiktok", {"email": "JaneDoe@gmail.com "}, {"phone": "(650) 555-1212"}, {"phone": "12"}, phone_region="us"
    )
    assert read(found) == [
        ["Email_SHA256", "Phone_SHA256"],
        hashed("janedoe@gmail.com", ""),
        hashed("", "+16505551212"),
    ]
    assert found.exclusion_counts == {"unusable contact": 1}
    assert found.notes == ("people in the file: 2; TikTok shows ads to audiences of 1,000 matched users or more",)
    assert read(made("tiktok", {"email": "joe@example.com"}))[0] == ["Email_SHA256"]


def test_posthog_is_one_column_of_ids() -> None:
    assert read(made("posthog", {"email": "n/a"}, {})) == [["distinct_id"], ["C1"], ["C2"]]


def test_plain_changes_nothing() -> None:
    found = made("plain", MARY, {"email": "n/a"})
    contacts = ["email", "phone", "first_name", "last_name"]
    place = ["city", "region", "postcode", "country", "birth_date", "gender"]
    assert read(found) == [
        ["customer_id", "segment", *contacts, *place],
        ["C1", "champion", *(MARY[name].strip() for name in contacts + place)],
        ["C2", "champion", "n/a", *[""] * 9],
    ]


@pytest.mark.parametrize("destination", ["google-ads", "meta", "tiktok", "klaviyo"])
def test_without_the_extra_only_numbers_as_e164_are_taken(destination: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    found = made(destination, {"phone": "+4930123456"}, {"phone": "none"}, {})
    assert found.customer_ids.tolist() == ["C1"]
    assert found.exclusion_counts == {"no contact": 1, "unusable contact": 1}
    with pytest.raises(ConfigProblems, match=r"pip install 'segcli\[pii\]'"):
        made(destination, {"phone": "030 123456"}, phone_region="DE")


def test_numbers_without_a_country_code_need_to_be_told_the_country() -> None:
    assert made("klaviyo", {"phone": "030 123456"}).exclusion_counts == {"unusable contact": 1}
    assert read(made("klaviyo", {"phone": "030 123456"}, phone_region="DE"))[1][0] == "+4930123456"


def test_countries_are_the_249_codes_and_names_stand_for_some_of_them() -> None:
    assert len(COUNTRY_CODES) == 249
    assert set(CODES_BY_NAME.values()) <= COUNTRY_CODES
    texts = ["germany", "GREAT  BRITAIN", "el", "Türkiye", "usa", "xx", "NL"]
    assert [country_code(text) for text in texts] == ["DE", "GB", "GR", "TR", "US", "", "NL"]

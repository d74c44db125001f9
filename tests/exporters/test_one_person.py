"""A person whose address has two spellings is one person for consent, suppression, holdouts and every export."""

from pathlib import Path
from typing import Any

import pytest

from segcli.config.export import ExportSettings
from segcli.config.ingest import IngestSettings, Source
from segcli.config.privacy import PrivacySettings
from segcli.customers import load_customers
from segcli.customers.pseudonyms import PrivacyOptions
from segcli.exporters import destination_names, load_destination
from segcli.exporters.audience import ExportTerms, build_audience
from segcli.io.secret_key import PseudonymKey
from segcli.segment.segmentation import read_segmentation
from tests.oracles.tables import from_columns

KEY = PseudonymKey(bytes(range(32)))
ADDRESSED = [name for name in destination_names() if "email" in load_destination(name).REQUIRED_CONTACTS]
SPELLINGS = [
    ("ann@example.org", "Ann@Example.ORG"),
    ("jos\u00e9@example.org", "JOSE\u0301@example.org"),
    (" ann@example.org", "ann@example.org\u00a0"),
]


def exported(first: str, second: str, to: str, *, consent: tuple[str, str] = ("yes", "yes"), **asked: Any) -> Any:
    table = {
        "email": [first, second, "bob@example.org"],
        "email_consent": [*consent, "yes"],
        "x_segment": ["a", "b", "a"],
    }
    made = read_segmentation(from_columns(table), "x_segment")
    return build_audience(made, ExportSettings.model_validate({"to": to, **asked}), ExportTerms(["yes"], KEY))


@pytest.mark.parametrize("to", ADDRESSED)
@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_one_row_in_every_export_by_address(first: str, second: str, to: str) -> None:
    takes = to != "mailchimp" or first.isascii()  # it refuses addresses with other letters
    assert list(exported(first, second, to).destination_file.customer_ids) == [*["c0000"] * takes, "c0002"]


@pytest.mark.parametrize("to", ADDRESSED)
@pytest.mark.parametrize("consent", [("yes", "no"), ("no", "yes"), ("", "yes")])
@pytest.mark.parametrize(("first", "second"), SPELLINGS)
def test_one_refusal_is_the_refusal_of_the_person(first: str, second: str, consent: tuple[str, str], to: str) -> None:
    made = exported(first, second, to, consent=consent)
    assert list(made.destination_file.customer_ids) == ["c0002"]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_one_group_of_a_holdout(share: float) -> None:
    count = 200
    table = {
        "email": [f"{'P' if n % 2 else 'p'}{n // 2}@example.org" for n in range(count)],
        "email_consent": ["yes"] * count,
        "x_segment": ["a"] * count,
    }
    made = read_segmentation(from_columns(table), "x_segment")
    for to in ("klaviyo", "google-ads", "posthog", "plain"):
        settings = ExportSettings.model_validate({"to": to, "holdout": share})
        groups = build_audience(made, settings, ExportTerms(["yes"], KEY)).holdout_groups
        assert groups is not None
        by_person = groups["group"].groupby([int(name[1:]) // 2 for name in groups["customer_id"]]).nunique()
        assert by_person.max() == 1


@pytest.mark.parametrize("listed", ["customer_id\nA\n", "customer_id\nB\n", "email\nann@example.org\n"])
def test_suppressing_one_spelling_suppresses_the_person(listed: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "customer_id,email,age\nA,ann@example.org,1\nB,Ann@Example.org,2\nC,bob@example.org,3\n"
    )
    (tmp_path / "l.csv").write_text(listed)
    assert _ids(tmp_path, tmp_path / "t.csv") == ["C"]


@pytest.mark.parametrize("listed", ["email\nANN@example.org\n", "customer_id\nann@EXAMPLE.org\n"])
@pytest.mark.parametrize("case", ["auto", "keep", "upper", "lower"])
def test_ids_that_are_addresses_are_one_person_by_every_policy(case: str, listed: str, tmp_path: Path) -> None:
    orders = ["email,order_id,order_date,amount"]
    orders += [
        f"{name},{n},2026-01-0{n + 1},5" for n, name in enumerate(["ann@example.org", "Ann@Example.org", "b@x.org"])
    ]
    (tmp_path / "o.csv").write_text("\n".join(orders) + "\n")
    (tmp_path / "l.csv").write_text(listed)
    assert [name.lower() for name in _ids(tmp_path, tmp_path / "o.csv", id_case=case)] == ["b@x.org"]


def _ids(folder: Path, path: Path, **policies: Any) -> list[str]:
    settings = IngestSettings.model_validate({"transactions": Source(path=str(path)), **policies})
    made = load_customers(settings, privacy=PrivacyOptions(PrivacySettings(suppression=str(folder / "l.csv"))))
    return list(made.table["customer_id"])

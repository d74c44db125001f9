"""Selection of customers for an export, and the status of all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.arrays import BoolArray
from segcli.config.export import ExportSettings
from segcli.customers import consent
from segcli.customers.missing_measures import add_remedy
from segcli.errors import ConfigProblems, UsageProblem
from segcli.exporters import Audience, DestinationFile, check_limits, load_destination
from segcli.ingest.column_topics import find_special_word, special_category_columns
from segcli.io.secret_key import PseudonymKey
from segcli.model import Customers, Segmentation

GROUP_COLUMN = "group"  # column with the values treated and holdout
TREATED_GROUP, HOLDOUT_GROUP = "treated", "holdout"
CONTACT_COLUMNS = (
    *columns.PERSONAL_COLUMNS,
    columns.CITY,
    columns.REGION,
    columns.POSTCODE,
    columns.COUNTRY,
    columns.BIRTH_DATE,
    columns.GENDER,
)
EXPORT_STATUSES = ("exported", "holdout", "no consent", "not reachable", "unchanged", "other segment")


@dataclass(frozen=True)
class ExportTerms:
    """Terms of an export.

    `consent_words` are the values of the consent column that mean yes. `holdout_key` draws the holdout.
    `earlier_segments` are the segments of customers at an earlier time (if only customers who changed segment are
    exported). `audit_only` columns are never exported. `phone_region` is the country of phone numbers without a country
    code.
    """

    consent_words: Sequence[str]
    holdout_key: PseudonymKey | None = None
    earlier_segments: Mapping[str, str] | None = None
    audit_only: Sequence[str] = field(default_factory=tuple)
    phone_region: str | None = None


@dataclass(frozen=True)
class ExportResult:
    """Export file for a destination.

    `status_counts` has one row per segment: its number of customers, and how many of them have each status.
    `holdout_groups` has customer_id, group and segment of everybody whom the destination could reach, if there is a
    holdout.
    """

    destination: str
    audience_name: str
    destination_file: DestinationFile
    status_counts: pd.DataFrame
    holdout_groups: pd.DataFrame | None
    notes: tuple[str, ...]


def build_audience(
    segmentation: Segmentation,
    settings: ExportSettings,
    export_terms: ExportTerms,
    segment_names: Sequence[str] | None = None,
) -> ExportResult:
    """Build the audience of some segments in the format of a destination.

    Args:
        segmentation: the segmentation.
        settings: the destination and its columns.
        export_terms: terms of the export.
        segment_names: segments; None means all.

    Returns:
        The file. In every segment, the status counts sum to the number of customers.

    Raises:
        UsageProblem: a segment, column or destination does not exist.
        ConfigProblems: a property must not be used to target people.
        ExportProblem: the file exceeds a limit of the destination.
    """
    destination, customers = load_destination(settings.to), segmentation.customers
    consent_by_contact = {
        contact_column: consent.has_consent(customers, export_terms.consent_words, contact_column)
        for contact_column in (columns.EMAIL, columns.PHONE)
    }
    statuses = _CustomerStatuses(customers)
    statuses.assign_status(~segmentation.labels.isin(_select_segments(segmentation, segment_names)), "other segment")
    if export_terms.earlier_segments is not None:
        statuses.assign_status(_is_unchanged(segmentation, export_terms.earlier_segments), "unchanged")
    statuses.assign_status(_lacks_consent(consent_by_contact), "no consent")
    drawn_groups = _draw_groups(customers, settings, export_terms.holdout_key)
    audience = _collect_audience(
        segmentation,
        settings,
        export_terms,
        is_included=statuses.is_open,
        drawn_groups=None if destination.IS_AD_AUDIENCE else drawn_groups,
    )
    destination_file = destination.export(_blank_refused_contacts(audience, consent_by_contact, statuses.is_open))
    statuses.assign_status(~statuses.customer_ids.isin(destination_file.customer_ids.astype("str")), "not reachable")
    group_table = None
    if drawn_groups is not None:
        group_table = _list_groups(segmentation, drawn_groups, statuses.is_open)
        statuses.assign_status(drawn_groups == HOLDOUT_GROUP, HOLDOUT_GROUP)
        if destination.IS_AD_AUDIENCE:
            destination_file = _drop_holdout(destination_file, statuses.customer_ids[statuses.is_open])
    statuses.assign_status(statuses.is_open, "exported")
    check_limits(destination_file, destination.LIMITS, settings.to)
    notes = (*_build_notes(consent_by_contact, settings), *destination_file.notes)
    return ExportResult(
        settings.to,
        audience.audience_name,
        destination_file,
        _count_statuses(segmentation, statuses.status_labels),
        group_table,
        notes,
    )


class _CustomerStatuses:
    """Export status of each customer; the first status that a customer gets is final."""

    def __init__(self, customers: Customers) -> None:
        self.customer_ids = customers.table[columns.CUSTOMER_ID].astype("str")
        self.status_labels = pd.Series("", index=self.customer_ids.index, dtype="str")

    @property
    def is_open(self) -> BoolArray:
        """Customers without a status, shape (n,)."""
        return np.asarray(self.status_labels == "", dtype=bool)

    def assign_status(self, customer_mask: BoolArray | pd.Series, status: str) -> None:
        """Set the status of the selected customers who have none yet."""
        self.status_labels[self.is_open & np.asarray(customer_mask, dtype=bool)] = status


def _lacks_consent(consent_by_contact: Mapping[str, BoolArray | None]) -> BoolArray:
    """Return which customers consented to no contact; nobody if there is no consent column."""
    known_consents = [has_consent for has_consent in consent_by_contact.values() if has_consent is not None]
    return np.asarray(~np.logical_or.reduce(known_consents)) if known_consents else np.zeros(1, dtype=bool)


def _blank_refused_contacts(
    audience: Audience, consent_by_contact: Mapping[str, BoolArray | None], is_included: BoolArray
) -> Audience:
    """Return the audience without the addresses and numbers of people who did not consent to their use."""
    people_rows = audience.people_rows
    for contact_column, has_consent in consent_by_contact.items():
        if has_consent is not None and contact_column in people_rows:
            permitted_contacts = people_rows[contact_column].where(has_consent[is_included], "")
            people_rows = people_rows.assign(**{contact_column: permitted_contacts})
    return replace(audience, people_rows=people_rows)


def _select_segments(segmentation: Segmentation, segment_names: Sequence[str] | None) -> list[str]:
    if segment_names is None:
        return segmentation.segments
    unknown_segments = [segment_name for segment_name in segment_names if segment_name not in segmentation.segments]
    if unknown_segments:
        raise UsageProblem(
            f"{segmentation.name} has no segment '{unknown_segments[0]}'; available: {', '.join(segmentation.segments)}"
        )
    return list(segment_names)


def _is_unchanged(segmentation: Segmentation, earlier_segments: Mapping[str, str]) -> BoolArray:
    earlier_labels = segmentation.customers.table[columns.CUSTOMER_ID].astype("str").map(dict(earlier_segments))
    return np.asarray(earlier_labels == segmentation.labels, dtype=bool)


def _draw_groups(
    customers: Customers, settings: ExportSettings, holdout_key: PseudonymKey | None
) -> npt.NDArray[np.object_] | None:
    """Draw treated or holdout by a keyed hash of the id and the audience.

    The draw is reproducible and follows no pattern. Customers who share an address or a phone number are one person,
    and get the same group.
    """
    if not settings.holdout_share:
        return None
    assert holdout_key is not None
    hash_purpose = f"holdout {settings.of or ''}"
    fractions = [
        holdout_key.random_fraction(hash_purpose, person_id) for person_id in consent.link_person_ids(customers)
    ]
    return np.where(np.array(fractions) < settings.holdout_share, HOLDOUT_GROUP, TREATED_GROUP).astype(object)


def _collect_audience(
    segmentation: Segmentation,
    settings: ExportSettings,
    export_terms: ExportTerms,
    *,
    is_included: BoolArray,
    drawn_groups: npt.NDArray[np.object_] | None,
) -> Audience:
    """Return the included customers with the columns that the destination needs and the configured properties."""
    customers = segmentation.customers
    customer_table, destination = customers.table, load_destination(settings.to)
    property_names = _check_properties(customers, settings, export_terms.audit_only)
    people_rows = pd.DataFrame(
        {
            columns.CUSTOMER_ID: customer_table[columns.CUSTOMER_ID].astype("str"),
            columns.SEGMENT_NAME: segmentation.labels.astype("str"),
        }
    )
    for contact_column in CONTACT_COLUMNS:
        contact_texts = (
            consent.contact_texts(customers, contact_column)
            if destination.REQUIRED_CONTACTS
            else _read_shown_contact(customers, contact_column)
        )
        if contact_texts is not None:
            people_rows[contact_column] = contact_texts
    value_column = settings.value
    properties = [property_name for property_name in property_names if property_name not in people_rows]
    for column_name in dict.fromkeys([*properties, *filter(None, [value_column])]):
        people_rows[column_name] = customer_table[column_name]
    if drawn_groups is not None:
        people_rows[GROUP_COLUMN] = drawn_groups
        properties.append(GROUP_COLUMN)
    audience_name = settings.name or segmentation.name.replace("_", " ")
    included_rows = people_rows[is_included].reset_index(drop=True)
    return Audience(
        audience_name, included_rows, tuple(properties), customers.as_of, export_terms.phone_region, value_column
    )


def _read_shown_contact(customers: Customers, contact_column: str) -> pd.Series | None:
    """Return a contact column of the customer table; destinations without required contacts get no separate ones."""
    return None if contact_column not in customers.table else customers.table[contact_column].astype("str").fillna("")


def _check_properties(customers: Customers, settings: ExportSettings, audit_only: Sequence[str]) -> list[str]:
    property_names = settings.properties or []
    missing_columns = [
        property_name
        for property_name in [*property_names, *filter(None, [settings.value])]
        if property_name not in customers.table
    ]
    if missing_columns:
        problem_text = f"export: no column '{missing_columns[0]}'; available: {', '.join(customers.table.columns)}"
        raise UsageProblem(add_remedy(problem_text, customers, missing_columns))
    refused_properties = [
        *special_category_columns(property_names),
        *(property_name for property_name in property_names if property_name in audit_only),
    ]
    if refused_properties:
        problem_text = "a special category of personal data, or reserved for audits"
        special_category = find_special_word(refused_properties[0])
        word_note = f" (the word '{special_category}')" if special_category else ""
        raise ConfigProblems([f"export.properties: '{refused_properties[0]}' is {problem_text}{word_note}; remove it"])
    return list(property_names)


def _list_groups(
    segmentation: Segmentation, drawn_groups: npt.NDArray[np.object_], is_reached: BoolArray
) -> pd.DataFrame:
    """Return id, group and segment of everybody whom the destination could reach, to evaluate the campaign."""
    group_rows = pd.DataFrame(
        {
            columns.CUSTOMER_ID: segmentation.customers.table[columns.CUSTOMER_ID].astype("str"),
            GROUP_COLUMN: drawn_groups,
            columns.SEGMENT_NAME: segmentation.labels.astype("str"),
        }
    )
    return group_rows[is_reached].reset_index(drop=True)


def _drop_holdout(destination_file: DestinationFile, treated_ids: pd.Series) -> DestinationFile:
    is_treated = destination_file.customer_ids.astype("str").isin(treated_ids).to_numpy()
    return DestinationFile(
        destination_file.table[is_treated].reset_index(drop=True),
        destination_file.customer_ids[is_treated].reset_index(drop=True),
        destination_file.exclusion_counts,
        destination_file.notes,
    )


def _count_statuses(segmentation: Segmentation, statuses: pd.Series) -> pd.DataFrame:
    """Return one row per segment with selected customers, and a row with the totals."""
    status_table = pd.crosstab(segmentation.labels.to_numpy(), statuses.to_numpy()).reindex(
        segmentation.segments, fill_value=0
    )
    status_table = status_table.reindex(
        columns=[status for status in EXPORT_STATUSES if status in status_table.columns or status == "exported"],
        fill_value=0,
    )
    segment_rows = status_table[status_table.drop(columns="other segment", errors="ignore").sum(axis=1) > 0]
    segment_rows = segment_rows.drop(columns="other segment", errors="ignore")
    status_rows = segment_rows.reset_index(names=columns.SEGMENT_NAME)
    status_rows.insert(1, columns.CUSTOMERS, segment_rows.sum(axis=1).to_numpy())
    total_row = {columns.SEGMENT_NAME: "all", **status_rows.drop(columns=columns.SEGMENT_NAME).sum().to_dict()}
    return pd.concat([status_rows, pd.DataFrame([total_row])], ignore_index=True)


def _build_notes(consent_by_contact: Mapping[str, BoolArray | None], settings: ExportSettings) -> list[str]:
    notes = []
    if consent_by_contact[columns.EMAIL] is None and load_destination(settings.to).REQUIRED_CONTACTS:
        notes.append(
            "no column email_consent: check that you may contact these people; hint: "
            "--set ingest.contacts.path=FILE reads the consent of each customer from a customer file"
        )
    if settings.to == "plain":
        notes.append("nothing is hashed: protect the file like your customer data")
    return notes

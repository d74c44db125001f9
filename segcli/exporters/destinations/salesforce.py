"""Salesforce: contacts for its Data Import Wizard, which maps columns that are named after field labels.

Limits of a file: https://help.salesforce.com/s/articleView?id=xcloud.faq_import_general_are_there_size.htm;
above 50,000 records it refers to Data Loader.
"""

from segcli import columns
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._people import add_properties, drop_empty_columns, select_reachable

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "Salesforce contacts for the Data Import Wizard"
SOURCE = "https://help.salesforce.com/s/articleView?id=sf.faq_import_general.htm"
REQUIRED_CONTACTS = (columns.EMAIL,)
IS_AD_AUDIENCE = False
LIMITS = FileLimits(max_bytes=100_000_000, max_rows=50_000, max_columns=91, max_cell_bytes=32_000)
HEADER_BY_COLUMN = {
    columns.PHONE: "Phone",
    columns.CITY: "Mailing City",
    columns.REGION: "Mailing State/Province",
    columns.POSTCODE: "Mailing Zip/Postal Code",
    columns.COUNTRY: "Mailing Country",
}
MISSING_NAME = "-"


def export(audience: Audience) -> DestinationFile:
    """Export e-mail address, name, phone and place unchanged, segment, then properties."""
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS)
    last_names = reachable_people.read_column(columns.LAST_NAME)
    file_columns = {
        "Email": reachable_people.contacts[columns.EMAIL],
        **drop_empty_columns({"First Name": reachable_people.read_column(columns.FIRST_NAME)}),
        "Last Name": last_names.where(last_names.ne(""), MISSING_NAME),
        **drop_empty_columns(
            {header: reachable_people.read_column(column_name) for column_name, header in HEADER_BY_COLUMN.items()}
        ),
        "Segment": reachable_people.read_column(columns.SEGMENT_NAME),
    }
    file_columns, notes = add_properties(audience, reachable_people, file_columns)
    return reachable_people.make_file(file_columns, [*_note_missing_names(int(last_names.eq("").sum())), *notes])


def _note_missing_names(missing_count: int) -> list[str]:
    if not missing_count:
        return []
    note = f"'{MISSING_NAME}' replaces missing last names, which Salesforce requires in new contacts: {missing_count:,}"
    return [f"{note}; do not map that column when you update contacts"]

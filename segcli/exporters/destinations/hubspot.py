"""HubSpot: contacts, identified by e-mail address; columns are named after its default properties."""

from segcli import columns
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._people import add_properties, drop_empty_columns, select_reachable

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "HubSpot contact import"
SOURCE = "https://knowledge.hubspot.com/import-and-export/set-up-your-import-file"
REQUIRED_CONTACTS = (columns.EMAIL,)
IS_AD_AUDIENCE = False
LIMITS = FileLimits(max_bytes=512_000_000, max_rows=1_048_576, max_columns=1000)
HEADER_BY_COLUMN = {
    columns.FIRST_NAME: "First Name",
    columns.LAST_NAME: "Last Name",
    columns.PHONE: "Phone Number",
    columns.COUNTRY: "Country/Region",
    columns.REGION: "State/Region",
    columns.CITY: "City",
    columns.POSTCODE: "Postal Code",
}


def export(audience: Audience) -> DestinationFile:
    """Export e-mail address, name, phone and place unchanged, segment, then properties."""
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS)
    optional_columns = drop_empty_columns(
        {header: reachable_people.read_column(column_name) for column_name, header in HEADER_BY_COLUMN.items()}
    )
    file_columns = {
        "Email": reachable_people.contacts[columns.EMAIL],
        **optional_columns,
        "Segment": reachable_people.read_column(columns.SEGMENT_NAME),
    }
    return reachable_people.make_file(*add_properties(audience, reachable_people, file_columns))

"""Klaviyo: profiles by e-mail address or phone number, with the segment and other properties.

The first header must be Email, Email Address or Phone Number. Every row must have one of them, without repeats
(https://help.klaviyo.com/hc/en-us/articles/115005078807).
"""

from segcli import columns
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._people import add_properties, drop_empty_columns, select_reachable

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "Klaviyo list import"
SOURCE = "https://help.klaviyo.com/hc/en-us/articles/115005078967"
REQUIRED_CONTACTS = (columns.EMAIL, columns.PHONE)
IS_AD_AUDIENCE = False
LIMITS = FileLimits(max_bytes=50_000_000)
HEADER_BY_COLUMN = {columns.FIRST_NAME: "First Name", columns.LAST_NAME: "Last Name"}


def export(audience: Audience) -> DestinationFile:
    """Export e-mail address, phone number, names, segment and properties; empty contact columns are omitted."""
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS)
    contact_columns = {
        "Email": reachable_people.contacts[columns.EMAIL],
        "Phone Number": reachable_people.contacts[columns.PHONE],
    }
    name_columns = {
        header: reachable_people.read_column(column_name) for column_name, header in HEADER_BY_COLUMN.items()
    }
    file_columns = {
        **drop_empty_columns(contact_columns | name_columns),
        "Segment": reachable_people.read_column(columns.SEGMENT_NAME),
    }
    return reachable_people.make_file(*add_properties(audience, reachable_people, file_columns))

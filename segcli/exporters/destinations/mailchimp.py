"""Mailchimp: contacts by e-mail address, tagged with their segment.

Mailchimp cuts texts of more than 255 bytes, and accepts an address only if its part before the @ is ASCII.
"""

from segcli import columns
from segcli.errors import ExportProblem
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._normalisation import map_distinct, normalise_email
from segcli.exporters.destinations._people import (
    add_properties,
    drop_empty_columns,
    find_country_codes,
    select_reachable,
)

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "Mailchimp contact import"
SOURCE = "https://mailchimp.com/help/format-guidelines-for-your-import-file/"
REQUIRED_CONTACTS = (columns.EMAIL,)
IS_AD_AUDIENCE = False
LIMITS = FileLimits(max_cell_bytes=255)
MAX_TAG_LENGTH = 100  # characters


def export(audience: Audience) -> DestinationFile:
    """Export e-mail address, names, country code, the segment as a tag, then properties."""
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS, _normalise_ascii_email)
    country_codes, country_notes = find_country_codes(reachable_people)
    optional_columns = {
        "First Name": reachable_people.read_column(columns.FIRST_NAME),
        "Last Name": reachable_people.read_column(columns.LAST_NAME),
        "Country": country_codes,
    }
    tags = map_distinct(reachable_people.read_column(columns.SEGMENT_NAME), _quote_tag)
    file_columns = {
        "Email Address": reachable_people.contacts[columns.EMAIL],
        **drop_empty_columns(optional_columns),
        "Tags": tags,
    }
    file_columns, notes = add_properties(audience, reachable_people, file_columns)
    return reachable_people.make_file(file_columns, [*country_notes, *notes])


def _normalise_ascii_email(email_text: str) -> str:
    address = normalise_email(email_text)
    return address if address.partition("@")[0].isascii() else ""


def _quote_tag(segment_name: str) -> str:
    """Quote a tag that contains a comma, which would otherwise make two tags of it."""
    if len(segment_name) > MAX_TAG_LENGTH:
        raise ExportProblem(
            f"segment '{segment_name}' has {len(segment_name)} characters; "
            f"Mailchimp accepts tags of up to {MAX_TAG_LENGTH}. Use a shorter name"
        )
    quoted_name = segment_name.replace('"', '""')
    return f'"{quoted_name}"' if "," in segment_name else segment_name

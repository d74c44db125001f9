"""TikTok: a customer file of hashed e-mail addresses and phone numbers."""

from segcli import columns
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._normalisation import hash_text, map_distinct
from segcli.exporters.destinations._people import drop_empty_columns, select_reachable

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "TikTok customer file, hashed"
SOURCE = "https://ads.tiktok.com/help/article/how-to-create-a-custom-audience-with-a-customer-file"
REQUIRED_CONTACTS = (columns.EMAIL, columns.PHONE)
IS_AD_AUDIENCE = True
LIMITS = FileLimits(max_bytes=1_000_000_000)
MIN_MATCHED_USERS = 1000  # matched users: https://ads.tiktok.com/help/article/custom-audiences


def export(audience: Audience) -> DestinationFile:
    """Export hashed addresses in lower case and numbers as E.164; empty contact columns are omitted."""
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS)
    file_columns = {
        "Email_SHA256": map_distinct(reachable_people.contacts[columns.EMAIL], hash_text),
        "Phone_SHA256": map_distinct(reachable_people.contacts[columns.PHONE], hash_text),
    }
    people_count = len(reachable_people.people_rows)
    note = (
        f"people in the file: {people_count:,}; "
        f"TikTok shows ads to audiences of {MIN_MATCHED_USERS:,} matched users or more"
    )
    return reachable_people.make_file(
        drop_empty_columns(file_columns), [note] if people_count < MIN_MATCHED_USERS else []
    )

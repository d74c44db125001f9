"""TikTok: a customer file of hashed e-mail addresses and phone numbers."""

from segcli import columns as c
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._normal import digest, mapped
from segcli.exporters.destinations._people import filled, reached

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "TikTok customer file, hashed"
SOURCE = "https://ads.tiktok.com/help/article/how-to-create-a-custom-audience-with-a-customer-file"
NEEDS = (c.EMAIL, c.PHONE)
ADDRESSES = True
LIMITS = Limits(bytes=1_000_000_000)
LEAST = 1000  # matched users: https://ads.tiktok.com/help/article/custom-audiences


def export(audience: Audience) -> Exported:
    """Addresses in lower case and numbers as E.164, then hashed; a contact that nobody has gets no column."""
    people = reached(audience, NEEDS)
    columns = {
        "Email_SHA256": mapped(people.contacts[c.EMAIL], digest),
        "Phone_SHA256": mapped(people.contacts[c.PHONE], digest),
    }
    count = len(people.rows)
    note = f"people in the file: {count:,}; TikTok shows ads to audiences of {LEAST:,} matched users or more"
    return people.filed(filled(columns), [note] if count < LEAST else [])

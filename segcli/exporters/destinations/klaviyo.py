"""Klaviyo: profiles by e-mail address or phone number; the segment and other properties become theirs.

The first header must be Email, Email Address or Phone Number, every row has one of them and none stands twice
(https://help.klaviyo.com/hc/en-us/articles/115005078807).
"""

from segcli import columns as c
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._people import described, filled, reached

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "Klaviyo list import"
SOURCE = "https://help.klaviyo.com/hc/en-us/articles/115005078967"
NEEDS = (c.EMAIL, c.PHONE)
ADDRESSES = False
LIMITS = Limits(bytes=50_000_000)
HEADERS = {c.FIRST_NAME: "First Name", c.LAST_NAME: "Last Name"}


def export(audience: Audience) -> Exported:
    """E-mail address, phone number, names, segment and properties; a contact that nobody has gets no column."""
    people = reached(audience, NEEDS)
    contacts = {"Email": people.contacts[c.EMAIL], "Phone Number": people.contacts[c.PHONE]}
    names = {header: people.known(name) for name, header in HEADERS.items()}
    columns = {**filled(contacts | names), "Segment": people.known(c.NAME)}
    return people.filed(*described(audience, people, columns))

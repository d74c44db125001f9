"""Mailchimp: contacts by e-mail address, tagged with their segment.

A text of more than 255 bytes would be cut, and an address is taken only where its part before the @ is ASCII.
"""

from segcli import columns as c
from segcli.errors import ExportProblem
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._normal import email, mapped
from segcli.exporters.destinations._people import countries, described, filled, reached

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "Mailchimp contact import"
SOURCE = "https://mailchimp.com/help/format-guidelines-for-your-import-file/"
NEEDS = (c.EMAIL,)
ADDRESSES = False
LIMITS = Limits(cell_bytes=255)
TAG = 100  # characters


def export(audience: Audience) -> Exported:
    """E-mail address, names, country code, the segment as a tag, then properties."""
    people = reached(audience, NEEDS, _email)
    codes, unknown = countries(people)
    optional = {
        "First Name": people.known(c.FIRST_NAME),
        "Last Name": people.known(c.LAST_NAME),
        "Country": codes,
    }
    tags = mapped(people.known(c.NAME), _tag)
    columns = {"Email Address": people.contacts[c.EMAIL], **filled(optional), "Tags": tags}
    columns, notes = described(audience, people, columns)
    return people.filed(columns, [*unknown, *notes])


def _email(text: str) -> str:
    address = email(text)
    return address if address.partition("@")[0].isascii() else ""


def _tag(segment: str) -> str:
    """Quoted where it has a comma, which would make two tags of it."""
    if len(segment) > TAG:
        raise ExportProblem(
            f"segment '{segment}' has {len(segment)} characters; Mailchimp takes tags of {TAG}. Give it a shorter name"
        )
    quoted = segment.replace('"', '""')
    return f'"{quoted}"' if "," in segment else segment

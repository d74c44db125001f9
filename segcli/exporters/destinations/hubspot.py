"""HubSpot: contacts, told apart by e-mail address; columns are named as its default properties."""

from segcli import columns as c
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._people import described, filled, reached

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "HubSpot contact import"
SOURCE = "https://knowledge.hubspot.com/import-and-export/set-up-your-import-file"
NEEDS = (c.EMAIL,)
ADDRESSES = False
LIMITS = Limits(bytes=512_000_000, rows=1_048_576, columns=1000)
HEADERS = {
    c.FIRST_NAME: "First Name",
    c.LAST_NAME: "Last Name",
    c.PHONE: "Phone Number",
    c.COUNTRY: "Country/Region",
    c.REGION: "State/Region",
    c.CITY: "City",
    c.POSTCODE: "Postal Code",
}


def export(audience: Audience) -> Exported:
    """E-mail address, name, phone and place as they are, segment, then properties."""
    people = reached(audience, NEEDS)
    optional = filled({header: people.known(name) for name, header in HEADERS.items()})
    columns = {"Email": people.contacts[c.EMAIL], **optional, "Segment": people.known(c.NAME)}
    return people.filed(*described(audience, people, columns))

"""Everybody, with contacts and properties as they are; for whatever has no destination of its own."""

from segcli import columns as c
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._people import described, reached

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "a plain table: ids, segments, contacts and properties, nothing changed or hashed"
SOURCE = "segcli"
NEEDS = ()
ADDRESSES = False
LIMITS = Limits()
CONTACTS = (
    *(c.EMAIL, c.PHONE, c.FIRST_NAME, c.LAST_NAME),
    *(c.CITY, c.REGION, c.POSTCODE, c.COUNTRY, c.BIRTH_DATE, c.GENDER),
)


def export(audience: Audience) -> Exported:
    """Customer id, segment, the contact columns there are, then properties."""
    people = reached(audience, NEEDS)
    names = [c.CUSTOMER_ID, c.NAME, *(name for name in CONTACTS if name in people.rows)]
    columns, notes = described(audience, people, {name: people.known(name) for name in names})
    return people.filed(columns, notes)

"""Salesforce: contacts for its Data Import Wizard, columns named as the fields' labels, which it maps by itself.

Limits of a file: https://help.salesforce.com/s/articleView?id=xcloud.faq_import_general_are_there_size.htm;
above 50,000 records it refers to Data Loader.
"""

from segcli import columns as c
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._people import described, filled, reached

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "Salesforce contacts for the Data Import Wizard"
SOURCE = "https://help.salesforce.com/s/articleView?id=sf.faq_import_general.htm"
NEEDS = (c.EMAIL,)
ADDRESSES = False
LIMITS = Limits(bytes=100_000_000, rows=50_000, columns=91, cell_bytes=32_000)
HEADERS = {
    c.PHONE: "Phone",
    c.CITY: "Mailing City",
    c.REGION: "Mailing State/Province",
    c.POSTCODE: "Mailing Zip/Postal Code",
    c.COUNTRY: "Mailing Country",
}
NO_NAME = "-"


def export(audience: Audience) -> Exported:
    """E-mail address, name, phone and place as they are, segment, then properties."""
    people = reached(audience, NEEDS)
    named = people.known(c.LAST_NAME)
    columns = {
        "Email": people.contacts[c.EMAIL],
        **filled({"First Name": people.known(c.FIRST_NAME)}),
        "Last Name": named.where(named.ne(""), NO_NAME),
        **filled({header: people.known(name) for name, header in HEADERS.items()}),
        "Segment": people.known(c.NAME),
    }
    columns, notes = described(audience, people, columns)
    return people.filed(columns, [*_unnamed(int(named.eq("").sum())), *notes])


def _unnamed(count: int) -> list[str]:
    if not count:
        return []
    note = f"'{NO_NAME}' stands for last names that are missing, which Salesforce needs in new contacts: {count:,}"
    return [f"{note}; do not map that column when contacts are updated"]

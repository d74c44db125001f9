"""Google Ads: a Customer Match list, hashed.

E-mail addresses of Google itself lose dots and what follows a plus sign
(https://developers.google.com/google-ads/api/docs/remarketing/audience-segments/customer-match/get-started);
names are lower case without blanks at their ends, countries and postcodes stay as they are
(https://developers.google.com/data-manager/api/get-started/formatting).
"""

import numpy as np

from segcli import columns as c
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._normal import digest, google_email, lowered, mapped
from segcli.exporters.destinations._people import countries, reached

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "Google Ads Customer Match list, hashed"
SOURCE = "https://support.google.com/google-ads/answer/7476159"
NEEDS = (c.EMAIL, c.PHONE)
ADDRESSES = True
LIMITS = Limits()


def export(audience: Audience) -> Exported:
    """All six columns; name, country and postcode only where all four are known, as they match together only."""
    people = reached(audience, NEEDS, google_email)
    codes, notes = countries(people)
    place = {
        "First Name": mapped(mapped(people.known(c.FIRST_NAME), lowered), digest),
        "Last Name": mapped(mapped(people.known(c.LAST_NAME), lowered), digest),
        "Country": codes,
        "Zip": people.known(c.POSTCODE),
    }
    complete = np.all([texts.ne("") for texts in place.values()], axis=0)
    contacts = {
        "Email": mapped(people.contacts[c.EMAIL], digest),
        "Phone": mapped(people.contacts[c.PHONE], digest),
    }
    return people.filed(contacts | {header: texts.where(complete, "") for header, texts in place.items()}, notes)

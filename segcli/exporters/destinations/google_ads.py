"""Google Ads: a hashed Customer Match list.

Google's own e-mail addresses lose dots and the part after a plus sign
(https://developers.google.com/google-ads/api/docs/remarketing/audience-segments/customer-match/get-started).
Names are lower case without surrounding blanks, and countries and postcodes are unchanged
(https://developers.google.com/data-manager/api/get-started/formatting).
"""

import numpy as np

from segcli import columns
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._normalisation import hash_text, lowercase_text, map_distinct, normalise_google_email
from segcli.exporters.destinations._people import find_country_codes, select_reachable

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "Google Ads Customer Match list, hashed"
SOURCE = "https://support.google.com/google-ads/answer/7476159"
REQUIRED_CONTACTS = (columns.EMAIL, columns.PHONE)
IS_AD_AUDIENCE = True
LIMITS = FileLimits()


def export(audience: Audience) -> DestinationFile:
    """Export all six columns; name, country and postcode only if all four are known, as they only match together."""
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS, normalise_google_email)
    country_codes, notes = find_country_codes(reachable_people)
    match_columns = {
        "First Name": map_distinct(
            map_distinct(reachable_people.read_column(columns.FIRST_NAME), lowercase_text), hash_text
        ),
        "Last Name": map_distinct(
            map_distinct(reachable_people.read_column(columns.LAST_NAME), lowercase_text), hash_text
        ),
        "Country": country_codes,
        "Zip": reachable_people.read_column(columns.POSTCODE),
    }
    is_complete = np.all([texts.ne("") for texts in match_columns.values()], axis=0)
    contact_columns = {
        "Email": map_distinct(reachable_people.contacts[columns.EMAIL], hash_text),
        "Phone": map_distinct(reachable_people.contacts[columns.PHONE], hash_text),
    }
    return reachable_people.make_file(
        contact_columns | {header: texts.where(is_complete, "") for header, texts in match_columns.items()}, notes
    )

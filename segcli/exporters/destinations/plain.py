"""All customers, with unchanged contacts and properties; for systems without a destination of their own."""

from segcli import columns
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._people import add_properties, select_reachable

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "a plain table: ids, segments, contacts and properties, unchanged and not hashed"
SOURCE = "segcli"
REQUIRED_CONTACTS = ()
IS_AD_AUDIENCE = False
LIMITS = FileLimits()
PLAIN_COLUMNS = (
    *(columns.EMAIL, columns.PHONE, columns.FIRST_NAME, columns.LAST_NAME),
    *(columns.CITY, columns.REGION, columns.POSTCODE, columns.COUNTRY, columns.BIRTH_DATE, columns.GENDER),
)


def export(audience: Audience) -> DestinationFile:
    """Export customer id, segment, the available contact columns, then properties."""
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS)
    column_names = [
        columns.CUSTOMER_ID,
        columns.SEGMENT_NAME,
        *(column_name for column_name in PLAIN_COLUMNS if column_name in reachable_people.people_rows),
    ]
    file_columns, notes = add_properties(
        audience,
        reachable_people,
        {column_name: reachable_people.read_column(column_name) for column_name in column_names},
    )
    return reachable_people.make_file(file_columns, notes)

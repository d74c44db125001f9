"""PostHog: a static cohort with one column of distinct ids, the customer id if the site identifies people by it."""

from segcli import columns
from segcli.exporters import Audience, DestinationFile, FileLimits
from segcli.exporters.destinations._people import select_reachable

__all__ = ["IS_AD_AUDIENCE", "LIMITS", "REQUIRED_CONTACTS", "SOURCE", "TITLE", "export"]

TITLE = "PostHog static cohort"
SOURCE = "https://posthog.com/docs/data/cohorts"
REQUIRED_CONTACTS = ()
IS_AD_AUDIENCE = False
LIMITS = FileLimits()


def export(audience: Audience) -> DestinationFile:
    """Export the customer ids as `distinct_id`; PostHog takes no properties with a cohort."""
    reachable_people = select_reachable(audience, REQUIRED_CONTACTS)
    note = "distinct_id is the customer id: PostHog matches the people that your site identifies by it"
    return reachable_people.make_file({"distinct_id": reachable_people.read_column(columns.CUSTOMER_ID)}, [note])

"""PostHog: a static cohort, one column of distinct ids; which is the customer id where a site identifies by it."""

from segcli import columns as c
from segcli.exporters import Audience, Exported, Limits
from segcli.exporters.destinations._people import reached

__all__ = ["ADDRESSES", "LIMITS", "NEEDS", "SOURCE", "TITLE", "export"]

TITLE = "PostHog static cohort"
SOURCE = "https://posthog.com/docs/data/cohorts"
NEEDS = ()
ADDRESSES = False
LIMITS = Limits()


def export(audience: Audience) -> Exported:
    """The customer ids under `distinct_id`; PostHog takes no properties with a cohort."""
    people = reached(audience, NEEDS)
    note = "distinct_id is the customer id: PostHog finds people whom your site identifies by it"
    return people.filed({"distinct_id": people.known(c.CUSTOMER_ID)}, [note])

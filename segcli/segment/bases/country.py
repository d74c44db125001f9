"""Geographic: the country a customer lives in."""

from pydantic import Field

from segcli.config.section import Section
from segcli.model import Customers
from segcli.segment.bases import Decided, given

SOURCE = "the customer file's country, or that of most order lines"


class Options(Section):
    """Which values stand for themselves."""

    minimum_share: float = Field(
        0.02, ge=0, le=1, description="Share of customers below which a value is merged into other."
    )


def decide(customers: Customers, options: Options) -> Decided:
    """Each customer's country."""
    return given(customers, ("country",), minimum_share=options.minimum_share)

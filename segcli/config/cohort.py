"""`cohort:` groups of customers by first order or acquisition channel, followed over time."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class CohortSettings(Section):
    """`cohort:` cohort definition, periods and measure."""

    by: str = Field(
        "month",
        description="Cohort definition: month or quarter of the first order, first_channel, first_product or "
        "first_category of the first order, a segmentation such as rfm_segment as of the middle of the history, or an "
        "attribute of customers.",
    )
    period: Literal["month", "quarter"] = Field(
        "month", description="Calendar period of the columns: month or quarter."
    )
    show: Literal["retention", "customers", "orders", "revenue", "value"] = Field(
        "retention",
        description="Measure in the table: retention (share of customers with a purchase), customers, orders, revenue "
        "or value (cumulative revenue per customer).",
    )

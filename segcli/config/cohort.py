"""`cohort:` customers by when or how they came, followed over time."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class CohortSettings(Section):
    """`cohort:` who is followed together, and over which periods."""

    by: str = Field(
        "month",
        description="Customers who came in the same month or quarter (month, quarter), or who have the same value of a "
        "column, such as top_channel or rfm_segment.",
    )
    period: Literal["month", "quarter"] = Field("month", description="Calendar periods in which cohorts are watched.")
    show: Literal["retention", "customers", "orders", "revenue", "value"] = Field(
        "retention",
        description="What the table shows: share or number of customers who bought, orders, revenue, or revenue a head "
        "to date (value).",
    )

"""`cohort:` groups of customers by first order or acquisition channel, followed over time."""

from typing import Literal

from pydantic import Field

from segcli.config.section import Section


class CohortSettings(Section):
    """`cohort:` who is followed together, and over which periods."""

    by: str = Field(
        "month",
        description="What customers of a cohort share: month or quarter of the first order, or a column such as "
        "top_channel.",
    )
    period: Literal["month", "quarter"] = Field(
        "month", description="Calendar periods in which cohorts are watched: month or quarter."
    )
    show: Literal["retention", "customers", "orders", "revenue", "value"] = Field(
        "retention",
        description="What the table shows: retention (share who bought), customers, orders, revenue, or value "
        "(revenue a head to date).",
    )

"""`ingest.events:` long tables of what customers did, such as campaign sends, tickets or visits."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from segcli.columns import CUSTOMER_ID, ORDER_LINES, ORDERS
from segcli.config.section import PATH_MARK, Section

EVENT_TIME = "time"
EVENT_ROLES = (EVENT_TIME, "type", "value", "text", "duration")  # columns of an event table, besides those of the file
COUNT_FEATURES = {"count_30d": 30, "count_90d": 90, "count_365d": 365}  # feature -> days before the as-of day
DAYS_SINCE_FEATURE = "days_since_last"
FEATURES = (*COUNT_FEATURES, DAYS_SINCE_FEATURE)
EventFeature = Literal["count_30d", "count_90d", "count_365d", "days_since_last"]


def _check_table_name(name: str) -> str:
    if name in {ORDERS, ORDER_LINES}:
        raise ValueError(f"'{name}' is the table of the order lines; choose another name")
    return name


EventTableName = Annotated[str, Field(pattern=r"^[^\W\d]\w*$"), AfterValidator(_check_table_name)]


class EventSource(Section):
    """One long table of events: location, columns and features. segcli finds columns that are not named."""

    path: str = Field(min_length=1, description="Your file, folder or glob pattern.", json_schema_extra=PATH_MARK)
    customer: str | None = Field(None, description="Column of the customer's id or e-mail address.")
    match: Literal["customer_id", "email", "phone"] | None = Field(
        None, description="Meaning of the customer column: customer_id, email or phone. Default: detected."
    )
    time: str | None = Field(None, description="Column of the time of each event.")
    type: str | None = Field(None, description="Column of the type, for example sent, opened or clicked.")
    value: str | None = Field(None, description="Column of a number, for example points.")
    text: str | None = Field(None, description="Column of a text, for example a comment.")
    duration: str | None = Field(None, description="Column of a duration.")
    event_id: str | None = Field(
        None, description="Column of the event's id. segcli counts rows with the same id once."
    )
    features: list[EventFeature] = Field(
        default_factory=list,
        description="Columns to add to the customer table, as NAME_count_30d: count_30d, count_90d, count_365d and "
        "days_since_last.",
    )
    date_format: str | None = Field(None, description="Date format, for example %d/%m/%Y, or epoch_s or epoch_ms.")
    timezone: str | None = Field(None, description="Time zone for times with a UTC offset, for example Europe/Berlin.")
    decimal: Literal[".", ","] | None = Field(None, description="Decimal mark of numbers. Default: detected.")
    encoding: str | None = Field(None, description="Text encoding, for example cp1252. Default: UTF-8.")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        None, description="Field delimiter. Default: detected."
    )

    def source_values(self, path: str) -> dict[str, object]:
        """Return the settings of one file as those of a `Source`."""
        named_customer = {CUSTOMER_ID: self.customer} if self.customer else {}
        shared_names = ("date_format", "timezone", "decimal", "encoding", "delimiter")
        shared = {name: getattr(self, name) for name in shared_names if getattr(self, name) is not None}
        return {"path": path, "preset": "none", "columns": named_customer, **shared}

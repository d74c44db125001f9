"""`ingest.events:` long tables of what customers did, such as campaign sends, tickets or visits."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from segcli.columns import CUSTOMER_ID, ORDER_LINES, ORDERS
from segcli.config.section import PATH_MARK, Section, literal_type

EVENT_TIME, EVENT_ID = "time", "event_id"
TIME_ROLES = (EVENT_TIME, "first_reply", "solved", "end")  # columns of times
# Columns of an event table, besides those of the file. Each kind of table has the first ones and its own.
SHARED_ROLES = (EVENT_TIME, "type", "value", "text", "duration")
KIND_ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "campaigns": ("message",),
        "web": ("page", "session", "device"),
        "tickets": ("solved", "first_reply", "response_minutes", "csat", "ces", "touchpoint", "reason"),
        "reviews": (),
        "points": (),
        "subscriptions": ("end", "plan", "mrr", "interval", "reason"),
        "readings": (),
    }
)
EVENT_ROLES = (*SHARED_ROLES, *dict.fromkeys(role for roles in KIND_ROLES.values() for role in roles))
EVENT_KINDS = tuple(KIND_ROLES)
EventKind = Literal["campaigns", "web", "tickets", "reviews", "points", "subscriptions", "readings"]

COUNT_FEATURES = {f"count_{days}d": days for days in (7, 30, 90, 365)}  # feature -> days before the as-of day
DAYS_SINCE_FEATURE, DAYS_SINCE_FIRST_FEATURE = "days_since_last", "days_since_first"
SHARED_FEATURES = (*COUNT_FEATURES, DAYS_SINCE_FEATURE, DAYS_SINCE_FIRST_FEATURE)
VALUE_FEATURES = ("value_sum", "value_mean", "value_last")
KIND_FEATURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "campaigns": ("open_share", "click_share"),
        "web": ("pages", "sessions"),
        "tickets": (
            *("handle_time", "response_hours", "resolution_hours"),
            *("csat_mean", "csat_last", "csat_by_touchpoint", "ces_mean", "ces_last", "ces_by_touchpoint"),
        ),
        "reviews": ("value_mean", "value_last"),
        "points": ("value_sum",),
        "subscriptions": ("mrr", "status", "plan", "tenure_days"),
        "readings": ("value_mean", "value_last"),
    }
)
FEATURES = (
    *SHARED_FEATURES,
    *dict.fromkeys((*VALUE_FEATURES, *(feature for features in KIND_FEATURES.values() for feature in features))),
)
TOUCHPOINT_FEATURES = tuple(feature for feature in FEATURES if feature.endswith("_by_touchpoint"))
if TYPE_CHECKING:
    EventFeature = str
    EventRole = str
else:
    EventFeature = literal_type(FEATURES)
    EventRole = literal_type((*EVENT_ROLES, EVENT_ID))


def _check_table_name(name: str) -> str:
    if name in {ORDERS, ORDER_LINES}:
        raise ValueError(f"'{name}' is the table of the order lines; choose another name")
    return name


EventTableName = Annotated[str, Field(pattern=r"^[^\W\d]\w*$"), AfterValidator(_check_table_name)]


class EventSource(Section):
    """One long table of events: location, columns and features. segcli finds columns that are not named."""

    path: str = Field(min_length=1, description="Your file, folder or glob pattern.", json_schema_extra=PATH_MARK)
    kind: EventKind | None = Field(
        None, description="Kind of the events, which sets the default features. Default: detected."
    )
    preset: str | None = Field(
        None, description="Preset of the platform, for example klaviyo-events, or none. Default: detected."
    )
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
    columns: dict[EventRole, str] = Field(
        default_factory=dict,
        description="Further columns by meaning, for example {page: URL, csat: Score}: "
        f"{', '.join(role for role in EVENT_ROLES if role not in SHARED_ROLES)}.",
    )
    features: list[EventFeature] | None = Field(
        None,
        description="Columns to add to the customer table, as NAME_count_30d; [] adds none. Default: those of the "
        "kind.",
    )
    date_format: str | None = Field(None, description="Date format, for example %d/%m/%Y, or epoch_s or epoch_ms.")
    timezone: str | None = Field(None, description="Time zone for times with a UTC offset, for example Europe/Berlin.")
    decimal: Literal[".", ","] | None = Field(None, description="Decimal mark of numbers. Default: detected.")
    encoding: str | None = Field(None, description="Text encoding, for example cp1252. Default: UTF-8.")
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        None, description="Field delimiter. Default: detected."
    )

    @property
    def declared_columns(self) -> Mapping[str, str]:
        """The columns that the user names, by meaning."""
        named = {role: getattr(self, role) for role in (*SHARED_ROLES, EVENT_ID)}
        return {**self.columns, **{role: name for role, name in named.items() if name is not None}}

    def source_values(self, path: str) -> dict[str, object]:
        """Return the settings of one file as those of a `Source`."""
        named_customer = {CUSTOMER_ID: self.customer} if self.customer else {}
        shared_names = ("date_format", "timezone", "decimal", "encoding", "delimiter")
        shared = {name: getattr(self, name) for name in shared_names if getattr(self, name) is not None}
        return {"path": path, "preset": "none", "columns": named_customer, **shared}

"""Data classes shared by the stages: frozen, without dependencies on typer, rich or YAML.

Tables are pandas DataFrames with columns named as in `columns.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from segcli import columns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    import pandas as pd


@dataclass(frozen=True)
class Input:
    """Input file: `size` (bytes) and `digest` (SHA-256) of the stored file, and the number of records (`rows`).

    The digest of a large file is computed on first use.
    """

    name: str
    size: int
    digest: str | Callable[[], str]
    rows: int

    @property
    def sha256(self) -> str:
        """SHA-256 of the stored file."""
        return self.digest if isinstance(self.digest, str) else self.digest()

    def to_dict(self) -> dict[str, Any]:
        """Return the input as a JSON object."""
        return {"name": self.name, "size": self.size, "sha256": self.sha256, "rows": self.rows}


@dataclass(frozen=True)
class ReasonTotal:
    """Total of the order lines with one reason: number of lines, their money, and the number of the first line."""

    reason: str
    lines: int
    money: float
    line: int | None = None


@dataclass(frozen=True)
class Reconciliation:
    """Reconciliation of all order lines: read = kept + sum(ignored) + sum(rejected), in lines and in money.

    `returns` are the kept lines that are returns and reduced revenue. `refunded` is money refunded for kept lines, if
    the export has a column for it. Unreadable amounts are not in these sums: `unreadable` counts their lines,
    `unreadable_with_digits` counts those with digits, and `unreadable_money` is the approximate sum of the latter.
    """

    read: int
    kept: int
    money_read: float
    money_kept: float
    returns: ReasonTotal
    refunded: float = 0.0
    unreadable: int = 0
    unreadable_with_digits: int = 0
    unreadable_money: float = 0.0
    ignored: tuple[ReasonTotal, ...] = ()
    rejected: tuple[ReasonTotal, ...] = ()


@dataclass(frozen=True)
class RejectedLine:
    """Rejected line: number (from 1) and byte offset in the decompressed file, reason, column and raw text."""

    line: int
    byte_offset: int | None
    reason: str
    column: str
    raw: str


@dataclass(frozen=True)
class QualityCheck:
    """Result of a quality rule: its setting, the input, the outcome, the severity and the finding.

    `section` is the section of the settings that defines the rule. `line` is the first line that breaks it, if known.
    """

    rule: str
    source: str
    passed: bool
    severity: str
    what: str
    section: str = "quality"
    line: int | None = None


@dataclass(frozen=True)
class StatusValue:
    """Value of a column that describes the status of order lines: lines, money, and the decision to count them."""

    column: str
    value: str
    lines: int
    money: float
    decision: str


@dataclass(frozen=True)
class EventLogEvidence:
    """Kind of the log of events that a file looks like, what shows it, and its column of times (blank if unknown)."""

    kind: str
    reason: str
    time_column: str = ""


@dataclass(frozen=True)
class InputReport:
    """Report on how one input was parsed, for people and for the run manifest.

    `rejects` is filled only on request. `decisive_notes` are the `notes` that affect more than 1% of the money.
    `statuses` are the values of columns that describe the status of order lines. `event_log` is set if a table with one
    row per customer looks like a log of events. `consent_column` is the column of an order export that says who agreed
    to e-mail; it is not read, because it belongs to an order and not to a customer.
    """

    input: Input
    row_kind: str
    dialect: str
    columns: Mapping[str, str]
    reconciliation: Reconciliation | None = None
    preset: str = ""
    notes: tuple[str, ...] = ()
    rejects: tuple[RejectedLine, ...] = ()
    decisive_notes: tuple[str, ...] = ()
    statuses: tuple[StatusValue, ...] = ()
    event_log: EventLogEvidence | None = None
    consent_column: str = ""


@dataclass(frozen=True)
class Transactions:
    """Clean, typed order lines, and the policies for measuring them.

    `lines` has one row per kept order line: customer_id and order_id (text), order_date (datetime), amount (integer
    money units, see `money_scale`), is_return (bool), and all other transaction columns of the export. Lines of a large
    export are read on first use (`load_lines`). `as_of` is the reference day of recency, `collapse` the unit of one
    purchase (order, day), `returns` the effect of a return on revenue (net, exclude, separate). `order_tables` holds
    what `list_orders` has computed, because many measures need it.
    """

    load_lines: Callable[[], pd.DataFrame]
    money_scale: int
    has_money: bool
    as_of: date
    input_report: InputReport
    collapse: str = "order"
    returns: str = "net"
    order_tables: list[tuple[pd.Series, pd.DataFrame]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def lines(self) -> pd.DataFrame:
        """Order lines, read on access."""
        return self.load_lines()


@dataclass(frozen=True)
class LineLookup:
    """A lookup table of order lines: the column that it describes, its file, and its rows, with the key in `by`."""

    by: str
    path: str
    rows: pd.DataFrame


@dataclass(frozen=True)
class Customers:
    """Customer table: one row per customer, sorted by customer_id (text, unique); `as_of` is set if recency is known.

    `transactions` are the order lines behind the table, if this process has read them. `contacts` are addresses and
    names, aligned with `table` (text, blank if unknown); they are separate because only exports read them.
    `currency` is that of all amounts, blank if unknown. `events` are the tables of `ingest.events`: one row per event,
    with customer_id (categorical), time, and the columns of the file. `line_lookups` describe order lines in rules.
    """

    table: pd.DataFrame
    as_of: date | None
    input_reports: tuple[InputReport, ...]
    warnings: tuple[str, ...] = ()
    quality_checks: tuple[QualityCheck, ...] = ()
    transactions: Transactions | None = None
    contacts: pd.DataFrame | None = None
    currency: str = ""
    events: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    line_lookups: tuple[LineLookup, ...] = ()

    def __post_init__(self) -> None:
        from segcli.arrow import is_sorted

        ids = self.table[columns.CUSTOMER_ID]
        if not is_sorted(ids):
            assert ids.is_unique, "customer_id must be unique"
            assert ids.is_monotonic_increasing, "customers must be sorted by customer_id"
        assert self.contacts is None or len(self.contacts) == len(ids), "contacts must belong to the customers"


@dataclass(frozen=True)
class Provenance:
    """Provenance of a result, sufficient to reproduce it."""

    method: str
    settings: Mapping[str, Any]
    inputs: tuple[Input, ...]
    as_of: date | None
    seed: int | None
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Segmentation:
    """Assignment of every customer to exactly one named segment, for any method.

    `labels` and `scores` are aligned with `customers.table`. `profile` has one row per segment, in display order.
    `method` holds details of the method (edges, centres, coverage), `tables` its additional results, by title.
    `segment_earlier` makes the same segmentation as of a number of days ago, or returns None if that is impossible.
    """

    customers: Customers
    column: str
    labels: pd.Series[str]
    scores: pd.DataFrame
    profile: pd.DataFrame
    method: Mapping[str, Any]
    provenance: Provenance
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    segment_earlier: Callable[[int], Segmentation | None] | None = None

    def __post_init__(self) -> None:
        assert len(self.labels) == len(self.customers.table), "every customer needs a label"
        assert not self.labels.isna().any(), "a label is missing"
        assert int(self.profile[columns.CUSTOMERS].sum()) == len(self.labels), (
            "the profile must count every customer exactly once"
        )

    @property
    def name(self) -> str:
        """Name of the segmentation: `rfm` for the column rfm_segment."""
        return self.column.removesuffix(columns.SEGMENT_SUFFIX)

    def labels_before(self, days: int) -> pd.Series[str] | None:
        """Return the segment that each of these customers had a number of days ago; missing if they were none yet.

        Rates over time count the members at the start of the period. Today's members are known to have bought, or not
        to have bought, in the period.

        Returns:
            Labels aligned with `customers.table`; None if the segmentation cannot be made for an earlier day.
        """
        earlier = self.segment_earlier(days) if self.segment_earlier else None
        if earlier is None:
            return None
        labels_by_id = earlier.labels.set_axis(earlier.customers.table[columns.CUSTOMER_ID])
        return labels_by_id.reindex(self.customers.table[columns.CUSTOMER_ID]).set_axis(self.customers.table.index)

    @property
    def segments(self) -> list[str]:
        """Segment names, in display order."""
        return list(self.profile[columns.SEGMENT_NAME])

    @property
    def table(self) -> pd.DataFrame:
        """Customer table with this segmentation's scores and labels as its last columns."""
        new_columns = [*self.scores.columns, self.column]
        other_columns = self.customers.table.drop(
            columns=[column for column in new_columns if column in self.customers.table.columns]
        )
        return other_columns.assign(
            **{name: self.scores[name] for name in self.scores.columns}, **{self.column: self.labels}
        )


@dataclass(frozen=True)
class Trait:
    """Characteristic that distinguishes a segment.

    `index` is 100 x segment / base; `difference` is in standard deviations of the base; `n` is the number of customers
    of the segment with a known value. `z` is the difference in standard errors of as many customers drawn by chance.
    """

    name: str
    value: float
    base: float
    index: float | None
    difference: float
    n: int
    level: str | None = None
    z: float = float("inf")


@dataclass(frozen=True)
class Preference:
    """Most overrepresented channel or time: its share in the segment and in the base, and the sample size."""

    name: str
    share: float
    base: float
    n: int


@dataclass(frozen=True)
class ExampleCustomer:
    """Example customer of a segment: a pseudonym or None, and measures."""

    pseudonym: str | None
    measures: Mapping[str, float]


@dataclass(frozen=True)
class SurveyScore:
    """Survey or service score of a segment: the score, its confidence interval, and the number of observations."""

    measure: str
    score: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Persona:
    """Description of a segment, derived only from its numbers.

    `portrait` holds traits by family (demographic, geographic, ...). `consent` is the share of customers with consent
    to be contacted by email. `stage` is the most common lifecycle stage, `next_touchpoint` the first touchpoint of the
    plan's matrix for that stage. `avoid` lists actions to avoid. `value` is the mean expected value per customer.
    `changed` lists differences from the previous persona. `mark` says in a few words what contradicts the name, and
    `contradictions` are the numbers.
    """

    segment: str
    headline: str
    customers: int
    share: float
    revenue: float | None
    revenue_share: float | None
    more: tuple[Trait, ...]
    less: tuple[Trait, ...]
    typical: Mapping[str, tuple[float, float, float]]
    action: str
    warnings: tuple[str, ...] = field(default=())
    portrait: Mapping[str, tuple[Trait, ...]] = field(default_factory=dict)
    scores: tuple[SurveyScore, ...] = ()
    consent: float | None = None
    channel: Preference | None = None
    moment: Preference | None = None
    stage: str = ""
    next_touchpoint: str = ""
    avoid: str = ""
    value: float | None = None
    confidence: str = ""
    data_to: date | None = None
    example: ExampleCustomer | None = None
    changed: tuple[str, ...] = ()
    mark: str = ""
    contradictions: tuple[str, ...] = ()

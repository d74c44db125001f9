"""The nouns that stages hand each other: frozen, without typer, rich or YAML.

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
    """A file as it was read: `size` in bytes and `digest` (its SHA-256) are those of the stored file, `rows` records.

    Of a large file the digest is worked out when somebody asks.
    """

    name: str
    size: int
    digest: str | Callable[[], str]
    rows: int

    @property
    def sha256(self) -> str:
        """The SHA-256 of the stored file."""
        return self.digest if isinstance(self.digest, str) else self.digest()

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"name": self.name, "size": self.size, "sha256": self.sha256, "rows": self.rows}


@dataclass(frozen=True)
class ReasonTotal:
    """What became of a group of order lines for one reason: how many, the money on them, and where the first is."""

    reason: str
    lines: int
    money: float
    line: int | None = None


@dataclass(frozen=True)
class Reconciliation:
    """Where every order line went: read = kept + sum(ignored) + sum(rejected), in lines and in money.

    `returns` are the kept lines that are returns and lowered revenue; `refunded` is money given back for kept lines,
    where the export says so beside their amount. Money that cannot be read is not in these sums: `unreadable` counts
    its lines, `unreadable_with_digits` those that show about how much it is, which `unreadable_money` adds up.
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
    """A rejected line: its number (from 1) and byte offset in the unpacked file, why, which column, what it says."""

    line: int
    byte_offset: int | None
    reason: str
    column: str
    raw: str


@dataclass(frozen=True)
class QualityCheck:
    """Whether a rule holds: its name in the settings, on which input, what was found, how much it weighs.

    `section` is the section of the settings that asks for it.
    """

    rule: str
    source: str
    passed: bool
    severity: str
    what: str
    section: str = "quality"


@dataclass(frozen=True)
class StatusValue:
    """A value of a column that says what order lines are: its lines, their money, and whether they count."""

    column: str
    value: str
    lines: int
    money: float
    decision: str


@dataclass(frozen=True)
class InputReport:
    """How one input was understood, for people and for the run manifest.

    `rejects` are there only where they were asked for, `decisive_notes` are those of the `notes` on which more than
    1 % of the money hangs, and `statuses` are the values of columns that say what order lines are.
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


@dataclass(frozen=True)
class Transactions:
    """Clean, typed order lines, and the policies by which they are measured.

    `lines` has one row per kept order line: customer_id and order_id (text), order_date (datetime), amount
    (integer money units, see `money_scale`), is_return (bool), and whichever other transaction columns the
    export has; of a large export they are read when somebody asks (`load_lines`). `as_of` is the day recency is counted
    to, `collapse` what one purchase is (order, day), `returns` what a return does to revenue (net, exclude, separate).
    """

    load_lines: Callable[[], pd.DataFrame]
    money_scale: int
    has_money: bool
    as_of: date
    input_report: InputReport
    collapse: str = "order"
    returns: str = "net"

    @property
    def lines(self) -> pd.DataFrame:
        """The lines."""
        return self.load_lines()


@dataclass(frozen=True)
class Customers:
    """One row per customer, sorted by customer_id (text, unique); `as_of` where recency is known.

    `transactions` are the order lines that the rows were measured on, where this process has read them. `contacts` are
    addresses and names, row by row as in `table` (text, blank where not known), kept apart: only exports read them.
    """

    table: pd.DataFrame
    as_of: date | None
    input_reports: tuple[InputReport, ...]
    warnings: tuple[str, ...] = ()
    quality_checks: tuple[QualityCheck, ...] = ()
    transactions: Transactions | None = None
    contacts: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        from segcli.sorting import is_sorted

        ids = self.table[columns.CUSTOMER_ID]
        if not is_sorted(ids):
            assert ids.is_unique, "customer_id must be unique"
            assert ids.is_monotonic_increasing, "customers must be sorted by customer_id"
        assert self.contacts is None or len(self.contacts) == len(ids), "contacts must be those of the customers"


@dataclass(frozen=True)
class Provenance:
    """How a result was made; enough to make it again."""

    method: str
    settings: Mapping[str, Any]
    inputs: tuple[Input, ...]
    as_of: date | None
    seed: int | None
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Segmentation:
    """Every customer in exactly one named segment, whatever method decided it.

    `labels` and `scores` are aligned with `customers.table`; `profile` has one row per segment, in the order
    shown to people; `method` holds what the method has to say of itself (edges, centres, coverage), `tables` what it
    found besides, by title.
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

    def __post_init__(self) -> None:
        assert len(self.labels) == len(self.customers.table), "every customer needs a label"
        assert not self.labels.isna().any(), "a label is missing"
        assert int(self.profile[columns.CUSTOMERS].sum()) == len(self.labels), (
            "the profile must count every customer once"
        )

    @property
    def name(self) -> str:
        """The segmentation's name: `rfm` for the column rfm_segment."""
        return self.column.removesuffix(columns.SEGMENT_SUFFIX)

    @property
    def segments(self) -> list[str]:
        """Segment names, in the order shown."""
        return list(self.profile[columns.SEGMENT_NAME])

    @property
    def table(self) -> pd.DataFrame:
        """The customer table with this segmentation's scores and labels as its last columns."""
        new_columns = [*self.scores.columns, self.column]
        other_columns = self.customers.table.drop(
            columns=[column for column in new_columns if column in self.customers.table.columns]
        )
        return other_columns.assign(
            **{name: self.scores[name] for name in self.scores.columns}, **{self.column: self.labels}
        )


@dataclass(frozen=True)
class Trait:
    """One thing that sets a segment apart.

    `index` is 100 x segment / base; `difference` is in standard deviations of the base; `n` counts the
    customers of the segment for whom the fact is known.
    """

    name: str
    value: float
    base: float
    index: float | None
    difference: float
    n: int
    level: str | None = None


@dataclass(frozen=True)
class Preference:
    """What most stands out among channels or times: its share in the segment, in the base, and of how many."""

    name: str
    share: float
    base: float
    n: int


@dataclass(frozen=True)
class ExampleCustomer:
    """One customer who stands for a segment: a pseudonym, or no name, and what was measured."""

    pseudonym: str | None
    measures: Mapping[str, float]


@dataclass(frozen=True)
class SurveyScore:
    """How a segment fares in something that is asked or counted: the score, its interval, and of how many."""

    measure: str
    score: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Persona:
    """A segment described from its numbers alone.

    `portrait` are traits by family (demographic, geographic, ...). `consent` is the share that may be written to.
    `stage` is that of most of its customers, `next_touchpoint` the first of the plan's matrix for it. `avoid` is what
    not to do. `value` is the mean expected value of a customer. `changed` tells what differs from a persona before.
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

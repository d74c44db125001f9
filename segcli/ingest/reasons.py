"""Reasons for excluding a line of an order export: stable codes, with their meaning and a remedy.

Rejected lines cannot be used. Ignored lines are usable, but are excluded by a policy or a date limit.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ExclusionReason:
    """Reason as printed by `segcli explain`; `short` is the label next to counts."""

    code: str
    verdict: Literal["rejected", "ignored"]
    short: str
    meaning: str
    remedy: str


_ALL_REASONS = (
    ExclusionReason(
        "no_customer_id",
        "rejected",
        "no customer id",
        "The customer id is empty, so nobody can be credited with the line; guest sales look like this.",
        "If guests leave an e-mail address, name that column: --map customer_id=EMAIL.",
    ),
    ExclusionReason(
        "unreadable_date",
        "rejected",
        "unreadable or missing date",
        "The order date is empty, is no day of the calendar, lies outside 1900-2099, or is not in the column's format.",
        "Mend the cell, or give the format of most cells with --date-format.",
    ),
    ExclusionReason(
        "unreadable_amount",
        "rejected",
        "unreadable or missing amount",
        "The amount (or the quantity or the price it is made of) is empty or no finite number.",
        "Mend the cell, or say how numbers are written with --decimal.",
    ),
    ExclusionReason(
        "wrong_field_count",
        "rejected",
        "wrong number of fields",
        "The record has more or fewer fields than the header, so its columns cannot be told apart.",
        "Quote fields that hold the delimiter; check --delimiter.",
    ),
    ExclusionReason(
        "broken_quotes",
        "rejected",
        "quotes that break the rules",
        "A quoted field is not closed before the next delimiter, or goes on after its closing quote (RFC 4180).",
        "Double every quote inside a quoted field, or take the stray one out.",
    ),
    ExclusionReason(
        "total_row",
        "rejected",
        "rows of totals",
        "The row sums up others: it names a subtotal, total or balance where a customer, product or order should be.",
        "Export without totals; if somebody is called so, give the row an order id.",
    ),
    ExclusionReason(
        "void_order",
        "ignored",
        "void orders",
        "The order came to nothing: its status is one that the preset, or void: of the source, lists - cancelled, "
        "failed, unpaid, a test.",
        "List other values under ingest.transactions.void to count its lines.",
    ),
    ExclusionReason(
        "excluded_id",
        "ignored",
        "excluded ids",
        "The customer id is listed in ingest.exclude_ids, such as one that all guests share.",
        "Take it off the list to count its lines as one customer.",
    ),
    ExclusionReason(
        "duplicate",
        "ignored",
        "exact repeats",
        "The line repeats an earlier one in every column, and ingest.dedupe is lines.",
        "Set ingest.dedupe to none if such repeats are real.",
    ),
    ExclusionReason(
        "in_earlier_file",
        "ignored",
        "lines of an earlier file",
        "The line is in an earlier file of the same run as well, as exports of overlapping days have it.",
        "Set ingest.overlap to keep if both sales are real.",
    ),
    ExclusionReason(
        "suppressed",
        "ignored",
        "people who objected",
        "The customer is on the suppression list, by id, e-mail address or phone number.",
        "Take them off privacy.suppression only if they asked you to.",
    ),
    ExclusionReason(
        "past_retention",
        "ignored",
        "older than may be kept",
        "The order is older at the as-of day than privacy.retention allows.",
        "Lengthen privacy.retention if you may keep such data.",
    ),
    ExclusionReason(
        "after_as_of",
        "ignored",
        "after the as-of day",
        "The order is later than the day recency is counted to.",
        "Give a later --as-of.",
    ),
    ExclusionReason(
        "date_outlier",
        "ignored",
        "dates far from all others",
        "The order date is more than a year from all others, with few lines: a typing mistake such as 2042, or a "
        "placeholder such as 1970-01-01. It would decide the as-of day or the first order.",
        "Correct the date; set ingest.date_outliers to keep if it is right, or to reject to count it as rejected.",
    ),
    ExclusionReason(
        "date_outlier_rejected",
        "rejected",
        "dates far from all others",
        "The order date is more than a year from all others, with few lines, and ingest.date_outliers is reject.",
        "Correct the date, or set ingest.date_outliers to keep if it is right.",
    ),
    ExclusionReason(
        "return_excluded",
        "ignored",
        "returns",
        "The line is a return (negative quantity or amount), and ingest.returns is exclude.",
        "Set ingest.returns to net or separate to count it.",
    ),
    ExclusionReason(
        "free_line",
        "ignored",
        "free lines",
        "The line's amount is 0, and ingest.free_lines is exclude.",
        "Set ingest.free_lines to keep to count it.",
    ),
    ExclusionReason(
        "return_without_purchase",
        "ignored",
        "returns of customers without a purchase",
        "The customer returned something but bought nothing in this export.",
        "Give an export that goes back to the purchase.",
    ),
)

REASONS = {reason.code: reason for reason in _ALL_REASONS}

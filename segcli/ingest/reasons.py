"""Reasons for excluding a line of an order export: stable codes, with their meaning and a remedy.

Rejected lines cannot be used. Ignored lines are usable, but are excluded by a policy or a date limit.
"""

from dataclasses import dataclass
from typing import Literal

from segcli.message import message


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
        message("no customer id"),
        "The customer id is empty, so the line belongs to no customer; guest sales look like this.",
        "If guests leave an e-mail address, name that column: --map customer_id=EMAIL.",
    ),
    ExclusionReason(
        "unreadable_date",
        "rejected",
        message("unreadable or missing date"),
        "The order date is empty, is not a calendar day, is outside 1900-2099, or is not in the column's format.",
        "Correct the cell, or give the format of most cells with --date-format.",
    ),
    ExclusionReason(
        "unreadable_amount",
        "rejected",
        message("unreadable or missing amount"),
        "The amount (or the quantity or the price it is made of) is empty or not a finite number.",
        "Correct the cell, or give the decimal mark with --decimal.",
    ),
    ExclusionReason(
        "wrong_field_count",
        "rejected",
        message("wrong number of fields"),
        "The record has more or fewer fields than the header, so segcli cannot assign values to columns.",
        "Quote fields that contain the delimiter; check --delimiter.",
    ),
    ExclusionReason(
        "broken_quotes",
        "rejected",
        message("malformed quotes"),
        "A quoted field is not closed before the next delimiter, or goes on after its closing quote (RFC 4180).",
        "Double every quote inside a quoted field, or remove the stray one.",
    ),
    ExclusionReason(
        "total_row",
        "rejected",
        message("total rows"),
        "The row is a sum of other rows: it has a subtotal, total or balance in place of a customer, product or order, "
        "or has no customer and no date.",
        "Export without totals; if it is a customer's name, give the row an order id.",
    ),
    ExclusionReason(
        "void_order",
        "ignored",
        message("void orders"),
        "The order is void: the preset or the source setting void lists its status, such as cancelled, "
        "failed, unpaid or test.",
        "List other values under ingest.transactions.void to count its lines.",
    ),
    ExclusionReason(
        "excluded_id",
        "ignored",
        message("excluded ids"),
        "The customer id is listed in ingest.exclude_ids, such as one that all guests share.",
        "Remove it from the list to count its lines as one customer.",
    ),
    ExclusionReason(
        "duplicate",
        "ignored",
        message("exact duplicate lines"),
        "The line equals an earlier one in every column, and ingest.dedupe is lines.",
        "Set ingest.dedupe to none if the duplicates are real sales.",
    ),
    ExclusionReason(
        "in_earlier_file",
        "ignored",
        message("lines repeated from an earlier file"),
        "The line is also in an earlier file of the same run, which happens when exports cover overlapping days.",
        "Set ingest.overlap to keep if both sales are real.",
    ),
    ExclusionReason(
        "suppressed",
        "ignored",
        message("customers on the suppression list"),
        "The customer is on the suppression list, by id, e-mail address or phone number.",
        "Remove a customer from privacy.suppression only at the customer's request.",
    ),
    ExclusionReason(
        "past_retention",
        "ignored",
        message("older than the retention period"),
        "On the as-of day, the order is older than privacy.retention allows.",
        "Increase privacy.retention if you may keep such data.",
    ),
    ExclusionReason(
        "after_as_of",
        "ignored",
        message("after the as-of day"),
        "The order is later than the as-of day, the reference day for recency.",
        "Give a later --as-of.",
    ),
    ExclusionReason(
        "date_outlier",
        "ignored",
        message("outlying order dates"),
        "The order date is more than a year from all others, with few lines: a typing mistake such as 2042, or a "
        "placeholder such as 1970-01-01. It would determine the as-of day or the first order.",
        "Correct the date; set ingest.date_outliers to keep if it is right, or to reject to count it as rejected.",
    ),
    ExclusionReason(
        "date_outlier_rejected",
        "rejected",
        message("outlying order dates"),
        "The order date is more than a year from all others, with few lines, and ingest.date_outliers is reject.",
        "Correct the date, or set ingest.date_outliers to keep if it is right.",
    ),
    ExclusionReason(
        "return_excluded",
        "ignored",
        message("returns"),
        "The line is a return (negative quantity or amount), and ingest.returns is exclude.",
        "Set ingest.returns to net or separate to count it.",
    ),
    ExclusionReason(
        "free_line",
        "ignored",
        message("free lines"),
        "The line's amount is 0, and ingest.free_lines is exclude.",
        "Set ingest.free_lines to keep to count it.",
    ),
    ExclusionReason(
        "return_without_purchase",
        "ignored",
        message("returns of customers without a purchase"),
        "The customer returned something but bought nothing in this export.",
        "Use an export that includes the purchase.",
    ),
)

REASONS = {reason.code: reason for reason in _ALL_REASONS}

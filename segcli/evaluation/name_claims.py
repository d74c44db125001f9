"""Check what the names of segments claim against purchases and facts of their customers.

A map or a base declares the claims. Purchases are those of the last period, by the members at its start. A claim is
contradicted if its customers do not differ as it says beyond chance; with fewer than 30 customers it stays open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns
from segcli.message import count_message, message
from segcli.model import Segmentation
from segcli.segment.confidence_intervals import wilson_interval
from segcli.value.outcomes import measure_outcomes

CLAIM_PERIOD_DAYS = 90
MIN_MEMBERS = 30  # customers of a segment from which a claim is decided
HARDLY_SHARE = 0.5  # of the share of buyers among all customers
ONE_ORDER_SHARE = 2 / 3  # of the customers of a segment that claims one order

SUPPORTED, CONTRADICTED, OPEN = "supported", "contradicted", "open"
BUYS_MORE, BUYS_STILL = ("buys", "more"), ("buys", "still")
# What contradicts a name, in short: it follows the name.
MARKS: Mapping[tuple[str, str], str] = {
    BUYS_MORE: message("buys no more than average here"),
    ("buys", "less"): message("buys as often as active here"),
    ("buys", "hardly"): message("still buys here"),
    BUYS_STILL: message("hardly returns here"),
    ("orders", "one"): message("several orders here"),
    ("tenure", "short"): message("long-standing here"),
    ("revenue", "high"): message("low revenue here"),
}


@dataclass(frozen=True)
class ClaimCheck:
    """One claim of a segment's name, its verdict, and the numbers that decide it in one sentence."""

    segment: str
    claim: tuple[str, str]
    verdict: str
    reason: str
    customers: int

    @property
    def mark(self) -> str:
        """What contradicts the name, in a few words; blank if nothing does."""
        return MARKS[self.claim] if self.verdict == CONTRADICTED else ""


@dataclass(frozen=True, eq=False)
class _Purchases:
    """Members at the start of the period, buyers in it, both by segment, and the shares they are compared with."""

    members: Mapping[str, int]
    buyers: Mapping[str, int]
    base_rate: float
    active_rate: float
    days: int


def check_claims(segmentation: Segmentation, period_days: int = CLAIM_PERIOD_DAYS) -> list[ClaimCheck]:
    """Check the claims of all segments that exist today; purchases need the order export."""
    claims: Mapping[str, Mapping[str, str]] = segmentation.method.get("claims", {})
    if not any(name in claims for name in segmentation.segments):
        return []
    purchases = _count_purchases(segmentation, claims, period_days)
    return [
        check
        for name in segmentation.segments
        for claim in claims.get(name, {}).items()
        for check in _check_claim(segmentation, name, claim, purchases)
    ]


def find_contradictions(segmentation: Segmentation) -> dict[str, list[ClaimCheck]]:
    """Return the contradicted claims by segment."""
    contradictions: dict[str, list[ClaimCheck]] = {}
    for check in check_claims(segmentation):
        if check.verdict == CONTRADICTED:
            contradictions.setdefault(check.segment, []).append(check)
    return contradictions


def _check_claim(
    segmentation: Segmentation, name: str, claim: tuple[str, str], purchases: _Purchases | None
) -> Iterator[ClaimCheck]:
    """Yield the check of a claim; if customers who should buy more hardly buy at all, that is what is contradicted."""
    if claim[0] == "buys":
        if purchases is not None and purchases.members.get(name, 0):
            check = _check_purchases(name, claim, purchases)
            if claim == BUYS_MORE and check.verdict == CONTRADICTED:
                weaker_check = _check_purchases(name, BUYS_STILL, purchases)
                check = weaker_check if weaker_check.verdict == CONTRADICTED else check
            yield check
        return
    fact = _check_fact(segmentation.customers.table, (segmentation.labels == name).to_numpy(), claim)
    if fact is not None:
        is_true, reason, count = fact
        verdict = OPEN if count < MIN_MEMBERS else SUPPORTED if is_true else CONTRADICTED
        yield ClaimCheck(name, claim, verdict, reason, count)


def _count_purchases(
    segmentation: Segmentation, claims: Mapping[str, Mapping[str, str]], days: int
) -> _Purchases | None:
    """Count members at the start of the last period, and buyers in it; None without an earlier segmentation."""
    labels = segmentation.labels_before(days)
    transactions = segmentation.customers.transactions
    if labels is None or transactions is None:
        return None
    customers, last_day = segmentation.customers, transactions.as_of - timedelta(days=days + 1)
    has_bought = measure_outcomes(customers, customers.table[columns.CUSTOMER_ID], last_day, days).has_bought
    known = labels.notna().to_numpy()
    groups = pd.Series(has_bought[known]).groupby(labels[known].to_numpy())
    members, buyers = groups.size().to_dict(), groups.sum().to_dict()
    active = [name for name in members if claims.get(str(name), {}).get("buys") == "more"] or list(members)
    return _Purchases(
        {str(name): int(count) for name, count in members.items()},
        {str(name): int(count) for name, count in buyers.items()},
        float(has_bought[known].mean()),
        sum(buyers[name] for name in active) / sum(members[name] for name in active),
        days,
    )


def _check_purchases(name: str, claim: tuple[str, str], purchases: _Purchases) -> ClaimCheck:
    members, buyers = purchases.members[name], purchases.buyers[name]
    low, high = wilson_interval(buyers, members)
    base, active = purchases.base_rate, purchases.active_rate
    rate, bound = buyers / members, HARDLY_SHARE * base
    is_supported, is_contradicted = {
        "more": (low > base, low <= base),
        "less": (high < active, high >= active),
        "hardly": (rate <= bound, low > bound),
        "still": (rate >= bound, high < bound),
    }[claim[1]]
    is_less = claim[1] == "less"
    reference = message("active customers") if is_less else message("all customers")
    is_open = members < MIN_MEMBERS or not (is_supported or is_contradicted)
    verdict = OPEN if is_open else SUPPORTED if is_supported else CONTRADICTED
    reason = count_message(
        "{share:.0%} of {members} bought in the last {count} day ({reference}: {base:.0%})",
        "{share:.0%} of {members} bought in the last {count} days ({reference}: {base:.0%})",
        purchases.days,
        share=rate,
        members=members,
        reference=reference,
        base=active if is_less else base,
    )
    return ClaimCheck(name, claim, verdict, reason, members)


def _check_fact(
    table: pd.DataFrame, in_segment: npt.NDArray[np.bool_], claim: tuple[str, str]
) -> tuple[bool, str, int] | None:
    """Return whether a fact about today's members holds, the numbers, and the members; None if it is not known."""
    column = {"orders": columns.ORDERS, "tenure": columns.TENURE_DAYS, "revenue": columns.REVENUE}[claim[0]]
    if column not in table or not in_segment.any():
        return None
    values = table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    member_values = values[in_segment & ~np.isnan(values)]
    if not len(member_values):
        return None
    median, base = float(np.median(member_values)), float(np.nanmedian(values))
    if claim[0] == "orders":
        share = float((member_values <= 1).mean())
        reason = message("{share:.0%} of {members} have one order", share=share, members=len(member_values))
        return share >= ONE_ORDER_SHARE, reason, len(member_values)
    values_of_both = {"median": round(median), "base": round(base)}
    if claim[0] == "tenure":
        reason = message("median tenure {median} days (all customers: {base} days)", **values_of_both)
        return median < base, reason, len(member_values)
    reason = message("median revenue {median} (all customers: {base})", **values_of_both)
    return median > base, reason, len(member_values)

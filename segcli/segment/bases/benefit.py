"""Needs: main benefit of a customer, by its share of their spending or ratings."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from segcli import columns
from segcli.config.section import Section
from segcli.customers import order_history
from segcli.customers.order_history import CUSTOMER_ROW
from segcli.errors import InputProblem
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, require_column, to_floats

SOURCE = "Haley, Benefit segmentation (Journal of Marketing, 1968); largest share with a minimum of support"
NEEDS = "your own columns, or an order export with categories"
ADDS = ("benefit_share",)
MIXED_SEGMENT = "mixed"

Matrix = npt.NDArray[np.float64]


class Options(Section):
    """Columns of each benefit, and the share that a benefit needs."""

    columns: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Columns of each benefit (spending or answers). Default: revenue by product category.",
    )
    minimum: float = Field(0.3, ge=0, le=1, description="Minimum share of the customer's total for a benefit.")
    relative: bool = Field(
        default=False,
        description="Rank benefits by the customer's share relative to the share among all customers.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign the benefit with the customer's largest share. Customers below the minimum share are mixed."""
    names, amounts = _read_benefit_columns(customers, options) if options.columns else _revenue_by_category(customers)
    amounts = np.where(amounts > 0, amounts, 0.0)
    totals = amounts.sum(axis=1, keepdims=True)
    shares = np.divide(amounts, totals, out=np.zeros_like(amounts), where=totals > 0)
    base_shares = amounts.sum(axis=0) / max(amounts.sum(), 1e-300)
    ranked = (
        np.divide(shares, base_shares, out=np.zeros_like(shares), where=base_shares > 0) if options.relative else shares
    )
    best_benefit = ranked.argmax(axis=1)
    share = shares[np.arange(len(shares)), best_benefit]
    labels = np.where(share >= options.minimum, np.array(names, dtype=object)[best_benefit], MIXED_SEGMENT)
    labels = np.where(totals[:, 0] > 0, labels, UNKNOWN).astype(object)
    segment_order = [
        *(name for name in names if (labels == name).any()),
        *([MIXED_SEGMENT] if (labels == MIXED_SEGMENT).any() else []),
    ]
    benefit_table = pd.DataFrame(
        {
            "benefit": names,
            columns.CUSTOMERS: [int((labels == name).sum()) for name in names],
            "share_of_base": base_shares,
        }
    )
    extra_scores = customers.table[[]].assign(benefit_share=np.where(totals[:, 0] > 0, share, np.nan).round(6))
    return BaseResult(
        labels, append_unknown(segment_order, labels), scores=extra_scores, tables={"Benefits": benefit_table}
    )


def _read_benefit_columns(customers: Customers, options: Options) -> tuple[list[str], Matrix]:
    """Return the benefit names and the sums of the user's columns for each, shape (n, benefits); blanks count as 0."""
    amounts = [
        np.sum([np.nan_to_num(to_floats(require_column(customers, name))) for name in benefit_columns], axis=0)
        for benefit_columns in options.columns.values()
    ]
    return list(options.columns), np.column_stack(amounts)


def _revenue_by_category(customers: Customers) -> tuple[list[str], Matrix]:
    """Return the categories and the revenue by category, shape (n, categories), without uncategorised lines."""
    order_lines = order_history.list_purchase_lines(customers)
    if columns.CATEGORY not in order_lines:
        raise InputProblem(
            "no category column",
            source=customers.input_reports[0].input.name,
            remedy="name columns: {BENEFIT: [...]}",
        )
    order_lines = order_lines[order_lines[columns.CATEGORY].astype("str") != ""]
    revenue = order_lines.pivot_table(
        index=CUSTOMER_ROW,
        columns=order_lines[columns.CATEGORY].astype("str"),
        values=order_history.LINE_MONEY,
        aggfunc="sum",
        fill_value=0.0,
    )
    revenue = revenue.reindex(range(len(customers.table)), fill_value=0.0)
    return [str(name) for name in revenue.columns], revenue.to_numpy(dtype=np.float64)

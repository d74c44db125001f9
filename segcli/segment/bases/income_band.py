"""Demographic: income bands, by given cuts or in thirds of plausible incomes."""

import numpy as np
from pydantic import Field

from segcli import columns, formatting
from segcli.config.section import Section
from segcli.message import join_messages, message
from segcli.model import Customers
from segcli.segment.bases import UNKNOWN, BaseResult, append_unknown, assign_bands, require_column, to_floats

SOURCE = "thirds at type 7 quantiles (Hyndman and Fan 1996), or custom cuts"
NEEDS = "income"
ADDS = ()


class Options(Section):
    """Edges and names of the income bands, and the treatment of placeholders."""

    cuts: list[float] | None = Field(
        None, min_length=1, description="Lower bound of each band except the first. Default: thirds."
    )
    labels: list[str] | None = Field(
        None,
        min_length=2,
        description="Names of the bands, lowest first. Default: low, middle and high, or the bounds.",
    )
    placeholders: bool = Field(
        default=True,
        description="Treat numbers of at least five equal digits, such as 666666, as unknown incomes.",
    )


def assign_segments(customers: Customers, options: Options) -> BaseResult:
    """Assign each customer to an income band."""
    incomes = to_floats(require_column(customers, columns.INCOME))
    is_placeholder = _find_placeholders(incomes) if options.placeholders else np.zeros(len(incomes), dtype=bool)
    known_incomes = np.where(is_placeholder, np.nan, incomes)
    edges = sorted(options.cuts) if options.cuts else np.nanquantile(known_incomes, [1 / 3, 2 / 3]).tolist()
    order = options.labels or (["low", "middle", "high"] if len(edges) == 2 else _name_bands(edges))  # noqa: PLR2004 - thirds
    if len(order) != len(edges) + 1:
        order = _name_bands(edges)
    labels = assign_bands(known_incomes, edges, order)
    count = int(is_placeholder.sum())
    warnings = (
        message(
            "incomes of one repeated digit, such as 666666: {count}; counted as {label}", count=count, label=UNKNOWN
        ),
    ) * bool(count)
    note = message(
        "income bands start at {bounds}",
        bounds=join_messages(", ", [formatting.format_count(edge) for edge in edges]),
    )
    return BaseResult(labels, append_unknown(order, labels), (note,), warnings)


def _find_placeholders(incomes: np.ndarray) -> np.ndarray:
    """Return the mask of numbers with one repeated digit, which people and programs enter for unknown incomes."""
    texts = [f"{income:.0f}" if income == income else "" for income in incomes]  # noqa: PLR0124 - NaN
    return np.array([len(text) >= 5 and len(set(text)) == 1 for text in texts], dtype=bool)  # noqa: PLR2004 - see `placeholders`


def _name_bands(edges: list[float]) -> list[str]:
    edge_texts = [f"{cut:,.0f}" for cut in edges]
    return [f"below {edge_texts[0]}", *(f"from {edge_text}" for edge_text in edge_texts)]

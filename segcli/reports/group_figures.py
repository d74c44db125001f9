"""Figures of groups of customers as data: each with a stable id, its value and its confidence interval."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from segcli import columns
from segcli.evaluation.disclosure_control import is_small_count
from segcli.model import Customers, Persona, Segmentation, Trait
from segcli.reports.disclosure import suppress_small_groups
from segcli.segment.bases import read_optional
from segcli.segment.confidence_intervals import mean_interval, wilson_interval

SHARE_DIGITS = 3  # decimals of shares of two days; more could show single customers by subtraction
_SEGMENT_FIGURES = (columns.CUSTOMERS, columns.SHARE, columns.ORDERS, columns.REVENUE, columns.REVENUE_SHARE)
_EARLIER = "earlier"  # customers of a segment on the earlier day


@dataclass(frozen=True)
class Figure:
    """A figure: a stable id, its value, and the bounds of its 95 % confidence interval where it has one."""

    id: str
    value: float
    low: float | None = None
    high: float | None = None


def measure_segments(segmentation: Segmentation) -> Iterator[Figure]:
    """Yield the figures of each visible segment."""
    total = len(segmentation.labels)
    for row in segmentation.profile.to_dict("records"):
        name, customers = f"{segmentation.column}/{row[columns.SEGMENT_NAME]}", int(row[columns.CUSTOMERS])
        for key in _SEGMENT_FIGURES:
            if key in row and not pd.isna(row[key]):
                low, high = wilson_interval(customers, total) if key == columns.SHARE else (None, None)
                yield Figure(f"{name}/{key}", float(row[key]), low, high)
        yield from _measure_means(segmentation, str(row[columns.SEGMENT_NAME]), name)


def _measure_means(segmentation: Segmentation, segment: str, name: str) -> Iterator[Figure]:
    """Yield the means of a segment with their intervals."""
    members = segmentation.customers.table[(segmentation.labels == segment).to_numpy()]
    for column in (columns.RECENCY_DAYS, columns.ORDERS, columns.REVENUE):
        values = read_optional(members, column)
        values = values[~np.isnan(values)]
        if len(values) > 1:
            low, high = mean_interval(values)
            yield Figure(f"{name}/mean_{column}", float(values.mean()), float(low), float(high))


def measure_persona(persona: Persona, column: str) -> Iterator[Figure]:
    """Yield the figures of a persona: its size, scores, and traits beside those of all customers."""
    name = f"{column}/{persona.segment}"
    for key in (columns.CUSTOMERS, columns.SHARE, columns.REVENUE, columns.REVENUE_SHARE, "consent", "value"):
        value = getattr(persona, key)
        if value is not None:
            yield Figure(f"{name}/{key}", float(value))
    for score in persona.scores:
        yield Figure(f"{name}/{score.measure}", score.score, score.low, score.high)
    for trait in (*persona.more, *persona.less):
        yield Figure(f"{name}/{_name_trait(trait)}", trait.value)
        yield Figure(f"{name}/{_name_trait(trait)}/all customers", trait.base)


def _name_trait(trait: Trait) -> str:
    return trait.name if trait.level is None else f"{trait.name}={trait.level}"


def summarise_persona(persona: Persona) -> Iterator[str]:
    """Yield what distinguishes a persona, and what to do, one sentence each."""
    parts = {
        "headline": persona.headline,
        "more": ", ".join(map(_name_trait, persona.more)),
        "less": ", ".join(map(_name_trait, persona.less)),
        "action": persona.action,
        "avoid": persona.avoid,
        "stage": persona.stage,
        "confidence": persona.confidence,
        "contradicts its name": persona.mark,
    }
    yield from (f"{persona.segment}: {label}: {text}" for label, text in parts.items() if text)
    yield from (f"{persona.segment}: warning: {warning}" for warning in persona.warnings)


def compare_shares(old: Segmentation, new: Segmentation, smallest: int) -> Iterator[Figure]:
    """Yield the rounded shares of the segments that are large enough on both days."""
    names = list(dict.fromkeys([*new.segments, *old.segments]))
    counts = pd.DataFrame(
        {
            columns.SEGMENT_NAME: names,
            columns.CUSTOMERS: new.labels.value_counts().reindex(names, fill_value=0).to_numpy(),
            _EARLIER: old.labels.value_counts().reindex(names, fill_value=0).to_numpy(),
        }
    )
    small = [position for position, count in enumerate(counts[_EARLIER]) if is_small_count(int(count), smallest)]
    for row in suppress_small_groups(counts, smallest, withheld_rows=small).to_dict("records"):
        name = f"{new.column}/{row[columns.SEGMENT_NAME]}"
        yield Figure(f"{name}/share", round(row[columns.CUSTOMERS] / len(new.labels), SHARE_DIGITS))
        yield Figure(f"{name}/earlier share", round(row[_EARLIER] / len(old.labels), SHARE_DIGITS))


def count_lines(customers: Customers) -> Iterator[Figure]:
    """Yield the lines of each file by outcome."""
    for report in customers.input_reports:
        name = Path(report.input.name).name
        if report.reconciliation is None:
            yield Figure(f"{name}/rows", report.input.rows)
            continue
        yield Figure(f"{name}/lines read", report.reconciliation.read)
        yield Figure(f"{name}/lines kept", report.reconciliation.kept)
        for total in (*report.reconciliation.rejected, *report.reconciliation.ignored):
            yield Figure(f"{name}/lines {total.reason}", total.lines)

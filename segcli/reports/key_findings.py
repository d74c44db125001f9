"""Findings of a report, ranked by the money at stake; those about too few customers are left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.arrays import BoolArray, FloatArray
from segcli.config.privacy import PrivacySettings
from segcli.evaluation.disclosure_control import WITHHELD_LABEL, is_small_count
from segcli.message import count_message, join_messages, message
from segcli.model import Customers, Persona, Segmentation
from segcli.persona.personas import FEW_CUSTOMERS, MANY_CUSTOMERS, rate_confidence
from segcli.reports import key_figures
from segcli.reports.key_figures import GroupFigure, KeyFigure, PurchaseHistory
from segcli.segment.confidence_intervals import wilson_interval

MAX_FINDINGS = 5
CONCENTRATION_ID = "concentration"
FIGURES_ANCHOR, SEGMENTS_ANCHOR = "key-figures", "segments"  # places with the evidence
HIGH, MEDIUM, LOW = message("high"), message("medium"), message("low")
SECOND_ORDER_SHARE = 0.1  # of one-time buyers, in the calculation of what second orders would bring


@dataclass(frozen=True)
class KeyFinding:
    """A finding: its sentence, the figures in it, the money at stake (None if unknown), evidence and confidence.

    `evidence` is the anchor of the section with the evidence, `command` the command that prints the figures.
    """

    finding_id: str
    sentence: str
    figures: Mapping[str, float]
    money: float | None
    evidence: str
    command: str
    confidence: str


@dataclass(frozen=True, eq=False)
class FindingInputs:
    """Inputs of the findings; suppressed segments are merged, and `figures` are the visible key figures."""

    customers: Customers
    history: PurchaseHistory | None
    segmentations: Sequence[Segmentation]
    personas: Mapping[str, Sequence[Persona]]
    privacy: PrivacySettings
    period_days: int
    figures: Sequence[KeyFigure]

    @property
    def table(self) -> pd.DataFrame:
        """One row per customer."""
        return self.customers.table

    @property
    def revenue(self) -> FloatArray | None:
        """Revenue of each customer, if it is known and not zero in total."""
        if columns.REVENUE not in self.table or not float(self.table[columns.REVENUE].sum()) > 0:
            return None
        return key_figures.read_numbers(self.table, columns.REVENUE)

    def format_money(self, money: float) -> str:
        """Format money in the currency of the customers."""
        return formatting.format_total(money, self.customers.currency)

    def can_show(self, is_member: BoolArray, money: FloatArray, base_size: int) -> bool:
        """Return whether a group of customers, and its money, may be shown beside the others of its base."""
        figure = GroupFigure(0.0, int(is_member.sum()), base_size, np.where(is_member, money, 0.0))
        return key_figures.can_show(figure, self.privacy)


def _find_top_segment(inputs: FindingInputs) -> Iterator[KeyFinding]:
    """Yield the segment with the most revenue."""
    if inputs.revenue is None:
        return
    for segmentation in inputs.segmentations[:1]:
        profile = segmentation.profile[~segmentation.profile[columns.SEGMENT_NAME].str.startswith(WITHHELD_LABEL)]
        if columns.REVENUE not in profile or profile.empty:
            continue
        top_row = profile.sort_values(columns.REVENUE, ascending=False, kind="stable").iloc[0]
        segment = str(top_row[columns.SEGMENT_NAME])
        figures = {
            name: float(top_row[name])
            for name in (columns.CUSTOMERS, columns.SHARE, columns.REVENUE, columns.REVENUE_SHARE)
        }
        sentence = count_message(
            "{segment}: {count} customer ({share} of all) brings {revenue_share} of revenue, {money}.",
            "{segment}: {count} customers ({share} of all) bring {revenue_share} of revenue, {money}.",
            int(top_row[columns.CUSTOMERS]),
            segment=segment,
            share=formatting.format_share(figures[columns.SHARE]),
            revenue_share=formatting.format_share(figures[columns.REVENUE_SHARE]),
            money=inputs.format_money(figures[columns.REVENUE]),
        )
        yield KeyFinding(
            "top_segment",
            sentence,
            figures,
            figures[columns.REVENUE],
            SEGMENTS_ANCHOR,
            "segcli report --sections segments" if segmentation.column != columns.RFM_SEGMENT else "segcli rfm",
            rate_confidence(segmentation, segment),
        )


def _find_overdue(inputs: FindingInputs) -> Iterator[KeyFinding]:
    """Yield the customers who are overdue, the segment with most of their money, and the test of one period ago."""
    if inputs.history is None:
        return
    measures = inputs.history.measure_day(inputs.history.as_of)
    money, is_overdue = key_figures.revenue_at_risk(inputs.history, measures), measures.is_overdue
    if not money.sum() > 0 or not inputs.can_show(is_overdue, money, len(inputs.table)):
        return
    sentences = [
        count_message(
            "{count} customer has not ordered for more than twice the usual gap, and spent {money} in the last "
            "{days} days.",
            "{count} customers have not ordered for more than twice their usual gap; they spent {money} in the last "
            "{days} days.",
            int(is_overdue.sum()),
            money=inputs.format_money(float(money.sum())),
            days=key_figures.YEAR_DAYS,
        )
    ]
    figures = {"overdue": float(is_overdue.sum()), "revenue_at_risk": float(money.sum())}
    for segment, segment_money, count in _find_risky_segment(inputs, is_overdue, money):
        sentences.append(
            count_message(
                "Most of it, {money}, is from {count} customer in {segment}.",
                "Most of it, {money}, is from {count} customers in {segment}.",
                count,
                money=inputs.format_money(segment_money),
                segment=segment,
            )
        )
        figures |= {"segment_overdue": float(count), "segment_revenue_at_risk": segment_money}
    confidence, test_figures = _rate_overdue(inputs, inputs.history)
    yield KeyFinding(
        "revenue_at_risk",
        join_messages(" ", sentences),
        figures | test_figures,
        float(money.sum()),
        FIGURES_ANCHOR,
        "segcli ingest",
        confidence,
    )


def _find_risky_segment(
    inputs: FindingInputs, is_overdue: BoolArray, money: FloatArray
) -> Iterator[tuple[str, float, int]]:
    """Yield the segment with the most money at risk, that money and the number of overdue customers, if showable."""
    for segmentation in inputs.segmentations[:1]:
        labels = segmentation.labels.to_numpy()
        risky = max(segmentation.segments, key=lambda segment: float(money[labels == segment].sum()))
        is_member = (labels == risky) & is_overdue
        rest_count = int(is_overdue.sum() - is_member.sum())
        if (
            risky.startswith(WITHHELD_LABEL)
            or is_small_count(rest_count, inputs.privacy.smallest_group)
            or not inputs.can_show(is_member, money, int((labels == risky).sum()))
            or float(money[is_member].sum()) * 2 <= float(money.sum())
        ):
            continue
        yield risky, float(money[is_member].sum()), int(is_member.sum())


def _rate_overdue(inputs: FindingInputs, history: PurchaseHistory) -> tuple[str, dict[str, float]]:
    """Return the confidence that overdue customers are at risk, from what the overdue of one period ago did."""
    test = key_figures.compare_overdue(history, inputs.period_days)
    counts = (
        test.overdue_buyers,
        test.overdue - test.overdue_buyers,
        test.other_buyers,
        test.others - test.other_buyers,
    )
    if not test.overdue or not test.others or any(is_small_count(n, inputs.privacy.smallest_group) for n in counts):
        return message("{level}: not tested, because earlier orders are too few", level=LOW), {}
    is_lower = (
        wilson_interval(test.overdue_buyers, test.overdue)[1] < wilson_interval(test.other_buyers, test.others)[0]
    )
    smallest = min(test.overdue, test.others)
    level = (
        HIGH if is_lower and smallest >= MANY_CUSTOMERS else MEDIUM if is_lower and smallest >= FEW_CUSTOMERS else LOW
    )
    confidence = message(
        "{level}: of such customers {days} days ago, {share} ordered in these {days} days; of other regular customers "
        "{base}",
        level=level,
        days=inputs.period_days,
        share=formatting.format_share(test.overdue_buyers / test.overdue),
        base=formatting.format_share(test.other_buyers / test.others),
    )
    return confidence, {f"test_{name}": float(count) for name, count in vars(test).items()}


def _find_revenue_change(inputs: FindingInputs) -> Iterator[KeyFinding]:
    """Yield the change of revenue since the period before, split into orders and average order."""
    if inputs.history is None:
        return
    figures = {figure.figure_id: figure for figure in inputs.figures}
    revenue, average = figures[key_figures.REVENUE], figures.get(key_figures.AVERAGE_ORDER)
    if revenue.value is None or revenue.previous is None or not revenue.previous > 0:
        return
    if average is None or not average.value or not average.previous:
        return
    orders, earlier_orders = revenue.value / average.value, revenue.previous / average.previous
    difference = revenue.value - revenue.previous
    if not difference:
        return
    values: dict[str, object] = {
        "money": inputs.format_money(revenue.value),
        "difference": inputs.format_money(abs(difference)),
        "days": inputs.period_days,
        "orders": formatting.format_change(orders / earlier_orders - 1),
        "average": formatting.format_change(average.value / average.previous - 1),
    }
    yield KeyFinding(
        "revenue_change",
        _state_change(difference, values),
        {
            "revenue": revenue.value,
            "previous_revenue": revenue.previous,
            "orders": round(orders),
            "previous_orders": round(earlier_orders),
        },
        abs(difference),
        FIGURES_ANCHOR,
        "segcli ingest --as-of",
        message("{level}: counted, not estimated; seasons are not removed", level=HIGH),
    )


def _state_change(difference: float, values: Mapping[str, object]) -> str:
    if difference < 0:
        return message(
            "Revenue of the last {days} days is {money}, {difference} less than in the {days} days before "
            "(orders {orders}, average order {average}).",
            **values,
        )
    return message(
        "Revenue of the last {days} days is {money}, {difference} more than in the {days} days before "
        "(orders {orders}, average order {average}).",
        **values,
    )


def _find_concentration(inputs: FindingInputs) -> Iterator[KeyFinding]:
    """Yield the revenue of the fifth of customers with the most revenue."""
    revenue = inputs.revenue
    if revenue is None or len(revenue) < 10:  # noqa: PLR2004 - a fifth of fewer customers is one person
        return
    is_top = np.zeros(len(revenue), dtype=bool)
    is_top[np.argsort(-revenue, kind="stable")[: len(revenue) // 5]] = True
    if not inputs.can_show(is_top, revenue, len(revenue)):
        return
    money, share = float(revenue[is_top].sum()), float(revenue[is_top].sum() / revenue.sum())
    yield KeyFinding(
        CONCENTRATION_ID,
        message(
            "The top 20% of customers generate {share} of revenue, {money}.",
            share=formatting.format_share(share),
            money=inputs.format_money(money),
        ),
        {"revenue": money, "revenue_share": share},
        money,
        FIGURES_ANCHOR,
        "segcli ingest",
        message("{level}: counted, not estimated", level=HIGH),
    )


def _find_one_time_buyers(inputs: FindingInputs) -> Iterator[KeyFinding]:
    """Yield the one-time buyers, and what second orders of a tenth of them would bring."""
    if inputs.revenue is None or columns.ORDERS not in inputs.table:
        return
    is_single = (inputs.table[columns.ORDERS] == 1).fillna(value=False).to_numpy(dtype=bool)
    count, order_count = int(is_single.sum()), float(inputs.table[columns.ORDERS].sum())
    if not count or not inputs.can_show(is_single, inputs.revenue, len(inputs.table)):
        return
    average = float(inputs.revenue.sum()) / order_count
    money = round(count * SECOND_ORDER_SHARE) * average
    if money <= 0:  # a tenth of a few customers is nobody
        return
    yield KeyFinding(
        "one_time_buyers",
        count_message(
            "{count} customer ({share} of all) bought once. If {part} of them ordered again, at the average order of "
            "{average}, that would bring {money}.",
            "{count} customers ({share} of all) bought once. If {part} of them ordered again, at the average order of "
            "{average}, that would bring {money}.",
            count,
            share=formatting.format_share(count / len(inputs.table)),
            part=formatting.format_share(SECOND_ORDER_SHARE),
            average=inputs.format_money(average),
            money=inputs.format_money(money),
        ),
        {"customers": float(count), "average_order": average, "revenue": money},
        money,
        FIGURES_ANCHOR,
        "segcli ingest",
        message("{level}: an assumption, not a forecast", level=LOW),
    )


def _describe_segments(inputs: FindingInputs) -> Iterator[KeyFinding]:
    """Yield the largest segments and what sets them apart, if revenue is unknown."""
    if inputs.revenue is not None:
        return
    for segmentation in inputs.segmentations[:1]:
        largest = sorted(inputs.personas.get(segmentation.column, ()), key=lambda persona: -persona.customers)
        for position, persona in enumerate(largest[:3], start=1):
            yield KeyFinding(
                f"segment_{position}",
                count_message(
                    "{segment}: {count} customer ({share} of all). {headline}",
                    "{segment}: {count} customers ({share} of all). {headline}",
                    persona.customers,
                    segment=persona.segment,
                    share=formatting.format_share(persona.share),
                    headline=persona.headline,
                ),
                {"customers": float(persona.customers), "share": persona.share},
                None,
                SEGMENTS_ANCHOR,
                "segcli persona",
                rate_confidence(segmentation, persona.segment),
            )


_BUILDERS = (
    _find_top_segment,
    _find_overdue,
    _find_revenue_change,
    _find_concentration,
    _find_one_time_buyers,
    _describe_segments,
)


def rank_findings(inputs: FindingInputs) -> list[KeyFinding]:
    """Return the findings with the most money at stake, largest first; those without money come last.

    How concentrated revenue is follows those on which somebody can act.
    """
    findings = [finding for build in _BUILDERS for finding in build(inputs)]
    return sorted(findings, key=lambda finding: (finding.finding_id == CONCENTRATION_ID, -(finding.money or 0.0)))[
        :MAX_FINDINGS
    ]

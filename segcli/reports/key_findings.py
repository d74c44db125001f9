"""The first screen of a report: key figures, findings ranked by money, and the next steps.

Everything is data first, so that all formats show the same: a finding has an id, its sentence, the figures in it, the
section with its evidence, and the confidence in it. Findings about too few customers are left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.config import Settings
from segcli.config.privacy import PrivacySettings
from segcli.config.target import TargetSettings
from segcli.evaluation.disclosure_control import WITHHELD_LABEL, is_small_count
from segcli.message import count_message, join_messages, message
from segcli.model import Customers, Persona, Segmentation
from segcli.persona.personas import FEW_CUSTOMERS, MANY_CUSTOMERS, rate_confidence
from segcli.persona.targets import TargetSelection
from segcli.reports import key_figures
from segcli.reports.key_figures import BoolArray, FloatArray, GroupFigure, KeyFigure, PurchaseHistory
from segcli.segment.confidence_intervals import wilson_interval

MAX_FINDINGS = 5
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


@dataclass(frozen=True)
class NextStep:
    """What to do with a chosen segment; None and blank stand for what is unknown, which `missing` names.

    `reach`, and so cost and margin, are known only if there are contacts or consents for the channel.
    """

    segment: str
    customers: int
    action: str
    channel: str
    reach: int | None
    cost: float | None
    expected_margin: float | None
    holdout_share: float | None
    missing: Sequence[str]


@dataclass(frozen=True)
class DataTrust:
    """Lines and money read and used, over all order exports, and the sentence on the confidence in the data."""

    lines_read: int
    lines_used: int
    money_read: float
    money_used: float
    confidence: str


@dataclass(frozen=True)
class Overview:
    """The first screen of a report; `period` is the days of the first and of the last order, if known."""

    period: tuple[date, date] | None
    period_days: int
    currency: str
    trust: DataTrust
    key_figures: Sequence[KeyFigure]
    findings: Sequence[KeyFinding] = ()
    next_steps: Sequence[NextStep] = ()
    has_default_targets: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the first screen as JSON values."""
        return {
            "period": None if self.period is None else {"from": self.period[0], "to": self.period[1]},
            "data_trust": vars(self.trust),
            "key_figures": [
                {
                    "id": figure.figure_id,
                    "value": figure.value,
                    "previous": figure.previous,
                    "change": figure.change,
                    "trend": [{"as_of": day, "value": value} for day, value in figure.trend],
                }
                for figure in self.key_figures
            ],
            "findings": [_describe_finding(finding) for finding in self.findings],
            "next_steps": [vars(step) for step in self.next_steps],
        }


def _describe_finding(finding: KeyFinding) -> dict[str, Any]:
    facts = dict(vars(finding))
    return {"id": facts.pop("finding_id"), **facts}


def build_overview(
    customers: Customers,
    segmentations: Sequence[Segmentation],
    personas: Mapping[str, Sequence[Persona]],
    targets: TargetSelection | None,
    settings: Settings,
) -> Overview:
    """Build the first screen.

    Args:
        customers: all customers.
        segmentations: the segmentations with personas, with suppressed segments merged.
        personas: the personas of visible segments, by column of the segmentation.
        targets: the target selection without suppressed segments, or None.
        settings: settings in force.
    """
    privacy, period_days = settings.privacy, settings.report.period_days
    history = key_figures.read_history(customers)
    figures = (
        key_figures.compute_key_figures(history, period_days, privacy)
        if history
        else key_figures.describe_table(customers, privacy)
    )
    facts = _Facts(customers, history, segmentations, personas, privacy, period_days, figures)
    findings = [finding for build in _BUILDERS for finding in build(facts)]
    ranked = sorted(findings, key=lambda finding: -(finding.money or 0.0))
    return Overview(
        _find_period(customers.table),
        period_days,
        customers.currency,
        _collect_trust(customers),
        figures,
        ranked[:MAX_FINDINGS],
        list(_list_next_steps(targets, personas, settings)) if targets else (),
        has_default_targets=settings.target == TargetSettings(),
    )


def _find_period(table: pd.DataFrame) -> tuple[date, date] | None:
    if not {columns.FIRST_ORDER, columns.LAST_ORDER} <= set(table.columns) or table.empty:
        return None
    first, last = pd.to_datetime(table[columns.FIRST_ORDER]).min(), pd.to_datetime(table[columns.LAST_ORDER]).max()
    return None if pd.isna(first) or pd.isna(last) else (first.date(), last.date())


def _collect_trust(customers: Customers) -> DataTrust:
    reconciliations = [report.reconciliation for report in customers.input_reports if report.reconciliation]
    return DataTrust(
        sum(entry.read for entry in reconciliations),
        sum(entry.kept for entry in reconciliations),
        sum(entry.money_read for entry in reconciliations),
        sum(entry.money_kept for entry in reconciliations),
        next((check.what for check in customers.quality_checks if check.rule == "min_confidence"), ""),
    )


# Findings
@dataclass(frozen=True, eq=False)
class _Facts:
    """What the findings are made of."""

    customers: Customers
    history: PurchaseHistory | None
    segmentations: Sequence[Segmentation]
    personas: Mapping[str, Sequence[Persona]]
    privacy: PrivacySettings
    period_days: int
    figures: Sequence[KeyFigure]

    @property
    def table(self) -> pd.DataFrame:
        return self.customers.table

    @property
    def revenue(self) -> FloatArray | None:
        """Revenue of each customer, if it is known and not zero in total."""
        if columns.REVENUE not in self.table or not float(self.table[columns.REVENUE].sum()) > 0:
            return None
        return key_figures.read_numbers(self.table, columns.REVENUE)

    def format_money(self, money: float) -> str:
        return formatting.format_total(money, self.customers.currency)

    def can_show(self, is_member: BoolArray, money: FloatArray, base_size: int) -> bool:
        """Return whether a group of customers, and its money, may be shown beside the others of its base."""
        figure = GroupFigure(0.0, int(is_member.sum()), base_size, np.where(is_member, money, 0.0))
        return key_figures.can_show(figure, self.privacy)


def _find_top_segment(facts: _Facts) -> Iterator[KeyFinding]:
    """Yield the segment with the most revenue, with the part of it that is overdue."""
    if facts.revenue is None:
        return
    for segmentation in facts.segmentations[:1]:
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
            money=facts.format_money(figures[columns.REVENUE]),
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


def _find_overdue(facts: _Facts) -> Iterator[KeyFinding]:
    """Yield the customers who are overdue, the segment with most of their money, and the test of one period ago."""
    if facts.history is None:
        return
    measures = facts.history.measure_day(facts.history.as_of)
    money, is_overdue = key_figures.revenue_at_risk(facts.history, measures), measures.is_overdue
    if not money.sum() > 0 or not facts.can_show(is_overdue, money, len(facts.table)):
        return
    sentences = [
        count_message(
            "{count} customer has not ordered for more than twice the usual gap, and spent {money} in the last "
            "{days} days.",
            "{count} customers have not ordered for more than twice their usual gap; they spent {money} in the last "
            "{days} days.",
            int(is_overdue.sum()),
            money=facts.format_money(float(money.sum())),
            days=key_figures.YEAR_DAYS,
        )
    ]
    figures = {"overdue": float(is_overdue.sum()), "revenue_at_risk": float(money.sum())}
    for segment, segment_money, count in _find_risky_segment(facts, is_overdue, money):
        sentences.append(
            count_message(
                "Most of it, {money}, is from {count} customer in {segment}.",
                "Most of it, {money}, is from {count} customers in {segment}.",
                count,
                money=facts.format_money(segment_money),
                segment=segment,
            )
        )
        figures |= {"segment_overdue": float(count), "segment_revenue_at_risk": segment_money}
    confidence, test_figures = _rate_overdue(facts, facts.history)
    yield KeyFinding(
        "revenue_at_risk",
        join_messages(" ", sentences),
        figures | test_figures,
        float(money.sum()),
        FIGURES_ANCHOR,
        "segcli ingest",
        confidence,
    )


def _find_risky_segment(facts: _Facts, is_overdue: BoolArray, money: FloatArray) -> Iterator[tuple[str, float, int]]:
    """Yield the segment with the most money at risk, that money and the number of overdue customers, if showable."""
    for segmentation in facts.segmentations[:1]:
        labels = segmentation.labels.to_numpy()
        risky = max(segmentation.segments, key=lambda segment: float(money[labels == segment].sum()))
        is_member = (labels == risky) & is_overdue
        rest_count = int(is_overdue.sum() - is_member.sum())
        if (
            risky.startswith(WITHHELD_LABEL)
            or is_small_count(rest_count, facts.privacy.smallest_group)
            or not facts.can_show(is_member, money, int((labels == risky).sum()))
            or float(money[is_member].sum()) * 2 < float(money.sum())
        ):
            continue
        yield risky, float(money[is_member].sum()), int(is_member.sum())


def _rate_overdue(facts: _Facts, history: PurchaseHistory) -> tuple[str, dict[str, float]]:
    """Return the confidence that overdue customers are at risk, from what the overdue of one period ago did."""
    test = key_figures.compare_overdue(history, facts.period_days)
    counts = (
        test.overdue_buyers,
        test.overdue - test.overdue_buyers,
        test.other_buyers,
        test.others - test.other_buyers,
    )
    if not test.overdue or not test.others or any(is_small_count(n, facts.privacy.smallest_group) for n in counts):
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
        days=facts.period_days,
        share=formatting.format_share(test.overdue_buyers / test.overdue),
        base=formatting.format_share(test.other_buyers / test.others),
    )
    return confidence, {f"test_{name}": float(count) for name, count in vars(test).items()}


def _find_revenue_change(facts: _Facts) -> Iterator[KeyFinding]:
    """Yield the change of revenue since the period before, split into orders and average order."""
    if facts.history is None:
        return
    figures = {figure.figure_id: figure for figure in facts.figures}
    revenue, average = figures[key_figures.REVENUE], figures.get(key_figures.AVERAGE_ORDER)
    if (
        revenue.value is None
        or revenue.previous is None
        or average is None
        or not average.value
        or not average.previous
    ):
        return
    orders, earlier_orders = revenue.value / average.value, revenue.previous / average.previous
    difference = revenue.value - revenue.previous
    if not revenue.previous > 0:
        return
    values: dict[str, object] = {
        "money": facts.format_money(revenue.value),
        "difference": facts.format_money(abs(difference)),
        "days": facts.period_days,
        "orders": format_change(orders / earlier_orders - 1),
        "average": format_change(average.value / average.previous - 1),
    }
    sentence = (
        message(
            "Revenue of the last {days} days is {money}, {difference} less than in the {days} days before "
            "(orders {orders}, average order {average}).",
            **values,
        )
        if difference < 0
        else message(
            "Revenue of the last {days} days is {money}, {difference} more than in the {days} days before "
            "(orders {orders}, average order {average}).",
            **values,
        )
    )
    yield KeyFinding(
        "revenue_change",
        sentence,
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


def _find_concentration(facts: _Facts) -> Iterator[KeyFinding]:
    """Yield the revenue of the fifth of customers with the most revenue."""
    revenue = facts.revenue
    if revenue is None or len(revenue) < 10:  # noqa: PLR2004 - a fifth of fewer customers is one person
        return
    is_top = np.zeros(len(revenue), dtype=bool)
    is_top[np.argsort(-revenue, kind="stable")[: len(revenue) // 5]] = True
    if not facts.can_show(is_top, revenue, len(revenue)):
        return
    money, share = float(revenue[is_top].sum()), float(revenue[is_top].sum() / revenue.sum())
    yield KeyFinding(
        "concentration",
        message(
            "The top 20% of customers generate {share} of revenue, {money}.",
            share=formatting.format_share(share),
            money=facts.format_money(money),
        ),
        {"revenue": money, "revenue_share": share},
        money,
        FIGURES_ANCHOR,
        "segcli ingest",
        message("{level}: counted, not estimated", level=HIGH),
    )


def _find_one_time_buyers(facts: _Facts) -> Iterator[KeyFinding]:
    """Yield the one-time buyers, and what second orders of a tenth of them would bring."""
    if facts.revenue is None or columns.ORDERS not in facts.table:
        return
    is_single = (facts.table[columns.ORDERS] == 1).to_numpy()
    count, order_count = int(is_single.sum()), float(facts.table[columns.ORDERS].sum())
    if not count or not facts.can_show(is_single, facts.revenue, len(facts.table)):
        return
    average = float(facts.revenue.sum()) / order_count
    money = round(count * SECOND_ORDER_SHARE) * average
    yield KeyFinding(
        "one_time_buyers",
        count_message(
            "{count} customer ({share} of all) bought once. If {part} of them ordered again, at the average order of "
            "{average}, that would bring {money}.",
            "{count} customers ({share} of all) bought once. If {part} of them ordered again, at the average order of "
            "{average}, that would bring {money}.",
            count,
            share=formatting.format_share(count / len(facts.table)),
            part=formatting.format_share(SECOND_ORDER_SHARE),
            average=facts.format_money(average),
            money=facts.format_money(money),
        ),
        {"customers": float(count), "average_order": average, "revenue": money},
        money,
        FIGURES_ANCHOR,
        "segcli ingest",
        message("{level}: an assumption, not a forecast", level=LOW),
    )


def _describe_segments(facts: _Facts) -> Iterator[KeyFinding]:
    """Yield the largest segments and what sets them apart, if revenue is unknown."""
    if facts.revenue is not None:
        return
    for segmentation in facts.segmentations[:1]:
        largest = sorted(facts.personas.get(segmentation.column, ()), key=lambda persona: -persona.customers)
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


def format_change(change: float) -> formatting.FormattedNumber:
    """Format a relative change with its sign.

    >>> format_change(-0.084), format_change(0.0)
    ('-8%', '0%')
    """
    text = f"{change:+.1%}" if 0 < abs(change) < 0.01 else f"{change:+.0%}"  # noqa: PLR2004 - 1%
    return formatting.FormattedNumber("0%" if text in {"+0%", "-0%", "+0.0%", "-0.0%"} else text, change)


# Next steps
def _list_next_steps(
    targets: TargetSelection, personas: Mapping[str, Sequence[Persona]], settings: Settings
) -> Iterator[NextStep]:
    """Yield the chosen segments with their action, channel, reach, margin and holdout."""
    segmentation = targets.segmentation
    action_by_segment = {persona.segment: persona.action for persona in personas.get(segmentation.column, ())}
    holdout_share = _find_holdout(segmentation, settings)
    for row in targets.table[targets.table["chosen"] == "yes"].to_dict("records"):
        segment, channel = str(row[columns.SEGMENT_NAME]), str(row["way"])
        reach = None if pd.isna(row["contacts"]) else int(row["contacts"])
        shows_reach = reach is not None and not any(
            is_small_count(count, settings.privacy.smallest_group)
            for count in (reach, int(row[columns.CUSTOMERS]) - reach)
        )
        margin = row["expected_margin"] if settings.target.response and not pd.isna(row["expected_margin"]) else None
        missing = [
            *([] if action_by_segment.get(segment) else [message("action")]),
            *([] if shows_reach else [message("reach")]),
            *([] if margin is not None else [message("expected margin (set target.response)")]),
            *([] if holdout_share is not None else [message("holdout (set holdout in an export of these segments)")]),
        ]
        yield NextStep(
            segment,
            int(row[columns.CUSTOMERS]),
            action_by_segment.get(segment, ""),
            channel,
            reach if shows_reach else None,
            float(row["cost"]) if shows_reach and settings.target.contact_cost else None,
            float(margin) if margin is not None and shows_reach else None,
            holdout_share,
            missing,
        )


def _find_holdout(segmentation: Segmentation, settings: Settings) -> float | None:
    """Return the share of the first holdout planned in an export of these segments or of the targets."""
    names = {segmentation.name, segmentation.column, "target"}
    shares = [entry.holdout_share for entry in settings.export if entry.of in names and entry.holdout_share > 0]
    return shares[0] if shares else None

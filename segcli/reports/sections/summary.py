"""Section with the first screen: data trust, key figures, findings by money, and next steps."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from segcli import columns, formatting
from segcli.message import count_message, join_messages, message
from segcli.reports import key_figures
from segcli.reports.blocks import (
    Block,
    Chart,
    Column,
    Details,
    Statement,
    Statements,
    Table,
    Text,
    Tile,
    Tiles,
)
from segcli.reports.chart_blocks import build_lorenz_chart
from segcli.reports.evaluation_results import compare_extremes
from segcli.reports.key_figures import KeyFigure
from segcli.reports.key_findings import FIGURES_ANCHOR, SEGMENTS_ANCHOR, KeyFinding
from segcli.reports.next_steps import NextStep
from segcli.reports.overview import Overview
from segcli.reports.report import Findings

TITLE = message("Summary")
FIGURES_TITLE = message("Key figures by month")
ANCHOR_TITLES = {FIGURES_ANCHOR: FIGURES_TITLE, SEGMENTS_ANCHOR: message("Segments")}
TILE_TITLES = (message("Key figure"), "", message("Change"), "")
DEFAULT_TARGETS_NOTE = message("Segments chosen by the default criteria; the section target of a config has your own.")
NO_TARGET_NOTE = message("No segment meets the criteria for targets; this is the one with the highest score.")
NO_PREVIOUS_NOTE = message("The orders do not cover an earlier period, so there is no change.")
NO_EARLIER_NOTE = message(
    "What changed is not known: set report.previous to an earlier result and add the section migration."
)
NO_ORDERS_NOTE = message("Active customers, changes and revenue at risk need an order export with amounts.")


def build_blocks(findings: Findings) -> Iterable[Block]:
    """Yield data trust, key figures, findings and next steps, then the monthly figures and the revenue chart."""
    overview = findings.overview
    if overview is None:
        return
    yield Text([_describe_trust(overview), *_describe_prediction(findings)], is_quiet=True)
    yield Tiles([_build_tile(figure, overview) for figure in overview.key_figures], TILE_TITLES)
    notes = _list_figure_notes(findings, overview)
    if notes:
        yield Text(notes, is_quiet=True)
    if overview.findings:
        yield Statements(message("Findings"), [_state_finding(finding) for finding in overview.findings])
    if overview.next_steps:
        yield _build_next_steps(overview)
    evidence = list(_build_evidence(findings, overview))
    if evidence:
        yield Details(FIGURES_TITLE, evidence, FIGURES_ANCHOR)


def _build_next_steps(overview: Overview) -> Statements:
    """Return the steps; what is not known of any of them is named once, below."""
    steps = overview.next_steps
    unknown = [name for name in steps[0].missing if all(name in step.missing for step in steps)]
    notes = [message("Not known: {names}.", names=join_messages(", ", unknown))] if unknown else []
    notes += [NO_TARGET_NOTE] if steps[0].exclusion else []
    return Statements(
        message("Next steps"),
        [_state_next_steps(list(same_steps), overview.currency, unknown) for same_steps in _group_by_action(steps)],
        [*notes, *[DEFAULT_TARGETS_NOTE] * overview.has_default_targets],
    )


def _describe_trust(overview: Overview) -> str:
    trust, sentences = overview.trust, []
    if overview.period:
        sentences.append(message("Orders from {first} to {last}.", first=overview.period[0], last=overview.period[1]))
    if trust.lines_read:
        sentences.append(
            count_message(
                "{used} of {count} line used, with {share} of the money read.",
                "{used} of {count} lines used, with {share} of the money read.",
                trust.lines_read,
                used=trust.lines_used,
                share=formatting.format_share(trust.money_used / trust.money_read),
            )
            if trust.money_read > 0
            else count_message(
                "{used} of {count} line used.", "{used} of {count} lines used.", trust.lines_read, used=trust.lines_used
            )
        )
    if trust.confidence:
        sentences.append(message("Data {confidence}.", confidence=trust.confidence))
    return join_messages(" ", sentences)


def _describe_prediction(findings: Findings) -> Iterator[str]:
    """Yield whether the first segmentation predicted purchases, if the report has a backtest of it."""
    backtest = findings.analyses.backtest_summary
    if backtest is None:
        return
    name = findings.segmentations[0].name
    segment_rows = backtest.segments[backtest.segments["segmentation"] == name]
    if len(segment_rows) > 1 and segment_rows["buyer_rate"].iloc[[0, -1]].notna().all():
        yield compare_extremes(segment_rows)


def _label_figure(figure_id: str, days: int) -> str:
    return {
        key_figures.CUSTOMERS: message("Customers"),
        key_figures.ACTIVE: message("Active in {days} days", days=days),
        key_figures.REVENUE: message("Revenue in {days} days", days=days),
        key_figures.REPEAT_RATE: message("Repeat rate"),
        key_figures.AVERAGE_ORDER: message("Average order in {days} days", days=days),
        key_figures.AT_RISK: message("Revenue at risk"),
        key_figures.TOTAL_REVENUE: message("Revenue"),
    }[figure_id]


def _format_figure(figure_id: str, value: float | None, currency: str) -> str:
    if value is None:
        return message("withheld")
    if figure_id == key_figures.REPEAT_RATE:
        return formatting.format_share(value)
    if figure_id in {key_figures.CUSTOMERS, key_figures.ACTIVE}:
        return formatting.format_count(value)
    return formatting.format_total(value, currency)


def _build_tile(figure: KeyFigure, overview: Overview) -> Tile:
    def format_figure(value: float | None) -> str:
        return _format_figure(figure.figure_id, value, overview.currency)

    note = (
        ""
        if figure.previous is None
        else message("{days} days ago: {value}", value=format_figure(figure.previous), days=overview.period_days)
    )
    values = [value for _, value in figure.trend]
    trend_text = (
        message(
            "from {first} to {last} in {months} months",
            first=format_figure(values[0]),
            last=format_figure(values[-1]),
            months=len(values) - 1,
        )
        if len(values) > 1
        else ""
    )
    change = _format_change(figure)
    label = _label_figure(figure.figure_id, overview.period_days)
    is_worse = (figure.change or 0.0) * (-1 if figure.figure_id == key_figures.AT_RISK else 1) < 0
    return Tile(label, format_figure(figure.value), note, change, values, trend_text, is_worse)


def _format_change(figure: KeyFigure) -> str:
    """Format the change of a figure: relative, or in percentage points for a share."""
    if figure.value is None or figure.previous is None or figure.change is None:
        return ""
    if figure.figure_id == key_figures.REPEAT_RATE:
        points = (figure.value - figure.previous) * 100
        return message("{points} points", points=formatting.FormattedNumber(f"{points:+.1f}", points))
    return formatting.format_change(figure.change)


def _list_figure_notes(findings: Findings, overview: Overview) -> list[str]:
    if not any(figure.figure_id == key_figures.ACTIVE for figure in overview.key_figures):
        order_notes = [NO_ORDERS_NOTE] if columns.ORDERS in findings.customers.table else []
        return [*order_notes, *[NO_EARLIER_NOTE] * (not findings.analyses.transitions)]
    return [] if any(figure.previous is not None for figure in overview.key_figures) else [NO_PREVIOUS_NOTE]


def _state_finding(finding: KeyFinding) -> Statement:
    return Statement(
        finding.sentence,
        message("Confidence {confidence}", confidence=finding.confidence),
        finding.evidence,
        ANCHOR_TITLES[finding.evidence],
    )


def _group_by_action(steps: Sequence[NextStep]) -> Iterable[Sequence[NextStep]]:
    """Return the steps in order, those with the same action together; steps without an action stay alone."""
    groups: dict[object, list[NextStep]] = {}
    for step in steps:
        groups.setdefault(step.action or (step.segment,), []).append(step)
    return groups.values()


def _state_next_steps(steps: Sequence[NextStep], currency: str, common_gaps: Sequence[str]) -> Statement:
    """State one action for one segment or several, with the facts of each segment."""
    names = join_messages(" and ", [step.segment for step in steps])
    action = steps[0].action
    text = message("{segment}: {action}", segment=names, action=action) if action else names
    facts = [_list_step_facts(step, currency, common_gaps) for step in steps]
    if len(steps) == 1:
        return Statement(text, join_messages("; ", facts[0]))
    facts_by_segment = [
        message("{segment}: {facts}", segment=step.segment, facts=join_messages(", ", step_facts))
        for step, step_facts in zip(steps, facts, strict=True)
    ]
    return Statement(text, join_messages("; ", facts_by_segment))


def _list_step_facts(step: NextStep, currency: str, common_gaps: Sequence[str]) -> list[str]:
    facts: list[str] = [
        count_message("{count} customer", "{count} customers", step.customers)
        if step.reach is None
        else count_message(
            "{count} customer by {channel}", "{count} customers by {channel}", step.reach, channel=step.channel
        )
    ]
    if step.expected_margin is not None:
        facts.append(message("expected margin {money}", money=formatting.format_total(step.expected_margin, currency)))
    if step.cost is not None:
        facts.append(message("cost {money}", money=formatting.format_total(step.cost, currency)))
    if step.holdout_share is not None:
        facts.append(message("holdout {share}", share=formatting.format_share(step.holdout_share)))
    facts += [step.exclusion] if step.exclusion else []
    gaps = [name for name in step.missing if name not in common_gaps]
    if gaps:
        facts.append(message("not known: {names}", names=join_messages(", ", gaps)))
    return facts


def _build_evidence(findings: Findings, overview: Overview) -> Iterator[Block]:
    """Yield the figures at the ends of months, and the Lorenz curve if there is revenue."""
    shown = [figure for figure in overview.key_figures if figure.trend]
    if shown:
        yield _build_month_table(shown, overview)
    table, privacy = findings.customers.table, findings.privacy
    revenue_chart: Chart | None = None
    if columns.REVENUE in table:
        revenue = table[columns.REVENUE].to_numpy(dtype=np.float64, na_value=np.nan)
        revenue_chart = build_lorenz_chart(revenue, privacy.smallest_group, privacy.dominance_limit)
    if revenue_chart is not None:
        yield revenue_chart


def _build_month_table(figures: list[KeyFigure], overview: Overview) -> Table:
    titles = [Column(message("As of"), align_right=False)]
    titles += [Column(_label_figure(figure.figure_id, overview.period_days)) for figure in figures]
    rows = [
        [
            message("{day}", day=pd.Timestamp(day).date()),
            *(_format_figure(figure.figure_id, figure.trend[position][1], "") for figure in figures),
        ]
        for position, (day, _) in enumerate(figures[0].trend)
    ]
    return Table(titles, rows)

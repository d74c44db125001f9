"""What a report answers besides segments: cohorts, value, a backtest, who moved since; each only if it is asked for.

What cannot be answered is a sentence, which says why. All is as the report's readers may see it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from segcli import columns
from segcli.config import Settings
from segcli.errors import SegcliError, UsageProblem
from segcli.evidence.backtest import BacktestResult
from segcli.evidence.movement import SegmentationFactory
from segcli.model import Customers, Segmentation
from segcli.reports import sparing
from segcli.reports.envelope import to_records
from segcli.reports.moved import SegmentTransitions, compute_transitions
from segcli.reports.shield import DisclosureGuard, build_guard
from segcli.value.clv import ClvInputs, ClvResult
from segcli.value.cohort import analyse_cohorts

MONEY_COLUMNS = (columns.REVENUE, columns.REVENUE_SHARE, "revenue_a_head", "revenue_a_head_low", "revenue_a_head_high")
NO_REVENUE_NOTE = "Revenue is left out for external readers: that of a group may nearly all be one customer's."


@dataclass(frozen=True)
class AnalysisProviders:
    """How the answers are found, each when it is asked for.

    `segment_as_of` makes the segmentations of customers at an earlier day, at least those of the columns asked for
    (None: all); `prepare_clv` are orders and value; `run_backtest` is a backtest; `load_previous` are the segmentations
    of an earlier run.
    """

    segment_as_of: SegmentationFactory | None = None
    prepare_clv: Callable[[], ClvInputs] | None = None
    run_backtest: Callable[[], BacktestResult] | None = None
    load_previous: Callable[[], Sequence[Segmentation]] | None = None


@dataclass(frozen=True, eq=False)
class BacktestSummary:
    """The summary of a backtest, and of its last fold the segments of each segmentation that may be told."""

    summary: pd.DataFrame
    segments: pd.DataFrame
    notes: Sequence[str]


@dataclass(frozen=True, eq=False)
class CohortTable:
    """Cohorts by period with what is shown of them."""

    table: pd.DataFrame
    metric: str
    has_withheld: bool
    notes: Sequence[str]


@dataclass(frozen=True)
class OptionalAnalyses:
    """What was found; `skip_reasons` says, by section, why something was not."""

    cohort_table: CohortTable | None = None
    clv_result: ClvResult | None = None
    backtest_summary: BacktestSummary | None = None
    transitions: Sequence[SegmentTransitions] = ()
    skip_reasons: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it: what there is."""
        parts: dict[str, Any] = {}
        if self.cohort_table:
            parts["cohorts"] = to_records(self.cohort_table.table)
        if self.clv_result:
            segment_tables = self.clv_result.segments.items()
            parts["clv"] = {
                "totals_expected": dict(self.clv_result.totals),
                "segmentations": [{"column": name, "segments": to_records(rows)} for name, rows in segment_tables],
            }
        if self.backtest_summary:
            parts["backtest"] = {
                "summary": to_records(self.backtest_summary.summary),
                "segments": to_records(self.backtest_summary.segments),
            }
        if self.transitions:
            parts["migration"] = [
                {"segmentation": transition.name, "psi": transition.psi, "flows": to_records(transition.flows)}
                for transition in self.transitions
            ]
        return parts


@dataclass(frozen=True)
class AnalysisContext:
    """Whom the answers are about, and what may be told; `visible_segmentations` are without what is withheld."""

    customers: Customers
    visible_segmentations: Sequence[Segmentation]
    settings: Settings
    guard: DisclosureGuard
    providers: AnalysisProviders

    @property
    def hides_money(self) -> bool:
        """Whether money of groups that were not looked at for dominance is left out."""
        return self.settings.privacy.audience == "external"


def run_optional_analyses(context: AnalysisContext) -> OptionalAnalyses:
    """What the sections ask for."""
    results: dict[str, Any] = {}
    skip_reasons: dict[str, str] = {}
    for section, (field_name, analyse) in _ANALYSES.items():
        if section in context.settings.report.sections:
            try:
                results[field_name] = analyse(context)
            except SegcliError as error:
                skip_reasons[section] = f"{str(error).rstrip('.')}."
    return OptionalAnalyses(**results, skip_reasons=skip_reasons)


def _analyse_cohorts(context: AnalysisContext) -> CohortTable:
    cohort_settings, min_customers = context.settings.cohort, context.guard.min_customers
    labels_by_column = {segmentation.column: segmentation.labels for segmentation in context.visible_segmentations}
    labelled_customers = replace(context.customers, table=context.customers.table.assign(**labels_by_column))
    cohort_result = analyse_cohorts(labelled_customers, cohort_settings)
    shows_revenue = cohort_settings.show in {"revenue", "value"}
    is_hidden = shows_revenue and (context.hides_money or cohort_settings.show not in cohort_result.table)
    metric = "retention" if is_hidden else cohort_settings.show
    notes = [*cohort_result.notes, *[NO_REVENUE_NOTE] * (shows_revenue and context.hides_money)]
    visible_table = sparing.suppress_small_cohorts(cohort_result.table, min_customers, metric)
    has_withheld = len(visible_table) < len(cohort_result.table) or int(visible_table[metric].isna().sum()) > int(
        cohort_result.table[metric].isna().sum()
    )
    return CohortTable(visible_table, metric, has_withheld, notes)


def _analyse_clv(context: AnalysisContext) -> ClvResult:
    assert context.providers.prepare_clv, "value needs to know how it is expected"
    settings, segmentations, clv_inputs = (
        context.settings,
        list(context.visible_segmentations),
        context.providers.prepare_clv(),
    )
    if settings.clv.calibration_end:
        earlier_segmentations = (
            context.providers.segment_as_of(clv_inputs.customers, None) if context.providers.segment_as_of else []
        )
        segmentations = build_guard(earlier_segmentations, settings.privacy).merge_withheld(earlier_segmentations)
    return clv_inputs.compute_clv(segmentations)


def _summarise_backtest(context: AnalysisContext) -> BacktestSummary:
    assert context.providers.run_backtest, "a backtest needs to know how segmentations are made"
    backtest = context.providers.run_backtest()
    baselines = set(backtest.summary.loc[backtest.summary["baseline"], "segmentation"])
    latest_fold = backtest.segments[
        (backtest.segments["fold"] == 1) & ~backtest.segments["segmentation"].isin(baselines)
    ]
    visible_tables = [
        _suppress_small_rows(segment_rows.reset_index(drop=True), context)
        for _, segment_rows in latest_fold.groupby("segmentation", sort=False)
    ]
    notes = [*backtest.notes, *[NO_REVENUE_NOTE] * context.hides_money]
    return BacktestSummary(backtest.summary, pd.concat(visible_tables, ignore_index=True), notes)


def _suppress_small_rows(segment_rows: pd.DataFrame, context: AnalysisContext) -> pd.DataFrame:
    hidden_names = context.guard.withheld_names.get(
        f"{segment_rows['segmentation'].iloc[0]}{columns.SEGMENT_SUFFIX}", ()
    )
    hidden_rows = [position for position, name in enumerate(segment_rows[columns.SEGMENT_NAME]) if name in hidden_names]
    visible_rows = sparing.suppress_small_groups(
        segment_rows, context.guard.min_customers, part_columns=["buyers"], withheld_rows=hidden_rows
    )
    return (
        visible_rows.drop(columns=[*MONEY_COLUMNS, "foretold"], errors="ignore")
        if context.hides_money
        else visible_rows
    )


def _collect_transitions(context: AnalysisContext) -> list[SegmentTransitions]:
    if context.providers.load_previous is None:
        raise UsageProblem("No earlier result is named (report.previous)")
    previous_by_column = {segmentation.column: segmentation for segmentation in context.providers.load_previous()}
    if not any(segmentation.column in previous_by_column for segmentation in context.visible_segmentations):
        raise UsageProblem("The earlier result has none of these segmentations")
    privacy, major_psi = context.settings.privacy, context.settings.compare.major
    return [
        compute_transitions(previous_by_column[segmentation.column], segmentation, privacy, major_psi)
        for segmentation in context.visible_segmentations
        if segmentation.column in previous_by_column
    ]


_ANALYSES: Mapping[str, tuple[str, Callable[[AnalysisContext], Any]]] = {
    # section, the answer's name, how it is found
    "cohorts": ("cohort_table", _analyse_cohorts),
    "clv": ("clv_result", _analyse_clv),
    "backtest": ("backtest_summary", _summarise_backtest),
    "migration": ("transitions", _collect_transitions),
}

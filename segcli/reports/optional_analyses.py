"""Optional analyses of a report: cohorts, customer value, backtest, migration and trends; each only on request.

An analysis that cannot run is replaced by a sentence with the reason. All results are filtered for the readers of the
report.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd

from segcli import columns
from segcli.config import Settings
from segcli.config.privacy import PrivacySettings
from segcli.errors import SegcliError, UsageProblem
from segcli.evaluation.backtest import BacktestResult
from segcli.evaluation.compare import ENTERED_LABEL, FROM_SEGMENT, LEFT_LABEL, TO_SEGMENT
from segcli.evaluation.disclosure_control import WITHHELD_LABEL
from segcli.evaluation.drift import SegmentationFactory, make_earlier_segmentations, segment_share_psi
from segcli.message import message
from segcli.model import Customers, Segmentation
from segcli.reports import crosstabs, disclosure
from segcli.reports.disclosure import DisclosureGuard, build_guard
from segcli.reports.envelope import to_records
from segcli.reports.size_trends import SizeTrend, compute_size_trend
from segcli.value.clv import ClvInputs, ClvResult
from segcli.value.cohorts import analyse_cohorts


# Transitions between segments since an earlier result
@dataclass(frozen=True, eq=False)
class SegmentTransitions:
    """Flows of customers between segments, filtered for the readers of the report.

    `flows` has the columns from, to and customers, and revenue if it is known: what the customers have spent so far, or
    by the earlier day if they left. Suppressed flows have blank names. `psi` is the population stability
    index of the segment shares; from `major_psi` on, the shares have changed fundamentally. `segments_before` and
    `segments_after` are the names in `flows`, in display order. `since` is the day of the earlier segmentation.
    """

    column: str
    since: date | None
    segments_before: Sequence[str]
    segments_after: Sequence[str]
    flows: pd.DataFrame
    psi: float
    major_psi: float


def compute_transitions(
    old_segmentation: Segmentation, new_segmentation: Segmentation, privacy_settings: PrivacySettings, major_psi: float
) -> SegmentTransitions:
    """Return the flows between two segmentations of overlapping sets of customers.

    Args:
        old_segmentation: the earlier segmentation.
        new_segmentation: the later segmentation, with suppressed segments merged.
        privacy_settings: settings with the smallest group size that may be shown.
        major_psi: PSI from which segments should be rebuilt.
    """
    crosstab_segmentations = crosstabs.crosstab_transitions(old_segmentation, new_segmentation)
    guard = build_guard(crosstab_segmentations, privacy_settings)
    cell_profile = crosstabs.split_cell_names(guard.merge_withheld(crosstab_segmentations)[-1])
    for end in (
        FROM_SEGMENT,
        TO_SEGMENT,
    ):  # a segment that is too small itself stays hidden, even if its merged cells are large enough
        cell_profile.loc[cell_profile[end].isin(list(guard.withheld_names[end])), [FROM_SEGMENT, TO_SEGMENT]] = ""
    sum_columns = [name for name in (columns.CUSTOMERS, columns.REVENUE) if name in cell_profile]
    flows = cell_profile.groupby([FROM_SEGMENT, TO_SEGMENT], sort=True)[sum_columns].sum().reset_index()
    segment_names = [
        *map(crosstabs.escape_separator, (*new_segmentation.segments, *old_segmentation.segments)),
        ENTERED_LABEL,
        LEFT_LABEL,
    ]
    ordered_names = list(dict.fromkeys(segment_names))  # same order on both sides, so that few bands cross
    segments_before, segments_after = (
        [name for name in ordered_names if name in set(flows[end])] for end in (FROM_SEGMENT, TO_SEGMENT)
    )
    return SegmentTransitions(
        new_segmentation.column,
        old_segmentation.customers.as_of,
        segments_before,
        segments_after,
        flows,
        segment_share_psi(old_segmentation, new_segmentation),
        major_psi,
    )


MONEY_COLUMNS = (columns.REVENUE, columns.REVENUE_SHARE, "revenue_a_head", "revenue_a_head_low", "revenue_a_head_high")
NO_REVENUE_NOTE = message(
    "Revenue is omitted for external readers: one customer may account for almost all of a group's revenue."
)


@dataclass(frozen=True)
class AnalysisProviders:
    """Functions that compute the optional analyses, called only if a section needs them.

    `segment_as_of` segments customers as of an earlier day, at least by the given columns (None: all). `prepare_clv`
    returns the inputs of the CLV model. `run_backtest` returns a backtest. `load_previous` returns the segmentations
    of an earlier run.
    """

    segment_as_of: SegmentationFactory | None = None
    prepare_clv: Callable[[], ClvInputs] | None = None
    run_backtest: Callable[[], BacktestResult] | None = None
    load_previous: Callable[[], Sequence[Segmentation]] | None = None


@dataclass(frozen=True, eq=False)
class BacktestSummary:
    """The summary of a backtest, and the segments of its last fold that may be shown."""

    summary: pd.DataFrame
    segments: pd.DataFrame
    notes: Sequence[str]


@dataclass(frozen=True, eq=False)
class CohortTable:
    """The cohort metric by cohort and period, as it may be shown."""

    table: pd.DataFrame
    metric: str
    has_withheld: bool
    notes: Sequence[str]


@dataclass(frozen=True)
class OptionalAnalyses:
    """Results of the optional analyses; `skip_reasons` has the reasons of missing ones, by section."""

    cohort_table: CohortTable | None = None
    clv_result: ClvResult | None = None
    backtest_summary: BacktestSummary | None = None
    transitions: Sequence[SegmentTransitions] = ()
    size_trend: SizeTrend | None = None
    skip_reasons: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the available results as JSON values."""
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
        if self.size_trend:
            parts["trends"] = self.size_trend.to_dict()
        if self.transitions:
            parts["migration"] = [
                {
                    "segmentation": transition.column.removesuffix(columns.SEGMENT_SUFFIX),
                    "since": transition.since,
                    "psi": transition.psi,
                    "flows": to_records(transition.flows),
                }
                for transition in self.transitions
            ]
        return parts


@dataclass(frozen=True)
class AnalysisContext:
    """Inputs of the optional analyses; `visible_segmentations` have suppressed segments merged."""

    customers: Customers
    visible_segmentations: Sequence[Segmentation]
    settings: Settings
    guard: DisclosureGuard
    providers: AnalysisProviders

    @property
    def hides_money(self) -> bool:
        """Whether to hide money of groups that were not checked for dominance."""
        return self.settings.privacy.audience == "external"


def run_optional_analyses(context: AnalysisContext) -> OptionalAnalyses:
    """Run the analyses that the report's sections need."""
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
    segmentations = [_hide_earlier_names(segmentation, context) for segmentation in context.visible_segmentations]
    cohort_result = analyse_cohorts(context.customers, cohort_settings, segmentations)
    shows_revenue = cohort_settings.show in {"revenue", "value"}
    is_hidden = shows_revenue and (context.hides_money or cohort_settings.show not in cohort_result.table)
    metric = "retention" if is_hidden else cohort_settings.show
    notes = [*cohort_result.notes, *[NO_REVENUE_NOTE] * (shows_revenue and context.hides_money)]
    visible_table = disclosure.suppress_small_cohorts(cohort_result.table, min_customers, metric)
    has_withheld = len(visible_table) < len(cohort_result.table) or int(visible_table[metric].isna().sum()) > int(
        cohort_result.table[metric].isna().sum()
    )
    return CohortTable(visible_table, metric, has_withheld, notes)


def _hide_earlier_names(segmentation: Segmentation, context: AnalysisContext) -> Segmentation:
    """Return the segmentation, whose earlier segments have no suppressed name either."""
    segment_earlier = segmentation.segment_earlier
    hidden_names = list(context.guard.withheld_names.get(segmentation.column, ()))
    if segment_earlier is None or not hidden_names:
        return segmentation

    def segment_without_names(days: int) -> Segmentation | None:
        earlier = segment_earlier(days)
        if earlier is None:
            return None
        return replace(earlier, labels=earlier.labels.where(~earlier.labels.isin(hidden_names), WITHHELD_LABEL))

    return replace(segmentation, segment_earlier=segment_without_names)


def _analyse_clv(context: AnalysisContext) -> ClvResult:
    assert context.providers.prepare_clv, "value needs its provider"
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
    assert context.providers.run_backtest, "a backtest needs its provider"
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
    visible_rows = disclosure.suppress_small_groups(
        segment_rows, context.guard.min_customers, part_columns=["buyers"], withheld_rows=hidden_rows
    )
    return (
        visible_rows.drop(columns=[*MONEY_COLUMNS, "foretold"], errors="ignore")
        if context.hides_money
        else visible_rows
    )


def _collect_transitions(context: AnalysisContext) -> list[SegmentTransitions]:
    """Return the transitions since an earlier result or, without one, of the first segmentation since a period ago."""
    if context.providers.load_previous is None:
        first = context.visible_segmentations[0]
        period_days, segment_as_of = context.settings.report.period_days, context.providers.segment_as_of
        previous_by_column = (
            make_earlier_segmentations(first.customers, period_days, segment_as_of, [first.column])
            if segment_as_of
            else {}
        )
        if first.column not in previous_by_column:
            return []
        previous_by_column = {first.column: previous_by_column[first.column]}
    else:
        previous_by_column = {segmentation.column: segmentation for segmentation in context.providers.load_previous()}
    if not any(segmentation.column in previous_by_column for segmentation in context.visible_segmentations):
        raise UsageProblem("The previous result has none of these segmentations")
    privacy, major_psi = context.settings.privacy, context.settings.compare.major
    return [
        compute_transitions(previous_by_column[segmentation.column], segmentation, privacy, major_psi)
        for segmentation in context.visible_segmentations
        if segmentation.column in previous_by_column
    ]


def _compute_size_trend(context: AnalysisContext) -> SizeTrend | None:
    segmentation = context.visible_segmentations[0]
    if context.providers.segment_as_of is None:
        return None
    hidden_names = context.guard.withheld_names.get(segmentation.column, ())
    return compute_size_trend(
        segmentation,
        context.providers.segment_as_of,
        context.settings.report.period_days,
        hidden_names,
        context.guard.min_customers,
    )


_ANALYSES: Mapping[str, tuple[str, Callable[[AnalysisContext], Any]]] = {
    # section: field of OptionalAnalyses, function
    "cohorts": ("cohort_table", _analyse_cohorts),
    "clv": ("clv_result", _analyse_clv),
    "backtest": ("backtest_summary", _summarise_backtest),
    "migration": ("transitions", _collect_transitions),
    "trends": ("size_trend", _compute_size_trend),
}

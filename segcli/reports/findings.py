"""Collect the inputs of a report: segmentations, personas, scorecards and optional analyses."""

from collections.abc import Sequence
from dataclasses import replace

from segcli import columns, formatting
from segcli.config import Settings
from segcli.errors import UsageProblem
from segcli.evaluation.disclosure_control import WITHHELD_LABEL, is_small_count
from segcli.evaluation.drift import SegmentationFactory, make_earlier_segmentations
from segcli.evaluation.drivers import analyse_drivers
from segcli.evaluation.fairness_audit import FairnessAudit, audit_fairness, mask_small_groups
from segcli.evaluation.scorecard import Scorecard, SegmentActions, build_scorecard_notes, score_segments
from segcli.message import Message, list_customer_counts
from segcli.model import Customers, Persona, Segmentation, SurveyScore
from segcli.persona import playbook
from segcli.persona.analysis import Analysis
from segcli.persona.targets import TargetSelection
from segcli.persona.traits import salient_traits
from segcli.reports import crosstabs, disclosure
from segcli.reports.disclosure import DisclosureGuard, build_guard
from segcli.reports.optional_analyses import AnalysisContext, AnalysisProviders, OptionalAnalyses, run_optional_analyses
from segcli.reports.overview import build_overview
from segcli.reports.persona_cards import is_percentage
from segcli.reports.report import Findings
from segcli.reports.translation import Labels
from segcli.segment.bases import list_bases
from segcli.segment.segmentation import select_segmentations

ACRONYMS = frozenset({"aht", "ces", "csat", "nps", "os", "rfm"})
CLUSTER_LABEL = columns.CLUSTER_SEGMENT.removesuffix(columns.SEGMENT_SUFFIX)
MODEL_FACTS = frozenset({"counts", "examples", "reach"})  # model facts that may describe single customers


def collect_findings(
    customers: Customers, analysis: Analysis, analysis_providers: AnalysisProviders | None = None
) -> Findings:
    """Collect everything that the sections of a report need, filtered for its readers.

    Args:
        customers: customers of the segmentations.
        analysis: analysis of the segmentations under the current settings; `persona.of` selects those with personas.
        analysis_providers: functions for optional analyses, such as segmenting customers as of an earlier day; None
            skips the optional analyses.
    """
    segmentations, settings = analysis.segmentations, analysis.settings
    sections = settings.report.sections
    score_cells = _crosstab_rfm_scores(segmentations) if "heatmap" in sections else []
    guard = build_guard([*segmentations, *score_cells], settings.privacy)
    persona_segmentations = select_segmentations(
        {segmentation.column: segmentation for segmentation in segmentations}, settings.persona.of
    )
    scorecards = (
        build_scorecards(
            persona_segmentations, settings, analysis_providers.segment_as_of if analysis_providers else None
        )
        if "scorecard" in sections
        else {}
    )
    targets = analysis.targets if {"targets", "fairness"} & set(sections) else None
    plan = analysis.plan if "plan" in sections else None
    visible_segmentations = [
        _suppress_small_counts(segmentation, settings) for segmentation in guard.merge_withheld(segmentations)
    ]
    persona_columns = {segmentation.column for segmentation in persona_segmentations}
    described_segmentations = [
        segmentation for segmentation in visible_segmentations if segmentation.column in persona_columns
    ]
    personas = _describe_segments(described_segmentations, visible_segmentations, settings)
    return Findings(
        customers,
        visible_segmentations,
        personas,
        {
            column: (guard.drop_withheld_rows(scorecard_rows, column), scorecard_notes)
            for column, (scorecard_rows, scorecard_notes) in scorecards.items()
        },
        analyse_drivers(customers, settings.drivers) if "drivers" in sections else None,
        guard.filter_targets(targets) if targets and "targets" in sections else None,
        guard.filter_plan(plan) if plan else None,
        collect_audits(visible_segmentations, settings, targets) if "fairness" in sections else (),
        guard,
        settings.privacy,
        guard.merge_withheld(score_cells)[-1] if score_cells and not _withholds_scores(guard) else None,
        run_optional_analyses(AnalysisContext(customers, visible_segmentations, settings, guard, analysis_providers))
        if analysis_providers
        else OptionalAnalyses(),
        build_overview(customers, described_segmentations, personas, _filter_targets(analysis, guard), settings)
        if "summary" in sections
        else None,
        build_labels(visible_segmentations, settings),
    )


def build_labels(segmentations: Sequence[Segmentation], settings: Settings) -> Labels:
    """Return the labels of the settings, and readable names of segmentations and of columns of your files.

    The columns that segcli computes have labels already.
    """
    names = [segmentation.column for segmentation in segmentations]
    labels = {name: label_segmentation(name.removesuffix(columns.SEGMENT_SUFFIX)) for name in names}
    labels |= {
        name: formatting.spell_out_name(name)
        for name in map(str, segmentations[0].customers.table.columns)
        if name not in columns.CUSTOMER_TABLE_COLUMNS and name not in labels
    }
    return Labels(labels | settings.labels)


def label_segmentation(name: str) -> str:
    """Return the label of a segmentation: a message if segcli defines it, or else your name, which stays as it is."""
    label = prettify_name(name)
    return Message(label, label) if name in {CLUSTER_LABEL, *list_bases()} else label


def prettify_name(name: str) -> str:
    """Return a name for people.

    >>> prettify_name("family_stage")
    'Family stage'
    >>> prettify_name("nps")
    'NPS'
    """
    words = name.replace("_", " ").strip()
    if words in ACRONYMS:
        return words.upper()
    return words[:1].upper() + words[1:]


def _filter_targets(analysis: Analysis, guard: DisclosureGuard) -> TargetSelection | None:
    """Return the visible targets; None if the report does not have the segmentation to choose from."""
    try:
        return guard.filter_targets(analysis.targets)
    except UsageProblem:
        return None


def _suppress_small_counts(segmentation: Segmentation, settings: Settings) -> Segmentation:
    """Suppress tables, notes and model facts that count too few customers."""
    privacy = settings.privacy
    if not privacy.withholds_groups:
        return segmentation
    return replace(
        segmentation,
        method={name: fact for name, fact in segmentation.method.items() if name not in MODEL_FACTS},
        notes=tuple(note for note in segmentation.notes if not _states_small_count(note, privacy.smallest_group)),
        warnings=tuple(
            warning for warning in segmentation.warnings if not _states_small_count(warning, privacy.smallest_group)
        ),
        tables={
            title: disclosure.blank_small_counts(table_rows, privacy.smallest_group)
            for title, table_rows in segmentation.tables.items()
        },
    )


def _states_small_count(text: str, min_customers: int) -> bool:
    return any(is_small_count(count, min_customers) for count in list_customer_counts(text))


def _drop_small_scores(persona: Persona, min_customers: int) -> Persona:
    """Drop survey scores given by too few customers, or with a rate that counts too few of them."""
    return replace(
        persona, scores=tuple(score for score in persona.scores if not _has_few_answers(score, min_customers))
    )


def _has_few_answers(score: SurveyScore, min_customers: int) -> bool:
    positive_count = round(score.score * score.n / 100) if is_percentage(score) else 0
    return any(is_small_count(count, min_customers) for count in (score.n, positive_count, score.n - positive_count))


def _crosstab_rfm_scores(segmentations: Sequence[Segmentation]) -> list[Segmentation]:
    """Return the score cells of the RFM segmentation, or an empty list without one."""
    rfm_segmentations = [segmentation for segmentation in segmentations if segmentation.column == columns.RFM_SEGMENT]
    return crosstabs.crosstab_scores(rfm_segmentations[0]) if rfm_segmentations else []


def _withholds_scores(guard: DisclosureGuard) -> bool:
    """Return whether single scores are suppressed.

    The method of the segmentation states how many customers have each score, so the cells must be hidden too.
    """
    return any(guard.withheld_names.get(name) for name in (crosstabs.RECENCY_SCORES, crosstabs.FREQUENCY_SCORES))


def _describe_segments(
    persona_segmentations: Sequence[Segmentation], segmentations: Sequence[Segmentation], settings: Settings
) -> dict[str, list[Persona]]:
    """Return personas by column; suppressed segments have none."""
    personas_by_column = Analysis(segmentations, settings).describe_segments(persona_segmentations)
    min_customers = settings.privacy.smallest_group
    return {
        column: [
            _drop_small_scores(persona, min_customers)
            for persona in personas
            if not persona.segment.startswith(WITHHELD_LABEL)
        ]
        for column, personas in personas_by_column.items()
    }


def collect_audits(
    segmentations: Sequence[Segmentation], settings: Settings, targets: TargetSelection | None
) -> list[FairnessAudit]:
    """Return the fairness audits of the columns reserved for them."""
    chosen_members = targets.member_mask if targets and targets.chosen_segments else None
    min_customers = settings.privacy.smallest_described_group
    fairness_audits = audit_fairness(segmentations, settings.fairness, min_customers, chosen_members)
    return (
        [mask_small_groups(fairness_audit, min_customers) for fairness_audit in fairness_audits]
        if settings.privacy.audience == "external"
        else fairness_audits
    )


def build_scorecards(
    segmentations: Sequence[Segmentation], settings: Settings, segment_as_of: SegmentationFactory | None
) -> dict[str, Scorecard]:
    """Return the scorecard and its notes for each segmentation, by column."""
    loaded_playbook = playbook.load_playbook(settings.persona.playbook)
    segmentation_columns = [segmentation.column for segmentation in segmentations]
    earlier_by_column = (
        make_earlier_segmentations(
            segmentations[0].customers, settings.scorecard.period_days, segment_as_of, segmentation_columns
        )
        if segment_as_of
        else {}
    )
    scorecards = {}
    for segmentation in segmentations:
        actions = SegmentActions(
            *loaded_playbook.classify_segments(salient_traits(segmentation, settings.persona.minimum_difference))
        )
        earlier_segmentation = earlier_by_column.get(segmentation.column)
        scorecards[segmentation.column] = (
            score_segments(segmentation, settings.scorecard, actions, earlier_segmentation),
            list(build_scorecard_notes(segmentation, earlier_segmentation)),
        )
    return scorecards

"""Output files of a run: segments, and the declared reports, values, cohorts, backtests, targets and plans."""

from typing import TYPE_CHECKING

from segcli.cli import segmenters, terminal
from segcli.cli.terminal import Console

if TYPE_CHECKING:
    from segcli.config import LoadedSettings
    from segcli.model import Customers
    from segcli.persona.analysis import Analysis
    from segcli.reports.optional_analyses import AnalysisProviders

REPORT_PAGE = "report.html"
RESULT_FILES = (
    *("customers.csv", "segments.csv", "rfm-model.json", "cluster-model.json", "personas.json"),
    *("report.md", REPORT_PAGE, "report.json"),
    *("clv.csv", "clv-model.json", "cohorts.csv", "backtest.csv", "targets.csv", "plan.csv", "calendar.csv"),
)


def render_segment_files(
    analysis: "Analysis", loaded_config: "LoadedSettings", analysis_providers: "AnalysisProviders", console: Console
) -> dict[str, str]:
    """Return the files of segments, models, personas and the report, by name."""
    from segcli.cli.output import render_csv
    from segcli.columns import CLUSTER_SEGMENT
    from segcli.reports.blocks import Result
    from segcli.reports.report import combine_profiles
    from segcli.reports.results import build_segmentation_result
    from segcli.segment import methods, models

    first_segmentation, last_segmentation = analysis.segmentations[0], analysis.segmentations[-1]
    texts = {
        "customers.csv": render_csv(build_segmentation_result("run", last_segmentation), console),
        "segments.csv": render_csv(Result(combine_profiles(analysis.segmentations), dict, ()), console),
    }
    if first_segmentation.method["name"] == "rfm":
        texts["rfm-model.json"] = models.dump_model(first_segmentation)
    if last_segmentation.column == CLUSTER_SEGMENT and methods.can_predict(
        methods.load_method(loaded_config.settings.cluster.method)
    ):
        texts["cluster-model.json"] = models.dump_model(last_segmentation)
    return texts | _render_report_files(analysis, loaded_config, analysis_providers)


def _render_report_files(
    analysis: "Analysis", loaded_config: "LoadedSettings", analysis_providers: "AnalysisProviders"
) -> dict[str, str]:
    """Return the personas and the report, in the formats of the settings, by name."""
    from segcli.cli.output import translate_for_user
    from segcli.reports import formats
    from segcli.reports.findings import collect_findings
    from segcli.reports.formats import Page, json
    from segcli.reports.report import build_report
    from segcli.reports.results import build_personas_result

    texts: dict[str, str] = {}
    if not (loaded_config.declares_section("persona") or loaded_config.declares_section("report")):
        return texts
    settings, customers = loaded_config.settings.report, analysis.segmentations[-1].customers
    findings = collect_findings(customers, analysis, analysis_providers)
    if loaded_config.declares_section("persona"):
        texts["personas.json"] = json.render(build_personas_result(findings.personas, customers), Page())
    if loaded_config.declares_section("report"):
        report, page = (
            translate_for_user(build_report(findings, settings)),
            Page(language=terminal.load_language().code),
        )
        texts |= {f"report.{name}": formats.load_format(name).render(report, page) for name in settings.formats}
    return texts


def render_analysis_files(
    customers: "Customers", loaded_config: "LoadedSettings", analysis_providers: "AnalysisProviders", console: Console
) -> dict[str, str]:
    """Return the files of value, cohorts and backtest, by name.

    The providers cache their results, so analyses that the report needs too run once.
    """
    texts: dict[str, str] = {}
    if loaded_config.declares_section("clv"):
        texts |= _render_clv_files(loaded_config, analysis_providers, console)
    if loaded_config.declares_section("cohort"):
        texts |= _render_cohort_file(customers, loaded_config, console)
    if loaded_config.declares_section("backtest"):
        texts |= _render_backtest_file(customers, analysis_providers, console)
    return texts


def _render_clv_files(
    loaded_config: "LoadedSettings", analysis_providers: "AnalysisProviders", console: Console
) -> dict[str, str]:
    from segcli.cli.output import render_csv
    from segcli.reports.value_results import build_clv_result
    from segcli.value import saved_clv_model

    assert analysis_providers.prepare_clv
    clv_inputs = analysis_providers.prepare_clv()
    clv_result = clv_inputs.compute_clv(
        segmenters.build_segmentations(clv_inputs.customers, loaded_config, with_clusters=False)
    )
    for note in (*clv_result.warnings, *clv_result.notes):
        console.log("clv", note)
    rows = render_csv(build_clv_result(clv_result), console)
    return {
        "clv.csv": rows,
        "clv-model.json": saved_clv_model.dump_clv_model(clv_result, loaded_config.settings.clv.period),
    }


def _render_cohort_file(customers: "Customers", loaded_config: "LoadedSettings", console: Console) -> dict[str, str]:
    from segcli.cli.output import render_csv
    from segcli.reports.value_results import build_cohorts_result
    from segcli.value.cohorts import analyse_cohorts

    cohort_settings = loaded_config.settings.cohort
    segmentations = segmenters.build_cohort_segmentations(customers, loaded_config)
    cohort_result = analyse_cohorts(customers, cohort_settings, segmentations)
    return {"cohorts.csv": render_csv(build_cohorts_result(cohort_result, customers, cohort_settings.show), console)}


def _render_backtest_file(
    customers: "Customers", analysis_providers: "AnalysisProviders", console: Console
) -> dict[str, str]:
    from segcli.cli.output import render_csv
    from segcli.reports.evaluation_results import build_backtest_result

    assert analysis_providers.run_backtest
    return {"backtest.csv": render_csv(build_backtest_result(analysis_providers.run_backtest(), customers), console)}


def render_decision_files(analysis: "Analysis", loaded_config: "LoadedSettings", console: Console) -> dict[str, str]:
    """Return the files of targets and plan, by name."""
    from segcli.cli.output import render_csv
    from segcli.reports.activation_results import build_plan_result, build_targets_result
    from segcli.reports.blocks import Result

    texts: dict[str, str] = {}
    if loaded_config.declares_section("target"):
        console.log("targets", ", ".join(analysis.targets.chosen_segments) or "none")
        texts["targets.csv"] = render_csv(build_targets_result(analysis.targets), console)
    if loaded_config.declares_section("plan"):
        texts["plan.csv"] = render_csv(build_plan_result(analysis.plan), console)
        texts["calendar.csv"] = render_csv(Result(analysis.plan.calendar, dict, ()), console)
    return texts

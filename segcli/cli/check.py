"""Command `segcli check`: report problems of config and data without writing anything."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from typer import Argument

from segcli import plugins
from segcli.cli import command_settings, discovered_config, export_files, gates, inputs, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.output import display_result
from segcli.cli.terminal import Console, mask_message
from segcli.errors import ConfigProblems, InputProblem, SegcliError, UsageProblem
from segcli.formatting import pluralize
from segcli.location import YAML_SUFFIXES
from segcli.message import message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from segcli.config import LoadedSettings
    from segcli.evaluation.backtest import LabelsBySegmentation
    from segcli.model import Customers, InputReport, QualityCheck, Reconciliation
    from segcli.reports.check_result import Finding

TargetArgument = Annotated[
    str | None,
    Argument(help="Your config (.yaml) or order export. Default: the config from --config.", metavar="CONFIG|INPUT"),
]
MORE_FORMATS = tuple(plugins.list_plugin_files("segcli.reports.check_formats"))
# With later purchases; the interval must lie above it. Cohen (1988) calls a correlation of .1 small; with .05, 3 of 66
# shops in which nothing can be predicted had high confidence (benchmarks/thin_shops.py).
MIN_RANK_CORRELATION = 0.1
HIGH_CONFIDENCE, MIDDLING_CONFIDENCE = "confidence high", "confidence middling"  # beginnings of the quality check

EXAMPLES = (
    "segcli check orders.csv",
    "segcli check shop.yaml -f sarif > segcli.sarif",
)


def command(target: TargetArgument = None, *, common_options: CommonOptions) -> None:
    """Check config and data, and write nothing.

    Findings are sorted by severity, with their count and the first line.
    """
    if common_options.output not in (None, "-"):
        raise UsageProblem(
            f"--output {common_options.output}: check writes no file; remove it, or redirect standard output"
        )
    with Console(common_options) as console:
        common_options = replace(common_options, dry_run=True)  # check writes nothing, not even rejected lines
        is_config = target is not None and target.endswith(YAML_SUFFIXES)
        if is_config and common_options.config is not None:
            raise UsageProblem(f"--config {common_options.config}: check reads one config, {target}; remove --config")
        if is_config:
            common_options = replace(common_options, config=target)
        loaded_config = _resolve_settings(None if is_config else target, common_options, console)
        if target is None and common_options.config is None and not loaded_config.origins:
            raise UsageProblem(
                "nothing to check; pass a config or an order export, for example segcli check orders.csv"
            )
        discovered_config.announce_config(loaded_config, console)
        export_files.check_destinations(loaded_config.settings)
        findings, customers, failure = find_problems(loaded_config, common_options, console)
        _display_findings(findings, target, common_options, console)
        if failure:
            raise failure
        if customers:
            gates.check_quality(customers.quality_checks, loaded_config.settings)


def _resolve_settings(target: str | None, common_options: CommonOptions, console: Console) -> "LoadedSettings":
    """Return the effective settings; with -f, list their problems as findings before the check fails."""
    from segcli.reports.check_result import Finding, parse_position

    try:
        return command_settings.resolve_settings(common_options, {inputs.ORDERS_PATH_KEY: target})
    except ConfigProblems as error:
        if common_options.layout not in (None, "table"):
            findings = [
                Finding("error", "config", line, "config_problem", **vars(parse_position(line)))
                for line in error.message_lines
            ]
            _display_findings(findings, target, common_options, console)
        raise


def _display_findings(
    findings: "Sequence[Finding]", target: str | None, common_options: CommonOptions, console: Console
) -> None:
    """Write the findings to stdout, those without a position at the file that is checked.

    Formats for programs are complete without any findings.
    """
    from segcli.reports.check_formats import load_check_format
    from segcli.reports.check_result import build_check_result

    format_name = common_options.layout or "table"
    checked_path = common_options.config or target or ""
    findings = [replace(finding, file=finding.file or checked_path.removeprefix("-")) for finding in findings]
    if findings or format_name != "table":
        display_result(build_check_result(findings), load_check_format(format_name), common_options, console)
    errors = sum(finding.severity == "error" for finding in findings)
    console.log("checked", f"{pluralize(errors, 'error')}, {pluralize(len(findings), 'finding')}")


def find_problems(
    loaded_config: "LoadedSettings", common_options: CommonOptions, console: Console
) -> "tuple[list[Finding], Customers | None, SegcliError | None]":
    """Return all findings, the customers if they could be read, and the error that would stop a run, if any."""
    from segcli.columns import ORDERS

    findings = _check_map(loaded_config.settings.rfm.segments, loaded_config)
    severity = findings[0].severity if findings else "note"
    ingest_settings = loaded_config.settings.ingest
    if not (ingest_settings.transactions.path or ingest_settings.customers):
        return findings, None, None
    try:
        customers = inputs.read_customers(loaded_config, common_options, console)
    except SegcliError as error:
        return [*_describe_failure(error), *findings], None, error
    if not findings:
        chosen_map = segmenters.choose_map(customers, loaded_config.settings).rfm.segments
        findings = _check_map(chosen_map, loaded_config)
    if severity == "note" and not (loaded_config.declares_section("rfm") or ORDERS in customers.table):
        findings.clear()  # a run would not score these customers by RFM
    for input_report in customers.input_reports:
        findings += _describe_input(input_report)
    findings += _find_pii(customers)
    findings += _describe_customers(customers)
    findings += _describe_features(customers, loaded_config)
    findings += [
        _describe_quality_check(quality_check, customers, loaded_config)
        for quality_check in customers.quality_checks
        if not quality_check.passed or quality_check.severity == "note"
    ]
    if customers.transactions is not None and len(customers.table):
        findings = _cap_confidence(findings, customers, loaded_config)
        findings += _check_names(customers, loaded_config)
    return sorted(findings, key=lambda finding: gates.SEVERITIES.index(finding.severity)), customers, None


def _describe_failure(error: SegcliError) -> "list[Finding]":
    """Return the error that stopped the check as findings."""
    from segcli.reports.check_result import Finding, Position, parse_position

    is_problem_of_input = isinstance(error, InputProblem)
    place = Position(_locate(error.source or ""), error.line) if isinstance(error, InputProblem) else Position()
    values = error.values if isinstance(error, InputProblem) else ()
    codes = {InputProblem: "unreadable_input", ConfigProblems: "config_problem"}
    code = next((code for kind, code in codes.items() if isinstance(error, kind)), "failed_check")
    return [
        Finding(
            "error",
            "input",
            mask_message(line, values),
            code,
            **vars(place if is_problem_of_input else parse_position(line)),
        )
        for line in error.message_lines
    ]


def _locate(input_name: str) -> str:
    """Return the path of an input by its name; blank for standard input."""
    from segcli.io.read import STDIN_NAME

    return "" if input_name == STDIN_NAME else input_name


def _describe_customers(customers: "Customers") -> "Iterator[Finding]":
    from segcli.reports.check_result import Finding

    file = _locate(customers.input_reports[0].input.name)
    for warning in customers.warnings:
        yield Finding("warning", "customers", warning, "data_warning", file)


def _describe_quality_check(
    quality_check: "QualityCheck", customers: "Customers", loaded_config: "LoadedSettings"
) -> "Finding":
    """Return the finding of a rule: in the input that it is about, otherwise where the config sets it."""
    from segcli.reports.check_result import Finding, Position, build_rule_code, parse_position

    input_names = [input_report.input.name for input_report in customers.input_reports]
    if quality_check.source in input_names:
        position = Position(_locate(quality_check.source), quality_check.line)
    else:
        position = parse_position(loaded_config.find_place((quality_check.section, quality_check.rule)))
    if not position.file:
        position = Position(_locate(input_names[0]))
    code = build_rule_code(quality_check.section, quality_check.rule)
    return Finding(quality_check.severity, quality_check.source, quality_check.what, code, **vars(position))


def _describe_features(customers: "Customers", loaded_config: "LoadedSettings") -> "list[Finding]":
    """Return findings about the features of clusters: which columns, how answers are read, and why others are not."""
    from segcli.reports.check_result import Finding, parse_position
    from segcli.segment.clustering.features import describe_answers

    settings = loaded_config.settings
    is_clustered = loaded_config.declares_section("cluster") or not segmenters.has_orders(customers)
    if not is_clustered:
        return []
    audit_only = settings.fairness.audit_only
    notes = [
        *segmenters.describe_default_features(customers, settings),
        *describe_answers(customers, settings.cluster, audit_only),
    ]
    position = parse_position(loaded_config.find_place(("cluster", "features")))
    return [Finding("note", "cluster.features", note, "cluster_feature", **vars(position)) for note in notes]


def _check_map(name: str, loaded_config: "LoadedSettings") -> "list[Finding]":
    """Return the coverage of a segment map; nothing for auto, which depends on the customers."""
    from segcli.config.rfm import AUTO_MAP
    from segcli.reports.check_result import Finding, parse_position
    from segcli.segment import maps

    if name == AUTO_MAP:
        return []
    segment_map = maps.load_map(name)
    map_check = maps.measure_coverage(segment_map)
    severity = "warning" if map_check.has_gaps else "note"
    position = parse_position(loaded_config.find_place(("rfm", "segments")))
    where = f"rfm.segments: {segment_map.name}"
    return [Finding(severity, where, map_check.describe(), "segment_map", **vars(position))]


def _cap_confidence(
    findings: "list[Finding]", customers: "Customers", loaded_config: "LoadedSettings"
) -> "list[Finding]":
    """Return the findings with high confidence lowered if segments do not predict purchases."""
    if not any(finding.what.startswith(HIGH_CONFIDENCE) for finding in findings):
        return findings
    weakness = _describe_evidence(customers, loaded_config)
    if not weakness:
        return findings
    return [
        replace(finding, what=f"{MIDDLING_CONFIDENCE}{finding.what.removeprefix(HIGH_CONFIDENCE)}; {weakness}")
        if finding.what.startswith(HIGH_CONFIDENCE)
        else finding
        for finding in findings
    ]


def _describe_evidence(customers: "Customers", loaded_config: "LoadedSettings") -> str:
    """Return why RFM segments of these customers cannot be relied on, by a backtest of the last period; else blank."""
    from segcli.evaluation.backtest import run_backtest

    settings = loaded_config.settings
    backtest_settings = settings.backtest.model_copy(update={"folds": 1, "until": None})

    def label_customers(
        later: "Customers", earlier: "Customers"
    ) -> "tuple[LabelsBySegmentation, LabelsBySegmentation]":
        fixed = segmenters.choose_map(later, settings)
        return {"rfm": segmenters.apply_rfm(later, fixed).labels}, {"rfm": segmenters.apply_rfm(earlier, fixed).labels}

    try:
        summary = run_backtest(customers, backtest_settings, settings.seed, label_customers).summary
    except InputProblem:
        return "the history is too short to test whether segments predict purchases"
    row = summary[summary["segmentation"] == "rfm"].iloc[0]
    correlation, low = float(row["rank_correlation"]), float(row["rank_correlation_low"])
    if low > MIN_RANK_CORRELATION:
        return ""
    return f"segments barely predict later purchases (rank correlation {correlation:.2f})"


def _check_names(customers: "Customers", loaded_config: "LoadedSettings") -> "Iterator[Finding]":
    """Yield a finding for each claim of a segment's name that the data contradict."""
    from segcli.evaluation.name_claims import find_contradictions
    from segcli.reports.check_result import Finding

    file = _locate(customers.input_reports[0].input.name)
    for segmentation in segmenters.build_segmentations(customers, loaded_config, with_clusters=False):
        for name, checks in find_contradictions(segmentation).items():
            for check in checks:
                what = message("{name} ({mark}): {reason}", name=name, mark=check.mark, reason=check.reason)
                yield Finding("warning", segmentation.column, what, "segment_name", file)


def _find_pii(customers: "Customers") -> "Iterator[Finding]":
    """Yield findings about columns that identify people, by name or values, and how to exclude them."""
    from segcli.ingest.pii import find_pii_columns
    from segcli.reports.check_result import Finding

    remedy = "leave_out: [NAME], privacy.drop_pii or privacy.pseudonymise keep it out of results"
    for name, reason in find_pii_columns(customers.table):
        what = f"column '{name}' identifies people ({reason}); {remedy}"
        yield Finding("warning", "customers", what, "identifying_column", _find_file(customers, name))


def _find_file(customers: "Customers", column: str) -> str:
    """Return the input that has a column; the first one if none has it under this name."""
    names = [
        report.input.name
        for report in customers.input_reports
        if column in report.columns or column in report.columns.values()
    ]
    return _locate((names or [customers.input_reports[0].input.name])[0])


def _describe_input(input_report: "InputReport") -> "Iterator[Finding]":
    from segcli.reports.check_result import Finding

    name = input_report.input.name
    file = _locate(name)
    for note in input_report.notes:
        yield Finding("note", name, note, "input_note", file)
    for status in input_report.statuses:
        lines = f"{pluralize(status.lines, 'line')} ({status.money:,.2f})"
        what = f"column '{status.column}' is {status.value} on {lines}: {status.decision}"
        yield Finding("note", name, what, "status_value", file)
    if input_report.reconciliation:
        yield from _describe_exclusions(input_report.reconciliation, name)


def _describe_exclusions(reconciliation: "Reconciliation", name: str) -> "Iterator[Finding]":
    from segcli.ingest.reasons import REASONS
    from segcli.reports.check_result import Finding

    for verb, severity, reason_totals in (
        ("rejected", "warning", reconciliation.rejected),
        ("ignored", "note", reconciliation.ignored),
    ):
        for total in reason_totals:
            first_line = "" if total.line is None else f" (first: line {total.line:,})"
            what = f"{pluralize(total.lines, 'line')} {verb}: {REASONS[total.reason].short}{first_line}"
            yield Finding(severity, name, what, total.reason, _locate(name), total.line)

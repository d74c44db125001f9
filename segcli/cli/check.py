"""Command `segcli check`: report problems of config and data without writing anything."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from typer import Argument

from segcli.cli import command_settings, discovered_config, export_files, gates, inputs, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.output import display_result
from segcli.cli.terminal import Console
from segcli.errors import InputProblem, SegcliError, UsageProblem
from segcli.formatting import pluralize
from segcli.message import message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segcli.config import LoadedSettings
    from segcli.evaluation.backtest import LabelsBySegmentation
    from segcli.model import Customers, InputReport
    from segcli.reports.blocks import Result

TargetArgument = Annotated[
    str | None,
    Argument(help="Your config (.yaml) or order export. Default: the config from --config.", metavar="CONFIG|INPUT"),
]
Finding = tuple[str, str, str]
FINDING_COLUMNS = ("severity", "where", "what")
MIN_RANK_CORRELATION = 0.05  # with later purchases, which the interval must exceed
HIGH_CONFIDENCE, MIDDLING_CONFIDENCE = "confidence high", "confidence middling"  # beginnings of the quality check

EXAMPLES = (
    "segcli check orders.csv",
    "segcli check shop.yaml -q",
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
        is_config = target is not None and target.endswith((".yaml", ".yml"))
        if is_config and common_options.config is not None:
            raise UsageProblem(f"--config {common_options.config}: check reads one config, {target}; remove --config")
        if is_config:
            common_options = replace(common_options, config=target)
        loaded_config = command_settings.resolve_settings(
            common_options, {} if is_config else {inputs.ORDERS_PATH_KEY: target}
        )
        if target is None and common_options.config is None and not loaded_config.origins:
            raise UsageProblem(
                "nothing to check; pass a config or an order export, for example segcli check orders.csv"
            )
        discovered_config.announce_config(loaded_config, console)
        export_files.check_destinations(loaded_config.settings)
        findings, customers, failure = _collect_findings(loaded_config, common_options, console)
        if findings:
            display_result(_build_result(findings), common_options.layout or "table", common_options, console)
        errors = sum(severity == "error" for severity, *_ in findings)
        console.log("checked", f"{pluralize(errors, 'error')}, {pluralize(len(findings), 'finding')}")
        if failure:
            raise failure
        if customers:
            gates.check_quality(customers.quality_checks, loaded_config.settings)


def _collect_findings(
    loaded_config: "LoadedSettings", common_options: CommonOptions, console: Console
) -> "tuple[list[Finding], Customers | None, SegcliError | None]":
    """Return all findings, the customers if they could be read, and the error that would stop a run, if any."""
    from segcli.columns import ORDERS

    findings = _check_map(loaded_config.settings.rfm.segments)
    severity = findings[0][0] if findings else "note"
    ingest_settings = loaded_config.settings.ingest
    if not (ingest_settings.transactions.path or ingest_settings.customers):
        return findings, None, None
    try:
        customers = inputs.read_customers(loaded_config, common_options, console)
    except SegcliError as error:
        return [("error", "input", line) for line in error.message_lines] + findings, None, error
    if not findings:
        findings = _check_map(segmenters.choose_map(customers, loaded_config.settings).rfm.segments)
    if severity == "note" and not (loaded_config.declares_section("rfm") or ORDERS in customers.table):
        findings.clear()  # a run would not score these customers by RFM
    for input_report in customers.input_reports:
        findings += _describe_input(input_report)
    findings += _find_pii(customers)
    findings += [("warning", "customers", warning) for warning in customers.warnings]
    findings += _describe_features(customers, loaded_config)
    findings += [
        (quality_check.severity, quality_check.source, quality_check.what)
        for quality_check in customers.quality_checks
        if not quality_check.passed or quality_check.severity == "note"
    ]
    if customers.transactions is not None and len(customers.table):
        findings = _cap_confidence(findings, customers, loaded_config)
        findings += _check_names(customers, loaded_config)
    return sorted(findings, key=lambda f: gates.SEVERITIES.index(f[0])), customers, None


def _describe_features(customers: "Customers", loaded_config: "LoadedSettings") -> list[Finding]:
    """Return findings about the features of clusters: which columns, how answers are read, and why others are not."""
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
    return [("note", "cluster.features", note) for note in notes]


def _check_map(name: str) -> list[Finding]:
    """Return the coverage of a segment map; nothing for auto, which depends on the customers."""
    from segcli.config.rfm import AUTO_MAP
    from segcli.segment import maps

    if name == AUTO_MAP:
        return []
    segment_map = maps.load_map(name)
    map_check = maps.measure_coverage(segment_map)
    severity = "warning" if map_check.has_gaps else "note"
    return [(severity, f"rfm.segments: {segment_map.name}", map_check.describe())]


def _cap_confidence(findings: list[Finding], customers: "Customers", loaded_config: "LoadedSettings") -> list[Finding]:
    """Return the findings with high confidence lowered if segments do not predict purchases."""
    if not any(sentence.startswith(HIGH_CONFIDENCE) for *_, sentence in findings):
        return findings
    weakness = _describe_evidence(customers, loaded_config)
    if not weakness:
        return findings
    return [
        (severity, source, f"{MIDDLING_CONFIDENCE}{sentence.removeprefix(HIGH_CONFIDENCE)}; {weakness}")
        if sentence.startswith(HIGH_CONFIDENCE)
        else (severity, source, sentence)
        for severity, source, sentence in findings
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

    for segmentation in segmenters.build_segmentations(customers, loaded_config, with_clusters=False):
        for name, checks in find_contradictions(segmentation).items():
            for check in checks:
                yield (
                    "warning",
                    segmentation.column,
                    message("{name} ({mark}): {reason}", name=name, mark=check.mark, reason=check.reason),
                )


def _find_pii(customers: "Customers") -> list[Finding]:
    """Return findings about columns that identify people, by name or values, and how to exclude them."""
    from segcli.ingest.pii import find_pii_columns

    remedy = "leave_out: [NAME], privacy.drop_pii or privacy.pseudonymise keep it out of results"
    return [
        ("warning", "customers", f"column '{name}' identifies people ({reason}); {remedy}")
        for name, reason in find_pii_columns(customers.table)
    ]


def _describe_input(input_report: "InputReport") -> list[Finding]:
    from segcli.ingest.reasons import REASONS

    name = input_report.input.name
    findings: list[Finding] = [("note", name, note) for note in input_report.notes]
    findings += [
        (
            "note",
            name,
            (
                f"column '{status.column}' is {status.value} on "
                f"{pluralize(status.lines, 'line')} ({status.money:,.2f}): {status.decision}"
            ),
        )
        for status in input_report.statuses
    ]
    if input_report.reconciliation:
        for verb, reason_totals in (
            ("rejected", input_report.reconciliation.rejected),
            ("ignored", input_report.reconciliation.ignored),
        ):
            severity = "warning" if verb == "rejected" else "note"
            findings += [
                (
                    severity,
                    name,
                    (
                        f"{pluralize(reason_total.lines, 'line')} {verb}: "
                        f"{REASONS[reason_total.reason].short}{_format_first_line(reason_total.line)}"
                    ),
                )
                for reason_total in reason_totals
            ]
    return findings


def _format_first_line(line: int | None) -> str:
    return "" if line is None else f" (first: line {line:,})"


def _build_result(findings: list[Finding]) -> "Result":
    import pandas as pd

    from segcli.reports.blocks import Column, Result, Table

    finding_rows = pd.DataFrame(findings, columns=list(FINDING_COLUMNS))
    rows = [(_rate_severity(severity), *facts) for severity, *facts in findings]
    table = Table([Column(name.capitalize(), align_right=False) for name in FINDING_COLUMNS], rows)
    return Result(
        finding_rows, lambda: {"schema": "segcli.check/1", "findings": finding_rows.to_dict("records")}, (table,)
    )


def _rate_severity(severity: str) -> str:
    from segcli.reports.blocks import RatedText

    if severity == "error":
        return RatedText(severity, "bad")
    return RatedText(severity, "doubtful") if severity == "warning" else severity

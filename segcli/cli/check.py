"""segcli check: what is wrong with settings and data, before anything is written."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

from typer import Argument

from segcli.cli import discovered, exporting, gates, settings, source
from segcli.cli.options import Asked
from segcli.cli.show import display
from segcli.cli.streams import Talk
from segcli.counting import counted
from segcli.errors import SegcliError, UsageProblem

if TYPE_CHECKING:
    from segcli.config import Loaded
    from segcli.model import Customers, Reading
    from segcli.reports.result import Result

Target = Annotated[
    str | None,
    Argument(help="Config (.yaml) or order export; nothing checks what --config names.", metavar="CONFIG|INPUT"),
]
Finding = tuple[str, str, str]
COLUMNS = ("severity", "where", "what")


def command(target: Target = None, *, asked: Asked) -> None:
    """List what is wrong with config and data; write nothing.

    Findings come by severity, with their count and the first line.
    """
    if asked.output not in (None, "-"):
        raise UsageProblem(f"--output {asked.output}: check writes nothing; leave it out, or redirect standard output")
    with Talk(asked) as talk:
        asked = replace(asked, dry_run=True)  # a check writes nothing, not even the rejects
        is_config = target is not None and target.endswith((".yaml", ".yml"))
        if is_config and asked.config is not None:
            raise UsageProblem(f"--config {asked.config}: check reads one config, {target}; leave --config out")
        if is_config:
            asked = replace(asked, config=target)
        loaded = settings.resolve(asked, {} if is_config else {source.PATH: target})
        if target is None and asked.config is None and not loaded.origins:
            raise UsageProblem("nothing to check: name a config or an order export, such as segcli check orders.csv")
        discovered.announce(loaded, talk)
        exporting.check(loaded.settings)
        findings, found, failure = _findings(loaded, asked, talk)
        if findings:
            display(_result(findings), asked.layout or "table", asked, talk)
        errors = sum(severity == "error" for severity, *_ in findings)
        talk.say("checked", f"{counted(errors, 'error')}, {counted(len(findings), 'finding')}")
        if failure:
            raise failure
        if found:
            gates.check(found, loaded.settings)


def _findings(
    loaded: "Loaded", asked: Asked, talk: Talk
) -> "tuple[list[Finding], Customers | None, SegcliError | None]":
    """Everything found, the customers if they could be read, and the error that stops a run, if there is one."""
    from segcli.columns import ORDERS
    from segcli.segment import maps

    segment_map = maps.load(loaded.settings.rfm.segments)
    checked = maps.lint(segment_map)
    severity = "warning" if checked.uncovered or checked.unreachable else "note"
    findings: list[Finding] = [(severity, f"rfm.segments: {segment_map.name}", str(checked))]
    ingest = loaded.settings.ingest
    if not (ingest.transactions.path or ingest.customers):
        return findings, None, None
    try:
        customers = source.read_loaded(loaded, asked, talk)
    except SegcliError as error:
        return [("error", "input", line) for line in error.lines] + findings, None, error
    if severity == "note" and not (loaded.declares("rfm") or ORDERS in customers.table):
        findings.clear()  # nobody would score these customers
    for reading in customers.readings:
        findings += _of_reading(reading)
    findings += _identifying(customers)
    findings += [("warning", "customers", warning) for warning in customers.warnings]
    findings += [(v.severity, v.source, v.what) for v in customers.verdicts if not v.passed or v.severity == "note"]
    return sorted(findings, key=lambda f: gates.SEVERITIES.index(f[0])), customers, None


def _identifying(customers: "Customers") -> list[Finding]:
    """Columns that tell who somebody is, by name or values, and the ways to keep them out of results."""
    from segcli.ingest.identifying import identifying

    remedy = "leave_out: [NAME], privacy.drop_pii or privacy.pseudonymise keep it out of results"
    return [
        ("warning", "customers", f"column '{name}' identifies people ({why}); {remedy}")
        for name, why in identifying(customers.table)
    ]


def _of_reading(reading: "Reading") -> list[Finding]:
    from segcli.ingest.reasons import REASONS

    name = reading.input.name
    findings: list[Finding] = [("note", name, note) for note in reading.notes]
    findings += [
        (
            "note",
            name,
            f"column '{s.column}' says {s.value} on {counted(s.lines, 'line')} ({s.money:,.2f}): {s.decision}",
        )
        for s in reading.statuses
    ]
    if reading.lines:
        for verb, fates in (("rejected", reading.lines.rejected), ("ignored", reading.lines.ignored)):
            severity = "warning" if verb == "rejected" else "note"
            findings += [
                (severity, name, f"{counted(f.lines, 'line')} {verb}: {REASONS[f.reason].short}{_where(f.line)}")
                for f in fates
            ]
    return findings


def _where(line: int | None) -> str:
    return "" if line is None else f" (first: line {line:,})"


def _result(findings: list[Finding]) -> "Result":
    import pandas as pd

    from segcli.reports.blocks import Column, Table
    from segcli.reports.result import Result

    rows = pd.DataFrame(findings, columns=list(COLUMNS))
    table = Table([Column(name.capitalize(), right=False) for name in COLUMNS], findings)
    return Result(rows, lambda: {"schema": "segcli.check/1", "findings": rows.to_dict("records")}, (table,))

"""What a run writes: segments, and where its config declares them report, value, cohorts, a backtest and what to do."""

from typing import TYPE_CHECKING

from segcli.cli import segmenting, streams
from segcli.cli.streams import Talk

if TYPE_CHECKING:
    from segcli.config import Loaded
    from segcli.model import Customers
    from segcli.persona.decide import Decisions
    from segcli.reports.answers import Ways

PAGE = "report.html"
OUTPUTS = (
    *("customers.csv", "segments.csv", "rfm-model.json", "cluster-model.json", "personas.json"),
    *("report.md", PAGE, "report.json"),
    *("clv.csv", "clv-model.json", "cohorts.csv", "backtest.csv", "targets.csv", "plan.csv", "calendar.csv"),
)


def described(decisions: "Decisions", loaded: "Loaded", ways: "Ways", talk: Talk) -> dict[str, str]:
    """The files of segments, their models, personas and the report, by name."""
    from segcli.cli.show import render_csv
    from segcli.columns import CLUSTER_SEGMENT
    from segcli.reports.report import profiles
    from segcli.reports.result import Result
    from segcli.reports.results import of_segmentation
    from segcli.segment import methods, saved

    first, last = decisions.segmentations[0], decisions.segmentations[-1]
    texts = {
        "customers.csv": render_csv(of_segmentation("run", last), talk),
        "segments.csv": render_csv(Result(profiles(decisions.segmentations), dict, ()), talk),
    }
    if first.method["name"] == "rfm":
        texts["rfm-model.json"] = saved.as_text(first)
    if last.column == CLUSTER_SEGMENT and methods.labels_others(methods.load(loaded.settings.cluster.method)):
        texts["cluster-model.json"] = saved.as_text(last)
    return texts | _told(decisions, loaded, ways)


def _told(decisions: "Decisions", loaded: "Loaded", ways: "Ways") -> dict[str, str]:
    """Personas and the report, the latter in the formats that are wanted."""
    from segcli.cli.show import told
    from segcli.reports import formats
    from segcli.reports.formats import Page, json
    from segcli.reports.gather import gather
    from segcli.reports.report import of_findings
    from segcli.reports.results import of_personas

    texts: dict[str, str] = {}
    if not (loaded.declares("persona") or loaded.declares("report")):
        return texts
    settings, customers = loaded.settings.report, decisions.segmentations[-1].customers
    found = gather(customers, decisions, ways)
    if loaded.declares("persona"):
        texts["personas.json"] = json.render(of_personas(found.personas, customers), Page())
    if loaded.declares("report"):
        report, page = told(of_findings(found, settings)), Page(language=streams.language().code)
        texts |= {f"report.{name}": formats.load(name).render(report, page) for name in settings.formats}
    return texts


def answers(customers: "Customers", loaded: "Loaded", ways: "Ways", talk: Talk) -> dict[str, str]:
    """The files, by name; what the report asks too is found once."""
    found: dict[str, str] = {}
    if loaded.declares("clv"):
        found |= _clv(loaded, ways, talk)
    if loaded.declares("cohort"):
        found |= _cohorts(customers, loaded, talk)
    if loaded.declares("backtest"):
        found |= _backtest(customers, ways, talk)
    return found


def _clv(loaded: "Loaded", ways: "Ways", talk: Talk) -> dict[str, str]:
    from segcli.cli.show import render_csv
    from segcli.reports.value import of_clv
    from segcli.value import saved

    assert ways.expected
    expected = ways.expected()
    made = expected.valued(segmenting.declared(expected.customers, loaded, clusters=False))
    for note in (*made.warnings, *made.notes):
        talk.say("clv", note)
    rows = render_csv(of_clv(made), talk)
    return {"clv.csv": rows, "clv-model.json": saved.as_text(made, loaded.settings.clv.period)}


def _cohorts(customers: "Customers", loaded: "Loaded", talk: Talk) -> dict[str, str]:
    from segcli.cli.show import render_csv
    from segcli.reports.value import of_cohorts
    from segcli.value.cohort import cohorts

    wanted = loaded.settings.cohort
    made = cohorts(segmenting.for_cohorts(customers, loaded), wanted)
    return {"cohorts.csv": render_csv(of_cohorts(made, customers, wanted.show), talk)}


def _backtest(customers: "Customers", ways: "Ways", talk: Talk) -> dict[str, str]:
    from segcli.cli.show import render_csv
    from segcli.reports.evidence import of_backtest

    assert ways.tested
    return {"backtest.csv": render_csv(of_backtest(ways.tested(), customers), talk)}


def decisions(made: "Decisions", loaded: "Loaded", talk: Talk) -> dict[str, str]:
    """The files of targets and plan, by name."""
    from segcli.cli.show import render_csv
    from segcli.reports.decisions import of_plan, of_targets
    from segcli.reports.result import Result

    found: dict[str, str] = {}
    if loaded.declares("target"):
        talk.say("targets", ", ".join(made.targets.chosen) or "none")
        found["targets.csv"] = render_csv(of_targets(made.targets), talk)
    if loaded.declares("plan"):
        found["plan.csv"] = render_csv(of_plan(made.plan), talk)
        found["calendar.csv"] = render_csv(Result(made.plan.calendar, dict, ()), talk)
    return found

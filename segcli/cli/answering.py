"""What a run answers besides segments, where its config declares it: value, cohorts, whether they hold, what to do."""

from typing import TYPE_CHECKING

from segcli.cli import segmenting
from segcli.cli.streams import Talk

if TYPE_CHECKING:
    from segcli.config import Loaded
    from segcli.model import Customers, Segmentation
    from segcli.reports.answers import Ways

OUTPUTS = ("clv.csv", "clv-model.json", "cohorts.csv", "backtest.csv", "targets.csv", "plan.csv", "calendar.csv")


def answers(customers: "Customers", loaded: "Loaded", ways: "Ways", talk: Talk) -> dict[str, str]:
    """The files, by name; what the report asks too is found once."""
    found: dict[str, str] = {}
    if loaded.declares("clv"):
        found |= _clv(loaded, ways, talk)
    if loaded.declares("cohort"):
        found |= _cohorts(customers, loaded)
    if loaded.declares("backtest"):
        found |= _backtest(customers, ways)
    return found


def _clv(loaded: "Loaded", ways: "Ways", talk: Talk) -> dict[str, str]:
    from segcli.cli.show import escaped
    from segcli.reports.formats import Page, csv
    from segcli.reports.value import of_clv
    from segcli.value import saved

    assert ways.expected
    expected = ways.expected()
    made = expected.valued(segmenting.declared(expected.customers, loaded, clusters=False))
    for note in (*made.warnings, *made.notes):
        talk.say("clv", note)
    rows = csv.render(escaped(of_clv(made), talk), Page())
    return {"clv.csv": rows, "clv-model.json": saved.as_text(made, loaded.settings.clv.period)}


def _cohorts(customers: "Customers", loaded: "Loaded") -> dict[str, str]:
    from segcli.reports.formats import Page, csv
    from segcli.reports.value import of_cohorts
    from segcli.value.cohort import cohorts

    wanted = loaded.settings.cohort
    made = cohorts(segmenting.for_cohorts(customers, loaded), wanted)
    return {"cohorts.csv": csv.render(of_cohorts(made, customers, wanted.show), Page())}


def _backtest(customers: "Customers", ways: "Ways") -> dict[str, str]:
    from segcli.reports.evidence import of_backtest
    from segcli.reports.formats import Page, csv

    assert ways.tested
    return {"backtest.csv": csv.render(of_backtest(ways.tested(), customers), Page())}


def decisions(segmentations: "list[Segmentation]", loaded: "Loaded", talk: Talk) -> dict[str, str]:
    """The files of targets and plan, by name."""
    from segcli.cli.show import escaped
    from segcli.persona import decide
    from segcli.reports.decisions import of_plan, of_targets
    from segcli.reports.formats import Page, csv
    from segcli.reports.result import Result

    found: dict[str, str] = {}
    if loaded.declares("target"):
        chosen = decide.targets(segmentations, loaded.settings)
        talk.say("targets", ", ".join(chosen.chosen) or "none")
        found["targets.csv"] = csv.render(escaped(of_targets(chosen), talk), Page())
    if loaded.declares("plan"):
        made = decide.plan(segmentations, loaded.settings)
        found["plan.csv"] = csv.render(escaped(of_plan(made), talk), Page())
        found["calendar.csv"] = csv.render(escaped(Result(made.calendar, dict, ()), talk), Page())
    return found

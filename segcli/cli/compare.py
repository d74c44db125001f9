"""segcli compare: who moved, what drifted."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from segcli.cli import segmenting, source
from segcli.cli.options import Asked
from segcli.cli.streams import Talk
from segcli.counting import counted
from segcli.errors import GateFailed, InputProblem, UsageProblem

if TYPE_CHECKING:
    from segcli.evidence.history import Run
    from segcli.model import Segmentation
    from segcli.reports.result import Result

DRIFT = "drift"
Old = Annotated[
    str,
    Argument(help="Earlier table with segments, or a run's folder; with --then, an order export.", metavar="OLD"),
]
New = Annotated[str | None, Argument(help="Later table with segments, or a run's folder.", metavar="NEW")]
Then = Annotated[
    str | None, Option(help="Earlier day at which the order export is compared with itself now.", metavar="DATE")
]

History = Annotated[
    bool, Option("--history", help="List the runs in the folder OLD, and how the sizes of segments changed.")
]

Treated = Annotated[
    str | None,
    Option(
        help="CSV of customer_id and group (holdout and others), to read a campaign's effect after the day of --then.",
        metavar="FILE",
    ),
]


def command(
    old: Old, new: New = None, then: Then = None, history: History = False, treated: Treated = None, *, asked: Asked
) -> None:
    """Compare two segmentations: who moved, what drifted.

    Drift is a change of a feature, or of the shares of segments, so large that segments should be made anew;
    --fail-on drift then ends the command with exit code 4.
    """
    if history:
        _history(old, asked)
        return
    if (new is None) == (then is None):
        raise UsageProblem("compare needs two tables or runs, OLD NEW, or one export and --then DATE")
    if treated and then is None:
        raise UsageProblem("--treated needs the day of the campaign: --then DATE")
    gate = {"compare.fail_on": DRIFT} if asked.fail_on == DRIFT else {}
    asked = replace(asked, fail_on=None) if gate else asked
    read_too = [treated] if treated else [] if then else [source.table_of(old)]
    with Talk(asked) as talk:
        found = source.read(source.table_of(new or old), asked, talk, gate, extra_inputs=read_too)
        from segcli.cli.show import show
        from segcli.evidence.compare import compare
        from segcli.reports.evidence import of_comparison

        if treated:
            show(_readout(found, treated, _day(then)), asked, talk)
            found.gate()
            return
        before, now = _then(found, then) if then else _two(source.table_of(old), found, talk)
        made = compare(before, now, found.settings.compare)
        show(of_comparison(made, found.customers), asked, talk)
        if made.drifted and found.settings.compare.fail_on == DRIFT:
            raise GateFailed(
                f"drift: {', '.join(made.drifted)} (compare.fail_on); make segments anew, or set it to never"
            )
        found.gate()


def _history(folder: str, asked: Asked) -> None:
    """All runs in a folder, by as-of day."""
    from segcli.cli.show import show
    from segcli.files import manifest
    from segcli.reports.evidence import of_history

    with Talk(asked) as talk:
        for path in sorted(Path(folder).iterdir() if Path(folder).is_dir() else ()):
            if manifest.is_incomplete(path):
                talk.say("warning", f"{path}: left out, its run has not finished (no run.json)")
        runs = [_run(path.parent) for path in sorted(Path(folder).glob("*/run.json"))]
        if not runs:
            raise InputProblem(
                "holds no run: there is no */run.json",
                source=folder,
                remedy="Name the folder in which the output folders of runs lie",
            )
        show(of_history(runs), asked, talk)


def _run(folder: Path) -> "Run":
    """Return the day and the segment sizes of a run.

    Raises:
        InputProblem: a file of the run is damaged.
    """
    import csv
    import io

    from segcli.evidence.history import Run
    from segcli.files import manifest, read
    from segcli.files.formulas import unescape

    facts, sizes = manifest.load(folder), dict[str, dict[str, int]]()
    path = str(folder / "segments.csv")
    table = csv.DictReader(io.StringIO(read.text(path), newline=""))
    try:
        for row in table:
            sizes.setdefault(unescape(row["column"]), {})[unescape(row["segment"])] = int(row["customers"])
    except (KeyError, TypeError, ValueError, csv.Error):
        raise InputProblem(
            "is not a table of segment sizes", source=path, line=table.line_num, remedy=manifest.REMEDY
        ) from None
    return Run(folder.name, facts.get("as_of") or "", sizes)


def _then(found: source.Sourced, then: str) -> "tuple[list[Segmentation], list[Segmentation]]":
    """The declared segmentations at a day, and now."""
    from segcli.customers.history import earlier

    day, as_of = _day(then), found.customers.as_of
    if as_of is not None and day >= as_of:
        raise UsageProblem(f"--then {day} is not before the as-of day {as_of}; name an earlier day")
    before = earlier(found.customers, day + timedelta(days=1))
    return segmenting.declared(before, found.loaded), segmenting.declared(found.customers, found.loaded)


def _day(then: str | None) -> date:
    try:
        return date.fromisoformat(then or "")
    except ValueError:
        raise UsageProblem(f"--then must be a date like 2026-03-31; got {then}") from None


def _readout(found: source.Sourced, treated: str, day: date) -> "Result":
    """Response by group in the orders after a day."""
    from segcli.columns import CUSTOMER_ID
    from segcli.evidence.readout import GROUP, readout
    from segcli.reports.evidence import of_readout
    from segcli.segment import lookup
    from segcli.value.outcomes import outcomes

    everybody, listed = found.customers, lookup.load(treated, [CUSTOMER_ID, GROUP])
    twice = listed.rows[CUSTOMER_ID][listed.rows[CUSTOMER_ID].duplicated()]
    if len(twice):
        raise InputProblem(
            f"{counted(len(twice), 'customer is listed', 'customers are listed')} more than once",
            source=treated,
            column=CUSTOMER_ID,
            remedy="Give each customer one row",
        )
    assert everybody.as_of is not None
    after = outcomes(everybody, listed.rows[CUSTOMER_ID], day, (everybody.as_of - day).days)
    return of_readout(readout(listed.rows[GROUP], after, treated), everybody)


def _two(old: str, found: source.Sourced, talk: Talk) -> "tuple[list[Segmentation], list[Segmentation]]":
    """The segmentations that both tables hold."""
    from segcli.segment.read_back import read_back, segment_columns

    now = [read_back(found.customers, column) for column in segment_columns(found.customers)]
    return source.segmentations_of(old, found.settings, talk), now

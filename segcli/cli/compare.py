"""Command `segcli compare`: transitions between segments, drift and the effect of campaigns."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from segcli.cli import inputs, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console
from segcli.errors import GateFailure, InputProblem, UsageProblem
from segcli.formatting import pluralize

if TYPE_CHECKING:
    import pandas as pd

    from segcli.evaluation.drift import RunSummary
    from segcli.model import Segmentation
    from segcli.reports.blocks import Result

DRIFT_GATE = "drift"
NO_SEGMENT = "(no segment)"  # of listed customers who had not bought before the campaign
OldArgument = Annotated[
    str,
    Argument(
        help="Your earlier table with segments, or the output folder of a run. With --then, your order export.",
        metavar="OLD",
    ),
]
NewArgument = Annotated[
    str | None, Argument(help="Your later table with segments, or the output folder of a run.", metavar="NEW")
]
ThenOption = Annotated[
    str | None, Option(help="Compare the segments of your order export on this earlier day and now.", metavar="DATE")
]

HistoryOption = Annotated[
    bool, Option("--history", help="List the runs in the folder OLD, with the changes in segment sizes.")
]

TreatedOption = Annotated[
    str | None,
    Option(
        help="CSV file with customer_id and group (holdout and others), and your segment if you like. Measures the "
        "effect of your campaign after the day of --then.",
        metavar="FILE",
    ),
]

EXAMPLES = (
    "segcli compare scored-june.csv scored.csv",
    "segcli compare orders.csv --then 2026-03-31",
)


def command(
    old: OldArgument,
    new: NewArgument = None,
    then: ThenOption = None,
    history: HistoryOption = False,
    treated: TreatedOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Compare two segmentations: transitions and drift.

    Drift is a change of a feature, or of the segment shares, that is large enough to build the segments again. With
    --fail-on drift, the command then exits with code 4.
    """
    if history:
        _list_runs(old, common_options)
        return
    if (new is None) == (then is None):
        raise UsageProblem("compare needs two tables or runs, OLD NEW, or one export and --then DATE")
    if treated and then is None:
        raise UsageProblem("--treated needs the day of the campaign: --then DATE")
    gate_flags = {"compare.fail_on": DRIFT_GATE} if common_options.fail_on == DRIFT_GATE else {}
    common_options = replace(common_options, fail_on=None) if gate_flags else common_options
    extra_inputs = [treated] if treated else [] if then else [inputs.find_customer_table(old)]
    with Console(common_options) as console:
        command_input = inputs.read_input(
            inputs.find_customer_table(new or old), common_options, console, gate_flags, extra_inputs=extra_inputs
        )
        from segcli.cli.output import write_result
        from segcli.evaluation.compare import compare_segmentations
        from segcli.reports.evaluation_results import build_comparison_result

        if treated:
            write_result(_read_experiment(command_input, treated, _parse_day(then)), common_options, console)
            command_input.check_quality()
            return
        old_segmentations, new_segmentations = (
            segment_both_days(command_input, then)
            if then
            else load_both_segmentations(inputs.find_customer_table(old), command_input, console)
        )
        comparison = compare_segmentations(old_segmentations, new_segmentations, command_input.settings.compare)
        write_result(build_comparison_result(comparison, command_input.customers), common_options, console)
        if comparison.drifted_columns and command_input.settings.compare.fail_on == DRIFT_GATE:
            raise GateFailure(
                f"drift: {', '.join(comparison.drifted_columns)} (compare.fail_on); "
                "rebuild the segments, or set it to never"
            )
        command_input.check_quality()


def _list_runs(runs_folder: str, common_options: CommonOptions) -> None:
    """Show all runs in a folder, by as-of day."""
    from segcli.cli.output import write_result
    from segcli.io import manifest
    from segcli.reports.evaluation_results import build_history_result

    with Console(common_options) as console:
        for path in sorted(Path(runs_folder).iterdir() if Path(runs_folder).is_dir() else ()):
            if manifest.is_incomplete(path):
                console.log("warning", f"{path}: skipped, its run has not finished (no run.json)")
        runs = [_load_run(path.parent) for path in sorted(Path(runs_folder).glob("*/run.json"))]
        if not runs:
            raise InputProblem(
                "contains no run (no */run.json)",
                source=runs_folder,
                remedy="pass the folder that contains the output folders of runs",
            )
        write_result(build_history_result(runs), common_options, console)


def _load_run(run_folder: Path) -> "RunSummary":
    """Return the as-of day and the segment sizes of a run.

    Raises:
        InputProblem: a file of the run is damaged.
    """
    import csv
    import io

    from segcli.evaluation.drift import RunSummary
    from segcli.io import manifest, read
    from segcli.io.csv_injection import unescape_cell

    run_facts, segment_sizes = manifest.load_manifest(run_folder), dict[str, dict[str, int]]()
    path = str(run_folder / "segments.csv")
    table = csv.DictReader(io.StringIO(read.read_text(path), newline=""))
    try:
        for row in table:
            segment_sizes.setdefault(unescape_cell(row["column"]), {})[unescape_cell(row["segment"])] = int(
                row["customers"]
            )
    except (KeyError, TypeError, ValueError, csv.Error):
        raise InputProblem(
            "is not a table of segment sizes", source=path, line=table.line_num, remedy=manifest.MANIFEST_REMEDY
        ) from None
    return RunSummary(run_folder.name, run_facts.get("as_of") or "", segment_sizes)


def segment_both_days(
    command_input: inputs.CommandInput, day_text: str
) -> "tuple[list[Segmentation], list[Segmentation]]":
    """Return the declared segmentations as of an earlier day and now."""
    from segcli.customers.order_history import customers_as_of

    day, as_of = _parse_day(day_text), command_input.customers.as_of
    if as_of is not None and day >= as_of:
        raise UsageProblem(f"--then {day} is not before the as-of day {as_of}; pass an earlier day")
    earlier_customers = customers_as_of(command_input.customers, day + timedelta(days=1))
    config = segmenters.fix_map(command_input.customers, command_input.loaded_config)
    return segmenters.build_segmentations(earlier_customers, config), segmenters.build_segmentations(
        command_input.customers, config
    )


def _parse_day(day_text: str | None) -> date:
    try:
        return date.fromisoformat(day_text or "")
    except ValueError:
        raise UsageProblem(f"--then must be a date such as 2026-03-31; got {day_text}") from None


def _read_experiment(command_input: inputs.CommandInput, groups_path: str, day: date) -> "Result":
    """Build the result of a campaign: response by group and segment in the orders after a day."""
    from segcli.columns import CUSTOMER_ID
    from segcli.evaluation.experiment import GROUP_COLUMN, ExperimentTerms, evaluate_experiment
    from segcli.reports.evaluation_results import build_experiment_result
    from segcli.segment import lookup_table
    from segcli.value.outcomes import measure_outcomes

    customers, groups = (
        command_input.customers,
        lookup_table.load_lookup_table(groups_path, [CUSTOMER_ID, GROUP_COLUMN]),
    )
    duplicate_ids = groups.rows[CUSTOMER_ID][groups.rows[CUSTOMER_ID].duplicated()]
    if len(duplicate_ids):
        raise InputProblem(
            f"{pluralize(len(duplicate_ids), 'customer is listed', 'customers are listed')} more than once",
            source=groups_path,
            column=CUSTOMER_ID,
            remedy="keep one row per customer",
        )
    assert customers.as_of is not None
    outcome_table = measure_outcomes(customers, groups.rows[CUSTOMER_ID], day, (customers.as_of - day).days)
    assert customers.transactions is not None
    terms = ExperimentTerms(
        command_input.settings.margin_rate,
        command_input.settings.compare.smallest_effect,
        customers.transactions.has_money,
    )
    segment_labels = _find_campaign_segments(command_input, groups.rows, day)
    return build_experiment_result(
        evaluate_experiment(groups.rows[GROUP_COLUMN], outcome_table, terms, segment_labels, groups_path), customers
    )


def _find_campaign_segments(command_input: inputs.CommandInput, group_rows: "pd.DataFrame", day: date) -> "pd.Series":
    """Return the segment of each listed customer at the start: of the list itself, or else by the orders until then."""
    from segcli.columns import CUSTOMER_ID, SEGMENT_NAME
    from segcli.customers.order_history import customers_as_of
    from segcli.persona.analysis import find_segmentation

    segment_column = next((name for name in group_rows if str(name).casefold() == SEGMENT_NAME), None)
    if segment_column is not None:
        return group_rows[segment_column].replace("", NO_SEGMENT)
    try:
        earlier_customers = customers_as_of(command_input.customers, day + timedelta(days=1))
    except InputProblem:  # nobody had bought: the campaign addressed people without orders
        return group_rows[CUSTOMER_ID].map({}).fillna(NO_SEGMENT)
    config = segmenters.fix_map(command_input.customers, command_input.loaded_config)
    segmentation = find_segmentation(
        segmenters.build_segmentations(earlier_customers, config), command_input.settings.target.of, "target.of"
    )
    earlier_ids = earlier_customers.table[CUSTOMER_ID].astype("str")
    segment_by_id = dict(zip(earlier_ids, segmentation.labels.astype("str"), strict=True))
    return group_rows[CUSTOMER_ID].map(segment_by_id).fillna(NO_SEGMENT)


def load_both_segmentations(
    old_path: str, command_input: inputs.CommandInput, console: Console
) -> "tuple[list[Segmentation], list[Segmentation]]":
    """Return the segmentations of the earlier and of the later table."""
    from segcli.segment.segmentation import read_segmentation, segment_columns

    new_segmentations = [
        read_segmentation(command_input.customers, column) for column in segment_columns(command_input.customers)
    ]
    return inputs.read_earlier_segmentations(old_path, command_input.settings, console), new_segmentations

"""Command `segcli rules`: segment customers by built-in or user-defined rules."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import choices, gates, inputs, messages, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console, write_stdout
from segcli.errors import InputProblem, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from segcli.config.rules import RulesSettings
    from segcli.model import Segmentation
    from segcli.reports.blocks import Result
    from segcli.segment.rule_set import RuleSet

BaseOption = Annotated[
    list[str] | None,
    Option(
        "--base",
        help="Built-in segmentation, for example generation. Repeatable.",
        metavar="NAME",
        autocompletion=choices.complete_plugins("segcli.segment.bases"),
    ),
]
LookupTableOption = Annotated[
    str | None,
    Option(
        "--table",
        help="Your CSV lookup table for the base, for example areas by postcode.",
        metavar="FILE",
    ),
]
RulesByOption = Annotated[
    list[str] | None,
    Option(
        "--by",
        help="Also report scores, rates and pairs by segment of this segmentation. Repeatable.",
        metavar="NAME",
    ),
]
WhyRuleOption = Annotated[
    str | None, Option("--why", help="Explain the segment of this customer, rule by rule.", metavar="CUSTOMER_ID")
]
FolderOption = Annotated[
    str | None,
    Option("--folder", help="Folder of YAML files with one segment each.", metavar="FOLDER"),
]
DiffOption = Annotated[
    str | None,
    Option(
        "--diff",
        help="Count the customers who entered and left each of your segments since an earlier run, by data and by "
        "definition. OLD is the output folder of that run.",
        metavar="OLD",
    ),
]
OverlapOption = Annotated[bool, Option("--overlap", help="Show the overlap between your segments.")]
ScorecardOption = Annotated[
    bool,
    Option(
        "--scorecard",
        help="Show a scorecard: is each segment measurable, accessible, substantial, differentiable, actionable and "
        "durable?",
    ),
]

EXAMPLES = (
    "segcli rules customers.csv --base generation --scorecard",
    "segcli rules orders.csv --folder segments",
)


def command(
    input: options.InputArgument = None,
    base: BaseOption = None,
    table: LookupTableOption = None,
    by: RulesByOption = None,
    folder: FolderOption = None,
    why: WhyRuleOption = None,
    diff: DiffOption = None,
    overlap: OverlapOption = False,
    scorecard: ScorecardOption = False,
    *,
    common_options: CommonOptions,
) -> None:
    """Segment by built-in rules (bases) or your own.

    Each segmentation becomes a column. Customers with too little data for a base are unknown. Run segcli explain to
    list the bases.
    """
    flags = _build_flags(base or [], table, by or [], folder)
    with Console(common_options) as console:
        command_input = inputs.read_input(
            input,
            common_options,
            console,
            flags,
            check_settings=segmenters.prepare_rules,
            extra_inputs=[inputs.find_customer_table(diff)] if diff is not None else [],
        )
        from segcli.cli.output import write_result
        from segcli.reports.findings import build_scorecards
        from segcli.reports.results import build_overlap_result, build_scorecards_result, build_segmentations_result
        from segcli.segment import definitions, rules

        rule_sets = segmenters.prepare_rules(command_input.loaded_config)
        if not rule_sets:
            raise UsageProblem("no rules; set a base with --base, or declare rules: in a config")
        segmentations = rules.segment_by_rules(command_input.customers, rule_sets)
        sizes = definitions.measure_sizes(command_input.settings.rules, segmentations)
        size_checks = list(definitions.check_sizes(sizes))
        if why is not None:
            write_stdout("".join(_explain_membership(rule_sets, segmentations, why)))
        elif overlap:
            write_result(build_overlap_result(rule_sets, segmentations), common_options, console)
        elif diff is not None:
            write_result(_compare_definitions(command_input, segmentations, diff, console), common_options, console)
        elif scorecard:
            scorecards = build_scorecards(
                segmentations, command_input.settings, lambda then, _: rules.segment_by_rules(then, rule_sets)
            )
            write_result(build_scorecards_result(scorecards, segmentations[-1].customers), common_options, console)
        else:
            for segmentation in segmentations:
                messages.print_result_notes(segmentation, console, common_options)
            gates.log_failures(size_checks, console)
            write_result(build_segmentations_result("rules", segmentations, sizes), common_options, console)
        command_input.check_quality(size_checks)


def _compare_definitions(
    command_input: inputs.CommandInput, segmentations: "list[Segmentation]", old_run: str, console: Console
) -> "Result":
    """Build the result of --diff: changes of the segments since an earlier run, whose definitions are applied again.

    Raises:
        InputProblem: the folder holds no run with rules.
    """
    from segcli.columns import CUSTOMER_ID
    from segcli.reports.results import build_changes_result
    from segcli.segment import definitions, rule_set, rules

    old_settings = _load_old_rules(old_run)
    old_table = inputs.read_earlier_customers(
        inputs.find_customer_table(old_run), command_input.settings, console
    ).table.set_index(CUSTOMER_ID)
    ingest_settings = command_input.settings.ingest
    old_sets = rule_set.prepare_rule_sets(
        old_settings, event_tables=ingest_settings.events, has_line_lookups=bool(ingest_settings.lookups)
    )
    reapplied = rules.segment_by_rules(command_input.customers, old_sets)

    def index_labels(computed: "list[Segmentation]") -> "dict[str, pd.Series]":
        ids = command_input.customers.table[CUSTOMER_ID]
        return {segmentation.column: segmentation.labels.set_axis(ids) for segmentation in computed}

    changes = definitions.count_changes(
        definitions.list_members(old_settings, {str(name): old_table[name] for name in old_table}),
        definitions.list_members(old_settings, index_labels(reapplied)),
        definitions.list_members(command_input.settings.rules, index_labels(segmentations)),
    )
    return build_changes_result(changes, command_input.customers, command_input.settings.privacy.smallest_group)


def _load_old_rules(old_run: str) -> "list[RulesSettings]":
    """Return the rules of a run.

    Raises:
        InputProblem: the folder holds no run, its rules are not readable, or it has none with segments.
    """
    from pydantic import ValidationError

    from segcli.config.rules import RulesSettings
    from segcli.io import manifest

    settings = manifest.load_manifest(Path(old_run)).get("settings")
    try:
        old_settings = [RulesSettings.model_validate(entry) for entry in (settings or {}).get("rules", [])]
    except (AttributeError, TypeError, ValidationError):
        old_settings = []
    if not any(entry.segments for entry in old_settings):
        raise InputProblem(
            "the run has no segments of your own to compare",
            source=str(Path(old_run) / manifest.MANIFEST_FILE),
            remedy="pass the output folder of `segcli run` with a config that has rules",
        )
    return old_settings


def _build_flags(base_names: list[str], table: str | None, by: list[str], folder: str | None) -> dict[str, object]:
    """Return the bases as settings; the table and the `by` segmentations go to the bases that use them."""
    folders: list[dict[str, object]] = [{"folder": folder}] if folder is not None else []
    if not base_names:
        if table or by:
            raise UsageProblem("--table and --by need a base; name it with --base")
        return {"rules": folders or None}
    if not (table or by):
        return {"rules": [*({"base": name} for name in base_names), *folders]}
    from segcli.segment import bases

    lookup_bases = [name for name in base_names if bases.lookup_columns(name)]
    by_bases = [name for name in base_names if "by" in bases.load_base(name).Options.model_fields]
    if table and len(lookup_bases) != 1:
        raise UsageProblem("--table needs exactly one --base that uses a table; for more, set table: in a config")
    if by and not by_bases:
        raise UsageProblem(
            f"--by: {', '.join(base_names)} has no score by segment; remove --by, or use a score base such as nps"
        )
    return {
        "rules": [
            {
                "base": name,
                **({"table": table} if table and name in lookup_bases else {}),
                **({"options": {"by": by}} if by and name in by_bases else {}),
            }
            for name in base_names
        ]
        + folders
    }


def _explain_membership(
    rule_sets: "list[RuleSet]", segmentations: "list[Segmentation]", customer_id: str
) -> "Iterator[str]":
    from segcli.formatting import escape_unprintable
    from segcli.segment.rules import explain_membership

    for rule_set, segmentation in zip(rule_sets, segmentations, strict=True):
        yield f"{rule_set.column}\n"
        yield from (
            f"  {escape_unprintable(line)}\n" for line in explain_membership(segmentation, rule_set, customer_id)
        )

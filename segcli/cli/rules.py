"""Command `segcli rules`: segment customers by built-in or user-defined rules."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import choices, inputs, messages, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console, write_stdout
from segcli.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from segcli.model import Segmentation
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
    "segcli rules orders.csv --base lifecycle --base usage",
    "segcli rules customers.csv --base generation --scorecard",
)


def command(
    input: options.InputArgument = None,
    base: BaseOption = None,
    table: LookupTableOption = None,
    by: RulesByOption = None,
    why: WhyRuleOption = None,
    overlap: OverlapOption = False,
    scorecard: ScorecardOption = False,
    *,
    common_options: CommonOptions,
) -> None:
    """Segment by built-in rules (bases) or your own.

    Each segmentation becomes a column. Customers with too little data for a base are unknown. Run segcli explain to
    list the bases.
    """
    flags = _build_flags(base or [], table, by or [])
    with Console(common_options) as console:
        command_input = inputs.read_input(
            input, common_options, console, flags, check_settings=segmenters.prepare_rules
        )
        from segcli.cli.output import write_result
        from segcli.reports.findings import build_scorecards
        from segcli.reports.results import build_overlap_result, build_scorecards_result, build_segmentations_result
        from segcli.segment import rules

        rule_sets = segmenters.prepare_rules(command_input.loaded_config)
        if not rule_sets:
            raise UsageProblem("no rules; set a base with --base, or declare rules: in a config")
        segmentations = rules.segment_by_rules(command_input.customers, rule_sets)
        if why is not None:
            write_stdout("".join(_explain_membership(rule_sets, segmentations, why)))
        elif overlap:
            write_result(build_overlap_result(rule_sets, segmentations), common_options, console)
        elif scorecard:
            scorecards = build_scorecards(
                segmentations, command_input.settings, lambda then, _: rules.segment_by_rules(then, rule_sets)
            )
            write_result(build_scorecards_result(scorecards, segmentations[-1].customers), common_options, console)
        else:
            for segmentation in segmentations:
                messages.print_result_notes(segmentation, console, common_options)
            write_result(build_segmentations_result("rules", segmentations), common_options, console)
        command_input.check_quality()


def _build_flags(base_names: list[str], table: str | None, by: list[str]) -> dict[str, object]:
    """Return the bases as settings; the table and the `by` segmentations go to the bases that use them."""
    if not base_names:
        if table or by:
            raise UsageProblem("--table and --by need a base; name it with --base")
        return {"rules": None}
    if not (table or by):
        return {"rules": [{"base": name} for name in base_names]}
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

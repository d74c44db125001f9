"""Command `segcli plan`: touchpoints of segments with messages, channels and dates."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli.cli import inputs, options, segmenters
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console

if TYPE_CHECKING:
    from segcli.config import LoadedSettings

PlanOfOption = Annotated[
    str | None,
    Option(
        help="Segmentation to plan for, for example lifecycle. Default: the segmentation that target uses.",
        metavar="NAME",
    ),
]
CalendarOption = Annotated[
    str | None,
    Option(help="Write the dates to this CSV file, which Google Calendar and Outlook can import.", metavar="FILE"),
]

EXAMPLES = (
    "segcli plan scored.csv",
    "segcli plan scored.csv --of rfm --calendar dates.csv",
)


def command(
    input: options.InputArgument = None,
    of: PlanOfOption = None,
    calendar: CalendarOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Plan touchpoints for each segment by lifecycle stage.

    A touchpoint is a message on a channel at a given time. The plan lists the audience (by consent and address), the
    supporting data, the offer, the metric and the dates. segcli also reports gaps.
    """
    with Console(common_options) as console:
        command_input = inputs.read_input(
            input,
            common_options,
            console,
            {"plan.of": of},
            extra_outputs=calendar,
            check_settings=_check_touchpoints,
            needs_contacts=True,
        )
        from segcli.cli.output import render_csv, save_file, write_result
        from segcli.persona.analysis import Analysis
        from segcli.reports.activation_results import build_plan_result
        from segcli.reports.blocks import Result

        segmentations = segmenters.read_segmentations(command_input.customers, command_input.loaded_config)
        touchpoint_plan = Analysis(segmentations, command_input.settings).plan
        if calendar:
            save_file(
                calendar, render_csv(Result(touchpoint_plan.calendar, dict, ()), console), common_options, console
            )
        write_result(build_plan_result(touchpoint_plan), common_options, console)
        for gap in touchpoint_plan.gaps:
            console.log("gap", gap)
        command_input.check_quality()


def _check_touchpoints(loaded_config: "LoadedSettings") -> None:
    """Load the touchpoints, so that errors in them are reported before any data are read."""
    from segcli.persona import touchpoints

    touchpoints.load_touchpoints(loaded_config.settings.plan.matrix, loaded_config.settings.plan.stages)

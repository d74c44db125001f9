"""Command `segcli cluster`: find segments in chosen features."""

from typing import TYPE_CHECKING, Annotated

from typer import Option

from segcli import plugins
from segcli.cli import choices, inputs, messages, options, segmenters, terminal
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console, show_progress

if TYPE_CHECKING:
    from segcli.model import Segmentation
    from segcli.persona.explanations import Explanation

ClusterCountOption = Annotated[
    str | None,
    Option("-k", help="Number or range (2-8) of segments, or auto (2-10).", metavar="K"),
]
ClusterMethodOption = Annotated[
    str | None,
    Option(
        help=f"Method: {plugins.join_words(plugins.list_plugin_files('segcli.segment.methods'))}.",
        metavar="NAME",
        autocompletion=choices.complete_plugins("segcli.segment.methods"),
    ),
]
FeaturesOption = Annotated[
    str | None,
    Option(
        help="Columns or groups: behaviour, demographic, geographic, technographic, psychographic, satisfaction.",
        metavar="NAME,NAME",
        autocompletion=choices.complete_list(choices.list_features),
    ),
]
SaveClusterOption = Annotated[
    str | None, Option("--save-model", help="Save your model, for assign and --previous.", metavar="FILE")
]
PreviousOption = Annotated[
    str | None,
    Option(help="Keep the segment names of your earlier cluster model.", metavar="FILE"),
]


EmitRulesOption = Annotated[
    str | None,
    Option(
        "--emit-rules",
        help="Write your segments as rules (YAML), or as SQL (.sql).",
        metavar="FILE",
    ),
]
WhyClusterOption = Annotated[
    str | None,
    Option(
        "--why",
        help="Explain the segment of this customer, with distances.",
        metavar="CUSTOMER_ID",
    ),
]

EXAMPLES = (
    "segcli cluster orders.csv -k 4",
    "segcli cluster orders.csv -k 2-8 --save-model clusters.json -o clustered.csv",
)


def command(
    input: options.InputArgument = None,
    k: ClusterCountOption = None,
    method: ClusterMethodOption = None,
    features: FeaturesOption = None,
    save_model: SaveClusterOption = None,
    previous: PreviousOption = None,
    emit_rules: EmitRulesOption = None,
    why: WhyClusterOption = None,
    *,
    common_options: CommonOptions,
) -> None:
    """Find segments of similar customers.

    segcli scales the features, chooses the number of segments and reports the reason. Next: segcli persona, to describe
    the segments.
    """
    flags = {
        "cluster.k": int(k) if k and k.isdecimal() else k,
        "cluster.method": method,
        "cluster.features": options.split_names(features),
        "cluster.previous": previous,
    }
    with Console(common_options) as console:
        output_paths = [path for path in (save_model, emit_rules) if path]
        command_input = inputs.read_input(
            input,
            common_options,
            console,
            flags,
            extra_inputs=[previous] if previous else [],
            extra_outputs=output_paths,
        )
        from segcli.segment import methods

        if save_model:  # rejects methods that cannot be saved before anything is computed
            methods.load_predictive_method(command_input.settings.cluster.method)
        with show_progress("finding segments", common_options):
            segmentation = segmenters.find_clusters(command_input.customers, command_input.settings)
        explanation = segmenters.explain_clusters(segmentation)
        why_text = None if why is None else "".join(segmenters.explain_customer(segmentation, explanation, why))
        messages.print_result_notes(segmentation, console, common_options)
        if common_options.verbose:
            for note in segmenters.describe_default_features(command_input.customers, command_input.settings):
                console.log("note", note)
        _save_definitions(segmentation, explanation, save_model, emit_rules, common_options, console)
        if why_text is None:
            _write_segments(segmentation, explanation, common_options, console)
            messages.print_next_commands(input, common_options, console)
        else:
            terminal.write_stdout(why_text)
        command_input.check_quality()


def _save_definitions(
    segmentation: "Segmentation",
    explanation: "Explanation",
    model_path: str | None,
    rules_path: str | None,
    common_options: CommonOptions,
    console: Console,
) -> None:
    """Write the model and the rules of the segments to the files that the user named."""
    from segcli.cli.output import save_file
    from segcli.segment import models

    if model_path:
        save_file(model_path, models.dump_model(segmentation), common_options, console)
    if rules_path:
        rules_text = segmenters.render_cluster_rules(segmentation, explanation, rules_path)
        save_file(rules_path, rules_text, common_options, console)


def _write_segments(
    segmentation: "Segmentation", explanation: "Explanation", common_options: CommonOptions, console: Console
) -> None:
    from segcli.cli.output import write_result
    from segcli.reports.results import build_segmentation_result

    markers = segmenters.find_cluster_markers(segmentation)
    write_result(build_segmentation_result("cluster", segmentation, explanation, markers), common_options, console)

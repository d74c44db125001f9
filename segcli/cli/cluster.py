"""segcli cluster: find segments in chosen features."""

from typing import Annotated

from typer import Option

from segcli import plugins
from segcli.cli import choices, options, segmenting, source, streams, told
from segcli.cli.options import Asked
from segcli.cli.progress import step
from segcli.cli.streams import Talk

K = Annotated[
    str | None,
    Option("-k", help="Number of segments, a range like 2-8 to choose from, or auto (2-10).", metavar="K"),
]
Method = Annotated[
    str | None,
    Option(
        help=f"Clustering method: {plugins.told(plugins.listed('segcli.segment.methods'))}.",
        metavar="NAME",
        autocompletion=choices.files_of("segcli.segment.methods"),
    ),
]
Features = Annotated[
    str | None,
    Option(
        help="Columns of numbers or kinds, or groups of columns: behaviour, demographic, geographic, technographic, "
        "psychographic, satisfaction.",
        metavar="NAME,NAME",
        autocompletion=choices.several(choices.features),
    ),
]
SaveModel = Annotated[
    str | None, Option("--save-model", help="Save the model to this file, for assign and --previous.", metavar="FILE")
]
Previous = Annotated[
    str | None,
    Option(help="Saved cluster model whose names are kept for the segments that are still there.", metavar="FILE"),
]


EmitRules = Annotated[
    str | None,
    Option(
        "--emit-rules",
        help="Write the segments as rules to this YAML file, or as SQL if it ends in .sql.",
        metavar="FILE",
    ),
]
Why = Annotated[
    str | None,
    Option("--why", help="Show why this customer is in the segment, and how far from others.", metavar="CUSTOMER_ID"),
]


def command(
    input: options.Input = None,
    k: K = None,
    method: Method = None,
    features: Features = None,
    save_model: SaveModel = None,
    previous: Previous = None,
    emit_rules: EmitRules = None,
    why: Why = None,
    *,
    asked: Asked,
) -> None:
    """Find segments of customers who are alike.

    What they are compared by (features) is brought to one scale; the number of segments is chosen, and the reason said.
    Next: segcli persona, to describe them.
    """
    flags = {
        "cluster.k": int(k) if k and k.isdecimal() else k,
        "cluster.method": method,
        "cluster.features": options.names(features),
        "cluster.previous": previous,
    }
    with Talk(asked) as talk:
        also = [path for path in (save_model, emit_rules) if path]
        found = source.read(input, asked, talk, flags, extra_inputs=[previous] if previous else [], also=also)
        from segcli.cli.show import save, show
        from segcli.reports.results import of_segmentation
        from segcli.segment import methods, saved

        if save_model:
            methods.labelling(found.settings.cluster.method)  # before anything is computed or written
        with step("finding segments", asked):
            result = segmenting.cluster(found.customers, found.settings)
        explained = segmenting.explained(result)
        asked_about = None if why is None else "".join(segmenting.why_cluster(result, explained, why))
        told.tell_result(result, talk, asked)
        if save_model:
            save(save_model, saved.as_text(result), asked, talk)
        if emit_rules:
            save(emit_rules, segmenting.emitted(result, explained, emit_rules), asked, talk)
        if asked_about is None:
            show(of_segmentation("cluster", result, explained, segmenting.marked(result)), asked, talk)
            told.tell_next(input, asked, talk)
        else:
            streams.write(asked_about)
        found.gate()

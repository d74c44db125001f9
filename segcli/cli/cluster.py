"""segcli cluster: find segments in chosen features."""

from typing import Annotated

from typer import Option

from segcli.cli import options, segmenting, source, told
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

K = Annotated[
    str | None,
    Option("-k", help="Number of segments, a range like 2-8 to choose from, or auto (2-10).", metavar="K"),
]
Method = Annotated[
    str | None, Option(help="Clustering method: kmeans, minibatch, bisecting, gaussian, hierarchical, consensus.")
]
Features = Annotated[
    str | None, Option(help="Numeric columns, or groups: behaviour, satisfaction.", metavar="NAME,NAME")
]


def command(
    input: options.Input = None,
    k: K = None,
    method: Method = None,
    features: Features = None,
    *,
    asked: Asked,
) -> None:
    """Find segments of customers who are alike.

    Features are transformed and scaled, the number of segments is chosen with a reason, names are words.
    """
    flags = {
        "cluster.k": int(k) if k and k.isdecimal() else k,
        "cluster.method": method,
        "cluster.features": None if features is None else [name.strip() for name in features.split(",")],
    }
    with Talk(asked) as talk:
        found = source.read(input, asked, talk, flags)
        from segcli.cli.show import show
        from segcli.reports.results import of_segmentation

        result = segmenting.cluster(found.customers, found.settings)
        told.tell_result(result, talk, asked)
        show(of_segmentation("cluster", result), asked, talk)
        found.gate()

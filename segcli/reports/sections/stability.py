"""Whether other samples of customers would have given the same clusters, for each number of them that was tried."""

from collections.abc import Iterator, Mapping
from typing import Any

from segcli.model import Segmentation
from segcli.reports import numbers
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.report import Findings
from segcli.segment.choose import REPRODUCIBLE
from segcli.segment.solution import VERDICTS

TITLE = "Stability"
NOTHING = "No clusters were asked for."
READ = "The clusters were read from the table; how stable they are was judged when they were found."
NOT_JUDGED = "How stable the clusters are was not judged (cluster.pairs is 0)."
HOW_TO_READ = (
    "Two samples are clustered at a time and compared by the adjusted Rand index: 1 where they agree, 0 where they do "
    "no more than by chance."
)


def blocks(findings: Findings) -> Iterator[Block]:
    """The chart of all numbers of segments that were tried, and the verdict."""
    if not findings.clusters:
        yield Text([NOTHING])
    for one in findings.clusters:
        if "candidates" not in one.method:
            yield Text([READ])
        elif not one.method["stability"]:
            yield Text([NOT_JUDGED])
        else:
            verdict = VERDICTS.get(one.method["verdict"], "")
            yield Text([HOW_TO_READ, *[f"The verdict is {verdict}."] * bool(verdict)])
            yield _chart(one)


def _chart(one: Segmentation) -> Chart:
    judged, chosen = one.method["stability"], one.method["k"]
    ks = [
        {
            "k": tried["k"],
            "median": judged[str(tried["k"])]["ari_median"],
            "low": judged[str(tried["k"])]["ari_quartiles"][0],
            "high": judged[str(tried["k"])]["ari_quartiles"][1],
            "chosen": tried["k"] == chosen,
        }
        for tried in one.method["candidates"]
    ]
    data = {
        "ks": ks,
        "bound": REPRODUCIBLE,
        "bound_says": f"from {numbers.decimal(REPRODUCIBLE)} on, segments return",
        "chosen_says": "chosen",
        "x_title": "segments",
        "y_title": "agreement of samples (adjusted Rand index)",
    }
    median = next(numbers.decimal(told["median"]) for told in ks if told["chosen"])
    says = f"Of {ks[0]['k']} to {ks[-1]['k']} segments, {chosen} were chosen, with a median agreement of {median}."
    return Chart("stability", "Agreement of samples by number of segments", says, data, [_table(one, ks)])


def _table(one: Segmentation, ks: list[dict[str, Any]]) -> Table:
    """A row for each number of segments; the chosen one is marked."""
    silhouettes: Mapping[int, float] = {tried["k"]: tried["silhouette"] for tried in one.method["candidates"]}
    titles = [Column("Segments", right=False), Column("Median"), Column("Lower quarter"), Column("Upper quarter")]
    rows = [
        [
            f"{told['k']} <-" if told["chosen"] else str(told["k"]),
            *(numbers.decimal(told[name]) for name in ("median", "low", "high")),
            numbers.decimal(silhouettes[told["k"]]),
        ]
        for told in ks
    ]
    return Table([*titles, Column("Silhouette")], rows)

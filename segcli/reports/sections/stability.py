"""Section with the stability of clusters under resampling, for each candidate number of clusters."""

from collections.abc import Iterator, Mapping
from typing import Any

from segcli import formatting
from segcli.message import message
from segcli.model import Segmentation
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.report import Findings
from segcli.segment.clustering.k_candidates import REPRODUCIBLE_ARI
from segcli.segment.clustering.pipeline import VERDICT_TEXTS

TITLE = message("Stability")
NO_CLUSTERING_NOTE = message("No clusters were requested.")
CLUSTERING_READ_NOTE = message(
    "The clusters were read from the table; their stability was evaluated in the run that made them."
)
NO_STABILITY_NOTE = message("The stability of the clusters was not evaluated (cluster.pairs is 0).")
STABILITY_EXPLANATION = message(
    "segcli clusters pairs of samples and compares them by the adjusted Rand index: 1 is full agreement, 0 is "
    "chance agreement."
)


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the chart of all candidate numbers of clusters, and the verdict."""
    if not findings.cluster_segmentations:
        yield Text([NO_CLUSTERING_NOTE])
    for segmentation in findings.cluster_segmentations:
        if "candidates" not in segmentation.method:
            yield Text([CLUSTERING_READ_NOTE])
        elif not segmentation.method["stability"]:
            yield Text([NO_STABILITY_NOTE])
        else:
            verdict = VERDICT_TEXTS.get(segmentation.method["verdict"], "")
            yield Text(
                [STABILITY_EXPLANATION, *[message("The verdict is {verdict}.", verdict=verdict)] * bool(verdict)]
            )
            yield _build_stability_chart(segmentation)


def _build_stability_chart(segmentation: Segmentation) -> Chart:
    stability, chosen_k = segmentation.method["stability"], segmentation.method["k"]
    candidates = [
        {
            "k": method_candidate["k"],
            "median": stability[str(method_candidate["k"])]["ari_median"],
            "low": stability[str(method_candidate["k"])]["ari_quartiles"][0],
            "high": stability[str(method_candidate["k"])]["ari_quartiles"][1],
            "chosen": method_candidate["k"] == chosen_k,
        }
        for method_candidate in segmentation.method["candidates"]
    ]
    data = {
        "ks": candidates,
        "bound": REPRODUCIBLE_ARI,
        "bound_says": message("reproducible from {bound}", bound=formatting.format_decimal(REPRODUCIBLE_ARI)),
        "chosen_says": message("chosen"),
        "x_title": message("segments"),
        "y_title": message("agreement between samples (adjusted Rand index)"),
    }
    median = next(formatting.format_decimal(candidate["median"]) for candidate in candidates if candidate["chosen"])
    alt_text = message(
        "Of {lowest} to {highest} segments, segcli chose {chosen}, with a median agreement of {median}.",
        lowest=candidates[0]["k"],
        highest=candidates[-1]["k"],
        chosen=chosen_k,
        median=median,
    )
    return Chart(
        "stability",
        message("Agreement between samples by number of segments"),
        alt_text,
        data,
        [_build_stability_table(segmentation, candidates)],
    )


def _build_stability_table(segmentation: Segmentation, candidates: list[dict[str, Any]]) -> Table:
    """Build a table with one row per number of clusters; the chosen one is marked."""
    silhouettes: Mapping[int, float] = {
        method_candidate["k"]: method_candidate["silhouette"] for method_candidate in segmentation.method["candidates"]
    }
    titles = [
        Column(message("Segments"), align_right=False),
        Column(message("Median")),
        Column(message("Lower quarter")),
        Column(message("Upper quarter")),
    ]
    rows = [
        [
            f"{candidate['k']} <-" if candidate["chosen"] else str(candidate["k"]),
            *(formatting.format_decimal(candidate[name]) for name in ("median", "low", "high")),
            formatting.format_decimal(silhouettes[candidate["k"]]),
        ]
        for candidate in candidates
    ]
    return Table([*titles, Column(message("Silhouette"))], rows)

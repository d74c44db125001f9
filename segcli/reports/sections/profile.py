"""Section with the profile of clusters in the features used to find them, and their marker variables."""

from collections.abc import Iterator, Mapping
from typing import Any

from segcli import columns, formatting
from segcli.evaluation.disclosure_control import WITHHELD_LABEL
from segcli.message import join_messages, message
from segcli.model import Segmentation, Trait
from segcli.persona.markers import find_markers
from segcli.persona.traits import compute_traits
from segcli.reports import tables
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.report import Findings

TITLE = message("Cluster profile")
NO_CLUSTERS_NOTE = message("No clusters were requested.")
CLUSTERS_READ_NOTE = message("The clusters were read from the table, which does not contain their features.")
MARKERS_EXPLANATION = message(
    "Bars are differences from all customers in standard deviations. A marker differs from the mean of all "
    "customers by a quarter of the feature's range or by half of that mean (Dolnicar, Grün and Leisch 2018)."
)


def build_blocks(findings: Findings) -> Iterator[Block]:
    """Yield the segment profile plot of each clustering."""
    if not findings.cluster_segmentations:
        yield Text([NO_CLUSTERS_NOTE])
    for segmentation in findings.cluster_segmentations:
        if not segmentation.method.get("features"):
            yield Text([CLUSTERS_READ_NOTE])
            continue
        yield Text([MARKERS_EXPLANATION])
        yield _build_profile_chart(segmentation, findings.privacy.smallest_described_group)


def _build_profile_chart(segmentation: Segmentation, min_customers: int) -> Chart:
    features = list(dict.fromkeys(feature["name"] for feature in segmentation.method["features"]))
    segment_markers = find_markers(segmentation)
    traits_by_segment = {
        name: {trait.name: trait for trait in segment_traits if trait.level is None}
        for name, segment_traits in compute_traits(segmentation, features, min_customers).items()
    }
    segment_names = [name for name in segmentation.segments if not name.startswith(WITHHELD_LABEL)]
    segment_shares = segmentation.profile.set_index(columns.SEGMENT_NAME)[columns.SHARE]
    segment_data = [
        {
            "name": name,
            "told": formatting.format_share(segment_shares[name]),
            "bars": [
                _build_bar_data(traits_by_segment[name].get(feature), is_marker=segment_markers.is_marker)
                for feature in features
            ],
        }
        for name in segment_names
    ]
    data = {
        "features": [formatting.column_label(feature) for feature in features],
        "segments": segment_data,
        "marks": message("marker of the segment"),
    }
    alt_text = join_messages(
        "; ",
        [
            message(
                "{name} is marked by {features}",
                name=segment["name"],
                features=_join_markers(segment, data["features"]),
            )
            for segment in segment_data
        ],
    )
    return Chart(
        "profile",
        message("Segments compared with all customers"),
        message("{facts}.", facts=alt_text),
        data,
        [_build_profile_table(traits_by_segment, segment_names, features)],
    )


def _build_bar_data(trait: Trait | None, *, is_marker: Any) -> Mapping[str, Any]:  # noqa: ANN401 - function of a trait
    if trait is None:
        return {"difference": 0.0, "told": "", "marker": False}
    return {
        "difference": trait.difference,
        "told": formatting.format_value(trait.name, trait.value),
        "marker": bool(is_marker(trait)),
    }


def _join_markers(segment: Mapping[str, Any], feature_names: Any) -> str:  # noqa: ANN401 - names
    names = [name for name, bar in zip(feature_names, segment["bars"], strict=True) if bar["marker"]]
    return join_messages(", ", names) or tables.NO_MARKER


def _build_profile_table(
    traits_by_segment: Mapping[str, Mapping[str, Trait]], segment_names: list[str], features: list[str]
) -> Table:
    """Build a table of features (rows): the mean of all customers, then of each segment."""
    rows = []
    for feature in features:
        known_traits = [traits_by_segment[name].get(feature) for name in segment_names]
        base = next((formatting.format_value(feature, trait.base) for trait in known_traits if trait), "")
        means = ["" if trait is None else formatting.format_value(feature, trait.value) for trait in known_traits]
        rows.append([formatting.column_label(feature), base, *means])
    return Table(
        [
            Column(message("Feature"), align_right=False),
            Column(message("All")),
            *(Column(name) for name in segment_names),
        ],
        rows,
    )

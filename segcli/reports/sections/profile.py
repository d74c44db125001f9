"""Section with the profile of clusters in the features used to find them, and their marker variables."""

from collections.abc import Iterator, Mapping
from typing import Any

from segcli import columns, formatting
from segcli.evaluation.disclosure_control import WITHHELD_LABEL
from segcli.model import Segmentation, Trait
from segcli.persona.markers import find_markers
from segcli.persona.traits import compute_traits
from segcli.reports.blocks import Block, Chart, Column, Table, Text
from segcli.reports.report import Findings

TITLE = "Cluster profile"
NO_CLUSTERS_NOTE = "No clusters were requested."
CLUSTERS_READ_NOTE = "The clusters were read from the table, which does not contain their features."
MARKERS_EXPLANATION = (
    "Bars are differences from all customers in standard deviations. A marker differs from the mean of all customers "
    "by a quarter of the feature's range or by half of that mean (Dolnicar, Grün and Leisch 2018)."
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
        "marks": "marker of the segment",
    }
    alt_text = "; ".join(
        f"{segmentation['name']} is marked by {_join_markers(segmentation, data['features'])}"
        for segmentation in segment_data
    )
    return Chart(
        "profile",
        "Segments compared with all customers",
        f"{alt_text}.",
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
    return (
        ", ".join(name for name, bar in zip(feature_names, segment["bars"], strict=True) if bar["marker"])
        or "no marker"
    )


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
    return Table([Column("Feature", align_right=False), Column("All"), *(Column(name) for name in segment_names)], rows)

"""The two segmentations a table can be given here, with what they need from files."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segcli.config import Settings
    from segcli.model import Customers, Segmentation
    from segcli.reports.report import Findings


def rfm(customers: "Customers", settings: "Settings") -> "Segmentation":
    """Score and name by the settings, or by the saved model they name."""
    from segcli.segment import maps, rfm, saved

    model: dict[str, Any] | None = saved.load(settings.rfm.model) if settings.rfm.model else None
    segment_map = maps.load(settings.rfm.segments)
    return rfm.segment(customers, settings.rfm, segment_map, settings.seed, model)


def cluster(customers: "Customers", settings: "Settings") -> "Segmentation":
    """Find segments by the settings."""
    from segcli.segment import cluster

    return cluster.segment(customers, settings.cluster, settings.seed)


def existing(customers: "Customers", settings: "Settings", wanted: list[str]) -> "list[Segmentation]":
    """The segmentations a table already has (those wanted, by name or column), or RFM where it has none."""
    from segcli.errors import UsageProblem
    from segcli.segment.read_back import read_back, segment_columns

    columns = segment_columns(customers)
    if not columns and not wanted:
        return [rfm(customers, settings)]
    chosen = [c for name in wanted for c in columns if name in (c, c.removesuffix("_segment"))] if wanted else columns
    if not chosen or len(chosen) < len(wanted):
        raise UsageProblem(
            f"no segmentation {', '.join(wanted)} in the table; there is: {', '.join(columns) or 'none'}"
        )
    return [read_back(customers, column) for column in chosen]


def findings(customers: "Customers", segmentations: "list[Segmentation]", settings: "Settings") -> "Findings":
    """Segmentations with their personas."""
    from segcli import persona
    from segcli.persona import playbook
    from segcli.reports.report import Findings

    plays = playbook.load(settings.persona.playbook)
    described = {one.column: persona.personas(one, settings.persona, plays) for one in segmentations}
    return Findings(customers, segmentations, described)


def with_labels(customers: "Customers", found: "list[Segmentation]") -> "Customers":
    """The customers with the columns of the segmentations found so far."""
    from dataclasses import replace

    return replace(customers, table=found[-1].table) if found else customers

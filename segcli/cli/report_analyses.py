"""Functions that compute the optional analyses of a report, and the backtest, from the settings."""

from functools import cache, partial
from typing import TYPE_CHECKING

from segcli.cli.segmenters import add_segment_columns, build_segmentations, builds_rfm, fix_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from segcli.cli.terminal import Console
    from segcli.config import LoadedSettings
    from segcli.evaluation.backtest import LabelsBySegmentation
    from segcli.model import Customers
    from segcli.reports.optional_analyses import AnalysisProviders


def build_as_of_segmenter(
    loaded_config: "LoadedSettings", *, only_first: bool = False
) -> "Callable[[Customers, Customers], tuple[LabelsBySegmentation, LabelsBySegmentation]]":
    """Return a function that labels customers at a day and at an earlier day by the declared segmentations.

    Earlier customers are assigned to the clusters of the later day, because clustering them again would give different
    clusters.

    Args:
        loaded_config: settings that declare the segmentations.
        only_first: use only the first segmentation.
    """

    def label_customers(
        later_customers: "Customers", earlier_customers: "Customers"
    ) -> "tuple[LabelsBySegmentation, LabelsBySegmentation]":
        from segcli.columns import CLUSTER_SEGMENT, RFM_SEGMENT
        from segcli.segment import models
        from segcli.segment.clustering.assignment import assign_to_clusters

        config = fix_map(later_customers, loaded_config)
        build, with_clusters = partial(build_segmentations, loaded_config=config), True
        if only_first and builds_rfm(later_customers, config):
            build, with_clusters = partial(build, columns=(RFM_SEGMENT,)), False
        elif only_first:
            with_clusters = not config.declares_section("rules")
        later_segmentations = build(later_customers, with_clusters=with_clusters)[: 1 if only_first else None]
        labels_by_name = {segmentation.name: segmentation.labels for segmentation in later_segmentations}
        earlier_segmentations = build(earlier_customers, with_clusters=False)
        if later_segmentations[-1].column == CLUSTER_SEGMENT:
            labelled_customers = add_segment_columns(earlier_customers, earlier_segmentations)
            cluster_model = models.model_fields(later_segmentations[-1])
            earlier_segmentations.append(assign_to_clusters(labelled_customers, cluster_model))
        return labels_by_name, {segmentation.name: segmentation.labels for segmentation in earlier_segmentations}

    return label_customers


def build_analysis_providers(
    customers: "Customers", loaded_config: "LoadedSettings", console: "Console"
) -> "AnalysisProviders":
    """Return cached providers of the optional analyses of a report.

    Segmentations as of an earlier day have no clusters, because clustering again would give different ones. If the
    settings do not declare a backtest, it tests the first segmentation alone, because clustering again takes long.
    """
    from segcli.cli import inputs
    from segcli.evaluation.backtest import run_backtest
    from segcli.reports.optional_analyses import AnalysisProviders
    from segcli.value.clv import prepare_clv

    loaded_config = fix_map(customers, loaded_config)
    settings = loaded_config.settings
    previous_path = settings.report.previous
    label_customers = build_as_of_segmenter(loaded_config, only_first=not loaded_config.declares_section("backtest"))
    return AnalysisProviders(
        lambda earlier, columns: build_segmentations(earlier, loaded_config, with_clusters=False, columns=columns),
        cache(lambda: prepare_clv(customers, settings.clv, settings.seed)),
        cache(lambda: run_backtest(customers, settings.backtest, settings.seed, label_customers)),
        (lambda: inputs.read_earlier_segmentations(inputs.find_customer_table(previous_path), settings, console))
        if previous_path
        else None,
    )

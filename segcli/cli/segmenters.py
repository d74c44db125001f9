"""Builders of segmentations from settings, with the files that they need."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from segcli.config import LoadedSettings, Settings
    from segcli.model import Customers, QualityCheck, Segmentation
    from segcli.persona.explanations import Explanation
    from segcli.persona.markers import MarkerVariables
    from segcli.segment.rule_set import RuleSet


def apply_rfm(customers: "Customers", settings: "Settings") -> "Segmentation":
    """Score and name customers by the settings, or by the saved model in them."""
    from dataclasses import replace

    from segcli.config.rfm import AUTO_MAP
    from segcli.customers.quality_rules import measure_one_time_share
    from segcli.segment import maps, models, rfm

    saved_model: dict[str, Any] | None = (
        models.load_model(settings.rfm.model, models.RFM_SCHEMA) if settings.rfm.model else None
    )
    rfm_settings = choose_map(customers, settings).rfm
    segment_map = maps.load_map(rfm_settings.segments)
    segmentation = rfm.segment_by_rfm(customers, rfm_settings, segment_map, settings.seed, saved_model)
    if saved_model or settings.rfm.segments != AUTO_MAP:
        return segmentation
    reasons = maps.explain_map_choice(segment_map, len(customers.table), measure_one_time_share(customers.table))
    return replace(segmentation, notes=(*segmentation.notes, *reasons))


def choose_map(customers: "Customers", settings: "Settings") -> "Settings":
    """Return the settings with the segment map for this base of customers, if `rfm.segments` is auto.

    With a saved model, the number of customers that it was trained on decides.
    """
    from segcli.config.rfm import AUTO_MAP
    from segcli.customers.quality_rules import measure_one_time_share
    from segcli.segment.maps import choose_map_name

    if settings.rfm.segments != AUTO_MAP:
        return settings
    customer_count, one_time_share = len(customers.table), measure_one_time_share(customers.table)
    if settings.rfm.model:
        from segcli.segment import models

        trained_on = models.load_model(settings.rfm.model, models.RFM_SCHEMA)["trained_on"]
        customer_count, one_time_share = int(trained_on["customers"]), 0.0
    map_name = choose_map_name(customer_count, one_time_share)
    rfm_settings = settings.rfm.model_copy(update={"segments": map_name})
    return settings.model_copy(update={"rfm": rfm_settings})


def fix_map(customers: "Customers", loaded_config: "LoadedSettings") -> "LoadedSettings":
    """Return the config with the segment map for these customers, so that earlier days use the same names."""
    from dataclasses import replace

    return replace(loaded_config, settings=choose_map(customers, loaded_config.settings))


def list_rfm_measures(loaded_config: "LoadedSettings") -> "Sequence[str]":
    """Return the measures that RFM scores or writes."""
    from segcli.segment.rfm_dimensions import list_rfm_measures

    return list_rfm_measures(loaded_config.settings.rfm)


def list_declared_measures(loaded_config: "LoadedSettings") -> "Sequence[str] | None":
    """Return the measures that the declared segmentations use; None (all) if rules or clusters may use any."""
    return (
        None
        if loaded_config.declares_section("rules") or loaded_config.declares_section("cluster")
        else list_rfm_measures(loaded_config)
    )


def list_cohort_measures(loaded_config: "LoadedSettings") -> "Sequence[str] | None":
    """Return the measures that cohorts need: those of RFM, and those that read the grouping column of order lines.

    If cohorts are grouped by a segmentation or an attribute, return None (all).
    """
    from segcli import columns

    by = loaded_config.settings.cohort.by
    if by in {"month", "quarter"}:
        return list_rfm_measures(loaded_config)
    if by.startswith(("first_", columns.TOP_PREFIX)):
        name = by.removeprefix(columns.TOP_PREFIX).removeprefix("first_")
        read_measure = columns.DISTINCT_PRODUCTS if name == columns.PRODUCT else columns.TOP_PREFIX + name
        return [*list_rfm_measures(loaded_config), name, read_measure]
    return None


def load_model(model_path: str) -> "dict[str, Any]":
    """Load a saved model of any kind."""
    from segcli.segment import models

    return models.load_model(model_path, models.RFM_SCHEMA, models.CLUSTER_SCHEMA)


def list_model_measures(saved_model: "dict[str, Any]", loaded_config: "LoadedSettings") -> "Sequence[str] | None":
    """Return the measures that a saved RFM model scores; None (all) for a cluster model, which may use any."""
    from segcli.segment import models

    return list_rfm_measures(loaded_config) if saved_model["schema"] == models.RFM_SCHEMA else None


def apply_model(
    customers: "Customers", saved_model: "dict[str, Any]", model_path: str, settings: "Settings"
) -> "Segmentation":
    """Assign customers to the segments of a saved model."""
    from segcli.segment import models

    if saved_model["schema"] == models.RFM_SCHEMA:
        rfm_settings = settings.model_copy(update={"rfm": settings.rfm.model_copy(update={"model": model_path})})
        return apply_rfm(customers, rfm_settings)
    from segcli.segment.clustering.assignment import assign_to_clusters

    return assign_to_clusters(customers, saved_model)


def prepare_rules(loaded_config: "LoadedSettings") -> "list[RuleSet]":
    """Read and order the rules; errors in them are reported before any data are read."""
    from segcli.columns import CUSTOMER_TABLE_COLUMNS
    from segcli.errors import ConfigProblems
    from segcli.segment.rule_set import prepare_rule_sets

    rule_sets = prepare_rule_sets(
        loaded_config.settings.rules,
        loaded_config.find_place,
        loaded_config.settings.ingest.events,
        has_line_lookups=bool(loaded_config.settings.ingest.lookups),
    )
    audit_columns = set(loaded_config.settings.fairness.audit_only)
    problems = [
        f"rules: {rule_set.column} uses '{name}', which is reserved for audits (fairness.audit_only); remove it"
        for rule_set in rule_sets
        for name in sorted(audit_columns & _list_rule_columns(rule_set, CUSTOMER_TABLE_COLUMNS))
    ]
    if problems:
        raise ConfigProblems(problems)
    return rule_sets


def _list_rule_columns(rule_set: "RuleSet", table_columns: "Collection[str]") -> set[str]:
    """Return the columns of customers, order lines and events that a segmentation uses."""
    base_columns = {name for name in table_columns if name == rule_set.settings.base}
    return {*rule_set.input_columns, *rule_set.row_columns, *base_columns}


def apply_rules(
    customers: "Customers", loaded_config: "LoadedSettings", columns: "Collection[str] | None" = None
) -> "list[Segmentation]":
    """Segment customers by the rules of the settings, or by those that make these columns."""
    from segcli.segment.rule_set import select_rule_sets
    from segcli.segment.rules import segment_by_rules

    rule_sets = prepare_rules(loaded_config)
    if columns is not None:
        rule_sets = select_rule_sets(rule_sets, columns, customers.table.columns)
    return segment_by_rules(customers, rule_sets)


def check_sizes(segmentations: "Sequence[Segmentation]", settings: "Settings") -> "list[QualityCheck]":
    """Return a check of each segment with an expected size."""
    from segcli.segment import definitions

    return list(definitions.check_sizes(definitions.measure_sizes(settings.rules, segmentations)))


def _add_history(
    customers: "Customers", segmentations: "list[Segmentation]", loaded_config: "LoadedSettings"
) -> "list[Segmentation]":
    """Return the segmentations, each with a function that makes it for an earlier day.

    Clusters have none: their centres depend on all orders, and clustering again would give different clusters.
    """
    from dataclasses import replace
    from functools import cache, partial

    from segcli.evaluation.drift import make_earlier_segmentations

    if customers.transactions is None:
        return segmentations

    @cache
    def find_earlier(column: str, days: int) -> "Segmentation | None":
        return make_earlier_segmentations(
            customers,
            days,
            lambda earlier, columns: build_segmentations(earlier, loaded_config, with_clusters=False, columns=columns),
            [column],
        ).get(column)

    return [
        replace(segmentation, segment_earlier=partial(find_earlier, segmentation.column))
        for segmentation in segmentations
    ]


def find_clusters(customers: "Customers", settings: "Settings") -> "Segmentation":
    """Cluster customers by the settings."""
    from segcli.segment import models
    from segcli.segment.clustering import pipeline

    previous_path = settings.cluster.previous
    previous_model = models.load_model(previous_path, models.CLUSTER_SCHEMA) if previous_path else None
    audit_only = settings.fairness.audit_only
    cluster_settings = settings.cluster.model_copy(update={"labels": {**settings.labels, **settings.cluster.labels}})
    return pipeline.cluster_customers(customers, cluster_settings, settings.seed, previous_model, audit_only=audit_only)


def describe_default_features(customers: "Customers", settings: "Settings") -> "list[str]":
    """Return which columns are features by default, and why the others are not; empty for measures of orders."""
    from segcli.segment.clustering.feature_selection import default_features

    selection = default_features(customers, settings.cluster, settings.fairness.audit_only)
    return [*selection.notes, *selection.describe_columns()]


def explain_clusters(segmentation: "Segmentation") -> "Explanation":
    """Describe clusters as rules on the features used to find them."""
    from segcli.persona.explanations import explain_segments

    return explain_segments(
        segmentation, list(dict.fromkeys(feature["name"] for feature in segmentation.method["features"]))
    )


def find_cluster_markers(segmentation: "Segmentation") -> "MarkerVariables":
    """Return the marker variables, in which clusters differ."""
    from segcli.persona.markers import find_markers

    return find_markers(segmentation)


def render_cluster_rules(segmentation: "Segmentation", explanation: "Explanation", path: str) -> str:
    """Return the rules as a config, or as SQL if the path ends in .sql."""
    from segcli.persona.explanations import format_rules_yaml
    from segcli.persona.sql_definition import define_segmentation

    return (
        define_segmentation(segmentation, "duckdb").sql_text
        if path.endswith(".sql")
        else format_rules_yaml(explanation, "cluster_rules")
    )


def explain_customer(segmentation: "Segmentation", explanation: "Explanation", customer_id: str) -> "Iterator[str]":
    """Return lines that explain the cluster of one customer."""
    from segcli.formatting import escape_unprintable
    from segcli.persona.explanations import explain_customer

    return (f"{escape_unprintable(line)}\n" for line in explain_customer(segmentation, explanation, customer_id))


def read_segmentations(customers: "Customers", loaded_config: "LoadedSettings") -> "list[Segmentation]":
    """Return the segmentations in a table selected by `persona.of`; without any, build the declared ones or RFM."""
    from segcli.columns import SEGMENT_SUFFIX
    from segcli.segment.segmentation import read_segmentation, segment_columns, select_segmentations

    settings = loaded_config.settings
    named_columns = [
        name for name in settings.persona.of if name in customers.table and not name.endswith(SEGMENT_SUFFIX)
    ]
    segment_column_names = [*segment_columns(customers), *named_columns]
    if not segment_column_names:
        return build_segmentations(customers, loaded_config)
    return [
        read_segmentation(customers, column)
        for column in select_segmentations(
            {segment_column: segment_column for segment_column in segment_column_names}, settings.persona.of
        )
    ]


def build_segmentations(
    customers: "Customers",
    loaded_config: "LoadedSettings",
    *,
    with_clusters: bool = True,
    columns: "Collection[str] | None" = None,
) -> "list[Segmentation]":
    """Build the declared segmentations, RFM first.

    If none is declared, build RFM alone, or clusters if the customers have no orders. If `columns` are given, only the
    rules that these columns need are applied.
    """
    loaded_config = fix_map(customers, loaded_config)
    segmentations: list[Segmentation] = []
    if builds_rfm(customers, loaded_config):
        segmentations.append(apply_rfm(customers, loaded_config.settings))
    if loaded_config.declares_section("rules"):
        segmentations += apply_rules(add_segment_columns(customers, segmentations), loaded_config, columns)
    needs_clusters = not (_declares_segmentation(loaded_config) or segmentations)
    if (loaded_config.declares_section("cluster") and with_clusters) or needs_clusters:
        segmentations.append(find_clusters(add_segment_columns(customers, segmentations), loaded_config.settings))
    return _add_history(customers, segmentations, loaded_config)


def _declares_segmentation(loaded_config: "LoadedSettings") -> bool:
    return any(map(loaded_config.declares_section, ("rfm", "rules", "cluster")))


def builds_rfm(customers: "Customers", loaded_config: "LoadedSettings") -> bool:
    """Return whether `build_segmentations` builds RFM: if it is declared, or if nothing is and there are orders."""
    is_default = not _declares_segmentation(loaded_config) and has_orders(customers)
    return loaded_config.declares_section("rfm") or is_default


def has_orders(customers: "Customers") -> bool:
    """Return whether the customers have order data that RFM can score."""
    from segcli.columns import ORDERS, REVENUE

    return not {ORDERS, REVENUE}.isdisjoint(customers.table.columns)


def build_cohort_segmentations(customers: "Customers", loaded_config: "LoadedSettings") -> "list[Segmentation]":
    """Return the declared segmentations if cohorts are grouped by a column that is not in the table."""
    by = loaded_config.settings.cohort.by
    if by in {"month", "quarter"} or by in customers.table or by.startswith("first_") or not customers.transactions:
        return []
    return build_segmentations(customers, loaded_config)


def add_segment_columns(customers: "Customers", segmentations: "list[Segmentation]") -> "Customers":
    """Return the customers with the columns of the segmentations so far."""
    from dataclasses import replace

    return replace(customers, table=segmentations[-1].table) if segmentations else customers

"""The segmentations a table can be given here, with what they need from files."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from segcli.cli.streams import Talk
    from segcli.config import Loaded, Settings
    from segcli.evidence.backtest import Labelled
    from segcli.model import Customers, Segmentation
    from segcli.persona.explain import Explanation
    from segcli.persona.markers import Markers
    from segcli.reports.answers import Ways
    from segcli.segment.ruled import Ruled


def rfm(customers: "Customers", settings: "Settings") -> "Segmentation":
    """Score and name by the settings, or by the saved model they name."""
    from segcli.segment import maps, rfm, saved

    model: dict[str, Any] | None = saved.load(settings.rfm.model, saved.RFM) if settings.rfm.model else None
    segment_map = maps.load(settings.rfm.segments)
    return rfm.segment(customers, settings.rfm, segment_map, settings.seed, model)


def rfm_measures(loaded: "Loaded") -> "Sequence[str]":
    """Return the measures that RFM scores or writes."""
    from segcli.segment.dimensions import required_measures

    return required_measures(loaded.settings.rfm)


def declared_measures(loaded: "Loaded") -> "Sequence[str] | None":
    """Return the measures that the declared segmentations use; None for all, since rules and features may be any."""
    return None if loaded.declares("rules") or loaded.declares("cluster") else rfm_measures(loaded)


def cohort_measures(loaded: "Loaded") -> "Sequence[str] | None":
    """Return the measures that cohorts use: the column that they are grouped by, and those of its segmentation."""
    from segcli.columns import SEGMENT

    by = loaded.settings.cohort.by
    return declared_measures(loaded) if by.endswith(SEGMENT) else [*rfm_measures(loaded), by]


def model(path: str) -> "dict[str, Any]":
    """A saved model of any kind."""
    from segcli.segment import saved

    return saved.load(path, saved.RFM, saved.CLUSTER)


def model_measures(model: "dict[str, Any]", loaded: "Loaded") -> "Sequence[str] | None":
    """Return the measures that a saved RFM model scores; None for all, since a cluster model may use any."""
    from segcli.segment import saved

    return rfm_measures(loaded) if model["schema"] == saved.RFM else None


def assigned(customers: "Customers", model: "dict[str, Any]", path: str, settings: "Settings") -> "Segmentation":
    """The segments that a saved model gives."""
    from segcli.segment import saved

    if model["schema"] == saved.RFM:
        chosen = settings.model_copy(update={"rfm": settings.rfm.model_copy(update={"model": path})})
        return rfm(customers, chosen)
    from segcli.segment.assign import assign

    return assign(customers, model)


def prepare(loaded: "Loaded") -> "list[Ruled]":
    """The rules, read and put in order; what is wrong with them is said before any data are read."""
    from segcli.columns import CUSTOMER_TABLE
    from segcli.errors import ConfigProblems
    from segcli.segment.ruled import prepare

    prepared = prepare(loaded.settings.rules, loaded.place)
    kept = set(loaded.settings.fairness.audit_only)
    problems = [
        f"rules: {one.column} speaks of '{name}', which is there for audits only (fairness.audit_only); leave it out"
        for one in prepared
        for name in sorted(kept & {*one.asks, *({one.settings.base} & set(CUSTOMER_TABLE))})
    ]
    if problems:
        raise ConfigProblems(problems)
    return prepared


def rules(customers: "Customers", loaded: "Loaded") -> "list[Segmentation]":
    """Segment by the rules of the settings."""
    from segcli.segment.rules import segment

    return segment(customers, prepare(loaded))


def cluster(customers: "Customers", settings: "Settings") -> "Segmentation":
    """Find segments by the settings."""
    from segcli.segment import cluster, saved

    before = settings.cluster.previous
    previous = saved.load(before, saved.CLUSTER) if before else None
    audit_only = settings.fairness.audit_only
    return cluster.segment(customers, settings.cluster, settings.seed, previous, audit_only=audit_only)


def explained(result: "Segmentation") -> "Explanation":
    """Found segments as rules on the features they were found by."""
    from segcli.persona.explain import explain

    return explain(result, list(dict.fromkeys(feature["name"] for feature in result.method["features"])))


def marked(result: "Segmentation") -> "Markers":
    """In what found segments differ."""
    from segcli.persona.markers import markers

    return markers(result)


def emitted(made: "Segmentation", found: "Explanation", path: str) -> str:
    """The rules as a settings file, or as SQL for a file of that name."""
    from segcli.persona.definition import define
    from segcli.persona.explain import as_yaml

    return define(made, "duckdb").sql if path.endswith(".sql") else as_yaml(found, "cluster_rules")


def why_cluster(result: "Segmentation", found: "Explanation", customer_id: str) -> "Iterator[str]":
    """Lines about one customer."""
    from segcli.persona.explain import why
    from segcli.reports.safe import printable

    return (f"{printable(line)}\n" for line in why(result, found, customer_id))


def existing(customers: "Customers", loaded: "Loaded") -> "list[Segmentation]":
    """The segmentations of a table that persona.of wants; where it has none, those that are declared, or RFM."""
    from segcli.columns import SEGMENT
    from segcli.segment.read_back import read_back, segment_columns, wanted

    settings = loaded.settings
    named = [name for name in settings.persona.of if name in customers.table and not name.endswith(SEGMENT)]
    columns = [*segment_columns(customers), *named]
    if not columns:
        return declared(customers, loaded)
    return [read_back(customers, column) for column in wanted({c: c for c in columns}, settings.persona.of)]


def declared(
    customers: "Customers", loaded: "Loaded", *, clusters: bool = True, columns: "Collection[str] | None" = None
) -> "list[Segmentation]":
    """The declared segmentations, RFM first; where none is, RFM alone, or clusters of customers without orders.

    Where only some `columns` are needed and no rules make any of them, no rules are applied.
    """
    found: list[Segmentation] = []
    none_declared = not any(map(loaded.declares, ("rfm", "rules", "cluster")))
    scored = _has_orders(customers)
    if loaded.declares("rfm") or (none_declared and scored):
        found.append(rfm(customers, loaded.settings))
    if loaded.declares("rules") and (columns is None or _make_any(loaded, columns)):
        found += rules(with_labels(customers, found), loaded)
    if (loaded.declares("cluster") and clusters) or (none_declared and not scored):
        found.append(cluster(with_labels(customers, found), loaded.settings))
    return found


def _make_any(loaded: "Loaded", columns: "Collection[str]") -> bool:
    """Return whether rules make a column of these."""
    return any(one.column in columns for one in loaded.settings.rules)


def _has_orders(customers: "Customers") -> bool:
    """Whether anything is known of orders, by which RFM could score."""
    from segcli.columns import ORDERS, REVENUE

    return not {ORDERS, REVENUE}.isdisjoint(customers.table.columns)


def at_two_days(loaded: "Loaded") -> "Callable[[Customers, Customers], tuple[Labelled, Labelled]]":
    """Labels of customers at a day by the declared segmentations, and of customers at an earlier day by the same.

    Clusters of the earlier day are those of the later, assigned: found anew, they would be others.
    """

    def labels(then: "Customers", once: "Customers") -> "tuple[Labelled, Labelled]":
        from segcli.columns import CLUSTER_SEGMENT
        from segcli.segment import saved
        from segcli.segment.assign import assign

        now = {one.column: one for one in declared(then, loaded)}
        before = {one.column: one for one in declared(once, loaded, clusters=False)}
        if CLUSTER_SEGMENT in now:
            known = with_labels(once, list(before.values()))
            before[CLUSTER_SEGMENT] = assign(known, saved.model_of(now[CLUSTER_SEGMENT]))
        return {one.name: one.labels for one in now.values()}, {one.name: one.labels for one in before.values()}

    return labels


def ways(customers: "Customers", loaded: "Loaded", talk: "Talk") -> "Ways":
    """How a report answers, each question once; clusters of an earlier day are left out: they would be others."""
    from functools import cache

    from segcli.cli import source
    from segcli.evidence.backtest import backtest
    from segcli.reports.answers import Ways
    from segcli.value.clv import expected

    settings = loaded.settings
    before = settings.report.previous
    return Ways(
        lambda earlier, columns: declared(earlier, loaded, clusters=False, columns=columns),
        cache(lambda: expected(customers, settings.clv, settings.seed)),
        cache(lambda: backtest(customers, settings.backtest, settings.seed, at_two_days(loaded))),
        (lambda: source.segmentations_of(source.table_of(before), settings, talk)) if before else None,
    )


def for_cohorts(customers: "Customers", loaded: "Loaded") -> "Customers":
    """The customers, with their segments if cohorts are to be by one of them."""
    from segcli.columns import SEGMENT

    by = loaded.settings.cohort.by
    if not by.endswith(SEGMENT) or by in customers.table:
        return customers
    return with_labels(customers, declared(customers, loaded))


def with_labels(customers: "Customers", found: "list[Segmentation]") -> "Customers":
    """The customers with the columns of the segmentations found so far."""
    from dataclasses import replace

    return replace(customers, table=found[-1].table) if found else customers

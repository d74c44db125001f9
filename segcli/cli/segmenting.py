"""The segmentations a table can be given here, with what they need from files."""

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

    from segcli.config import Loaded, Settings
    from segcli.model import Customers, Segmentation
    from segcli.persona.explain import Explanation
    from segcli.reports.report import Findings
    from segcli.segment.ruled import Ruled

Found = TypeVar("Found")


def rfm(customers: "Customers", settings: "Settings") -> "Segmentation":
    """Score and name by the settings, or by the saved model they name."""
    from segcli.segment import maps, rfm, saved

    model: dict[str, Any] | None = saved.load(settings.rfm.model, saved.RFM) if settings.rfm.model else None
    segment_map = maps.load(settings.rfm.segments)
    return rfm.segment(customers, settings.rfm, segment_map, settings.seed, model)


def model(path: str) -> "dict[str, Any]":
    """A saved model of any kind."""
    from segcli.segment import saved

    return saved.load(path, saved.RFM, saved.CLUSTER)


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
    from segcli.segment.ruled import prepare

    return prepare(loaded.settings.rules, loaded.place)


def rules(customers: "Customers", loaded: "Loaded") -> "list[Segmentation]":
    """Segment by the rules of the settings."""
    from segcli.segment.rules import segment

    return segment(customers, prepare(loaded))


def cluster(customers: "Customers", settings: "Settings") -> "Segmentation":
    """Find segments by the settings."""
    from segcli.segment import cluster, saved

    before = settings.cluster.previous
    previous = saved.load(before, saved.CLUSTER) if before else None
    return cluster.segment(customers, settings.cluster, settings.seed, previous)


def explained(result: "Segmentation") -> "Explanation":
    """Found segments as rules on the features they were found by."""
    from segcli.persona.explain import explain

    return explain(result, list(dict.fromkeys(feature["name"] for feature in result.method["features"])))


def emitted(found: "Explanation", path: str) -> str:
    """The rules as a settings file, or as SQL for a file of that name."""
    from segcli.columns import CLUSTER_SEGMENT
    from segcli.persona.explain import as_sql, as_yaml

    return as_sql(found, CLUSTER_SEGMENT) if path.endswith(".sql") else as_yaml(found, "cluster_rules")


def why_cluster(result: "Segmentation", found: "Explanation", customer_id: str) -> "Iterator[str]":
    """Lines about one customer."""
    from segcli.persona.explain import why
    from segcli.reports.safe import printable

    return (f"{printable(line)}\n" for line in why(result, found, customer_id))


def existing(customers: "Customers", settings: "Settings") -> "list[Segmentation]":
    """The segmentations of a table that persona.of wants, or RFM where the table has none."""
    from segcli.columns import SEGMENT
    from segcli.segment.read_back import read_back, segment_columns

    named = [name for name in settings.persona.of if name in customers.table and not name.endswith(SEGMENT)]
    columns = [*segment_columns(customers), *named]
    if not columns and not settings.persona.of:
        return [rfm(customers, settings)]
    return [read_back(customers, column) for column in wanted({c: c for c in columns}, settings.persona.of)]


def wanted(by_column: "Mapping[str, Found]", names: "Sequence[str]") -> "list[Found]":
    """Segmentations by name (`rfm`) or column (`rfm_segment`); all of them where none is named.

    Raises:
        UsageProblem: one of the names is not there.
    """
    from segcli.columns import SEGMENT
    from segcli.errors import UsageProblem

    found = {name.removesuffix(SEGMENT): one for name, one in by_column.items()}
    missing = [name for name in names if name.removesuffix(SEGMENT) not in found]
    if missing:
        raise UsageProblem(f"no segmentation {', '.join(missing)}; there is: {', '.join(found) or 'none'}")
    return [found[name.removesuffix(SEGMENT)] for name in names] or list(found.values())


def declared(customers: "Customers", loaded: "Loaded", *, clusters: bool = True) -> "list[Segmentation]":
    """The declared segmentations, RFM first; RFM alone where none is declared."""
    found: list[Segmentation] = []
    if loaded.declares("rfm") or not (loaded.declares("cluster") or loaded.declares("rules")):
        found.append(rfm(customers, loaded.settings))
    if loaded.declares("rules"):
        found += rules(with_labels(customers, found), loaded)
    if loaded.declares("cluster") and clusters:
        found.append(cluster(with_labels(customers, found), loaded.settings))
    return found


def before(
    customers: "Customers", settings: "Settings", again: "Callable[[Customers], list[Segmentation]]"
) -> "dict[str, Segmentation]":
    """The same segmentations some days earlier, by column; none where there are no single orders to go back on."""
    from datetime import timedelta

    from segcli.customers.history import earlier
    from segcli.errors import InputProblem

    if customers.transactions is None:
        return {}
    day = customers.transactions.as_of - timedelta(days=settings.scorecard.period_days)
    try:
        return {one.column: one for one in again(earlier(customers, day))}
    except InputProblem:  # nobody had bought by then, or what a base needs was not there yet
        return {}


def findings(
    customers: "Customers",
    segmentations: "list[Segmentation]",
    settings: "Settings",
    again: "Callable[[Customers], list[Segmentation]] | None" = None,
) -> "Findings":
    """Segmentations, personas of those that `persona.of` wants, and their scorecards where the report has them.

    Args:
        customers: of the segmentations.
        segmentations: that were made.
        settings: in force.
        again: makes the same segmentations of customers at an earlier day.
    """
    from segcli import persona
    from segcli.persona import playbook
    from segcli.reports.report import Findings

    plays = playbook.load(settings.persona.playbook)
    chosen = wanted({one.column: one for one in segmentations}, settings.persona.of)
    described = {one.column: persona.personas(one, settings.persona, plays) for one in chosen}
    cards = scorecards(chosen, settings, again) if "scorecard" in settings.report.sections else {}
    return Findings(customers, segmentations, described, cards)


def scorecards(
    segmentations: "Sequence[Segmentation]",
    settings: "Settings",
    again: "Callable[[Customers], list[Segmentation]] | None",
) -> "dict[str, tuple[pd.DataFrame, list[str]]]":
    """The scorecard of each segmentation, by column, with what is noticed of all its segments."""
    from segcli import persona
    from segcli.evidence.scorecard import Actions, notes, scorecard
    from segcli.persona import playbook

    plays = playbook.load(settings.persona.playbook)
    then = before(segmentations[0].customers, settings, again) if again else {}
    cards = {}
    for one in segmentations:
        actions = Actions(*plays.kinds(persona.personas(one, settings.persona, plays)))
        earlier = then.get(one.column)
        cards[one.column] = scorecard(one, settings.scorecard, actions, earlier), list(notes(one, earlier))
    return cards


def with_labels(customers: "Customers", found: "list[Segmentation]") -> "Customers":
    """The customers with the columns of the segmentations found so far."""
    from dataclasses import replace

    return replace(customers, table=found[-1].table) if found else customers

"""Any segmentation as SQL, as far as SQL can say it."""

from collections.abc import Sequence

from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.persona.explain import explain
from segcli.segment import maps
from segcli.segment.definition import TABLE, Conditions, Definition, of_conditions, of_rules
from segcli.segment.language import tree
from segcli.segment.language.parse import parse
from segcli.segment.rfm_definition import of_rfm
from segcli.segment.ruled import Ruled


def define(made: Segmentation, dialect: str, ruled: Sequence[Ruled] = (), table: str = TABLE) -> Definition:
    """A segmentation as one SELECT that gives customer_id, the segment and, for RFM, the scores.

    Args:
        made: the segmentation, as it was made in this process.
        dialect: duckdb, postgresql, bigquery or snowflake.
        ruled: what segmentations by rules were made by; that of this one is found by its column.
        table: the customer table; dots part its schema from its name.

    Raises:
        UsageProblem: SQL cannot say it, or this dialect cannot, with the reason.
    """
    method = made.method
    if "cuts" in method:
        return of_rfm(made, maps.load(str(made.provenance.settings["rfm.segments"])), dialect, table)
    if "base" in method:
        raise UsageProblem(
            f"{made.name} cannot be said as SQL: the base {method['base']} is decided in Python; "
            "only RFM, written rules and clusters can"
        )
    if "features" in method:
        return _of_clusters(made, dialect, table)
    for one in ruled:
        if one.column == made.column and one.rules:
            return of_rules(made, one, dialect, table)
    raise UsageProblem(
        f"{made.name} cannot be said as SQL: by which rules it was decided is not known here"
        "; give the config that declares it"
    )


def _of_clusters(made: Segmentation, dialect: str, table: str) -> Definition:
    """The rules that tell found segments again, with what they are worth."""
    found = explain(made, list(dict.fromkeys(feature["name"] for feature in made.method["features"])))
    rules = [(one.segment, _either([parse(rule) for rule in one.rules])) for one in found.told]
    note = f"rules of a shallow tree, right for {found.fidelity:.1%} of the customers the segments were found on"
    return of_conditions(made, Conditions(rules, found.otherwise, (note,)), dialect, table)


def _either(paths: Sequence[tree.Condition]) -> tree.Condition:
    return paths[0] if len(paths) == 1 else tree.Any(tuple(paths))

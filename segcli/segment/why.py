"""Why a customer is in a segment: each rule that was asked, part by part, until one held."""

from collections.abc import Iterator

import numpy as np

from segcli import columns as c
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.segment.language import tree
from segcli.segment.language.check import AS_OF
from segcli.segment.language.evaluate import Holds, Table, evaluate
from segcli.segment.language.written import written
from segcli.segment.ruled import Ruled


def why(made: Segmentation, one: Ruled, customer_id: str) -> Iterator[str]:
    """Lines of text: each rule in the order in which it is asked, with the values it saw; the first that holds ends it.

    A built-in base has no rules to show, only the segment that it came to.

    Raises:
        UsageProblem: there is no such customer.
    """
    customers = made.customers
    places = customers.table.index[customers.table[c.CUSTOMER_ID] == customer_id]
    if len(places) == 0:
        raise UsageProblem(f"no customer '{customer_id}'; ids are those that segcli ingest writes")
    if not one.rules:
        yield f"-> {made.labels[places[0]]}"
        return
    row = Table(customers.table, customers.as_of).row(int(places[0]))
    for name, rule in one.rules:
        held = evaluate(rule, row)
        yield f"{name}: {_said(held)}"
        yield from _parts(rule, row, 1)
        if held.true[0]:
            yield f"-> {name}"
            return
    yield f"-> {one.settings.otherwise} (no rule holds)"


def _parts(rule: tree.Condition, row: Table, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{_said(evaluate(rule, row)):<8} {written(rule)}{_values(rule, row)}"
    match rule:
        case tree.All(parts) | tree.Any(parts):
            for part in parts:
                yield from _parts(part, row, depth + 1)
        case tree.Not(tree.All() | tree.Any() | tree.Not() as inner):
            yield from _parts(inner, row, depth + 1)


def _values(rule: tree.Condition, row: Table) -> str:
    """The values of the columns that a single test looks at."""
    if isinstance(rule, tree.All | tree.Any) or (
        isinstance(rule, tree.Not) and isinstance(rule.of, tree.All | tree.Any)
    ):
        return ""
    seen = [f"{name} = {_shown(row, name)}" for name in tree.names(rule) if name != AS_OF]
    return f"   [{', '.join(seen)}]" if seen else ""


def _shown(row: Table, name: str) -> str:
    value = np.ravel(row.column(name))[0]
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT are no value
        return "missing"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _said(held: Holds) -> str:
    return "yes" if held.true[0] else "no" if held.known[0] else "unknown"

"""Who is who: segments of a refit matched to those of a saved model, and names given by rule rather than by number."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segcli.config.cluster import Named
from segcli.errors import ConfigProblems, InputProblem
from segcli.model import Customers
from segcli.segment.assign import assign
from segcli.segment.language.check import check
from segcli.segment.language.evaluate import Table, evaluate
from segcli.segment.language.parse import parse
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.methods import Labels
from segcli.segment.stability import contingency

SAME = 0.5  # Jaccard of a segment with the one before from which it is the same one
MOST = 0.5  # share of a segment's customers who must meet the rule of its name


def kept(
    names: list[str], labels: Labels, customers: Customers, previous: Mapping[str, Any] | None
) -> tuple[list[str], list[str]]:
    """Names of the segments before for those that are still there, and what became of them in words.

    Segments are matched one to one so that most customers stay (Kuhn 1955, the Hungarian method).
    """
    if previous is None:
        return names, []
    from scipy.optimize import linear_sum_assignment

    before = list(previous["segments"])
    place = {name: number for number, name in enumerate(before)}
    try:
        was = assign(customers, previous).labels.map(place).to_numpy(dtype=np.int64)
    except InputProblem as problem:
        raise InputProblem(
            f"cannot be compared with the previous model: {problem}", remedy="Leave --previous out"
        ) from None
    both = np.zeros((len(names), len(before)))
    counted = contingency(labels, was)
    both[: counted.shape[0], : counted.shape[1]] = counted
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    jaccard = np.divide(both, either, out=np.zeros_like(both), where=either > 0)
    pairs = [
        (one, other) for one, other in zip(*linear_sum_assignment(-both), strict=True) if jaccard[one, other] >= SAME
    ]
    same = {int(one): before[other] for one, other in pairs}
    taken = set(same.values())
    found = [same.get(number, name if name not in taken else f"{name} (new)") for number, name in enumerate(names)]
    stay = sum(both[one, other] for one, other in pairs) / len(labels)
    new = [found[number] for number in range(len(names)) if number not in same]
    gone = [name for name in before if name not in taken]
    return found, [
        f"{len(pairs)} of {len(before)} segments of the previous model are still there, with {stay:.0%} of customers",
        *[f"new: {', '.join(new)}"] * bool(new),
        *[f"vanished: {', '.join(gone)}"] * bool(gone),
    ]


def overridden(names: list[str], labels: Labels, customers: Customers, wanted: Sequence[Named]) -> list[str]:
    """The user's names, each for the segment of whose customers most meet its rule.

    Raises:
        ConfigProblems: a rule cannot be read or asked, or no segment, or one that has a name, meets it.
    """
    table = Table(customers.table, customers.as_of)
    found = list(names)
    given: set[int] = set()
    for place, one in enumerate(wanted):
        try:
            rule = parse(one.when)
            check(rule, table.kinds)
            holds = evaluate(rule, table).true
        except RuleProblem as problem:
            raise ConfigProblems([f"cluster.names.{place}.when ({one.segment}): {problem}"]) from None
        shares = np.array([holds[labels == number].mean() for number in range(len(names))])
        best = int(shares.argmax())
        if shares[best] < MOST or best in given:
            why = "already has a name" if best in given else f"meets it with {shares[best]:.0%} of its customers only"
            raise ConfigProblems(
                [f"cluster.names.{place} ({one.segment}): the segment that fits best {why}; write another rule"]
            )
        found[best] = one.segment
        given.add(best)
    return found

"""Rules: segmentations by built-in bases or by rules that the user writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.rules import RulesSettings
from segcli.errors import ConfigProblems
from segcli.model import Customers, Segmentation
from segcli.segment import bases
from segcli.segment.bases import Decided
from segcli.segment.dimensions import require_customers
from segcli.segment.language import tree
from segcli.segment.language.check import check
from segcli.segment.language.evaluate import Table, evaluate
from segcli.segment.language.parse import parse
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.language.written import written
from segcli.segment.profile import profile
from segcli.segment.provenance import provenance


@dataclass(frozen=True)
class Ruled:
    """A segmentation to be made: a base with its options, or segments with their rules in the order they are asked."""

    settings: RulesSettings
    place: int
    rules: tuple[tuple[str, tree.Condition], ...] = ()
    crossed: tuple[str, ...] = ()

    @property
    def column(self) -> str:
        """The column that will hold the segments."""
        return self.settings.column

    @property
    def asks(self) -> set[str]:
        """The columns that the rules speak of, or that are crossed."""
        return set(self.crossed) | {name for _, rule in self.rules for name in tree.names(rule)}


def prepare(settings: Sequence[RulesSettings]) -> list[Ruled]:
    """Read all rules and put the segmentations into an order in which each finds what its rules speak of.

    Raises:
        ConfigProblems: every rule that cannot be read; unknown bases and options; two of one name; a circle.
    """
    problems: list[str] = []
    found: list[Ruled] = []
    for place, one in enumerate(settings):
        try:
            found.append(_prepared(one, place))
        except ConfigProblems as refused:
            problems += refused.lines
    columns = [one.column for one in found]
    problems += [
        f"rules: two segmentations are called '{name}'" for name in sorted(set(columns)) if columns.count(name) > 1
    ]
    if problems:
        raise ConfigProblems(problems)
    return _in_order(found)


def _prepared(one: RulesSettings, place: int) -> Ruled:
    if one.base is not None:
        of = getattr(bases.options(one.base, one.options), "of", ())
        return Ruled(one, place, crossed=tuple(of) if isinstance(of, list) else ())
    problems, rules = [], []
    ranked = sorted(enumerate(one.segments), key=lambda pair: (-pair[1].priority, pair[0]))
    for number, segment in ranked:
        try:
            rules.append((segment.segment, parse(segment.when)))
        except RuleProblem as problem:
            problems.append(f"rules.{place}.segments.{number}.when ({segment.segment}): {problem}")
    if problems:
        raise ConfigProblems(sorted(problems))
    return Ruled(one, place, tuple(rules))


def _in_order(found: Sequence[Ruled]) -> list[Ruled]:
    by_column = {one.column: one for one in found}
    graph = {one.column: sorted((one.asks & set(by_column)) - {one.column}) for one in found}
    try:
        return [by_column[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise ConfigProblems([f"rules: segmentations that need each other: {circle}"]) from None


def segment(customers: Customers, wanted: Sequence[Ruled]) -> list[Segmentation]:
    """Make the segmentations, each upon the table that the ones before it have added to.

    Raises:
        ConfigProblems: a rule speaks of a column that is not there, or compares what cannot be compared.
        InputProblem: a base needs a column that the table lacks.
    """
    require_customers(customers)
    made: list[Segmentation] = []
    for one in wanted:
        base = replace(customers, table=made[-1].table) if made else customers
        made.append(_segmentation(base, one))
    return made


def _segmentation(customers: Customers, one: Ruled) -> Segmentation:
    decided = _by_base(customers, one) if one.settings.base else _by_rules(customers, one)
    labels = pd.Series(decided.labels, index=customers.table.index, dtype="str")
    rows = profile(customers.table, labels)
    order = {name: place for place, name in enumerate(decided.order)}
    return Segmentation(
        customers=customers,
        column=one.column,
        labels=labels,
        scores=pd.DataFrame(index=customers.table.index) if decided.scores is None else decided.scores,
        profile=rows.sort_values(c.NAME, key=lambda names: names.map(order), ignore_index=True),
        method=_method(one),
        provenance=provenance(customers, "rules", one.settings, None),
        warnings=(*customers.warnings, *decided.warnings),
        notes=decided.notes,
    )


def _method(one: Ruled) -> Mapping[str, object]:
    if one.settings.base:
        return {"name": one.column, "base": one.settings.base, "source": bases.load(one.settings.base).SOURCE}
    return {
        "name": one.column,
        "rules": [{"segment": name, "when": written(rule)} for name, rule in one.rules],
        "otherwise": one.settings.otherwise,
    }


def _by_base(customers: Customers, one: Ruled) -> Decided:
    name = str(one.settings.base)
    return bases.load(name).decide(customers, bases.options(name, one.settings.options))


def _by_rules(customers: Customers, one: Ruled) -> Decided:
    """The first rule that holds names the segment."""
    holds = members(customers, one)
    names = list(dict.fromkeys(name for name, _ in one.rules))
    labels = np.full(len(customers.table), one.settings.otherwise, dtype=object)
    for (name, _), mask in zip(reversed(one.rules), reversed(holds), strict=True):
        labels[mask] = name
    order = (*names, *([one.settings.otherwise] if one.settings.otherwise not in names else []))
    return Decided(labels, order, tuple(_noticed(one, holds)))


def members(customers: Customers, one: Ruled) -> list[npt.NDArray[np.bool_]]:
    """For whom each rule holds, whatever the rules before it say.

    Raises:
        ConfigProblems: every rule that cannot be asked of this table.
    """
    table = Table(customers.table, customers.as_of)
    problems, holds = [], []
    for name, rule in one.rules:
        try:
            check(rule, table.kinds)
            holds.append(evaluate(rule, table).true)
        except RuleProblem as problem:
            problems.append(f"rules.{one.place} ({one.column}: {name}): {problem}; the rule reads: {written(rule)}")
    if problems:
        raise ConfigProblems(problems)
    return holds


def _noticed(one: Ruled, holds: Sequence[npt.NDArray[np.bool_]]) -> Iterator[str]:
    times = np.sum(holds, axis=0)
    several = int((times > 1).sum())
    if several:
        yield f"rules of several segments hold for {several:,} customers; the first in order names them"
    empty = [name for (name, _), mask in zip(one.rules, holds, strict=True) if not mask.any()]
    if empty:
        yield f"no customer is in: {', '.join(empty)}"

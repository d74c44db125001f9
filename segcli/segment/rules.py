"""Rules: segmentations by built-in bases or by rules that the user writes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from segcli import columns as c
from segcli.config.load import Place
from segcli.config.rules import RulesSettings
from segcli.config.yaml import Key
from segcli.errors import ConfigProblems
from segcli.ingest.special import special
from segcli.model import Customers, Provenance, Segmentation
from segcli.segment import bases
from segcli.segment.bases import Decided
from segcli.segment.bases._lookup import Lookup, load
from segcli.segment.dimensions import require_customers
from segcli.segment.language import tree
from segcli.segment.language.check import Kind, check
from segcli.segment.language.evaluate import Table, evaluate
from segcli.segment.language.parse import parse
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.language.written import written
from segcli.segment.overlap import overlap
from segcli.segment.profile import profile
from segcli.segment.provenance import provenance

Said = Callable[[RuleProblem], str]


def _nowhere(key: Key, at: int = 0) -> str:  # noqa: ARG001 - a Place
    return ""


@dataclass(frozen=True)
class Ruled:
    """A segmentation to be made: a base with its options, or segments with their rules in the order they are asked.

    `said` words what is wrong with each rule, with its place; `named` are the columns in a base's options, `lookup` is
    its table.
    """

    settings: RulesSettings
    rules: tuple[tuple[str, tree.Condition], ...] = ()
    said: tuple[Said, ...] = ()
    named: tuple[str, ...] = ()
    lookup: Lookup | None = None

    @property
    def column(self) -> str:
        """The column that will hold the segments."""
        return self.settings.column

    @property
    def asks(self) -> set[str]:
        """The columns that the rules speak of, or that a base's options name."""
        return set(self.named) | {name for _, rule in self.rules for name in tree.names(rule)}


def prepare(settings: Sequence[RulesSettings], place: Place = _nowhere) -> list[Ruled]:
    """Read all rules and put the segmentations into an order in which each finds what its rules speak of.

    Args:
        settings: the segmentations.
        place: says where a setting was written.

    Raises:
        ConfigProblems: every rule that cannot be read, or compares what can never be compared; unknown bases and
            options; two of one name; a circle.
        InputProblem: a table of the user's that cannot be read.
    """
    problems: list[str] = []
    found: list[Ruled] = []
    for number, one in enumerate(settings):
        try:
            found.append(_base(one) if one.base else _written(one, number, place, settings))
        except ConfigProblems as refused:
            at = "" if one.segments else place(("rules", number, "options"))
            problems += [_line(at, line) for line in refused.lines]
    problems += [line for one in found for line in _special(one)]
    columns = [one.column for one in found]
    problems += [
        f"rules: two segmentations are called '{name}'" for name in sorted(set(columns)) if columns.count(name) > 1
    ]
    if problems:
        raise ConfigProblems(problems)
    return _in_order(found)


def _special(one: Ruled) -> Iterator[str]:
    """A refusal for columns that nobody should be segmented by without saying why."""
    texts = [text for value in one.settings.options.values() for text in _texts(value)]
    named = special(dict.fromkeys([*sorted(one.asks), *texts]))
    if named and not one.settings.special_reason:
        yield (
            f"rules: {one.column} speaks of special categories of personal data: {', '.join(named)}; "
            "leave them out, or say why with special_reason (it is recorded)"
        )


def _texts(value: object) -> Iterator[str]:
    """The texts in an option, such as names of columns."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from tree.names(parse(inner)) if key == "when" else _texts(inner)
    elif isinstance(value, list):
        yield from (text for inner in value for text in _texts(inner))


def _base(one: RulesSettings) -> Ruled:
    name = str(one.base)
    named = bases.others(bases.options(name, one.options))
    wanted = bases.lookup_columns(name)
    if one.table and not wanted:
        raise ConfigProblems([f"rules: {name} looks nothing up in a table"])
    return Ruled(one, named=named, lookup=load(one.table, wanted) if one.table else None)


def _written(one: RulesSettings, number: int, place: Place, settings: Sequence[RulesSettings]) -> Ruled:
    problems, rules, said = [], [], []
    ranked = sorted(enumerate(one.segments), key=lambda pair: (-pair[1].priority, pair[0]))
    for order, segment in ranked:
        say = _saying(place, ("rules", number, "segments", order, "when"), segment.segment)
        said.append(say)
        try:
            rule = parse(segment.when)
            check(rule, _expected(rule, {other.column for other in settings}))
            rules.append((segment.segment, rule))
        except RuleProblem as problem:
            problems.append((order, say(problem)))
    if problems:
        raise ConfigProblems([line for _, line in sorted(problems)])
    return Ruled(one, tuple(rules), tuple(said))


def _saying(place: Place, key: Key, segment: str) -> Said:
    def say(problem: RuleProblem) -> str:
        return _line(place(key, problem.at), f"{'.'.join(map(str, key))} ({segment}): {problem}")

    return say


def _line(at: str, what: str) -> str:
    return f"{at}: {what}" if at else what


def _expected(rule: tree.Condition, segmentations: set[str]) -> dict[str, Kind]:
    """What columns will be, as far as that is known before any data are read: measures and other segmentations."""
    kinds = {c.Kind.DATE: Kind.DATE, c.Kind.TEXT: Kind.TEXT}
    measured = {name: kinds.get(kind, Kind.NUMBER) for name, kind in c.MEASURES.items()}
    return {**dict.fromkeys(tree.names(rule), Kind.ANY), **measured, **dict.fromkeys(segmentations, Kind.TEXT)}


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
        scores=_renamed(one, pd.DataFrame(index=customers.table.index) if decided.scores is None else decided.scores),
        profile=rows.sort_values(c.NAME, key=lambda names: names.map(order), ignore_index=True),
        method=_method(one),
        provenance=_provenance(customers, one),
        warnings=(*customers.warnings, *decided.warnings),
        notes=decided.notes,
        tables=decided.tables,
    )


def _renamed(one: Ruled, scores: pd.DataFrame) -> pd.DataFrame:
    """A base's further columns under the name that the user gave it: used twice, it would overwrite its own."""
    name, base = one.settings.name, one.settings.base
    if base is None or name in {None, base}:
        return scores
    return scores.rename(columns=lambda column: f"{name}_{str(column).removeprefix(f'{base}_')}")


def _provenance(customers: Customers, one: Ruled) -> Provenance:
    """How it was made, under the segmentation's own name; the base's own table is one of the inputs."""
    made = provenance(customers, "rules", one.settings, None)
    said: dict[str, object] = {"segments": [vars(segment) for segment in one.settings.segments]}
    if one.settings.base:
        options = bases.options(one.settings.base, one.settings.options).effective()
        said = {"base": one.settings.base, "table": one.settings.table, "options": options}
    said |= {"special_reason": one.settings.special_reason} if one.settings.special_reason else {}
    return replace(
        made,
        settings={f"rules.{one.column}.{key}": value for key, value in said.items()},
        inputs=(*made.inputs, *((one.lookup.read_from,) if one.lookup else ())),
    )


def _method(one: Ruled) -> Mapping[str, object]:
    if one.settings.base:
        return {
            "name": one.column.removesuffix(c.SEGMENT),
            "base": one.settings.base,
            "source": bases.load(one.settings.base).SOURCE,
        }
    return {
        "name": one.column,
        "rules": [{"segment": name, "when": written(rule)} for name, rule in one.rules],
        "otherwise": one.settings.otherwise,
    }


def _by_base(customers: Customers, one: Ruled) -> Decided:
    name = str(one.settings.base)
    lookup = (one.lookup,) if bases.lookup_columns(name) else ()
    return bases.load(name).decide(customers, bases.options(name, one.settings.options), *lookup)


def _by_rules(customers: Customers, one: Ruled) -> Decided:
    """The first rule that holds names the segment."""
    holds = members(customers, one)
    names = list(dict.fromkeys(name for name, _ in one.rules))
    labels = np.full(len(customers.table), one.settings.otherwise, dtype=object)
    for (name, _), mask in zip(reversed(one.rules), reversed(holds), strict=True):
        labels[mask] = name
    order = (*names, *([one.settings.otherwise] if one.settings.otherwise not in names else []))
    notes = tuple(_noticed(one, holds))
    if one.settings.exclusive:
        return Decided(labels, order, notes)
    pairs = overlap([name for name, _ in one.rules], holds)
    return Decided(labels, order, notes, scores=_memberships(one, holds, customers), tables={"Overlap": pairs})


def _memberships(one: Ruled, holds: Sequence[npt.NDArray[np.bool_]], customers: Customers) -> pd.DataFrame:
    """All segments whose rules hold for a customer, as one text in the order in which they are asked."""
    joined = np.full(len(customers.table), "", dtype=object)
    for name in dict.fromkeys(name for name, _ in one.rules):
        within = np.any([mask for (other, _), mask in zip(one.rules, holds, strict=True) if other == name], axis=0)
        joined[within] = [f"{before}; {name}" if before else name for before in joined[within]]
    return pd.DataFrame({f"{one.column}_all": pd.Series(joined, dtype="str")}, index=customers.table.index)


def members(customers: Customers, one: Ruled) -> list[npt.NDArray[np.bool_]]:
    """For whom each rule holds, whatever the rules before it say.

    Raises:
        ConfigProblems: every rule that cannot be asked of this table.
    """
    table = Table(customers.table, customers.as_of)
    problems, holds = [], []
    for say, (_, rule) in zip(one.said, one.rules, strict=True):
        try:
            check(rule, table.kinds)
            holds.append(evaluate(rule, table).true)
        except RuleProblem as problem:
            problems.append(f"{say(problem)}; the rule reads: {written(rule)}")
    if problems:
        raise ConfigProblems(problems)
    return holds


def _contended(holds: Sequence[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """For whom several rules hold of which none contains the other; a ladder of ever wider rules is meant to."""
    contended = np.zeros(len(holds[0]), dtype=bool)
    for one, other in combinations(holds, 2):
        both = one & other
        if both.any() and (both != one).any() and (both != other).any():
            contended |= both
    return contended


def _noticed(one: Ruled, holds: Sequence[npt.NDArray[np.bool_]]) -> Iterator[str]:
    several = int(_contended(holds).sum())
    if several:
        yield f"rules of several segments hold for {several:,} customers; the first in order names them"
    empty = [name for (name, _), mask in zip(one.rules, holds, strict=True) if not mask.any()]
    if empty:
        yield f"no customer is in: {', '.join(empty)}"

"""Segmentations to be made by rules: read and checked before any data are, each after those that it asks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from segcli import columns as c
from segcli.config.load import Place
from segcli.config.rules import RulesSettings
from segcli.config.yaml import Key
from segcli.errors import ConfigProblems
from segcli.ingest.special import describe_special, special
from segcli.segment import bases
from segcli.segment.language import tree
from segcli.segment.language.check import Kind, check
from segcli.segment.language.parse import parse
from segcli.segment.language.tokens import RuleProblem
from segcli.segment.lookup import Lookup, load

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
            f"rules: {one.column} speaks of special categories of personal data: {describe_special(named)}; "
            "leave them out, or give the reason as privacy.special_reason (it is recorded)"
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
        raise ConfigProblems([f"rules: {name} looks nothing up in a table; leave table out"])
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
        raise ConfigProblems([f"rules: segmentations that need each other: {circle}; take one of them out"]) from None

"""Rule sets: segmentations by rules, parsed and checked before any data are read, in dependency order."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from segcli import columns
from segcli.config.events import EVENT_TIME
from segcli.config.loader import PlaceFinder
from segcli.config.rules import RulesSettings
from segcli.config.yaml_loader import KeyPath
from segcli.errors import ConfigProblems
from segcli.ingest.column_topics import describe_special_columns, special_category_columns
from segcli.segment import bases
from segcli.segment.expressions import nodes
from segcli.segment.expressions.checker import (
    ORDER_TABLES,
    ActivitySchema,
    DeclaredSchema,
    ValueKind,
    check_rule,
    suggest_name,
)
from segcli.segment.expressions.parser import parse_rule
from segcli.segment.expressions.tokens import RuleProblem
from segcli.segment.lookup_table import LookupTable, load_lookup_table

ErrorFormatter = Callable[[RuleProblem], str]


def _blank_place(key: KeyPath, character: int = 0) -> str:  # noqa: ARG001 - has the signature of a PlaceFinder
    return ""


@dataclass(frozen=True)
class RuleSet:
    """A segmentation to make: a base with its options, or segments with their rules in evaluation order.

    `error_formatters` word the errors of each rule, with its place. `option_columns` are the columns in a base's
    options, `lookup` is its table.
    """

    settings: RulesSettings
    rules: tuple[tuple[str, nodes.ConditionNode], ...] = ()
    error_formatters: tuple[ErrorFormatter, ...] = ()
    option_columns: tuple[str, ...] = ()
    lookup: LookupTable | None = None

    @property
    def column(self) -> str:
        """Name of the column that will hold the segments."""
        return self.settings.segment_column

    @property
    def row_columns(self) -> set[str]:
        """Columns of order lines or events that the rules name."""
        return {name for _, rule in self.rules for name in _list_row_columns(rule)}

    @property
    def input_columns(self) -> set[str]:
        """Columns that the rules or a base's options name."""
        return set(self.option_columns) | {name for _, rule in self.rules for name in nodes.find_columns(rule)}


def prepare_rule_sets(
    settings: Sequence[RulesSettings],
    describe_place: PlaceFinder = _blank_place,
    event_tables: Collection[str] = (),
    *,
    has_line_lookups: bool = False,
) -> list[RuleSet]:
    """Parse all rules, and sort the segmentations so that each follows those that its rules use.

    Args:
        settings: the segmentations.
        describe_place: returns the place where a setting was written.
        event_tables: names of the tables of events.
        has_line_lookups: whether lookup tables may add columns to order lines, known only when they are read.

    Raises:
        ConfigProblems: a rule cannot be parsed or compares incomparable values, a base or option is unknown, two
            segmentations have one name, or the dependencies are circular; lists all problems.
        InputProblem: a lookup table cannot be read.
    """
    problems: list[str] = []
    rule_sets: list[RuleSet] = []
    table_names = _TableNames(event_tables, has_line_lookups)
    for number, section in enumerate(settings):
        try:
            rule_sets.append(
                _prepare_base(section)
                if section.base
                else _prepare_rules(section, number, describe_place, settings, table_names)
            )
        except ConfigProblems as config_problems:
            location = "" if section.segments else describe_place(("rules", number, "options"))
            problems += [_prefix_location(location, line) for line in config_problems.message_lines]
    problems += [line for section in rule_sets for line in _find_special_columns(section)]
    column_names = [section.column for section in rule_sets]
    problems += [
        f"rules: duplicate segmentation name '{name}'"
        for name in sorted(set(column_names))
        if column_names.count(name) > 1
    ]
    if problems:
        raise ConfigProblems(problems)
    return _sort_by_dependency(rule_sets)


def _find_special_columns(rule_set: RuleSet) -> Iterator[str]:
    """Yield an error if the columns include special categories of data without a stated reason."""
    option_texts = [text for value in rule_set.settings.options.values() for text in _find_option_texts(value)]
    special_columns = special_category_columns(
        dict.fromkeys([*sorted(rule_set.input_columns | rule_set.row_columns), *option_texts])
    )
    if special_columns and not rule_set.settings.special_reason:
        yield (
            f"rules: {rule_set.column} uses special categories of personal data: "
            f"{describe_special_columns(special_columns)}; "
            "remove them, or give a reason in privacy.special_reason (it is recorded)"
        )


def _find_option_texts(option_value: object) -> Iterator[str]:
    """Yield the texts in an option, such as column names."""
    if isinstance(option_value, str):
        yield option_value
    elif isinstance(option_value, Mapping):
        for key, nested_value in option_value.items():
            yield from (
                nodes.find_columns(parse_rule(nested_value)) if key == "when" else _find_option_texts(nested_value)
            )
    elif isinstance(option_value, list):
        yield from (option_text for nested_value in option_value for option_text in _find_option_texts(nested_value))


def _prepare_base(section: RulesSettings) -> RuleSet:
    name = str(section.base)
    option_columns = bases.option_columns(bases.parse_options(name, section.options))
    required_lookup = bases.lookup_columns(name)
    if section.table and not required_lookup:
        raise ConfigProblems([f"rules: {name} does not use a table; remove table"])
    return RuleSet(
        section,
        option_columns=option_columns,
        lookup=load_lookup_table(section.table, required_lookup) if section.table else None,
    )


def _prepare_rules(
    section: RulesSettings,
    number: int,
    describe_place: PlaceFinder,
    settings: Sequence[RulesSettings],
    table_names: "_TableNames",
) -> RuleSet:
    problems, rules, error_formatters = [], [], []
    columns_by_segment = list_segment_columns(settings)
    segmentation_columns = {other_section.segment_column for other_section in settings}
    ordered_segments = sorted(enumerate(section.segments), key=lambda pair: (-pair[1].priority, pair[0]))
    for order, segment in ordered_segments:
        format_error = _error_formatter(describe_place, ("rules", number, "segments", order, "when"), segment.segment)
        error_formatters.append(format_error)
        try:
            rule = resolve_segment_tests(parse_rule(segment.when), section, columns_by_segment)
            check_rule(rule, _infer_column_kinds(rule, segmentation_columns), _declare_tables(rule, table_names))
            rules.append((segment.segment, rule))
        except RuleProblem as problem:
            problems.append((order, format_error(problem)))
    if problems:
        raise ConfigProblems([line for _, line in sorted(problems)])
    return RuleSet(section, tuple(rules), tuple(error_formatters))


def _error_formatter(describe_place: PlaceFinder, key: KeyPath, segment: str) -> ErrorFormatter:
    def format_error(problem: RuleProblem) -> str:
        return _prefix_location(
            describe_place(key, problem.position), f"{'.'.join(map(str, key))} ({segment}): {problem}"
        )

    return format_error


def _prefix_location(location: str, message: str) -> str:
    return f"{location}: {message}" if location else message


def _infer_column_kinds(rule: nodes.ConditionNode, segmentation_columns: set[str]) -> dict[str, ValueKind]:
    """Return the kinds of columns known before any data are read: measures and other segmentations."""
    kinds = {columns.ColumnKind.DATE: ValueKind.DATE, columns.ColumnKind.TEXT: ValueKind.TEXT}
    measure_kinds = {name: kinds.get(kind, ValueKind.NUMBER) for name, kind in columns.MEASURES.items()}
    return {
        **dict.fromkeys(nodes.find_columns(rule), ValueKind.ANY),
        **measure_kinds,
        **dict.fromkeys(segmentation_columns, ValueKind.TEXT),
    }


_ORDER_SCHEMA = DeclaredSchema(
    {
        columns.ORDER_ID: ValueKind.TEXT,
        columns.ORDER_DATE: ValueKind.DATE,
        columns.AMOUNT: ValueKind.NUMBER,
        columns.QUANTITY: ValueKind.NUMBER,
        columns.DISCOUNTED: ValueKind.BOOLEAN,
        **dict.fromkeys(columns.LINE_TEXT_COLUMNS, ValueKind.TEXT),
    },
    columns.ORDER_DATE,
)


@dataclass(frozen=True)
class _TableNames:
    """Names of the tables of events, and whether lookup tables may add columns to order lines."""

    event_tables: Collection[str]
    has_line_lookups: bool


def _declare_tables(rule: nodes.ConditionNode, table_names: _TableNames) -> Mapping[str, ActivitySchema]:
    """Return the schemas known before any data are read; of the columns of events, only the time is known."""
    event_schema = DeclaredSchema(
        {**dict.fromkeys(_list_row_columns(rule), ValueKind.ANY), EVENT_TIME: ValueKind.DATE}, EVENT_TIME
    )
    order_schema = _ORDER_SCHEMA
    if table_names.has_line_lookups:
        unknown_kinds = dict.fromkeys(_list_row_columns(rule), ValueKind.ANY)
        order_schema = replace(_ORDER_SCHEMA, column_kinds={**unknown_kinds, **_ORDER_SCHEMA.column_kinds})
    return {**dict.fromkeys(table_names.event_tables, event_schema), **dict.fromkeys(ORDER_TABLES, order_schema)}


def _list_row_columns(rule: nodes.ConditionNode) -> list[str]:
    """Return the columns of order lines or events that a rule names."""
    selections = [part for aggregate in nodes.find_aggregates(rule) for part in nodes.list_selections(aggregate)]
    return [name for selection in selections for name in nodes.find_row_columns(selection)]


def list_segment_columns(settings: Sequence[RulesSettings]) -> dict[str, list[str]]:
    """Return the columns that hold each segment of the segmentations."""
    columns_by_segment: dict[str, list[str]] = {}
    for section in settings:
        for segment in dict.fromkeys(segment.segment for segment in section.segments):
            columns_by_segment.setdefault(segment, []).append(section.segment_column)
    return columns_by_segment


def resolve_segment_tests(
    rule: nodes.ConditionNode, section: RulesSettings, columns_by_segment: Mapping[str, Sequence[str]]
) -> nodes.ConditionNode:
    """Replace each test of a segment by a comparison of the column that holds the segment.

    Raises:
        RuleProblem: there is no such segment in another segmentation, or several have one.
    """

    def resolve(test: nodes.SegmentTest) -> nodes.ConditionNode:
        segment_columns = columns_by_segment.get(test.segment, [])
        if not segment_columns:
            hint = suggest_name(test.segment, columns_by_segment)
            advice = "" if hint.endswith("?") else "; for a base or RFM, compare its column, such as rfm_segment"
            raise RuleProblem(f"no segment '{test.segment}'{hint}{advice}", test.position)
        if len(segment_columns) > 1:
            named = " or ".join(f'{column} == "{test.segment}"' for column in segment_columns)
            raise RuleProblem(f"several segments are named '{test.segment}'; write {named}", test.position)
        if segment_columns[0] == section.segment_column:
            raise RuleProblem(
                f"'{test.segment}' is a segment of the same column, {section.segment_column}; "
                "its rule precedes this one, or give it a column of its own",
                test.position,
            )
        column = nodes.ColumnReference(segment_columns[0], test.position)
        return nodes.Comparison(column, "==", nodes.TextLiteral(test.segment, test.position), test.position)

    return nodes.resolve_segments(rule, resolve)


def select_rule_sets(
    rule_sets: Sequence[RuleSet], column_names: Collection[str], table_columns: Collection[str]
) -> list[RuleSet]:
    """Return the rule sets that make these columns, and those before them whose columns they use.

    A column that is neither in the table nor a segmentation may come from any base, so all earlier rule sets are kept.
    """
    needed_columns = set(column_names)
    segmentation_columns = {rule_set.column for rule_set in rule_sets}
    selected: list[RuleSet] = []
    for position, rule_set in reversed(list(enumerate(rule_sets))):
        if rule_set.column not in needed_columns:
            continue
        if not rule_set.input_columns <= {*table_columns, *segmentation_columns}:
            return [*rule_sets[: position + 1], *reversed(selected)]
        needed_columns |= rule_set.input_columns
        selected.append(rule_set)
    return selected[::-1]


def _sort_by_dependency(rule_sets: Sequence[RuleSet]) -> list[RuleSet]:
    by_column = {rule_set.column: rule_set for rule_set in rule_sets}
    graph = {
        rule_set.column: sorted((rule_set.input_columns & set(by_column)) - {rule_set.column}) for rule_set in rule_sets
    }
    try:
        return [by_column[name] for name in TopologicalSorter(graph).static_order()]
    except CycleError as error:
        cycle_path = " -> ".join(error.args[1])
        raise ConfigProblems([f"rules: segmentations depend on each other: {cycle_path}; remove one of them"]) from None

"""SQL of aggregates: each becomes a query by customer that is joined to the customer table."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from segcli import columns
from segcli.model import Customers
from segcli.segment.activity_tables import build_rule_table
from segcli.segment.expressions import nodes
from segcli.segment.expressions.activity import list_row_conditions
from segcli.segment.expressions.checker import AS_OF, ORDER_TABLES, RuleSchema, ValueKind, is_same_table
from segcli.segment.sql.conditions import SqlContext, shift_date, translate_column, translate_rule
from segcli.segment.sql.dialects import SqlDialect

NAME_PREFIX = "aggregate"
_ROWS_ALIAS = "selected_rows"


class AggregateQueries:
    """The queries of all aggregates that the rules of one definition use, numbered in the order of their first use.

    Args:
        customers: the customers, with their order lines and events.
        dialect: the SQL dialect.
        table_name: the customer table; the tables of order lines and events lie in the same schema.
    """

    def __init__(self, customers: Customers, dialect: SqlDialect, table_name: str) -> None:
        self._customers, self._dialect = customers, dialect
        self._schema_name = table_name.rpartition(".")[0]
        rule_table = build_rule_table(customers)
        self._schema, self._sources = rule_table.schema, rule_table.sources
        self._numbers: dict[nodes.Aggregate, int] = {}
        self._prefix = NAME_PREFIX
        while any(str(name).lower().startswith(self._prefix) for name in customers.table.columns):
            self._prefix += "_"  # no column of the customers may have such a name

    @property
    def context(self) -> SqlContext:
        """The context in which to translate the rules."""
        return SqlContext(self._schema, self._dialect, self._customers.as_of, self.write_aggregate)

    def write_aggregate(self, aggregate: nodes.Aggregate) -> str:
        """Return the SQL of the value of an aggregate for a customer, and remember its query."""
        self._numbers.setdefault(aggregate, len(self._numbers) + 1)
        column = self._column_name(aggregate)
        match aggregate.function:
            case "any":
                return f"(COALESCE({column}, 0) > 0)"
            case "count" | "distinct" | "sum":
                return f"COALESCE({column}, 0)"
            case "days_since":
                return self._dialect.days_between.format(self._dialect.format_date(self._customers.as_of), column)
            case _:
                return column

    @property
    def with_clause(self) -> str:
        """The queries, before the SELECT; blank if there are none."""
        queries = [
            f"{self._query_name(aggregate)} AS (\n  {self._write_query(aggregate)}\n)" for aggregate in self._numbers
        ]
        return f"WITH {', '.join(queries)}\n" if queries else ""

    @property
    def join_clauses(self) -> str:
        """The joins, after the customer table."""
        customer_id = self._dialect.quote_column(columns.CUSTOMER_ID)
        return "".join(
            f"\nLEFT JOIN {self._query_name(aggregate)} ON {self._column_name(aggregate)}_customer = {customer_id}"
            for aggregate in self._numbers
        )

    @property
    def notes(self) -> Iterator[str]:
        """The tables that the queries read, with the columns that they use."""
        used_columns: dict[str, dict[str, None]] = {}
        for aggregate in chain.from_iterable(map(nodes.list_selections, self._numbers)):
            source = self._sources[aggregate.table]
            names = [columns.CUSTOMER_ID, source.time_column, *nodes.find_row_columns(aggregate)]
            if aggregate.table in ORDER_TABLES:
                names += [
                    *self._list_count_columns(aggregate),
                    *self._list_refund_columns(aggregate),
                    columns.IS_RETURN,
                ]
            table_columns = used_columns.setdefault(self._table_name(aggregate), {})
            table_columns |= dict.fromkeys(name for name in names if name != AS_OF)
        for name, table_columns in used_columns.items():
            row = "order line that segcli keeps" if name in ORDER_TABLES else "event"
            yield f"table {name}: one row per {row}, with {', '.join(table_columns)}"

    def _write_query(self, aggregate: nodes.Aggregate) -> str:
        dialect, column = self._dialect, self._column_name(aggregate)
        customer_id = dialect.quote_column(columns.CUSTOMER_ID)
        table = self._write_source(aggregate, 0)
        where = " AND ".join(self._write_row_conditions(aggregate, 0)) or "TRUE"
        key = f"{customer_id} AS {column}_customer"
        if aggregate.function not in {"first", "last"}:
            value = self._write_value(aggregate)
            return f"SELECT {key}, {value} AS {column} FROM {table} WHERE {where} GROUP BY {customer_id}"  # noqa: S608 - its parts are quoted
        value, direction = self._write_column(aggregate), " DESC" if aggregate.function == "last" else ""
        sort_value = dialect.binary_collation.format(value) if self._is_text(aggregate) else value
        time = dialect.quote_column(self._sources[aggregate.table].time_column)
        order = f"ORDER BY {time}{direction}, {sort_value}{direction}"
        rank = f"ROW_NUMBER() OVER (PARTITION BY {customer_id} {order}) AS {column}_rank"
        ranked = f"SELECT {key}, {value} AS {column}, {rank} FROM {table} WHERE {where} AND {value} IS NOT NULL"  # noqa: S608 - its parts are quoted
        return f"SELECT {column}_customer, {column} FROM ({ranked}) AS ranked WHERE {column}_rank = 1"  # noqa: S608 - its parts are quoted

    def _write_value(self, aggregate: nodes.Aggregate) -> str:
        """Write the value of all rows of a customer; counts of orders count lines without an order id one by one."""
        match aggregate.function:
            case "distinct":
                return f"COUNT(DISTINCT {self._write_column(aggregate)})"
            case "sum":
                refunds = [self._dialect.quote_column(name) for name in self._list_refund_columns(aggregate)]
                terms = [self._write_column(aggregate), *(f"COALESCE({refund}, 0)" for refund in refunds)]
                return self._dialect.cast_double(f"SUM({' - '.join(terms)})")
            case "days_since":
                time_column = self._sources[aggregate.table].time_column
                return f"MAX({translate_column(time_column, self._row_context(aggregate))})"
        for name in self._list_count_columns(aggregate):
            counted = translate_column(name, self._row_context(aggregate))
            return f"COUNT(DISTINCT {counted}) + COUNT(CASE WHEN {counted} IS NULL THEN 1 END)"
        return "COUNT(*)"

    def _list_count_columns(self, aggregate: nodes.Aggregate) -> list[str]:
        """Return the column whose distinct values are orders, if `count` counts orders of several lines."""
        transactions = self._customers.transactions
        if aggregate.table != columns.ORDERS or aggregate.function != "count" or transactions is None:
            return []
        if transactions.collapse == "day":
            return [columns.ORDER_DATE]
        return [columns.ORDER_ID] if columns.ORDER_ID in self._sources[aggregate.table].column_kinds else []

    def _is_net_sum(self, aggregate: nodes.Aggregate) -> bool:
        transactions = self._customers.transactions
        is_money = aggregate.table in ORDER_TABLES and aggregate.column == columns.AMOUNT
        is_net = transactions is not None and transactions.returns != "separate"
        return aggregate.function == "sum" and is_money and is_net

    def _list_refund_columns(self, aggregate: nodes.Aggregate) -> list[str]:
        transactions = self._customers.transactions
        has_refunds = transactions is not None and columns.REFUNDED in transactions.lines
        return [columns.REFUNDED] if has_refunds and self._is_net_sum(aggregate) else []

    def _write_source(self, aggregate: nodes.Aggregate, depth: int) -> str:
        """Write the table; one of a sequence has an alias, by which its rows are compared."""
        name = ".".join(filter(None, [self._schema_name, self._table_name(aggregate)]))
        table = self._dialect.quote_table(name)
        is_in_sequence = depth > 0 or isinstance(aggregate.window, nodes.EventSequence)
        return f"{table} AS {_ROWS_ALIAS}_{depth}" if is_in_sequence else table

    def _write_sequence(self, aggregate: nodes.Aggregate, sequence: nodes.EventSequence, depth: int) -> str:
        """Write the condition that the customer has an anchor on a day of the time before or after the row."""
        anchor, dialect = sequence.anchor, self._dialect
        row_id, anchor_id = (
            f"{_ROWS_ALIAS}_{n}.{dialect.quote_column(columns.CUSTOMER_ID)}" for n in (depth, depth + 1)
        )
        row_day, anchor_day = (
            f"CAST({_ROWS_ALIAS}_{number}.{dialect.quote_column(self._sources[part.table].time_column)} AS DATE)"
            for number, part in ((depth, aggregate), (depth + 1, anchor))
        )
        is_after, equality = sequence.direction == "after", "" if is_same_table(aggregate.table, anchor.table) else "="
        conditions = [f"{anchor_id} = {row_id}", f"{anchor_day} {'<' if is_after else '>'}{equality} {row_day}"]
        if sequence.limit is not None:
            limit = shift_date(row_day, "-" if is_after else "+", sequence.limit, dialect)
            conditions.append(f"{anchor_day} {'>=' if is_after else '<='} {limit}")
        conditions += self._write_row_conditions(anchor, depth + 1)
        return f"EXISTS (SELECT 1 FROM {self._write_source(anchor, depth + 1)} WHERE {' AND '.join(conditions)})"  # noqa: S608 - its parts are quoted

    def _write_row_conditions(self, aggregate: nodes.Aggregate, depth: int) -> Iterator[str]:
        """Yield the conditions on a row; returned lines count only in sums of money.

        `depth` is the number of sequences around the aggregate.
        """
        context = self._row_context(aggregate)
        time_column = self._sources[aggregate.table].time_column
        for condition in list_row_conditions(aggregate, time_column, has_as_of=context.as_of is not None):
            yield translate_rule(condition, context)
        if aggregate.table in ORDER_TABLES and not self._is_net_sum(aggregate):
            yield f"NOT {self._dialect.quote_column(columns.IS_RETURN)}"
        if isinstance(aggregate.window, nodes.EventSequence):
            yield self._write_sequence(aggregate, aggregate.window, depth)

    def _row_context(self, aggregate: nodes.Aggregate) -> SqlContext:
        return replace(
            self.context, schema=RuleSchema(self._sources[aggregate.table].column_kinds), write_aggregate=None
        )

    def _write_column(self, aggregate: nodes.Aggregate) -> str:
        return translate_column(str(aggregate.column), self._row_context(aggregate))

    def _is_text(self, aggregate: nodes.Aggregate) -> bool:
        return self._sources[aggregate.table].column_kinds[str(aggregate.column)] is ValueKind.TEXT

    def _table_name(self, aggregate: nodes.Aggregate) -> str:
        return columns.ORDERS if aggregate.table in ORDER_TABLES else aggregate.table

    def _column_name(self, aggregate: nodes.Aggregate) -> str:
        return f"{self._prefix}_{self._numbers[aggregate]}"

    def _query_name(self, aggregate: nodes.Aggregate) -> str:
        return f"{self._prefix}_query_{self._numbers[aggregate]}"

"""SQL definitions of RFM: scores by their edges, and segments by the map."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor

import numpy as np

from segcli import columns
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.segment.maps import MapRule, SegmentMap, rescale_scores
from segcli.segment.rfm import SCORE_COLUMNS
from segcli.segment.rfm_scores import ALL_CUSTOMERS_PARENT, BinEdges, edges_from_dict
from segcli.segment.sql.definitions import DEFAULT_TABLE_NAME, SqlDefinition, describe_terms, format_case
from segcli.segment.sql.dialects import SqlDialect, find_dialect

MapScoresByLetter = Mapping[str, Mapping[int, int]]  # dimension letter -> score -> the map's score


def define_rfm(
    segmentation: Segmentation, segment_map: SegmentMap, dialect: str | SqlDialect, table_name: str = DEFAULT_TABLE_NAME
) -> SqlDefinition:
    """Define scores as CASEs over the edges, and segments as a CASE over the scores.

    Args:
        segmentation: the segmentation.
        segment_map: the map that named its segments.
        dialect: duckdb, postgresql, bigquery or snowflake.
        table_name: the customer table; a dot separates schema and name.

    Raises:
        UsageProblem: the scores depend on more than values and edges, or the map has changed.
    """
    sql_dialect = find_dialect(dialect)
    column_by_letter: Mapping[str, str] = segmentation.method["columns"]
    edges_by_letter = _require_plain_edges(segmentation, column_by_letter)
    _require_same_map(segmentation, segment_map)
    score_columns = [sql_dialect.quote_column(SCORE_COLUMNS[letter]) for letter in column_by_letter]
    inner_columns = [
        sql_dialect.quote_column(columns.CUSTOMER_ID),
        *(
            _score_case(sql_dialect, letter, column_by_letter[letter], edges_by_letter[letter])
            for letter in edges_by_letter
        ),
    ]
    inner_list = ",\n    ".join(inner_columns)
    segment_case = _segment_case(
        sql_dialect,
        segment_map,
        segmentation.method["bins"],
        score_columns,
        sql_dialect.quote_column(segmentation.column),
    )
    outer_columns = ",\n  ".join([inner_columns[0], *score_columns, segment_case])
    subquery = f"(\n  SELECT\n    {inner_list}\n  FROM {sql_dialect.quote_table(table_name)}\n) AS scored"
    input_columns = tuple(column_by_letter.values())
    summary = f"scores by {segmentation.method['scoring']}, segments by the map {segment_map.name}"
    term_notes = (summary, *describe_terms(segmentation, input_columns, sql_dialect))
    return SqlDefinition(
        segmentation.column,
        sql_dialect.name,
        segmentation.customers.as_of,
        input_columns,
        term_notes,
        f"SELECT\n  {outer_columns}\nFROM {subquery}",
        tuple(dict.fromkeys([*(rule.segment for rule in segment_map.rules), segment_map.otherwise])),
    )


def _require_plain_edges(segmentation: Segmentation, column_by_letter: Mapping[str, str]) -> Mapping[str, BinEdges]:
    """Return the edges of each dimension, if they alone determine the scores."""
    edges_by_letter = {}
    for letter, edges_by_parent in edges_from_dict(segmentation.method["cuts"]).items():
        if ALL_CUSTOMERS_PARENT not in edges_by_parent:
            raise UsageProblem(
                f"{segmentation.name}: nested scores have no SQL form: "
                f"where {column_by_letter[letter]} is cut depends on the scores before it; "
                "set rfm.method to quantile"
            )
        values = segmentation.customers.table[column_by_letter[letter]].to_numpy(dtype=np.float64)
        if (
            edges_by_parent[ALL_CUSTOMERS_PARENT].score_values(values) != segmentation.scores[SCORE_COLUMNS[letter]]
        ).any():
            raise UsageProblem(
                f"{segmentation.name}: the scores have no SQL form: "
                f"customers of the same {column_by_letter[letter]} have different ones; "
                "set rfm.method to quantile and rfm.ties to mid"
            )
        edges_by_letter[letter] = edges_by_parent[ALL_CUSTOMERS_PARENT]
    return edges_by_letter


def _require_same_map(segmentation: Segmentation, segment_map: SegmentMap) -> None:
    column_by_letter, bins = segmentation.method["columns"], segmentation.method["bins"]
    scores = {letter: segmentation.scores[SCORE_COLUMNS[letter]].to_numpy() for letter in column_by_letter}
    if (segment_map.name_customers(scores, bins) != segmentation.labels.to_numpy(dtype=object)).any():
        raise UsageProblem(
            f"{segmentation.name}: the map '{segment_map.name}' gives other segments than this segmentation has"
            "; set rfm.segments to the map that made them"
        )


def _score_case(dialect: SqlDialect, letter: str, column: str, bin_edges: BinEdges) -> str:
    """Write the CASE of a score: that of the highest edge that the value exceeds or reaches."""
    value, operator = dialect.quote_column(column), ">" if bin_edges.is_strict else ">="
    by_edge = dict(zip(bin_edges.edges, bin_edges.scores[1:], strict=True))  # the last of equal edges wins
    branches = [(f"{value} {operator} {dialect.format_number(edge)}", str(by_edge[edge])) for edge in reversed(by_edge)]
    null_branch = (f"{value} IS NULL", "NULL")
    return format_case(
        [null_branch, *branches], str(bin_edges.scores[0]), dialect.quote_column(SCORE_COLUMNS[letter]), "    "
    )


def _segment_case(
    dialect: SqlDialect, segment_map: SegmentMap, bins: Mapping[str, int], score_columns: Sequence[str], column: str
) -> str:
    map_scores = {
        letter: dict(enumerate(map(int, rescale_scores(np.arange(1, count + 1), count, segment_map.bins)), 1))
        for letter, count in bins.items()
    }
    null_branch = (" OR ".join(f"{score} IS NULL" for score in score_columns), "NULL")
    branches = [
        (" AND ".join(_format_ranges(dialect, rule, map_scores)) or "TRUE", dialect.quote_text(rule.segment))
        for rule in segment_map.rules
    ]
    return format_case([null_branch, *branches], dialect.quote_text(segment_map.otherwise), column, "  ")


def _format_ranges(dialect: SqlDialect, map_rule: MapRule, map_scores: MapScoresByLetter) -> Iterator[str]:
    """Yield the conditions on scores of a rule of the map."""
    for range_name, (low, high) in map_rule.ranges.items():
        if range_name == "fm" and "m" in map_scores:
            score_sum = " + ".join(_map_score_expression(dialect, letter, map_scores[letter]) for letter in "fm")
            yield f"{score_sum} {_format_between(ceil(2 * low), floor(2 * high))}"
            continue
        letter = "f" if range_name == "fm" else range_name
        matching_scores = [score for score, map_score in map_scores[letter].items() if low <= map_score <= high]
        column = dialect.quote_column(SCORE_COLUMNS[letter])
        yield f"{column} {_format_between(matching_scores[0], matching_scores[-1])}" if matching_scores else "FALSE"


def _format_between(low: int, high: int) -> str:
    return f"= {low}" if low == high else f"BETWEEN {low} AND {high}"


def _map_score_expression(dialect: SqlDialect, letter: str, score_map: Mapping[int, int]) -> str:
    """Write a score on the scale of the map."""
    column = dialect.quote_column(SCORE_COLUMNS[letter])
    if all(score == map_score for score, map_score in score_map.items()):
        return column
    return f"CASE {column} {' '.join(f'WHEN {score} THEN {map_score}' for score, map_score in score_map.items())} END"

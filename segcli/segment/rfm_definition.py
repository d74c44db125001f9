"""RFM as SQL: scores by the edges they were cut at, and segments by the map."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor

import numpy as np

from segcli import columns as c
from segcli.errors import UsageProblem
from segcli.model import Segmentation
from segcli.segment.cuts import Cuts
from segcli.segment.definition import TABLE, Definition, case, terms_of
from segcli.segment.language.dialects import Dialect, dialect_named
from segcli.segment.maps import Rule, SegmentMap, stretched
from segcli.segment.rfm import SCORE_COLUMNS
from segcli.segment.scores import WHOLE, cuts_from_dict

Fitted = Mapping[str, Mapping[int, int]]  # dimension letter -> score -> the map's score


def of_rfm(made: Segmentation, segment_map: SegmentMap, dialect: str, table: str = TABLE) -> Definition:
    """Scores as CASEs over the edges, and segments as one over the scores.

    Args:
        made: the segmentation.
        segment_map: the map that named its segments.
        dialect: duckdb, postgresql, bigquery or snowflake.
        table: the customer table; dots part its schema from its name.

    Raises:
        UsageProblem: the scores do not follow from the values and edges alone, or the map is another one by now.
    """
    spoken = dialect_named(dialect)
    columns: Mapping[str, str] = made.method["columns"]
    cuts = _cuts(made, columns)
    _require_map(made, segment_map)
    scores = [spoken.column(SCORE_COLUMNS[letter]) for letter in columns]
    shown = [spoken.column(c.CUSTOMER_ID), *(_scored(spoken, letter, columns[letter], cuts[letter]) for letter in cuts)]
    listed = ",\n    ".join(shown)
    named = _named(spoken, segment_map, made.method["bins"], scores, spoken.column(made.column))
    ours = ",\n  ".join([shown[0], *scores, named])
    inner = f"(\n  SELECT\n    {listed}\n  FROM {spoken.table(table)}\n) AS scored"
    reads = tuple(columns.values())
    how = f"scores by {made.method['scoring']}, segments by the map {segment_map.name}"
    terms = (how, *terms_of(made, reads, spoken))
    return Definition(made.column, dialect, made.customers.as_of, reads, terms, f"SELECT\n  {ours}\nFROM {inner}")


def _cuts(made: Segmentation, columns: Mapping[str, str]) -> Mapping[str, Cuts]:
    """The cuts of each dimension, if they alone give the scores."""
    found = {}
    for letter, table in cuts_from_dict(made.method["cuts"]).items():
        if WHOLE not in table:
            raise UsageProblem(
                f"{made.name}: nested scores cannot be said as SQL: where {columns[letter]} is cut depends on the "
                "scores before it; set rfm.method to quantile"
            )
        values = made.customers.table[columns[letter]].to_numpy(dtype=np.float64)
        if (table[WHOLE].apply(values) != made.scores[SCORE_COLUMNS[letter]]).any():
            raise UsageProblem(
                f"{made.name}: the scores cannot be said as SQL: customers of the same {columns[letter]} have "
                "different ones; set rfm.method to quantile and rfm.ties to same-bin"
            )
        found[letter] = table[WHOLE]
    return found


def _require_map(made: Segmentation, segment_map: SegmentMap) -> None:
    columns, bins = made.method["columns"], made.method["bins"]
    scores = {letter: made.scores[SCORE_COLUMNS[letter]].to_numpy() for letter in columns}
    if (segment_map.name_all(scores, bins) != made.labels.to_numpy(dtype=object)).any():
        raise UsageProblem(
            f"{made.name}: the map '{segment_map.name}' gives other segments than those that were found"
            "; name the map that made them under rfm.segments"
        )


def _scored(dialect: Dialect, letter: str, column: str, cuts: Cuts) -> str:
    """A score: that of the highest edge that the value exceeds or reaches."""
    value, sign = dialect.column(column), ">" if cuts.strict else ">="
    by_edge = dict(zip(cuts.edges, cuts.scores[1:], strict=True))  # of equal edges the last is the one that counts
    branches = [(f"{value} {sign} {dialect.number(edge)}", str(by_edge[edge])) for edge in reversed(by_edge)]
    unknown = (f"{value} IS NULL", "NULL")
    return case([unknown, *branches], str(cuts.scores[0]), dialect.column(SCORE_COLUMNS[letter]), "    ")


def _named(
    dialect: Dialect, segment_map: SegmentMap, bins: Mapping[str, int], scores: Sequence[str], column: str
) -> str:
    fitted = {
        letter: dict(enumerate(map(int, stretched(np.arange(1, count + 1), count, segment_map.bins)), 1))
        for letter, count in bins.items()
    }
    unknown = (" OR ".join(f"{score} IS NULL" for score in scores), "NULL")
    branches = [
        (" AND ".join(_ranges(dialect, rule, fitted)) or "TRUE", dialect.text(rule.segment))
        for rule in segment_map.rules
    ]
    return case([unknown, *branches], dialect.text(segment_map.otherwise), column, "  ")


def _ranges(dialect: Dialect, rule: Rule, fitted: Fitted) -> Iterator[str]:
    """The scores that a rule of the map wants."""
    for asked, (low, high) in rule.ranges.items():
        if asked == "fm" and "m" in fitted:
            both = " + ".join(_on_the_map(dialect, letter, fitted[letter]) for letter in "fm")
            yield f"{both} {_between(ceil(2 * low), floor(2 * high))}"
            continue
        letter = "f" if asked == "fm" else asked
        wanted = [score for score, place in fitted[letter].items() if low <= place <= high]
        column = dialect.column(SCORE_COLUMNS[letter])
        yield f"{column} {_between(wanted[0], wanted[-1])}" if wanted else "FALSE"


def _between(low: int, high: int) -> str:
    return f"= {low}" if low == high else f"BETWEEN {low} AND {high}"


def _on_the_map(dialect: Dialect, letter: str, fitted: Mapping[int, int]) -> str:
    """A score on the map's scale."""
    column = dialect.column(SCORE_COLUMNS[letter])
    if all(score == place for score, place in fitted.items()):
        return column
    return f"CASE {column} {' '.join(f'WHEN {score} THEN {place}' for score, place in fitted.items())} END"

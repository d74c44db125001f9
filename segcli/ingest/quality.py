"""Check rules on the columns of an input, using the original text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.arrays import BoolArray
from segcli.config.ingest import Source
from segcli.config.ingest_types import resolve_limit
from segcli.config.quality import ColumnRule
from segcli.errors import ConfigProblems
from segcli.ingest import dates, number_parsing
from segcli.ingest.column_matching import ColumnMapping
from segcli.ingest.parser import RawTable
from segcli.model import QualityCheck


def check_column_rules(
    raw_table: RawTable, mapping: ColumnMapping, source: Source, rules: Mapping[str, ColumnRule]
) -> Iterator[QualityCheck]:
    """Yield the result of each part of each rule whose column this input has.

    Raises:
        ConfigProblems: if a pattern is not valid in RE2, which has no look-around and no back-references, and therefore
            runs in time linear in the length of the text.
    """
    for rule_name, rule in rules.items():
        file_column = find_rule_column(rule_name, mapping, raw_table.header)
        if file_column in raw_table.columns:
            yield from _ColumnCheck(rule_name, file_column, raw_table, source, rule).check_rule()


def find_rule_column(rule_name: str, mapping: ColumnMapping, header: tuple[str, ...]) -> str:
    """Return the file's name of the column of a rule; blank if the file lacks it."""
    return mapping.columns.get(rule_name, rule_name if rule_name in header else "")


@dataclass(frozen=True)
class _ColumnCheck:
    name: str
    column: str
    raw_table: RawTable
    source: Source
    rule: ColumnRule

    @property
    def _column_texts(self) -> pa.ChunkedArray:
        return pc.utf8_trim_whitespace(self.raw_table.columns[self.column])

    def check_rule(self) -> Iterator[QualityCheck]:
        """Yield one result for each part of the rule."""
        is_blank = np.asarray(pc.equal(self._column_texts, ""), dtype=bool)
        rule = self.rule
        if rule.required:
            yield self._count_violations("required", is_blank, "missing")
        if rule.max_missing is not None:
            max_missing = resolve_limit(rule.max_missing, self.raw_table.rows)
            yield self._count_violations(
                "max_missing", is_blank, f"missing (at most {rule.max_missing})", max_count=max_missing
            )
        if rule.unique:
            texts = pd.Series(self._column_texts.to_pandas(), dtype="str")
            yield self._count_violations("unique", texts.duplicated().to_numpy(dtype=bool) & ~is_blank, "duplicated")
        if rule.allowed is not None:
            is_allowed = np.asarray(pc.is_in(self._column_texts, pa.array(rule.allowed, pa.string())), dtype=bool)
            yield self._count_violations("allowed", ~is_allowed & ~is_blank, "not allowed")
        if rule.matches is not None:
            yield self._count_violations(
                "matches", ~self._match_pattern(rule.matches) & ~is_blank, f"not matching {rule.matches}"
            )
        if rule.type or rule.min is not None or rule.max is not None:
            yield from self._check_type_and_range(is_blank)

    def _match_pattern(self, pattern: str) -> BoolArray:
        try:
            return np.asarray(pc.match_substring_regex(self._column_texts, rf"\A(?:{pattern})\z"), dtype=bool)
        except pa.ArrowInvalid as error:
            reason = str(error).partition(": ")[2] or str(error)
            message = f"not a valid RE2 pattern ({reason}); RE2 has no look-around and no back-references"
            raise ConfigProblems([f"quality.columns.{self.name}.matches: {message}"]) from None

    def _check_type_and_range(self, is_blank: BoolArray) -> Iterator[QualityCheck]:
        """Yield the results for type and range; a column that cannot be parsed at all has a single result."""
        rule = self.rule
        is_date = rule.type == "date" or isinstance(rule.min, str) or isinstance(rule.max, str)
        try:
            values, unreadable = self._read_dates() if is_date else self._read_numbers()
        except ValueError as error:
            yield self._create_check("type", str(error), is_passed=False)
            return
        if rule.type:
            kind = {"number": "a number", "whole": "a whole number", "date": "a date"}[rule.type]
            yield self._count_violations("type", unreadable & ~is_blank, f"not {kind}")
        is_known = ~is_blank & ~unreadable
        if rule.min is not None:
            yield self._count_violations("min", is_known & (values < _to_comparable(rule.min)), f"below {rule.min}")
        if rule.max is not None:
            yield self._count_violations("max", is_known & (values > _to_comparable(rule.max)), f"above {rule.max}")

    def _read_numbers(self) -> tuple[Any, BoolArray]:
        parsed_numbers = number_parsing.read_numbers(self.raw_table.columns[self.column], self.source)
        unreadable = parsed_numbers.unreadable | parsed_numbers.missing
        if self.rule.type == "whole":
            unreadable = unreadable | (parsed_numbers.values % 1 != 0)
        return np.where(unreadable, 0.0, parsed_numbers.values), unreadable

    def _read_dates(self) -> tuple[Any, BoolArray]:
        parsed_dates = dates.read_dates(self.raw_table.columns[self.column], self.source)
        return parsed_dates.values.astype("datetime64[D]"), parsed_dates.unreadable

    def _count_violations(
        self, rule_part: str, is_violation: BoolArray, message: str, *, max_count: float = 0
    ) -> QualityCheck:
        count = int(is_violation.sum())
        line = self.raw_table.line_number(int(is_violation.argmax())) if count else None
        first_line = f" (first: line {line:,})" if line is not None else ""
        what = f"values {message}: {count:,}{first_line}"
        return self._create_check(rule_part, what, is_passed=count <= max_count, line=line)

    def _create_check(self, rule_part: str, message: str, *, is_passed: bool, line: int | None = None) -> QualityCheck:
        full_message = f"column '{self.column}': {message}"
        name = f"columns.{self.name}.{rule_part}"
        return QualityCheck(name, self.raw_table.name, is_passed, self.rule.severity, full_message, line=line)


def _to_comparable(bound: float | str) -> Any:  # noqa: ANN401 - a number or a day
    return np.datetime64(date.fromisoformat(bound), "D") if isinstance(bound, str) else float(bound)

"""Rules on the columns of an input, judged on the text as it was read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.config.ingest import Source, allowed
from segcli.config.quality import ColumnRule
from segcli.errors import ConfigProblems
from segcli.ingest import dates, numbers
from segcli.ingest.cells import Cells
from segcli.ingest.recognise import Recognition
from segcli.model import Verdict

Mask = npt.NDArray[np.bool_]


def judge(cells: Cells, recognition: Recognition, source: Source, rules: Mapping[str, ColumnRule]) -> Iterator[Verdict]:
    """A verdict for each part of each rule whose column this input has.

    Raises:
        ConfigProblems: a pattern that RE2 does not read; it has no look-around and no back-references, and so
            never takes longer than the text is long.
    """
    for name, rule in rules.items():
        column = column_of(name, recognition, cells.header)
        if column in cells.columns:
            yield from _Judged(name, column, cells, source, rule).verdicts()


def column_of(name: str, recognition: Recognition, header: tuple[str, ...]) -> str:
    """The file's own name of a column that a rule is about; empty where the file has none."""
    return recognition.columns.get(name, name if name in header else "")


@dataclass(frozen=True)
class _Judged:
    name: str
    column: str
    cells: Cells
    source: Source
    rule: ColumnRule

    @property
    def _texts(self) -> pa.ChunkedArray:
        return pc.utf8_trim_whitespace(self.cells.columns[self.column])

    def verdicts(self) -> Iterator[Verdict]:
        """One for each thing that the rule asks."""
        blank = np.asarray(pc.equal(self._texts, ""), dtype=bool)
        rule = self.rule
        if rule.required:
            yield self._verdict("required", blank, "missing")
        if rule.max_missing is not None:
            most = allowed(rule.max_missing, self.cells.rows)
            yield self._verdict("max_missing", blank, f"missing (at most {rule.max_missing})", most=most)
        if rule.unique:
            texts = pd.Series(self._texts.to_pandas(), dtype="str")
            yield self._verdict("unique", texts.duplicated().to_numpy(dtype=bool) & ~blank, "standing there before")
        if rule.allowed is not None:
            listed = np.asarray(pc.is_in(self._texts, pa.array(rule.allowed, pa.string())), dtype=bool)
            yield self._verdict("allowed", ~listed & ~blank, "not among those allowed")
        if rule.matches is not None:
            yield self._verdict("matches", ~self._matching(rule.matches) & ~blank, f"not like {rule.matches}")
        if rule.type or rule.min is not None or rule.max is not None:
            yield from self._typed(blank)

    def _matching(self, pattern: str) -> Mask:
        try:
            return np.asarray(pc.match_substring_regex(self._texts, rf"\A(?:{pattern})\z"), dtype=bool)
        except pa.ArrowInvalid as error:
            why = str(error).partition(": ")[2] or str(error)
            what = f"not a pattern that RE2 reads ({why}); it has no look-around and no back-references"
            raise ConfigProblems([f"quality.columns.{self.name}.matches: {what}"]) from None

    def _typed(self, blank: Mask) -> Iterator[Verdict]:
        """Type and range; a column that cannot be read as a whole has one verdict."""
        rule = self.rule
        is_date = rule.type == "date" or isinstance(rule.min, str) or isinstance(rule.max, str)
        try:
            values, unreadable = self._dates() if is_date else self._numbers()
        except ValueError as error:
            yield self._said("type", str(error), passed=False)
            return
        if rule.type:
            kind = {"number": "a number", "whole": "a whole number", "date": "a date"}[rule.type]
            yield self._verdict("type", unreadable & ~blank, f"not {kind}")
        known = ~blank & ~unreadable
        if rule.min is not None:
            yield self._verdict("min", known & (values < _comparable(rule.min)), f"below {rule.min}")
        if rule.max is not None:
            yield self._verdict("max", known & (values > _comparable(rule.max)), f"above {rule.max}")

    def _numbers(self) -> tuple[Any, Mask]:
        parsed = numbers.of(self.cells.columns[self.column], self.source)
        unreadable = parsed.unreadable | parsed.missing
        if self.rule.type == "whole":
            unreadable = unreadable | (parsed.values % 1 != 0)
        return np.where(unreadable, 0.0, parsed.values), unreadable

    def _dates(self) -> tuple[Any, Mask]:
        parsed = dates.of(self.cells.columns[self.column], self.source)
        return parsed.values.astype("datetime64[D]"), parsed.unreadable

    def _verdict(self, part: str, breach: Mask, what: str, *, most: float = 0) -> Verdict:
        count = int(breach.sum())
        first = f" (first: line {self.cells.line(int(breach.argmax())):,})" if count else ""
        return self._said(part, f"values {what}: {count:,}{first}", passed=count <= most)

    def _said(self, part: str, what: str, *, passed: bool) -> Verdict:
        named = f"column '{self.column}': {what}"
        return Verdict(f"columns.{self.name}.{part}", self.cells.name, passed, self.rule.severity, named)


def _comparable(bound: float | str) -> Any:  # noqa: ANN401 - a number or a day
    return np.datetime64(date.fromisoformat(bound), "D") if isinstance(bound, str) else float(bound)

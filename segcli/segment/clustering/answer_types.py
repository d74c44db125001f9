"""Answer types: read the answers of a column as one 0/1 item, or as ranks on an ordinal scale."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from segcli import columns
from segcli.columns import ColumnKind
from segcli.ingest.locales import LANGUAGES, load_language, word_list
from segcli.message import detail_message, message

ITEM_ANSWERS = 2  # answers of an item: no and yes
MAX_SCALE_ANSWERS = 11  # as on a scale from 0 to 10
SAMPLE_ROWS = 1000  # a column with more answers in these rows is no item and no scale
NUMERIC_PAIRS = ({"0", "1"}, {"1", "2"}, {"-1", "1"})  # codes of two answers; other pairs of numbers are measurements
PLAIN_ITEM = ("0", "1")
ONE_IS_YES = ("2", "1")  # no and yes of 1/2 codes if both are equally frequent
BLANK = ""
_CHOICE_IN_NAME = re.compile(r"(?:: |\[)([^\[\]:]+)\]?$")  # Which activities? [Skiing], Which activities?: Skiing
BLANK_WORD, ANY_ANSWER = "blank", "any"


@dataclass(frozen=True)
class AnswerReading:
    """How answers become numbers: normalised `levels` from the lowest; a blank level means that blank is no.

    `texts` are the levels as the column spells them. `battery` is equal for columns with the same answers. `choice`
    describes the upper answer of an item if it says more than yes, such as Female or Skiing.
    """

    levels: tuple[str, ...]
    texts: tuple[str, ...]
    is_item: bool
    battery: str
    choice: str | None = None


def read_answer_types(table: pd.DataFrame, names: Iterable[str]) -> dict[str, AnswerReading]:
    """Return how the answers of columns are read, without columns of other numbers or texts.

    Evidence comes from the whole table: a blank means no if the neighbouring columns have one answer or blank, too, and
    columns with the same pair of answers agree on which is no.

    Args:
        table: the customer table, in the column order of the file.
        names: the columns to read.
    """
    requested_names = [name for name in names if name in table]
    answer_counts = {name: count_answers(table[name], name) for name in requested_names}
    if not any(answer_counts.values()):
        return {}
    for name in map(str, table.columns):
        answer_counts.setdefault(name, count_answers(table[name], name))
    evidence = _TableEvidence(table, answer_counts)
    readings = {name: evidence.read_column(name) for name in requested_names}
    return {name: reading for name, reading in readings.items() if reading}


class _TableEvidence:
    """What all columns of a table together show about the meaning of their answers."""

    def __init__(self, table: pd.DataFrame, answer_counts: Mapping[str, Mapping[str, int]]) -> None:
        self._table, self._counts = table, answer_counts
        self._check_boxes = _find_check_boxes(table, answer_counts)
        self._pair_totals: dict[frozenset[str], Counter[str]] = {}
        self._scale_answers: dict[str, set[str]] = {}
        for answers in answer_counts.values():
            if len(answers) == ITEM_ANSWERS:
                self._pair_totals.setdefault(frozenset(answers), Counter()).update(answers)
            elif answers and (scale := find_scale(answers)):
                self._scale_answers.setdefault(scale, set()).update(answers)

    def read_column(self, name: str) -> AnswerReading | None:
        """Return the reading of a column; None if it holds other numbers or texts."""
        answers = self._counts[name]
        if name in self._check_boxes:
            return self._build_reading(name, (BLANK, *answers), BLANK_WORD, is_item=True)
        if len(answers) == ITEM_ANSWERS:
            pair = order_pair(self._pair_totals[frozenset(answers)])
            return self._build_reading(name, pair, "/".join(pair), is_item=True)
        scale = find_scale(answers) if answers else ""
        if len(answers) < ITEM_ANSWERS or not scale:
            return None
        levels = sorted(self._scale_answers[scale], key=lambda text: (_load_scales()[scale][text], text))
        return self._build_reading(name, levels, scale, is_item=False)

    def _build_reading(self, name: str, levels: Sequence[str], battery: str, *, is_item: bool) -> AnswerReading:
        spelling = {} if is_numeric(self._table[name]) else _find_spellings(self._table[name])
        texts = tuple(spelling.get(level, level) for level in levels)
        return AnswerReading(tuple(levels), texts, is_item, battery, _find_choice(name, texts) if is_item else None)


def _find_choice(name: str, texts: Sequence[str]) -> str | None:
    """Return what the upper answer of an item says: its text, or the choice in the name of the column."""
    low, high = (normalise_answer(text) for text in texts)
    is_code = high.lstrip("-").isdecimal()
    if not (is_yes(high) or (low != BLANK and is_no(low)) or is_code):
        return texts[-1]
    match = _CHOICE_IN_NAME.search(name)
    return match[1] if match else None


def _find_spellings(values: pd.Series) -> dict[str, str]:
    """Return the most frequent spelling of each normalised answer."""
    spelling: dict[str, str] = {}
    counts = values.dropna().astype("str").str.strip().value_counts()
    for text, _ in sorted(counts.items(), key=lambda item: (-item[1], str(item[0]))):
        spelling.setdefault(normalise_answer(str(text)), str(text))
    return spelling


def count_answers(values: pd.Series, name: str) -> dict[str, int]:
    """Count the answers of a column by their normalised text; empty if they are too many, or measurements."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or _is_measured(name):
        return {}
    if is_numeric(values):
        return _count_codes(values)
    if values.head(SAMPLE_ROWS).nunique() > 2 * MAX_SCALE_ANSWERS:  # twice as many: letter case may vary
        return {}
    counts = normalise_answers(values).value_counts()
    answers = {str(text): int(count) for text, count in counts.items() if text not in _load_no_answers() | {BLANK}}
    return dict(sorted(answers.items())) if len(answers) <= MAX_SCALE_ANSWERS else {}


def is_numeric(values: pd.Series) -> bool:
    """Return whether a column holds numbers."""
    return bool(pd.api.types.is_numeric_dtype(values.dtype))


def _is_measured(name: str) -> bool:
    """Return whether a standard column holds counts or amounts, or identifies customers."""
    if name == columns.CUSTOMER_ID or name in columns.MEASURES or name in columns.SCORE_COLUMNS:
        return True
    return columns.column_kind(name) in {ColumnKind.ID, ColumnKind.MONEY, ColumnKind.DAYS, ColumnKind.DATE}


def _count_codes(values: pd.Series) -> dict[str, int]:
    """Count numbers that may be codes of at most two answers."""
    numbers = values.dropna()
    if numbers.empty or numbers.max() - numbers.min() > ITEM_ANSWERS:
        return {}
    counts = numbers.value_counts()
    answers = {format_code(float(str(number))): int(count) for number, count in counts.items()}
    is_pair = len(answers) == 1 or set(answers) in NUMERIC_PAIRS
    return dict(sorted(answers.items())) if is_pair else {}


def format_code(number: float) -> str:
    """Return a number as the text of a code: 1, not 1.0."""
    return f"{number:.0f}" if number == round(number) else str(number)


def parse_code(text: str) -> float:
    """Return the number of a code; NaN, which equals nothing, for other texts."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def normalise_answers(values: pd.Series) -> pd.Series:
    """Return answers as texts without letter case and surrounding blanks, empty where missing."""
    if is_numeric(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        texts = [BLANK if np.isnan(number) else format_code(number) for number in numbers]
        return pd.Series(texts, index=values.index, dtype="str")
    codes, distinct_texts = pd.factorize(values.astype("object"), use_na_sentinel=True)
    normalised = np.array([*(normalise_answer(str(text)) for text in distinct_texts), BLANK], dtype=object)
    return pd.Series(normalised[codes], index=values.index, dtype="str")


def normalise_answer(text: str) -> str:
    """Return an answer without letter case, repeated blanks and typographic apostrophes.

    >>> normalise_answer(" Don\u2019t  know ")
    "don't know"
    """
    return " ".join(text.replace("\u2019", "'").casefold().split())


def _find_check_boxes(table: pd.DataFrame, counts: Mapping[str, Mapping[str, int]]) -> set[str]:
    """Return the columns of multiple-choice questions: neighbours with one answer each, or blank.

    Columns of choices that everyone or nobody made belong to a question as well, but are constant.
    """
    check_boxes: set[str] = set()
    neighbours: list[str] = []
    for name in [*map(str, table.columns), None]:
        if name is not None and (len(counts[name]) == 1 or table[name].isna().all()):
            neighbours += [name] if 0 < sum(counts[name].values()) < len(table) else []
            continue
        if len(neighbours) > 1:
            check_boxes.update(neighbours)
        neighbours = []
    return check_boxes


def order_pair(totals: Mapping[str, int]) -> tuple[str, str]:
    """Return two answers as (no, yes): by known words, by an ordinal scale, else the more frequent one is no.

    >>> order_pair({"yes": 9, "no": 5}), order_pair({"agree": 9, "disagree": 5}), order_pair({"tea": 9, "beer": 5})
    (('no', 'yes'), ('disagree', 'agree'), ('tea', 'beer'))
    """
    first, second = sorted(totals)
    if is_no(first) != is_no(second):
        return (first, second) if is_no(first) else (second, first)
    if is_yes(first) != is_yes(second) and {first, second} != set(ONE_IS_YES):
        return (second, first) if is_yes(first) else (first, second)
    scale = find_scale(totals)
    if scale:
        low, high = sorted(totals, key=_load_scales()[scale].__getitem__)
        return low, high
    if totals[first] == totals[second] and {first, second} == set(ONE_IS_YES):
        return ONE_IS_YES
    return (first, second) if totals[first] >= totals[second] else (second, first)


def is_yes(text: str) -> bool:
    """Return whether a normalised answer is a word for yes, or a mark of a check box."""
    return text in _load_words("true_words")


def is_no(text: str) -> bool:
    """Return whether a normalised answer is a word for no."""
    return text == BLANK or text in _load_words("false_words")


def find_scale(answers: Iterable[str]) -> str:
    """Return the name of the scale that has all answers as different levels; blank if there is none."""
    texts = set(answers)
    for name, levels in _load_scales().items():
        if texts <= levels.keys() and len({levels[text] for text in texts}) == len(texts):
            return name
    return ""


@cache
def _load_scales() -> Mapping[str, Mapping[str, int]]:
    """Load the ordinal scales of all languages: by name, the position of each answer from the lowest."""
    return {
        f"{language}: {scale_name}": {
            normalise_answer(text): position for position, texts in enumerate(levels) for text in texts
        }
        for language in LANGUAGES
        for scale_name, levels in load_language(language).get("answer_scales", {}).items()
    }


@cache
def _load_words(list_key: str) -> frozenset[str]:
    return frozenset(normalise_answer(word) for word in word_list(list_key))


def _load_no_answers() -> frozenset[str]:
    return _load_words("no_answer")


def describe_readings(readings: Mapping[str, AnswerReading], names: Iterable[str]) -> Iterator[str]:
    """Yield one sentence for each set of columns that are read in the same way, except numbers that are 0 and 1.

    Args:
        readings: the reading of each column.
        names: all features; a set of all of them is not listed again.
    """
    names_by_levels: dict[tuple[str, ...], list[str]] = {}
    for name, reading in readings.items():
        levels = (BLANK, ANY_ANSWER) if reading.levels[0] == BLANK else reading.levels
        names_by_levels.setdefault(levels, []).append(name)
    all_names = list(names)
    for levels, own_names in names_by_levels.items():
        if levels == PLAIN_ITEM:
            continue
        texts = readings[own_names[0]].texts
        numbers: str = "; ".join(f"{text} = {number}" for number, text in enumerate(texts))
        if levels[0] == BLANK:
            numbers = message("blank = 0; any answer = 1")
        listed = message("all features") if own_names == all_names else ", ".join(own_names)
        if len(levels) == ITEM_ANSWERS:
            yield detail_message("read as 0/1 items: {names} ({numbers})", names=listed, numbers=numbers)
        else:
            yield detail_message("read as ordinal scales: {names} ({numbers})", names=listed, numbers=numbers)

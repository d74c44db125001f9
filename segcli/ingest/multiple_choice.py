"""Multiple-choice answers in one cell: find them, and give each choice a 0/1 column of its own."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from segcli import columns
from segcli.ingest.column_descriptions import CHOICE_SEPARATOR

MAX_CHOICES = 30
MIN_CHOICES = 3  # two texts with a comma between them are rather a place or a name
MIN_CHOICE_COUNT = 2  # respondents; a text of fewer is an answer of their own, not a choice
MIN_KNOWN_SHARE = 0.8  # share of all answers that must be choices
SAMPLE_CELLS = 200  # cells that show whether a column may hold several answers
SEPARATORS = (re.compile(r"\s*;\s*"), re.compile(r",\s+"), re.compile(r"\s*\|\s*"))
_LIST_CELL = re.compile(r"\[.*\]")  # a list as Python writes it: ['Price', 'Style']
MAX_NOTE_CHOICES = 5


def add_choice_columns(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table with a 0/1 column for each choice of a multiple-choice question, and notes on them.

    The new columns are named by question and choice. Blank means that nothing was chosen.
    """
    new_columns: dict[str, pd.Series] = {}
    notes = []
    for name in map(str, table.columns):
        choices = find_choices(table[name]) if name not in columns.CUSTOMER_TABLE_COLUMNS else []
        items = {
            f"{name}{CHOICE_SEPARATOR}{choice}": read_choice(table[name], choice)
            for choice in choices
            if f"{name}{CHOICE_SEPARATOR}{choice}" not in table
        }
        if items:
            new_columns |= items
            listed = ", ".join(choices[:MAX_NOTE_CHOICES]) + ", ..." * (len(choices) > MAX_NOTE_CHOICES)
            notes.append(f"column '{name}': several answers in one cell; {len(items)} columns added: {listed}")
    return (table.assign(**new_columns), tuple(notes)) if new_columns else (table, ())


def add_model_choices(table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return the table with the choices that a model needs, even if nobody in this table made them."""
    new_columns = {}
    for name in names:
        question, separator, choice = name.rpartition(CHOICE_SEPARATOR)
        if separator and name not in table and question in table and not pd.api.types.is_numeric_dtype(table[question]):
            new_columns[name] = read_choice(table[question], choice)
    return table.assign(**new_columns) if new_columns else table


def find_choices(values: pd.Series) -> list[str]:
    """Return the choices of a column whose cells hold several of them; an empty list for other columns.

    The number of answers varies between cells, few different answers recur, and no cell repeats one. Parts that always
    occur together are one choice with a comma in its text.
    """
    if values.dtype.kind not in "OU" and not pd.api.types.is_string_dtype(values.dtype):
        return []
    filled_values = values.dropna()
    if not any(len(_split_cell(text)) > 1 for text in filled_values.head(SAMPLE_CELLS).astype("str")):
        return []
    cell_counts = Counter(filled_values.astype("str").str.strip())
    answers = _join_companions([(_split_cell(text), count) for text, count in cell_counts.items()])
    totals: Counter[str] = Counter()
    for cell_answers, count in answers:
        totals.update(dict.fromkeys(cell_answers, count))
    choices = {choice for choice, count in totals.items() if count >= MIN_CHOICE_COUNT}
    sizes = {len(cell_answers) for cell_answers, _ in answers}
    are_unique = all(len(set(cell_answers)) == len(cell_answers) for cell_answers, _ in answers)
    known_share = sum(totals[choice] for choice in choices) / max(totals.total(), 1)
    is_choice = (
        len(sizes) > 1
        and are_unique
        and MIN_CHOICES <= len(choices) <= MAX_CHOICES
        and len(choices) < len(cell_counts)
        and known_share >= MIN_KNOWN_SHARE
    )
    return sorted(choices) if is_choice else []


def read_choice(values: pd.Series, choice: str) -> pd.Series:
    """Return 1 where a cell has the choice among its answers, otherwise 0."""
    codes, distinct_texts = pd.factorize(values.astype("object"), use_na_sentinel=True)
    has_choice = np.array([*(_has_choice(str(text), choice) for text in distinct_texts), False], dtype=np.int64)
    return pd.Series(has_choice[codes], index=values.index)


def _has_choice(text: str, choice: str) -> bool:
    wanted, parts = _split_cell(choice), _split_cell(text)
    starts = range(len(parts) - len(wanted) + 1)
    return any(parts[start : start + len(wanted)] == wanted for start in starts)


def _split_cell(text: str) -> list[str]:
    """Return the answers in a cell, separated by semicolons, else by commas or bars."""
    stripped_text = text.strip()
    is_list = _LIST_CELL.fullmatch(stripped_text) is not None
    if is_list:
        stripped_text = stripped_text[1:-1]
    for separator in SEPARATORS:
        parts = [part for part in separator.split(stripped_text) if part.strip()]
        if len(parts) > 1 or stripped_text.endswith(";"):
            break
    return [part.strip().strip("'\"") if is_list else part.strip("; ") for part in parts]


def _join_companions(answers: Iterable[tuple[list[str], int]]) -> list[tuple[list[str], int]]:
    """Return the answers with parts joined that only occur directly after each other, as in `Skiing, snowboarding`."""
    joined_answers = list(answers)
    while True:
        totals: Counter[str] = Counter()
        neighbours: Counter[tuple[str, str]] = Counter()
        for parts, count in joined_answers:
            totals.update(dict.fromkeys(parts, count))
            neighbours.update(dict.fromkeys(pairwise(parts), count))
        companions = {
            pair
            for pair, count in neighbours.items()
            if count == totals[pair[0]] == totals[pair[1]] and _is_phrase(pair)
        }
        if not companions:
            return joined_answers
        joined_answers = [(list(_join_parts(parts, companions)), count) for parts, count in joined_answers]


def _is_phrase(pair: tuple[str, str]) -> bool:
    """Return whether the second text continues the first: choices of their own begin with a capital letter."""
    return not pair[1][:1].isupper()


def _join_parts(parts: Sequence[str], companions: set[tuple[str, str]]) -> Iterator[str]:
    position = 0
    while position < len(parts):
        is_joined = position + 1 < len(parts) and (parts[position], parts[position + 1]) in companions
        yield ", ".join(parts[position : position + 1 + is_joined])
        position += 1 + is_joined

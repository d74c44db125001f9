"""Header rows of survey exports below the first: questions, ImportIds, and the choices of a question."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

HEAD_BYTES = 1_000_000  # bytes; contain the first records
IMPORT_ID_MARKER = b"ImportId"
IMPORT_ID_PATTERN = re.compile(r"\s*\{\s*\W*ImportId")
MAX_DESCRIPTION_RECORDS = 3  # records below the header that may contain the ImportIds
RESPONSE_WORDS = frozenset(
    {"response", "open-ended response", ""}
)  # a choice row of SurveyMonkey has them below a question
RESPONDENT_NAMES = frozenset({"respondent id", "respondent_id", "collector id", "collector_id"})
CHOICE_SEPARATOR = ": "  # between a question and its choice, in the name of a column


@dataclass(frozen=True)
class DescribedBody:
    """A body with one header record; `hidden_lines` are no longer in it, and `questions` belong to the columns."""

    body: bytes
    hidden_lines: int = 0
    questions: tuple[str, ...] = ()


def merge_header_rows(body: bytes, delimiter: str) -> DescribedBody:
    """Return the body of a survey export with one header record.

    Qualtrics writes the question of each column below the header, and a record of JSON with an ImportId for each
    column. SurveyMonkey writes a question once, and below it the choices of its columns.
    """
    if IMPORT_ID_MARKER in body[:HEAD_BYTES]:
        return _drop_descriptions(body, delimiter)
    return _merge_choices(body, delimiter)


def _drop_descriptions(body: bytes, delimiter: str) -> DescribedBody:
    lines = body[:HEAD_BYTES].splitlines(keepends=True)
    reader = csv.reader((line.decode(errors="ignore") for line in lines), delimiter=delimiter)
    header_end = 0
    questions: Sequence[str] = ()
    for number, record in enumerate(islice(reader, MAX_DESCRIPTION_RECORDS + 1)):
        if number == 0:
            header_end = reader.line_num
        elif any(IMPORT_ID_PATTERN.match(cell) for cell in record):
            description_lines = lines[header_end : reader.line_num]
            header = b"".join(lines[:header_end])
            remaining_body = header + body[len(header) + sum(map(len, description_lines)) :]
            return DescribedBody(remaining_body, len(description_lines), tuple(map(_join_lines, questions)))
        else:
            questions = record
    return DescribedBody(body)


def _merge_choices(body: bytes, delimiter: str) -> DescribedBody:
    lines = body[:HEAD_BYTES].splitlines(keepends=True)
    reader = csv.reader((line.decode(errors="ignore") for line in lines), delimiter=delimiter)
    try:
        header, choices = next(reader, []), next(reader, [])
    except csv.Error:
        return DescribedBody(body)
    if not _is_choice_row(header, choices):
        return DescribedBody(body)
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerow(_join_choices(header, choices))
    merged_bytes = sum(map(len, lines[: reader.line_num]))
    return DescribedBody(buffer.getvalue().encode() + body[merged_bytes:], reader.line_num - 1)


def _is_choice_row(header: Sequence[str], choices: Sequence[str]) -> bool:
    """Return whether the second record continues the header.

    It names every column that the header leaves blank, and has nothing below the ids of the respondents. Other tools
    than SurveyMonkey leave several names blank, too, and have no answer word below a question.
    """
    if len(header) != len(choices) or not header or choices[0].strip() or not header[0].strip():
        return False
    blank_columns = [index for index, name in enumerate(header) if not name.strip()]
    if not all(choices[index].strip() for index in blank_columns):
        return False
    is_survey_monkey = any(name.strip().casefold() in RESPONDENT_NAMES for name in header)
    answer_words = sum(choice.strip().casefold() in RESPONSE_WORDS - {""} for choice in choices)
    return is_survey_monkey and bool(blank_columns or answer_words)


def _join_choices(header: Sequence[str], choices: Sequence[str]) -> list[str]:
    names: list[str] = []
    question = ""
    for name, choice in zip(map(_join_lines, header), map(_join_lines, choices), strict=True):
        question = name or question
        is_choice = choice.casefold() not in RESPONSE_WORDS
        names.append(f"{question}{CHOICE_SEPARATOR}{choice}" if is_choice else question)
    repeats = {name for name in names if names.count(name) > 1}
    return [f"{name} ({number})" if name in repeats else name for number, name in enumerate(names, 1)]


def _join_lines(text: str) -> str:
    """Return a text on one line, without repeated blanks."""
    return " ".join(text.split())

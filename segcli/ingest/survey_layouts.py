"""Layouts of survey exports: recognised by their columns, with response ids, metadata and test responses."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from segcli import columns
from segcli.ingest.column_matching import normalise_name
from segcli.ingest.column_topics import match_words
from segcli.ingest.date_formats import candidate_formats
from segcli.ingest.multiple_choice import find_choices

MIN_BATTERY_COLUMNS = 3  # columns with the same few answers that show a survey without metadata
MAX_BATTERY_ANSWERS = 11
MIN_RECORDS = 5  # with fewer records, any columns have few answers
TEST_STATUSES = frozenset(
    {
        *("survey preview", "survey test", "offline survey preview", "preview", "test", "1", "2", "17"),
        *("umfragevorschau", "umfrage-vorschau", "umfragetest", "vista previa de la encuesta", "aperçu de l'enquête"),
        *("предпросмотр опроса", "xem trước khảo sát", "调查预览"),
    }
)
NORMAL_STATUSES = frozenset({"ip address", "imported", "offline survey response", "spam", "possible spam", "0", "4"})
TIMESTAMP_NAMES = (
    *("Timestamp", "Zeitstempel", "Horodateur", "Marca temporal", "Carimbo de data/hora", "Отметка времени"),
    *("Dấu thời gian", "时间戳记", "时间戳", "Informazioni cronologiche", "Tijdstempel", "タイムスタンプ"),
)
ORDER_SIGNS = {columns.AMOUNT, columns.UNIT_PRICE, columns.ORDER_ID}  # with many values, a file holds orders
QUESTION_MARKS = ("?", "\uff1f", "\u00bf")
_ANSWER_NUMBER = re.compile(r"([0-9]{1,2})(?![0-9.,])")  # the number of an answer such as 10 - Extremely likely
MIN_QUESTION_WORDS = 4  # words of a header that is a question without a question mark


@dataclass(frozen=True)
class SurveyLayout:
    """Layout of the exports of a survey tool.

    `signs` are names of which at least `needed` occur. `id_names` identify responses, strongest first. `metadata` are
    further names of columns that the tool adds.
    """

    title: str
    signs: tuple[str, ...]
    needed: int
    id_names: tuple[str, ...]
    metadata: tuple[str, ...] = ()


LAYOUTS = (
    SurveyLayout(
        "Qualtrics",
        (
            *(
                "ResponseId",
                "ResponseID",
                "RecordedDate",
                "DistributionChannel",
                "UserLanguage",
                "Duration (in seconds)",
            ),
            *("StartDate", "EndDate", "Status", "Progress", "Finished", "IPAddress", "RecipientEmail"),
        ),
        3,
        ("ResponseId", "_recordId"),
        (
            *(
                "RecipientLastName",
                "RecipientFirstName",
                "ExternalReference",
                "ExternalDataReference",
                "LocationLatitude",
            ),
            *("LocationLongitude", "LocationAccuracy", "Q_RecaptchaScore", "Q_RelevantIDDuplicate", "Q_TotalDuration"),
            *(
                "Q_RelevantIDFraudScore",
                "Q_BallotBoxStuffing",
                "Q_DuplicateRespondent",
                "Q_URL",
                "Q_UnansweredQuestions",
            ),
        ),
    ),
    SurveyLayout(
        "SurveyMonkey",
        ("Respondent ID", "Collector ID", "Date Created", "Date Modified", "respondent_id", "collector_id"),
        2,
        ("Respondent ID", "respondent_id"),
        ("IP Address", "Email Address", "First Name", "Last Name", "Custom Data 1", "Custom Data 2", "LanguageCode"),
    ),
    SurveyLayout(
        "LimeSurvey",
        (
            *("submitdate", "lastpage", "startlanguage", "seed", "datestamp", "ipaddr", "refurl"),
            *("Date submitted", "Last page", "Start language", "Date started", "Date last action", "Referrer URL"),
            *("Datum Abgeschickt", "Letzte Seite", "Start-Sprache", "Zufallsstartwert"),
        ),
        2,
        ("id", "Response ID", "Antwort ID"),
        ("startdate", "token", "IP address", "interviewtime", "Total time", "Seed"),
    ),
    SurveyLayout(
        "Typeform",
        ("Network ID", "Submit Date (UTC)", "Start Date (UTC)", "Stage Date (UTC)", "Response Type", "Submitted At"),
        2,
        ("#", "Token", "Response ID"),
        ("Tags", "Ending", "Start Date", "Submit Date", "utm_source"),
    ),
    SurveyLayout(
        "Microsoft Forms",
        (
            *("Start time", "Completion time", "Startzeit", "Fertigstellungszeit", "Heure de début", "Heure de fin"),
            *("Hora de inicio", "Hora de finalización", "Время начала", "Время завершения"),
            *("Thời gian bắt đầu", "Thời gian hoàn thành", "开始时间", "完成时间"),
        ),
        2,
        ("ID",),
        ("Last modified time", "Email", "Name", "E-Mail", "Zeitpunkt der letzten Änderung"),
    ),
)
GOOGLE_FORMS = SurveyLayout("Google Forms", TIMESTAMP_NAMES, 1, (), ("Email Address", "Username", "Score", "Email"))
PLAIN_SURVEY = SurveyLayout(
    "", (), 0, ("response id", "respondent id", "respondent", "participant id", "submission id")
)


@dataclass(frozen=True)
class Survey:
    """A recognised survey export: its layout, the column of the response id (blank: none) and its metadata columns.

    `status_column` holds the kind of a response, blank if there is none.
    """

    layout: SurveyLayout
    id_column: str
    metadata: tuple[str, ...]
    status_column: str = ""

    @property
    def title(self) -> str:
        """Phrase that describes the file."""
        return f"{self.layout.title} survey" if self.layout.title else "survey"


def detect_survey(
    header: Sequence[str], samples: Mapping[str, Sequence[str]], order_columns: Mapping[str, str]
) -> Survey | None:
    """Return the survey that a file holds, by its columns and first records; None for other files.

    Args:
        header: names of the columns.
        samples: values of the first records, stripped, by column.
        order_columns: the columns if the file is an order export, by standard column.
    """
    layout = _find_tool(header) or _find_plain_layout(header, samples, order_columns)
    if layout is None:
        return None
    return Survey(
        layout, _find_id(header, samples, layout), _list_metadata(header, layout), _find_status(header, samples, layout)
    )


def find_metadata(header: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that a survey tool adds to the answers; none if no tool is recognised."""
    layout = _find_tool(header)
    return _list_metadata(header, layout) if layout else ()


def _list_metadata(header: Sequence[str], layout: SurveyLayout) -> tuple[str, ...]:
    known_names = {normalise_header(name) for name in (*layout.signs, *layout.metadata, *layout.id_names)}
    return tuple(name for name in header if normalise_header(name) in known_names)


def normalise_header(name: str) -> str:
    """Return a name without the code or the title that LimeSurvey joins to it, as in `id. Response ID`.

    >>> normalise_header("submitdate. Date submitted"), normalise_header("Start Date (UTC)"), normalise_header("#")
    ('submitdate', 'startdateutc', '#')
    """
    code, separator, _ = name.partition(". ")
    return normalise_name(code if separator and code.isalnum() else name) or name.strip()


def _find_tool(header: Sequence[str]) -> SurveyLayout | None:
    names = {normalise_header(name) for name in header}
    return next(
        (
            layout
            for layout in LAYOUTS
            if len(names & {normalise_header(sign) for sign in layout.signs}) >= layout.needed
        ),
        None,
    )


def _find_plain_layout(
    header: Sequence[str], samples: Mapping[str, Sequence[str]], order_columns: Mapping[str, str]
) -> SurveyLayout | None:
    """Return the layout of a survey without metadata, if questions or equal answers show it and no orders are there."""
    if any(len(set(samples[order_columns[name]])) > MAX_BATTERY_ANSWERS for name in ORDER_SIGNS & set(order_columns)):
        return None
    is_dated = normalise_header(header[0]) in {normalise_header(name) for name in TIMESTAMP_NAMES}
    if is_dated and any(map(is_question, header[1:])) and _are_dates(samples[header[0]]):
        return GOOGLE_FORMS
    has_choices = any(find_choices(pd.Series(texts, dtype="str")) for texts in samples.values())
    is_survey = has_choices or sum(map(is_question, header)) >= MIN_BATTERY_COLUMNS or _has_battery(samples)
    return PLAIN_SURVEY if is_survey else None


def is_question(name: str) -> bool:
    """Return whether a header is a question or a statement, not a name."""
    return any(mark in name for mark in QUESTION_MARKS) or len(name.split()) >= MIN_QUESTION_WORDS


def _are_dates(texts: Sequence[str]) -> bool:
    return any(texts) and all(any(candidate_formats(text)) for text in texts if text)


def _has_battery(samples: Mapping[str, Sequence[str]]) -> bool:
    """Return whether several columns share the same few answers, such as 0/1, Yes/No or the labels of a scale."""
    columns_by_answers: dict[frozenset[str], int] = {}
    for texts in samples.values():
        answers = frozenset(text.casefold() for text in texts if text)
        is_varied = 1 < len(answers) <= min(MAX_BATTERY_ANSWERS, len(texts) // 2)
        if is_varied or (len(answers) == 1 and "" in texts):
            key = answers if is_varied else frozenset()
            columns_by_answers[key] = columns_by_answers.get(key, 0) + 1
    row_count = max(map(len, samples.values()), default=0)
    return row_count >= MIN_RECORDS and max(columns_by_answers.values(), default=0) >= MIN_BATTERY_COLUMNS


def _find_id(header: Sequence[str], samples: Mapping[str, Sequence[str]], layout: SurveyLayout) -> str:
    """Return the first column with a name of a response id and different values; blank if there is none."""
    for id_name in layout.id_names:
        for name in header:
            texts = samples[name]
            if normalise_header(name) == normalise_header(id_name) and all(texts) and len(set(texts)) == len(texts):
                return name
    return ""


def _find_status(header: Sequence[str], samples: Mapping[str, Sequence[str]], layout: SurveyLayout) -> str:
    if layout.title != "Qualtrics":
        return ""
    for name in header:
        statuses = {text.casefold() for text in samples[name] if text}
        if normalise_header(name) == "status" and statuses and statuses <= TEST_STATUSES | NORMAL_STATUSES:
            return name
    return ""


def is_test_status(text: str) -> bool:
    """Return whether the status of a response marks a preview or a test."""
    return text.strip().casefold() in TEST_STATUSES


# Questions about satisfaction: word lists by measure, and the range of valid answers
EXPERIENCE_QUESTIONS: Mapping[str, tuple[str, int, int, int]] = {
    columns.NPS: ("nps_questions", 0, 10, 6),
    columns.CSAT: ("csat_questions", 1, 5, 3),
    columns.CES: ("ces_questions", 1, 7, 3),
}


def find_experience_columns(
    questions: Mapping[str, str], samples: Mapping[str, Sequence[str]], mapped_standards: Iterable[str]
) -> dict[str, str]:
    """Return the columns of NPS, CSAT and CES, by the text of their question and the range of their answers.

    A measure needs a single column that fits: several questions about satisfaction are a battery.

    Args:
        questions: the question of each column, its name if the file has no other.
        samples: values of the first records, stripped, by column.
        mapped_standards: measures that are recognised already.
    """
    found: dict[str, str] = {}
    for standard, (list_key, low, high, needed) in EXPERIENCE_QUESTIONS.items():
        names = [
            name
            for name, question in questions.items()
            if match_words([question], list_key) and _fits_range(samples[name], low, high, needed)
        ]
        if len(names) == 1 and standard not in mapped_standards and names[0] not in found.values():
            found[standard] = names[0]
    return found


def _fits_range(texts: Sequence[str], low: int, high: int, needed: int) -> bool:
    """Return whether answers are whole numbers of a scale, some of them at least `needed`."""
    matches = [_ANSWER_NUMBER.match(text) for text in texts if text]
    numbers = [int(match[1]) for match in matches if match]
    return len(numbers) == len(matches) > 0 and low <= min(numbers) and needed <= max(numbers) <= high

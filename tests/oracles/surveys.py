"""Surveys with planted classes, written in the layouts of survey tools."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ACTIVITIES = (
    "Skiing, snowboarding",
    "Hiking",
    "Museums",
    "Swimming",
    "Shopping",
    "Theatre",
    "Cycling",
    "Wine tasting",
    "Concerts",
)
STATEMENTS = ("Prices are fair", "Staff are friendly", "Booking is easy")
AGREEMENT = ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree")
AGES = ("18-24", "25-34", "35-44", "45-54", "55+")
ACTIVITY_QUESTION = "Which activities do you enjoy on holiday?"
RECOMMEND_QUESTION = "How likely are you to recommend us to a friend?"
AGE_QUESTION = "How old are you?"
SIZE = 300

Rows = list[list[str]]


@dataclass(frozen=True)
class Survey:
    """Answers of respondents from three classes, in the order of the rows."""

    truth: npt.NDArray[np.int64]
    activities: npt.NDArray[np.int64]
    statements: npt.NDArray[np.int64]
    recommend: npt.NDArray[np.int64]
    ages: npt.NDArray[np.int64]


def plant_survey(seed: int = 3) -> Survey:
    """Each class enjoys three activities of its own; the other answers do not depend on it."""
    chance = np.random.default_rng(seed)
    truth = chance.permutation(np.arange(SIZE) % 3)
    likely = np.where(np.arange(len(ACTIVITIES)) // 3 == truth[:, None], 0.92, 0.06)
    return Survey(
        truth,
        (chance.random(likely.shape) < likely).astype(np.int64),
        chance.integers(0, len(AGREEMENT), (SIZE, len(STATEMENTS))),
        chance.integers(0, 11, SIZE),
        chance.integers(0, len(AGES), SIZE),
    )


def _other_answers(survey: Survey, row: int) -> list[str]:
    return [
        *(AGREEMENT[answer] for answer in survey.statements[row]),
        str(survey.recommend[row]),
        AGES[survey.ages[row]],
    ]


def _chosen(survey: Survey, row: int) -> list[str]:
    return [name for name, answer in zip(ACTIVITIES, survey.activities[row], strict=True) if answer]


def _moment(row: int, *, year_first: bool = True) -> str:
    day = 1 + row % 28
    return f"2026-01-{day:02} 10:{row % 60:02}:00" if year_first else f"1/{day}/2026 10:{row % 60:02}:00"


OTHER_QUESTIONS = [*(f"How much do you agree? [{text}]" for text in STATEMENTS), RECOMMEND_QUESTION, AGE_QUESTION]


def write_google_forms(survey: Survey) -> Iterator[Sequence[str]]:
    """Timestamp first, questions as headers, several answers in one cell."""
    yield ["Timestamp", ACTIVITY_QUESTION, *OTHER_QUESTIONS]
    for row in range(SIZE):
        yield [_moment(row, year_first=False), ", ".join(_chosen(survey, row)), *_other_answers(survey, row)]


def write_microsoft_forms(survey: Survey) -> Iterator[Sequence[str]]:
    """A number as id, times, and answers that end with semicolons."""
    yield ["ID", "Start time", "Completion time", "Email", "Name", ACTIVITY_QUESTION, *OTHER_QUESTIONS]
    for row in range(SIZE):
        moment = _moment(row, year_first=False)
        chosen = "".join(f"{name};" for name in _chosen(survey, row))
        yield [str(row + 1), moment, moment, "anonymous", "", chosen, *_other_answers(survey, row)]


def write_typeform(survey: Survey) -> Iterator[Sequence[str]]:
    """A token as id, and a column for each choice, which holds its text or nothing."""
    yield [
        *("#", *ACTIVITIES, *OTHER_QUESTIONS),
        *("Response Type", "Start Date (UTC)", "Stage Date (UTC)", "Submit Date (UTC)", "Network ID", "Tags"),
    ]
    for row in range(SIZE):
        boxes = [name if answer else "" for name, answer in zip(ACTIVITIES, survey.activities[row], strict=True)]
        moment = _moment(row)
        network = f"{row:010x}"
        yield [
            f"t{row * 7919 % 100_003:06}",
            *boxes,
            *_other_answers(survey, row),
            "completed",
            moment,
            "",
            moment,
            network,
            "",
        ]


def write_limesurvey(survey: Survey) -> Iterator[Sequence[str]]:
    """Codes of questions, and Yes or No for each choice."""
    codes = [f"Q1[SQ{number:03}]. {ACTIVITY_QUESTION} [{name}]" for number, name in enumerate(ACTIVITIES, 1)]
    yield [
        *("id. Response ID", "submitdate. Date submitted", "lastpage. Last page", "startlanguage. Start language"),
        *("seed. Seed", *codes, *(f"Q{number}. {text}" for number, text in enumerate(OTHER_QUESTIONS, 2))),
    ]
    for row in range(SIZE):
        boxes = ["Yes" if answer else "No" for answer in survey.activities[row]]
        yield [str(row + 4), _moment(row), "3", "en", str(row * 7919 % 100_003), *boxes, *_other_answers(survey, row)]


def write_surveymonkey(survey: Survey) -> Iterator[Sequence[str]]:
    """A second header row with the choices."""
    metadata = ["Respondent ID", "Collector ID", "Date Created", "Date Modified", "IP Address", "Email Address"]
    blank = [""] * len(metadata)
    yield [
        *metadata,
        *(ACTIVITY_QUESTION, *[""] * (len(ACTIVITIES) - 1)),
        *("How much do you agree?", *[""] * (len(STATEMENTS) - 1), RECOMMEND_QUESTION, AGE_QUESTION),
    ]
    yield [*blank, *ACTIVITIES, *STATEMENTS, "Response", "Response"]
    for row in range(SIZE):
        boxes = [name if answer else "" for name, answer in zip(ACTIVITIES, survey.activities[row], strict=True)]
        moment = _moment(row, year_first=False)
        yield [
            *(str(118_000_000_000 + row), "400123456", moment, moment, f"10.0.0.{row % 250}", ""),
            *(*boxes, *_other_answers(survey, row)),
        ]


QUALTRICS_METADATA = (
    *("StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate"),
    *("ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalReference"),
    *("LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage"),
)
PREVIEWS = 4


def write_qualtrics(survey: Survey) -> Iterator[Sequence[str]]:
    """Three header rows, and previews above the responses."""
    names = [*(f"Q1_{number}" for number in range(1, len(ACTIVITIES) + 1)), "Q2_1", "Q2_2", "Q2_3", "Q3_NPS", "Q4"]
    questions = [*(f"{ACTIVITY_QUESTION} - Selected Choice - {name}" for name in ACTIVITIES), *OTHER_QUESTIONS]
    yield [*QUALTRICS_METADATA, *names]
    yield [*QUALTRICS_METADATA, *questions]
    yield [json.dumps({"ImportId": name}) for name in [*QUALTRICS_METADATA, *names]]
    for row in range(-PREVIEWS, SIZE):
        status = "Survey Preview" if row < 0 else "IP Address"
        response = f"R_{row + PREVIEWS:04}x{row * 7919 % 977:03}"
        boxes = [name if answer else "" for name, answer in zip(ACTIVITIES, survey.activities[row], strict=True)]
        yield [
            *(_moment(abs(row)), _moment(abs(row)), status, f"10.0.0.{row % 250}", "100", str(60 + row % 200), "True"),
            *(_moment(abs(row)), response, "", "", "", "", "48.2", "11.5", "anonymous", "EN"),
            *(*boxes, *_other_answers(survey, row)),
        ]


LAYOUTS: dict[str, Callable[[Survey], Iterator[Sequence[str]]]] = {
    "Qualtrics": write_qualtrics,
    "SurveyMonkey": write_surveymonkey,
    "Google Forms": write_google_forms,
    "LimeSurvey": write_limesurvey,
    "Typeform": write_typeform,
    "Microsoft Forms": write_microsoft_forms,
}


def render_survey(survey: Survey, layout: str) -> str:
    """Return the survey as a CSV file in a layout."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(LAYOUTS[layout](survey))
    return buffer.getvalue()

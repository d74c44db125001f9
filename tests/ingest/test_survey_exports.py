"""Survey exports as tools write them: records that describe the columns, and labels beside the ends of a scale."""

from collections.abc import Callable

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.model import Customers


def answers(path: str, **columns: str) -> Customers:
    return load_customers(IngestSettings(customers=Source(path=path, columns=columns)))


def described(rows: list[str]) -> str:
    """A Qualtrics export: names, questions (one of them on two lines), ImportIds, answers."""
    head = [
        "ResponseId,Q1,Q2",
        'Response ID,"How satisfied\nare you?",How often?',
        '"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"',
    ]
    return "\n".join([*head, *rows, ""])


@pytest.mark.bad_input(123)
def test_records_that_describe_columns_are_no_answers(file_of: Callable[..., str]) -> None:
    found = answers(file_of(described(["R_1,1,2", "R_2,3,4"])), customer_id="ResponseId")
    assert found.table[["customer_id", "Q1", "Q2"]].to_numpy().tolist() == [["R_1", 1, 2], ["R_2", 3, 4]]
    assert found.input_reports[0].notes[0] == "3 lines below the header skipped: column descriptions"


def test_lines_below_them_keep_their_numbers(file_of: Callable[..., str]) -> None:
    with pytest.raises(InputProblem, match=r"csv:6:"):
        answers(file_of(described(["R_1,1,2", "R_1,3,4"])), customer_id="ResponseId")


@pytest.mark.bad_input(124)
@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        ("0 - Not at all likely", "10 - Extremely likely", [0, 5, 10]),
        ("0 (gar nicht)", "10 (sehr)", [0, 5, 10]),
        ("1 = 很不满意", "5\uff1a非常满意", [1, 5, 5]),
        ("1. совсем нет", "5. очень", [1, 5, 5]),
    ],
)
def test_labels_at_the_ends_of_a_scale_leave_its_numbers(
    file_of: Callable[..., str], low: str, high: str, wanted: list[int]
) -> None:
    found = answers(file_of(f"customer_id,nps\nA,{low}\nB,5\nC,{high}\n"))
    assert found.table["nps"].tolist() == wanted
    assert "2 answers with a label after the number" in found.input_reports[0].notes[0]


@pytest.mark.parametrize("texts", [["12 Main Street", "7 Park Row"], ["18-24", "25-34"], ["3 - a", "many"]])
def test_other_texts_with_numbers_stay_texts(file_of: Callable[..., str], texts: list[str]) -> None:
    rows = "\n".join(f"C{place},{text}" for place, text in enumerate(texts))
    assert answers(file_of(f"customer_id,place\n{rows}\n")).table["place"].tolist() == texts

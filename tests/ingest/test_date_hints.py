"""Each way out that is offered for a column of dates reads it."""

import re
import shlex
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem

DAYS = [date(2023, 1, 5) + timedelta(days=9 * number) for number in range(30)]
FRENCH = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"


def export(written: Callable[[date], str]) -> str:
    rows = [f'C{place % 4},{place},"{written(day)}",10' for place, day in enumerate(DAYS)]
    return "\n".join(["customer_id,order_id,order_date,amount", *rows, ""])


@pytest.mark.parametrize(
    "written",
    [
        lambda day: day.strftime("%d-%b-%y").upper(),
        lambda day: day.strftime("%m/%d/%y"),
        lambda day: day.strftime("%d.%m.%y %H:%M"),
        lambda day: f"{day.day} {FRENCH.split()[day.month - 1]} {day.year}",
        lambda day: f"{day.year}/{day.month}/{day.day} \u4e0a\u534810:00:00",
        lambda day: f"{day:%d/%m/%Y} 10:00:00 p. m.",
        lambda day: str((day - date(1970, 1, 1)).days * 86_400),
        lambda day: str((day - date(1899, 12, 30)).days),
        lambda day: day.strftime("%d %B %y"),
    ],
)
def test_the_way_out_reads_the_column(file_of: Callable[..., str], written: Callable[[date], str]) -> None:
    path = file_of(export(written))
    with pytest.raises(InputProblem) as refused:
        load_customers(IngestSettings(transactions=Source(path=path)))
    hint = re.search(r"try (--.*?)(?:   or   |$)", str(refused.value))
    assert hint, str(refused.value)
    words = shlex.split(hint[1])
    options = dict(zip(words[::2], words[1::2], strict=True))
    settings = {"--date-format": "date_format", "--locale": "locale"}
    source = {settings[name]: value for name, value in options.items() if name in settings}
    if "--set" in options:
        source["century"] = int(options["--set"].partition("=")[2])  # type: ignore[assignment]
    found = load_customers(IngestSettings(transactions=Source(path=path, **source)))  # type: ignore[arg-type]
    assert found.table["first_order"].dt.date.min() == DAYS[0]
    assert found.table["last_order"].dt.date.max() == DAYS[-1]


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d 10:00:00 UTC", "%b %d, %Y, 10:00 AM", "%a, %d %b %Y 10:00:00 GMT", "%A %d %B %Y", "%Y-%m-%dT10:00:00Z"],
)
def test_dates_with_commas_weekdays_and_utc_are_read(file_of: Callable[..., str], form: str) -> None:
    found = load_customers(IngestSettings(transactions=Source(path=file_of(export(lambda day: day.strftime(form))))))
    assert found.table["first_order"].dt.date.min() == DAYS[0]
    assert found.table["last_order"].dt.date.max() == DAYS[-1]


def test_nothing_is_offered_that_does_not_help(file_of: Callable[..., str]) -> None:
    with pytest.raises(InputProblem) as refused:
        load_customers(IngestSettings(transactions=Source(path=file_of(export(lambda day: f"day {day.day}")))))
    assert "try" not in str(refused.value)

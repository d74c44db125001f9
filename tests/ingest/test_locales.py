"""Digits of other scripts, and numbers as programs write them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from segcli import columns
from segcli.config.ingest import Source
from segcli.errors import InputProblem
from segcli.ingest import dates, number_parsing
from segcli.ingest.locales import has_foreign_digits, load_locale, to_ascii_digits, to_half_width
from segcli.ingest.number_parsing import MixedDecimalError
from segcli.io import chunk_reader

HEADER = "customer_id,order_id,order_date,amount\n"


def values(texts: list[str], **source: Any) -> list[float]:
    parsed = number_parsing.read_numbers(pa.chunked_array([pa.array(texts, pa.string())]), Source(**source))
    return np.where(parsed.unreadable, -1.0, parsed.values).tolist()


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("١٬٢٣٤٫٥٠", 1234.5),
        ("۱٬۲۳۴٫۵۰", 1234.5),
        ("१,२३४.५०", 1234.5),
        ("-٢٠٠٫٢٥", -200.25),
        ("１，２３４．５０", 1234.5),
    ],
)
def test_digits_of_any_script_are_read_with_a_locale(written: str, amount: float) -> None:
    assert values([written, "7.25"], locale="en") == [amount, 7.25]
    assert has_foreign_digits(written) == (written[0] != "１")


def test_full_width_digits_are_read_without_a_locale_and_others_are_not() -> None:
    assert values(["１，２３４．５０", "￥２００", "－５", "１０²"]) == [1234.5, 200, -5, -1]
    assert values(["١٢", "7"]) == [-1, 7]
    assert to_half_width("２０２３／０１") == "2023/01"
    assert to_ascii_digits("٢٠٢٣؍٠١") == "2023/01"


@pytest.mark.parametrize("chunked", ["", "chunked"])
def test_full_width_amounts_and_dates_are_read_in_files_of_any_size(
    chunked: str, customers_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if chunked:
        for name, size in (("LARGE_FILE_BYTES", 1), ("HEAD_BYTES", 300), ("CHUNK_BYTES", 400)):
            monkeypatch.setattr(chunk_reader, name, size)
    rows = [f"c{n % 5},{n},2026-01-{1 + n % 28:02},{n}.50\n" for n in range(60)]
    plain = HEADER + "".join(rows)
    rows[40] = rows[40].replace("40.50", "４０．５０").replace("2026-01-13", "２０２６－０１－１３")
    found, expected = customers_of(HEADER + "".join(rows)), customers_of(plain)
    assert found.table[columns.REVENUE].tolist() == expected.table[columns.REVENUE].tolist()
    assert found.as_of == expected.as_of


def test_digits_that_need_a_locale_are_refused_with_one_that_reads_them(customers_of: Callable[..., Any]) -> None:
    text = HEADER + "a,1,٢٠٢٦-٠١-٠٥,١٢٫٥٠\nb,2,٢٠٢٦-٠١-١٥,٢٠٠\n"
    with pytest.raises(InputProblem) as error:
        customers_of(text)
    assert "--locale en" in str(error.value)
    assert customers_of(text, source={"locale": "en"}).table[columns.REVENUE].tolist() == [12.5, 200]


def test_scientific_notation_of_programs_is_read() -> None:
    assert values(["1.5e+03", "2.5E+04", "-1.25e+01", "10.5"]) == [1500, 25000, -12.5, 10.5]
    assert values(["1.78e-15", "10.5"])[0] == pytest.approx(1.78e-15)
    assert values(["1,50E+03", "10,5"]) == [1500, 10.5]
    assert values(["1.500e+03", "7"]) == [1500, 7]


def test_scientific_notation_proves_its_decimal_mark() -> None:
    with pytest.raises(MixedDecimalError):
        values(["1.5e+03", "10,5"])


@pytest.mark.parametrize("code", ["1e3", "1E5", "1.5e3", "1e+3", "1e-05", "12.5e+03", "1.0e+400"])
def test_what_may_be_a_product_code_or_has_no_value_is_no_amount(code: str) -> None:
    assert values([code, "7.25", "8"]) == [-1, 7.25, 8]


@pytest.mark.parametrize(
    ("language", "day", "expected"),
    [
        ("fr", "15 janvier 2026 à 10h22", "2026-01-15 10:22"),
        ("es", "15 de enero de 2026 10:22 hs.", "2026-01-15 10:22"),
        ("es", "15 de enero de 2026 a las 10:22 horas", "2026-01-15 10:22"),
        ("de", "15. Januar 2026 um 10:22 Uhr", "2026-01-15 10:22"),
        ("it", "15 gennaio 2026 alle ore 10:22", "2026-01-15 10:22"),
        ("nl", "15 januari 2026 om 10:22 uur", "2026-01-15 10:22"),
        ("pl", "15 stycznia 2026 r., godz. 10:22", "2026-01-15 10:22"),
        ("pt", "15 de janeiro de 2026 às 10h22", "2026-01-15 10:22"),
        ("id", "15 Januari 2026 pukul 10:22 WIB", "2026-01-15 10:22"),
        ("tr", "15 Ocak 2026 saat 10:22", "2026-01-15 10:22"),
    ],
)
def test_words_beside_the_time_of_day_are_left_out(language: str, day: str, expected: str) -> None:
    parsed = dates.parse_dates(pa.chunked_array([[day]]), locale=load_locale(language))
    assert str(parsed.values[0].astype("datetime64[m]")).replace("T", " ") == expected

"""Dates written as numbers: the day a calendar and a spreadsheet show for them, or none."""

import numpy as np
import pytest

from segcli.ingest import date_parsing


@pytest.mark.parametrize(
    ("form", "number", "shown"),
    [
        ("epoch_s", 1_706_688_000, "2024-01-31T08:00:00"),
        ("epoch_s", 1_706_688_000.25, "2024-01-31T08:00:00.250000"),
        ("epoch_ms", 1_706_688_000_000, "2024-01-31T08:00:00"),
        ("epoch_us", 1_706_688_000_000_001, "2024-01-31T08:00:00.000001"),
        ("excel", 45_322, "2024-01-31"),
        ("excel", 45_322.75, "2024-01-31T18:00:00"),
        ("excel", 61, "1900-03-01"),
        ("excel1904", 43_860, "2024-01-31"),
        ("excel1904", 0, "1904-01-01"),
    ],
)
def test_a_number_is_the_day_that_its_program_shows(form: str, number: float, shown: str) -> None:
    assert date_parsing.convert_serials(np.array([number], dtype=np.float64), form)[0] == np.datetime64(shown, "us")


@pytest.mark.parametrize(
    ("form", "first", "last", "step"),
    [
        ("epoch_s", 631_152_000, 4_102_444_799, 1),
        ("epoch_ms", 631_152_000_000, 4_102_444_799_999, 1),
        ("epoch_us", 631_152_000_000_000, 4_102_444_799_999_999, 1),
    ],
)
def test_an_epoch_outside_1990_to_2100_is_a_wrong_unit(form: str, first: int, last: int, step: int) -> None:
    read = date_parsing.convert_serials(np.array([first - step, first, last, last + step], dtype=np.float64), form)
    assert np.isnat(read).tolist() == [True, False, False, True]
    assert read[1] == np.datetime64("1990-01-01")


def test_days_of_which_spreadsheets_disagree_are_not_read() -> None:
    """29 February 1900 was none; before it serials of two programs are a day apart."""
    assert np.isnat(date_parsing.convert_serials(np.array([-1.0, 0, 60, 60.9, np.nan]), "excel")).all()
    assert np.isnat(date_parsing.convert_serials(np.array([-1.0, -0.5, np.nan]), "excel1904")).all()


@pytest.mark.parametrize("form", [*date_parsing.EPOCH_MICROSECONDS, *date_parsing.SERIAL_ORIGINS])
def test_no_number_is_too_large_to_be_looked_at(form: str) -> None:
    read = date_parsing.convert_serials(np.array([np.nan, np.inf, -np.inf, 1e300, -1e300]), form)
    assert not ((read >= np.datetime64("1900-01-01")) & (read < np.datetime64("2100-01-01"))).any()

"""Text -> dates by one format for the whole column, declared or proven."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from segcli.config.ingest import SERIALS, WRITTEN, Source
from segcli.ingest import locales, serials
from segcli.ingest.date_formats import FORMATS, day_of, shaped, with_full_years
from segcli.ingest.locales import Locale

_NUMBER = r"\d+(\.\d+)?"
_OFFSET = r"\s*(Z|UTC|[-+]\d\d:?\d\d)$"
TRIAL = 24  # values, evenly spaced, on which all formats are tried before the column is read with those that fit
NOT_A_DAY = np.datetime64("NaT", "us")
EARLIEST, LATEST = (
    np.datetime64("1900-01-02"),
    np.datetime64("2100-01-01"),
)  # spreadsheets write 1900-01-00 for nothing


class AmbiguousDates(ValueError):
    """Several formats read the whole column, and differ; `example` is the first value they read differently."""

    def __init__(self, formats: Sequence[str], example: str) -> None:
        super().__init__(f"every value reads by {' and by '.join(formats)} (first: {example})")
        self.formats, self.example = formats, example


class MixedDates(ValueError):
    """No single format reads the column; `counts` says how many lines each of the best reads."""

    def __init__(self, counts: Sequence[tuple[str, int]]) -> None:
        super().__init__("dates in several formats: " + ", ".join(f"{count:,} by {fmt}" for fmt, count in counts))


class UnknownDates(ValueError):
    """No known format reads most of the column; `example` is its first value."""

    def __init__(self, example: str) -> None:
        super().__init__(f"no date format fits (first: {example})")
        self.example = example


class NoFormat(ValueError):
    """The declared format is none."""


class MixedOffsets(ValueError):
    """Dates carry different offsets from UTC, so days depend on a time zone that nobody named."""


class ShortYears(ValueError):
    """Years have two digits, and nobody said of which century."""


@dataclass(frozen=True)
class Dates:
    """`values` (datetime64[us], NaT where not readable), the `missing` and `unreadable` masks, and the format."""

    values: npt.NDArray[np.datetime64]
    missing: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]
    format: str


def of(texts: pa.ChunkedArray, source: Source) -> Dates:
    """Read a column as the source says its dates are written; errors as of `parse`."""
    return parse(texts, source.date_format, source.timezone, century=source.century, locale=locales.of(source))


def parse(
    texts: pa.ChunkedArray,
    declared: str | None = None,
    timezone: str | None = None,
    *,
    century: int | None = None,
    locale: Locale | None = None,
) -> Dates:
    """Read a column of text as dates.

    Args:
        texts: any text.
        declared: strptime format, or one of SERIALS; otherwise the one format that reads the column.
        timezone: the zone whose wall clock counts, for dates that carry offsets; `written`: each counts by its own.
        century: first of the hundred years in which two-digit years lie.
        locale: whose month names and digits the texts use.

    Raises:
        AmbiguousDates: day and month cannot be told apart.
        MixedDates: several formats are needed.
        UnknownDates: no format fits.
        MixedOffsets: offsets differ and no timezone is given.
        NoFormat: what is declared is no format.
        ShortYears: the format has a two-digit year and no century is given.
    """
    coded = pc.dictionary_encode(pc.utf8_trim_whitespace(texts)).combine_chunks()
    distinct = pd.Series(coded.dictionary.to_pylist(), dtype=object)
    blank = (distinct == "").to_numpy(dtype=bool)
    filled = distinct[~blank]
    if locale:
        filled, declared = filled.map(locale.date), declared and locale.date(declared)
    codes = np.asarray(coded.indices, dtype=np.int64)
    lines = np.bincount(codes, minlength=len(distinct))[~blank]
    forms = (declared,) if declared else _proven(filled, lines)
    values = np.full(len(distinct), NOT_A_DAY, dtype="datetime64[us]")
    for form in reversed(forms):
        read = _serials(filled, form, timezone) if form in SERIALS else _long(filled, form, timezone, century)
        values[~blank] = np.where(np.isnat(read), values[~blank], read)
    with np.errstate(invalid="ignore"):
        values[~((values >= EARLIEST) & (values < LATEST))] = NOT_A_DAY
    return Dates(values[codes], blank[codes], (np.isnat(values) & ~blank)[codes], " or ".join(forms))


def _serials(texts: pd.Series, form: str, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Dates written as numbers; epochs are in UTC and count by the wall clock of the timezone, if there is one."""
    numeric = pd.to_numeric(texts.where(texts.astype("str").str.fullmatch(_NUMBER)), errors="coerce")
    times = serials.read(numeric.to_numpy(dtype=np.float64), form)
    if form in serials.MICROSECONDS and timezone not in (None, WRITTEN):
        times = pd.Series(times).dt.tz_localize("UTC").dt.tz_convert(timezone).dt.tz_localize(None).to_numpy()
    return np.asarray(times, dtype="datetime64[us]")


def _long(texts: pd.Series, form: str, timezone: str | None, century: int | None) -> npt.NDArray[np.datetime64]:
    """Dates whose two-digit years, if there are any, lie in the hundred years from `century` on."""
    if "%y" in form:
        if century is None:
            raise ShortYears("two-digit years: 45 can be 1945 or 2045")
        texts = texts.map(lambda text: with_full_years(text, form, century))
    return _read(texts, form.replace("%y", "%Y"), timezone)


def hint(example: str) -> str:
    """What a column may be whose dates no format reads, by its first value."""
    if re.fullmatch(r"\d{10}|\d{13}|\d{16}", example):
        return "If it counts from 1970, say --date-format epoch_s (or epoch_ms, epoch_us)"
    if re.fullmatch(r"[1-6]\d{4}(\.\d+)?", example):
        return "If a spreadsheet wrote it, say --date-format excel"
    if re.match(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(?!\d)", example):
        return "Two-digit years need both: --date-format '%d.%m.%y' --set ingest.transactions.century=1950"
    if re.search(r"[^\W\d_]{3}", example):
        return "Month names of another language: --locale de; or give the format with --date-format"
    return "Give it with --date-format, such as '%d.%m.%Y'"


def looks_dated(texts: list[str], locale: Locale | None = None) -> bool:
    """Whether some format reads at least half of the given values (blank ones aside)."""
    stripped = [locale.date(text) if locale else text.strip() for text in texts if text.strip()]
    filled = _trial(pd.Series(stripped, dtype=object))
    reads = [_reads(filled, form) for form in _promising(filled)]
    return filled.empty or (bool(reads) and int(np.logical_or.reduce(reads).sum()) * 2 >= len(filled))


def _trial(texts: pd.Series) -> pd.Series:
    return texts.iloc[:: max(len(texts) // TRIAL, 1)].iloc[:TRIAL]


def _proven(filled: pd.Series, lines: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """The format that reads more lines than any other, and those that write the same day with other times.

    Args:
        filled: the distinct values that are not blank.
        lines: on how many lines each of them stands.
    """
    if filled.empty:
        return FORMATS[:1]
    reads = {form: _reads(filled, form) for form in _promising(filled)}
    if reads:
        left_over = filled[~np.logical_or.reduce(list(reads.values()))]
        reads |= {form: _reads(filled, form) for form in _promising(left_over)}
    counts = {form: int(lines[read].sum()) for form, read in reads.items()}
    ranked = sorted(reads, key=lambda form: (-counts[form], FORMATS.index(form)))
    if not ranked or int(lines[np.logical_or.reduce(list(reads.values()))].sum()) * 2 < lines.sum():
        raise UnknownDates(str(filled.iloc[0]))
    best = ranked[0]
    _refuse_ambiguous(best, [form for form in ranked[1:] if (reads[form] == reads[best]).all()], filled)
    beyond = [form for form in ranked[1:] if (reads[form] & ~reads[best]).any()]
    if any(day_of(form) != day_of(best) for form in beyond):
        raise MixedDates([(form, counts[form]) for form in [best, *beyond][:3]])
    return (best, *beyond)


def _promising(texts: pd.Series) -> list[str]:
    """The formats worth trying: those whose digits and marks stand as in some of the values.

    Values are sorted first, so that the order of rows in the file plays no part.
    """
    shapes = {form for text in _trial(texts.sort_values()) for form in shaped(str(text))}
    return [form for form in FORMATS if form in shapes]


def _refuse_ambiguous(best: str, rivals: Sequence[str], filled: pd.Series) -> None:
    chosen = _read(filled, best, "UTC")
    for rival in rivals:
        differ = (_read(filled, rival, "UTC") != chosen) & ~np.isnat(chosen)
        if differ.any():
            raise AmbiguousDates((best, rival), str(filled.iloc[int(differ.argmax())]))


def _reads(texts: pd.Series, form: str) -> npt.NDArray[np.bool_]:
    return ~np.isnat(_read(texts, form, "UTC"))


def _read(texts: pd.Series, form: str, timezone: str | None) -> npt.NDArray[np.datetime64]:
    """Wall-clock times; what the format does not read is NaT."""
    aware = form.endswith("%z")
    if aware and timezone == WRITTEN:
        texts, form, aware = texts.str.replace(_OFFSET, "", regex=True), form.removesuffix("%z").rstrip(), False
    try:
        parsed: Any = pd.to_datetime(texts, format=form, exact=True, errors="coerce", utc=aware)
    except (ValueError, re.error) as error:
        raise NoFormat(f"'{form}' is no format of dates ({error})") from None
    if aware and timezone is None:
        parsed = _common_offset(texts, parsed)
    elif aware:
        parsed = parsed.dt.tz_convert(timezone).dt.tz_localize(None)
    return np.asarray(parsed, dtype="datetime64[us]")


def _common_offset(texts: pd.Series, utc: Any) -> Any:  # noqa: ANN401 - pandas types a parsed column by its values
    """The times as their own clock showed them, if all clocks have the same offset."""
    offsets = texts[utc.notna()].str.extract(_OFFSET)[0].str.replace(":", "").unique()
    if len(offsets) > 1:
        raise MixedOffsets(f"offsets from UTC differ ({', '.join(sorted(map(str, offsets))[:3])})")
    if len(offsets) == 0 or not str(offsets[0])[1:].isdigit():
        return utc.dt.tz_localize(None)
    sign = -1 if offsets[0][0] == "-" else 1
    hours, minutes = int(offsets[0][1:3]), int(offsets[0][3:5])
    return utc.dt.tz_localize(None) + pd.Timedelta(minutes=sign * (60 * hours + minutes))

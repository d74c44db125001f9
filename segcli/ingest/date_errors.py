"""Errors about a whole column of dates, each with a remedy."""

from collections.abc import Sequence

from segcli.ingest.date_formats import explain_year


class DateError(ValueError):
    """Column of dates whose format cannot be determined; `remedy` is the suggested fix."""

    remedy = "give the format in strptime notation, for example --date-format '%d/%m/%Y %H:%M'"


class AmbiguousDateError(DateError):
    """Ambiguous column: several formats parse it differently; `example` is the first value where they differ."""

    def __init__(self, formats: Sequence[str], example: str) -> None:
        super().__init__(f"ambiguous dates: every value fits {' and '.join(formats)} (first: {example})")
        self.formats, self.example = formats, example
        flags = [f"--date-format '{date_format}'" for date_format in formats]
        self.remedy = f"choose {'   or   '.join(flags)}"


class MixedDateFormatsError(DateError):
    """Column that no single format parses; the message has the number of lines that each of the best formats parses."""

    remedy = "choose one with --date-format; segcli then rejects the other lines"

    def __init__(self, format_counts: Sequence[tuple[str, int]]) -> None:
        super().__init__(
            "dates in several formats: "
            + ", ".join(f"{count:,} by {date_format}" for date_format, count in format_counts)
        )


class UnknownDateFormatError(DateError):
    """Column that no known format parses; `example` is its first value, `options` are options that parse it."""

    def __init__(self, example: str, options: str = "") -> None:
        super().__init__(f"no date format fits (first: {example})")
        self.example = example
        self.remedy = f"try {options}" if options else self.remedy


class InvalidDateFormatError(DateError):
    """Declared format that strptime does not accept."""

    remedy = "use strptime notation, such as %d/%m/%Y"


class MixedOffsetsError(DateError):
    """Dates with different UTC offsets, so that days depend on a time zone that is not set."""

    remedy = "set the time zone: --set ingest.transactions.timezone=Europe/Berlin"


class TwoDigitYearError(DateError):
    """Two-digit years without a declared century."""

    remedy = "set the first of the hundred years they are in: --set ingest.transactions.century=1950"


class TwoDigitCalendarYearError(DateError):
    """Two-digit years in a calendar other than the Gregorian one."""

    remedy = "write four-digit years or Gregorian years"


class YearRangeError(DateError):
    """Dates that a format parses with implausible years, perhaps of another calendar."""

    def __init__(self, example: str, year: int, date_format: str, year_range: tuple[int, int]) -> None:
        guess, self.remedy = explain_year(year)
        super().__init__(
            f"'{example}' read as {date_format} is in the year {year}{guess}; "
            f"segcli accepts the years {year_range[0]} to {year_range[1]}"
        )
        self.example = example

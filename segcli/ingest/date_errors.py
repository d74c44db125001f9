"""Errors about a whole column of dates, each with a remedy."""

from collections.abc import Sequence

from segcli.ingest.date_formats import explain_year


class DateError(ValueError):
    """Column of dates whose format cannot be determined; `remedy` is the suggested fix."""

    remedy = "Give the format with --date-format, as strptime has it"


class AmbiguousDateError(DateError):
    """Ambiguous column: several formats parse it differently; `example` is the first value where they differ."""

    def __init__(self, formats: Sequence[str], example: str) -> None:
        super().__init__(f"every value reads by {' and by '.join(formats)} (first: {example})")
        self.formats, self.example = formats, example
        flags = [f"--date-format '{date_format}'" for date_format in formats]
        self.remedy = f"Say which: {'   or   '.join(flags)}"


class MixedDateFormatsError(DateError):
    """Column that no single format parses; the message has the number of lines that each of the best formats parses."""

    remedy = "Choose one with --date-format; the other lines are then rejected"

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
        self.remedy = f"Try {options}" if options else self.remedy


class InvalidDateFormatError(DateError):
    """Declared format that strptime does not accept."""

    remedy = "Formats are strptime's, such as %d/%m/%Y"


class MixedOffsetsError(DateError):
    """Dates with different UTC offsets, so that days depend on a time zone that is not set."""

    remedy = "Name the zone: --set ingest.transactions.timezone=Europe/Berlin"


class TwoDigitYearError(DateError):
    """Two-digit years without a declared century."""

    remedy = "Say in which hundred years they lie: --set ingest.transactions.century=1950"


class TwoDigitCalendarYearError(DateError):
    """Two-digit years in a calendar other than the Gregorian one."""

    remedy = "Write years in full, or as Gregorian years"


class YearRangeError(DateError):
    """Dates that a format parses with implausible years, perhaps of another calendar."""

    def __init__(self, example: str, year: int, date_format: str, year_range: tuple[int, int]) -> None:
        guess, self.remedy = explain_year(year)
        super().__init__(
            f"'{example}' reads by {date_format} as the year {year}{guess}; "
            f"segcli reads the years {year_range[0]} to {year_range[1]}"
        )
        self.example = example
